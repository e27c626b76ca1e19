import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { kMeans } from '../../routing/numeric/k-means.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { stackEmbeddings } from '../../routing/prediction/training-rows.ts'
import { CentroidTagger } from '../../routing/tagging/centroid-tagger.ts'
import { KeywordTagger } from '../../routing/tagging/keyword-tagger.ts'
import { topicNames } from './topic-names.ts'

export interface TrainingTagsOptions {
  readonly seed: number
  /** Task of each prompt, as a tag of its own; empty strings say nothing. Default: not used. */
  readonly sources?: readonly string[]
  /** Tags of each prompt from elsewhere, such as an LLM's. */
  readonly extraTags?: readonly (readonly string[])[]
}

/** Prompts per topic, and topics at most. */
const promptsPerTopic = 50
const mostTopics = 30

/** A keyword or a form counts from this confidence on. The nearest topic always counts. */
const leastConfidence = 0.5

/**
 * The tags of training prompts (mathematics §13): keywords and form, the topic (clusters of the embeddings, learned by a
 * centroid tagger), the prompt's source where given, and tags from elsewhere. They serve the projection's training alone;
 * nothing is tagged when a prompt is routed.
 *
 * Deviation from MixLLM (arXiv:2502.18482), which has InsTag, an LLM of its own, write the tags: it is not at hand, and a run
 * must not need an LLM. `extraTags` takes what the LLM tagger of training found.
 *
 * @param texts of `contexts`, in order.
 */
export function trainingTags(
  texts: readonly string[],
  contexts: readonly RoutingContext[],
  options: TrainingTagsOptions,
): string[][] {
  const keywords = new KeywordTagger()
  const topics = topicTagger(texts, contexts, options.seed)
  return texts.map((text, row) => {
    const context = contexts[row]!
    const names = keywords.tag(text).flatMap(({ name, confidence }) => (confidence >= leastConfidence ? [name] : []))
    const nearest = topics.tag(text, context)[0]
    if (nearest !== undefined) names.push(nearest.name)
    const source = options.sources?.[row] ?? ''
    const given = [...(source === '' ? [] : [`source:${source}`]), ...(options.extraTags?.[row] ?? [])]
    return [...new Set([...names, ...given])]
  })
}

function topicTagger(texts: readonly string[], contexts: readonly RoutingContext[], seed: number): CentroidTagger {
  const embeddings = stackEmbeddings(contexts)
  const d = contexts[0]!.embedding.length
  const count = Math.max(1, Math.min(mostTopics, Math.floor(contexts.length / promptsPerTopic)))
  const { assignment } = kMeans(embeddings, contexts.length, d, count, new SeededRandom(seed))
  const names = topicNames(texts, assignment, count)
  return CentroidTagger.fit(
    embeddings,
    d,
    Array.from(assignment, (topic) => [names[topic]!]),
    { leastConfidence: 0 },
  )
}
