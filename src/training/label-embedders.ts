import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import type { StarterModel } from '../routing/starter/starter-model.ts'

/** Labels in the log by the embedder of their decisions: under any other they teach nothing. */
export type LabelsByEmbedder = ReadonlyMap<string, number>

const pageSize = 512

/** Reads the whole log. Labels without a context count for no embedder. */
export async function labelsByEmbedder(feedback: Pick<FeedbackStore, 'labelsAfter'>): Promise<LabelsByEmbedder> {
  const counts = new Map<string, number>()
  for (let after = 0; ; ) {
    const page = await feedback.labelsAfter(after, pageSize)
    for (const { context } of page) {
      if (context.embedding.length === 0) continue
      counts.set(context.embedderId, (counts.get(context.embedderId) ?? 0) + 1)
    }
    if (page.length < pageSize) return counts
    after = page.at(-1)!.sequence
  }
}

/** The embedder of that id, wherever it is known: the unfitted one, the starter's, or one in the store. */
export async function embedderById(
  id: string,
  store: PolicyStore,
  starter: StarterModel | undefined,
): Promise<HashedNgramEmbedder | undefined> {
  const unfitted = new HashedNgramEmbedder()
  if (id === unfitted.id) return unfitted
  const own = starter === undefined ? undefined : HashedNgramEmbedder.restore(starter.embedder)
  if (id === own?.id) return own
  const saved = await store.embedder(id)
  return saved === undefined ? undefined : HashedNgramEmbedder.restore(saved)
}

/**
 * The embedder that most labels were given under, so that they go on teaching.
 *
 * @param preferred where none has more labels than it, or none that has is known.
 */
export async function embedderOfMostLabels(
  counts: LabelsByEmbedder,
  preferred: HashedNgramEmbedder,
  store: PolicyStore,
  starter: StarterModel | undefined,
): Promise<HashedNgramEmbedder> {
  const own = counts.get(preferred.id) ?? 0
  const more = [...counts].filter(([, count]) => count > own).sort((a, b) => b[1] - a[1])
  for (const [id] of more) {
    const embedder = await embedderById(id, store, starter)
    if (embedder !== undefined) return embedder
  }
  return preferred
}

/** What to tell people of labels that do not teach under that embedder; undefined where all do. */
export function describeIdleLabels(counts: LabelsByEmbedder, embedderId: string): string | undefined {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const idle = all - (counts.get(embedderId) ?? 0)
  if (idle === 0) return undefined
  return `${idle} of ${all} labels teach nothing: they were given under another embedding than the one that serves`
}
