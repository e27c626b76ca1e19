import { deduplicate } from '../outcomes/deduplicate.ts'
import { type OutcomeData, type OutcomePrompt, selectLlms, selectRows } from '../outcomes/outcome-data.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import type { JsonObject } from '../providers/chat-provider.ts'
import { fitHashedNgramEmbedder } from '../routing/embedding/fit-hashed-ngram-embedder.ts'
import { summariseColumns } from '../routing/prediction/training-rows.ts'
import { fitContexts } from '../training/fit-contexts.ts'
import { chooseProbes, type ProbeChoice } from './choose-probes.ts'
import { type GraderMap, graderOf } from './grader-map.ts'

export interface BuildProbeSetOptions {
  readonly count: number
  readonly seed: number
  /** Of prompts without a `grader` of their own. */
  readonly graders?: GraderMap | undefined
}

/** A set of probes to be written, and what it stands for. */
export interface BuiltProbeSet {
  /** Lines of probes.jsonl. */
  readonly lines: readonly JsonObject[]
  /** The prompts chosen and their recorded outcomes, in the order of the lines; LLMs without any are left out. */
  readonly outcomes: OutcomeData
  readonly choice: ProbeChoice
  /** Prompts that could have been chosen, by source. */
  readonly candidates: ReadonlyMap<string, number>
  /** Prompts that could not: cut short, or left out by the map of graders. */
  readonly leftOut: number
}

/** Fields of a prompt's line that a probe takes over as they are. */
const takenOver = [
  'template',
  'system',
  'tools',
  'tool_choice',
  'response_format',
  'max_output_tokens',
  'reference',
] as const

const fewestCandidates = 20

/**
 * Chooses probes from outcome data ({@link chooseProbes}), embedded as a policy fitted on them would. Equal texts are merged; prompts that
 * their source cut short are left out.
 *
 * @throws {OutcomeDataError} `missing_field` where prompts have no grader, `empty` where fewer than 20 are left.
 */
export async function buildProbeSet(source: OutcomeData, options: BuildProbeSetOptions): Promise<BuiltProbeSet> {
  const merged = deduplicate(source)
  const graders = merged.prompts.map((prompt) => graderOf(prompt, options.graders))
  refuseWithoutGrader(merged.prompts.filter((_, row) => graders[row] === 'none'))
  const rows = merged.prompts.flatMap((prompt, row) =>
    graders[row] === 'left_out' || prompt.extra.truncated === true ? [] : [row],
  )
  if (rows.length < fewestCandidates) {
    const message = `only ${rows.length} prompts can be probes, and ${fewestCandidates} are the least to choose from`
    throw new OutcomeDataError('empty', { file: 'prompts.jsonl' }, message)
  }
  const data = withKnownLlms(selectRows(merged, rows))
  const embedder = await fitHashedNgramEmbedder(
    data.prompts.map((prompt) => prompt.text),
    { seed: options.seed },
  )
  const contexts = await fitContexts(embedder, data.prompts)
  const choice = chooseProbes({ contexts, quality: data.quality, llms: data.llms.length }, options)
  return {
    lines: choice.rows.map((row) => {
      const grader = graders[rows[row]!]
      // Nobody without one is among the rows.
      return toLine(data.prompts[row]!, typeof grader === 'object' ? grader.file : {})
    }),
    outcomes: withKnownLlms(selectRows(data, choice.rows)),
    choice,
    candidates: countSources(data.prompts),
    leftOut: merged.prompts.length - rows.length,
  }
}

function refuseWithoutGrader(prompts: readonly OutcomePrompt[]): void {
  if (prompts.length === 0) return
  const sources = [...new Set(prompts.map(({ source }) => source || 'no source'))]
  const named =
    sources.length > 5 ? `${sources.slice(0, 5).join(', ')} and ${sources.length - 5} more` : sources.join(', ')
  throw new OutcomeDataError(
    'missing_field',
    { file: 'prompts.jsonl', field: 'grader' },
    `${prompts.length} prompts (of ${named}) do not say how answers are graded: give them a grader each, map sources to graders by --grader FILE, or let an LLM judge by --grader judge`,
  )
}

function withKnownLlms(data: OutcomeData): OutcomeData {
  const { counts } = summariseColumns(data.quality, data.llms.length)
  const known = data.llms.flatMap((_, llm) => (counts[llm]! > 0 ? [llm] : []))
  return known.length === data.llms.length ? data : selectLlms(data, known)
}

function toLine({ id, source, text, extra }: OutcomePrompt, grader: JsonObject): JsonObject {
  const fields = takenOver.filter((name) => extra[name] !== undefined && extra[name] !== null)
  const isConversation = Array.isArray(extra.messages)
  return {
    id,
    task: source || 'prompts',
    ...(isConversation ? { messages: extra.messages } : { prompt: text }),
    ...Object.fromEntries(
      fields.filter((name) => !(isConversation && name === 'system')).map((name) => [name, extra[name]]),
    ),
    grader,
  }
}

function countSources(prompts: readonly OutcomePrompt[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { source } of prompts) counts.set(source || 'prompts', (counts.get(source || 'prompts') ?? 0) + 1)
  return counts
}
