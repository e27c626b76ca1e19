import type { RoutingDecision } from '../decision.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import type { Llm, LlmId } from '../registry/llm.ts'
import type { RoutingPolicy } from '../routing-policy.ts'
import type { CallSize } from './cost-predictor.ts'

/** One call that was answered. */
export interface RecentBill {
  /** As registered when the bill came. */
  readonly llm: Llm
  readonly context: RoutingContext
  readonly size: CallSize
  /** Undefined: not known, or at a price that is not known any more. */
  billedUsd: number | undefined
  /** Of each answer. */
  readonly outputTokens: number | undefined
  /** What the version that decided expected of it; undefined once that was looked into. */
  predicted: { readonly version: string; readonly offlineUsd: number | undefined } | undefined
}

/** An LLM's correction forgets with every 50 answers: more say little of any but those that are seldom called. About 1 MB. */
const keptBills = 1_000

/**
 * The latest calls and their bills, so that a version that comes to serve can learn from them what it had learned if it had predicted them
 * (mathematics §3): a bill is compared with that version's own prediction, never with another's.
 */
export class RecentBills {
  #bills: RecentBill[] = []
  readonly #out = {
    costUsd: new Float64Array(1),
    offlineCostUsd: new Float64Array(1),
    costUsdP90: new Float64Array(1),
    outputTokens: new Float64Array(1),
    outputTokensP90: new Float64Array(1),
  }

  /** The oldest first. */
  list(): readonly RecentBill[] {
    return this.#bills.slice(-keptBills)
  }

  /** @param llm as registered now. @param outputTokens of each answer. */
  add(
    decision: Pick<RoutingDecision, 'policyVersion' | 'context' | 'candidates' | keyof CallSize>,
    llm: Llm,
    billedUsd: number | undefined,
    outputTokens: number | undefined,
  ): RecentBill {
    const { policyVersion: version, inputTokens, maxOutputTokens, choices, context, candidates } = decision
    const offlineUsd = candidates.find((candidate) => candidate.llm === llm.id)?.offlineCostUsd
    const size = { inputTokens, maxOutputTokens, choices }
    const bill: RecentBill = { llm, context, size, billedUsd, outputTokens, predicted: { version, offlineUsd } }
    this.#bills.push(bill)
    // Not one by one, which would move all others each time.
    if (this.#bills.length >= 2 * keptBills) this.#bills = this.#bills.slice(-keptBills)
    return bill
  }

  /** Bills of that LLM were seen to have become `factor` > 0 times what they were, for good. */
  rescale(id: LlmId, factor: number): void {
    for (const bill of this.#bills) if (bill.llm.id === id && bill.billedUsd !== undefined) bill.billedUsd *= factor
  }

  /**
   * Has `policy`, which did not predict that call, learn from it. A decision does not hold the price that it was made at: where the version that made
   * it, which must be `before`, predicts the same again at the LLM's price when the bill came, to the last bit, that price it was. Else the bill is left out
   * for good, and the answer's length alone counts, as it does where the context is another embedder's.
   */
  teach(bill: RecentBill, before: RoutingPolicy, policy: RoutingPolicy): void {
    const { predicted, llm, context, size, outputTokens } = bill
    if (predicted !== undefined) {
      const isAtPrice = predicted.version === before.version && this.#offlineUsd(bill, before) === predicted.offlineUsd
      if (!isAtPrice) bill.billedUsd = undefined
      bill.predicted = undefined
    }
    const { billedUsd } = bill
    const isReadable = billedUsd !== undefined && context.embedderId === policy.embedder.id
    const offlineUsd = isReadable ? this.#offlineUsd(bill, policy) : Number.NaN
    policy.cost.observe(llm.id, offlineUsd, billedUsd, outputTokens, size.maxOutputTokens)
  }

  #offlineUsd({ llm, context, size }: RecentBill, { cost }: RoutingPolicy): number {
    cost.predict(context, size, [llm], this.#out)
    return this.#out.offlineCostUsd[0]!
  }
}
