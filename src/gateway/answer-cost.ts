import { mayHaveBeenBilled, type ProviderErrorCode } from '../providers/provider-error.ts'
import type { CandidateTerms } from '../routing/decision.ts'
import type { Settlement } from '../routing/outcome.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { toNanoUsd } from '../routing/registry/token-price.ts'

/** One call of an LLM, and the code it failed with. */
interface EndedCall {
  readonly llm: LlmId
  /** Undefined also when it ended in a fault of our own: then it may be billed. */
  readonly error: ProviderErrorCode | undefined
}

/** Whom a decision drew, and what each candidate may cost. */
export interface PricedDecision {
  readonly drawn: LlmId
  readonly candidates: readonly Pick<CandidateTerms, 'llm' | 'costP90Usd'>[]
}

/** What is known of the calls behind one answer once they have ended. */
export interface EndedCalls {
  readonly status: Settlement['status']
  readonly answered: LlmId | undefined
  /** In order; the answering LLM's call is the last. */
  readonly attempts: readonly EndedCall[]
  /** What the answering LLM billed, or had billed when its answer broke off, nano-USD; undefined when not known. */
  readonly billedNanoUsd: number | undefined
}

/**
 * What one call of an LLM may cost, nano-USD: the bill of an answer longer than nine in ten. With the mean, half of a
 * cap's last requests would overrun it. Where its price is not known the dearest known candidate stands in: unknown is
 * never zero.
 */
export function dearCostNanoUsd(decision: PricedDecision, llm: LlmId): number {
  const own = decision.candidates.find((candidate) => candidate.llm === llm)?.costP90Usd
  const dearest = () => decision.candidates.reduce((most, { costP90Usd }) => Math.max(most, costP90Usd ?? 0), 0)
  return toNanoUsd(own ?? dearest())
}

/** What one request cost, nano-USD, for the two who ask. */
export interface AnswerCost {
  /** For caps, which may rather count too much; undefined: what was set aside stays. */
  readonly bookedNanoUsd: number | undefined
  /** For people: what the answering LLM is known to have billed, no estimate in it; undefined: not known. */
  readonly billedNanoUsd: number | undefined
}

/**
 * Booked is the bill of a whole answer, and for every failed call that may be billed all the same what it may cost. An answer
 * that broke off counts as its dear case, or as what it had billed so far if that is more: usage seen on the way is where the
 * count stood, not where it ended. Undefined when nothing better is known than the dear case of the drawn LLM.
 *
 * Billed is the bill of a whole answer alone, and nothing where no call can have been billed.
 */
export function answerCost(decision: PricedDecision, calls: EndedCalls): AnswerCost {
  const { status, answered, attempts, billedNanoUsd } = calls
  const failed = answered === undefined ? attempts : attempts.slice(0, -1)
  const lost = failed.filter(({ error }) => error === undefined || mayHaveBeenBilled(error))
  const lostNanoUsd = lost.reduce((sum, { llm }) => sum + dearCostNanoUsd(decision, llm), 0)
  if (answered === undefined) {
    return lost.length === 0
      ? { bookedNanoUsd: 0, billedNanoUsd: 0 }
      : { bookedNanoUsd: unlessReserved(decision, lostNanoUsd), billedNanoUsd: undefined }
  }
  if (status === 'completed' && billedNanoUsd !== undefined) {
    return { bookedNanoUsd: billedNanoUsd + lostNanoUsd, billedNanoUsd }
  }
  const answerNanoUsd = Math.max(dearCostNanoUsd(decision, answered), billedNanoUsd ?? 0)
  return { bookedNanoUsd: unlessReserved(decision, answerNanoUsd + lostNanoUsd), billedNanoUsd: undefined }
}

function unlessReserved(decision: PricedDecision, nanoUsd: number): number | undefined {
  return nanoUsd === dearCostNanoUsd(decision, decision.drawn) ? undefined : nanoUsd
}
