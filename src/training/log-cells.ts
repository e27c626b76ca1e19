import type { StoredDecision } from '../routing/decision-store.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { Label } from '../routing/outcome.ts'
import type { LlmId } from '../routing/registry/llm.ts'

/** What one request's feedback and bill come to, for one LLM. NaN is unknown. */
export interface LogCell {
  readonly llm: LlmId
  /** [0, 1] */
  readonly quality: number
  /** Of one answer. */
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A request that was judged. */
export interface LogRow {
  readonly decisionId: string
  readonly conversationId: string | undefined
  readonly context: RoutingContext
  readonly cells: readonly LogCell[]
}

/** Of labels that name no deviation of their own: what is usual of a score. */
const usualNoise = 0.3

/**
 * The quality that labels of one answer come to: the mean of the scores, or where there is none of the thumbs, weighted by weight over noise
 * variance. Of one source the last word.
 *
 * @param labels of one decision and one LLM, in order; of weight 0 they count for nothing.
 * @returns undefined when nothing counts.
 */
export function meanLabel(
  labels: readonly Pick<Label, 'source' | 'kind' | 'value' | 'weight' | 'noise'>[],
): number | undefined {
  const last = new Map(labels.map((label) => [label.source, label]))
  const said = [...last.values()].filter(({ weight }) => weight > 0)
  const scores = said.filter(({ kind }) => kind === 'score')
  let sum = 0
  let weights = 0
  for (const { value, weight, noise = usualNoise } of scores.length > 0 ? scores : said) {
    const precision = weight * (usualNoise / noise) ** 2
    sum += precision * value
    weights += precision
  }
  return weights > 0 ? sum / weights : undefined
}

/**
 * What the labels of one decision come to, LLM by LLM, with the bill of the one that answered; an answer that its cap cut short tells nothing
 * of length and bill.
 *
 * @param labels of that decision, in order.
 */
export function logCells(labels: readonly Label[], { decision, settlement }: StoredDecision): LogCell[] {
  const byLlm = new Map<LlmId, Label[]>()
  for (const label of labels) byLlm.set(label.llm, [...(byLlm.get(label.llm) ?? []), label])
  return [...byLlm].flatMap(([llm, said]) => {
    const quality = meanLabel(said)
    if (quality === undefined) return []
    const answered = settlement?.status === 'completed' && settlement.answered === llm
    const { choices, maxOutputTokens = Number.POSITIVE_INFINITY } = decision
    const tokens = answered ? (settlement.usage?.outputTokens ?? Number.NaN) / choices : Number.NaN
    const isWhole = !(tokens >= maxOutputTokens)
    const usd = answered && isWhole ? (settlement.billedNanoUsd ?? Number.NaN) / 1e9 / choices : Number.NaN
    return [
      {
        llm,
        quality,
        costUsd: usd,
        inputTokens: answered ? (settlement.usage?.inputTokens ?? Number.NaN) : Number.NaN,
        outputTokens: isWhole ? tokens : Number.NaN,
      },
    ]
  })
}
