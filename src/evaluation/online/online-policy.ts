import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { PolicyName } from '../policy-names.ts'

/** One request of a replayed stream, as it looks before the call. LLMs are indices into the data set's LLMs throughout. */
export interface OnlineRequest {
  /** Row of the prompt in the data set; for looking up what was computed before, never its outcomes. */
  readonly prompt: number
  readonly context: RoutingContext
  /** For policies that read the prompt themselves; undefined where a protocol gives contexts only. */
  readonly text?: string | undefined
  readonly inputTokens: number
  /** LLMs that are in the pool now. */
  readonly candidates: readonly number[]
  /** Waiting time of each LLM as of the last refresh, ms; undefined where load is not simulated. Shape [llms]. */
  readonly waitMs?: Float64Array | undefined
}

/** What comes back for the LLM that answered. */
export interface OnlineFeedback {
  readonly llm: number
  /** Refined feedback: measured quality in [0, 1]; undefined where it did not come. */
  readonly quality: number | undefined
  /** Binary feedback; undefined where it did not come. */
  readonly satisfied: boolean | undefined
  /** Billed, USD. */
  readonly costUsd: number
  /** Length of the answer, as a gateway reads it from the upstream's usage; undefined where it is not known. */
  readonly outputTokens?: number | undefined
}

/** What an answer cost. */
export type OnlineBill = Pick<OnlineFeedback, 'llm' | 'costUsd' | 'outputTokens'>

/** A policy on a stream with bandit feedback: chooses, then hears about its choice alone. */
export interface OnlinePolicy {
  /** @returns the LLM chosen, one of `request.candidates`. May draw. */
  choose(request: OnlineRequest, random: RandomSource): number
  /**
   * The bill, as soon as the answer ended: a gateway books it then, however late feedback is. Protocols that know no
   * delay may leave it out; {@link learn} brings the same bill again, to be booked once.
   */
  billed?(request: OnlineRequest, bill: OnlineBill): void
  /** Called in stream order, after the delay that the protocol sets. The same `request` object as in `choose`. */
  learn(request: OnlineRequest, feedback: OnlineFeedback): void
  /** Prices change for all to see, at once. Where a policy's costs are its own estimates, they are scaled alike. */
  priceChanged(llm: number, factor: number): void
  /** A newcomer joins with nothing but its price; it was not among the offline data. */
  llmAdded(llm: number, price: TokenPrice | undefined): void
  llmRemoved(llm: number): void
  /** The smallest probability that any candidate admitted to any request so far had; left out where nothing is drawn. */
  readonly leastProbability?: number
  /** Share of the requests so far at which a budget's ceiling refused some candidate; left out where there is none. */
  readonly refusedShare?: number
}

/** What an online policy may be warmed up with: offline outcomes of all LLMs that are not newcomers. */
export interface OfflineKnowledge {
  readonly rows: TrainingRows
  readonly texts: readonly string[]
  readonly prices: readonly (TokenPrice | undefined)[]
  /** LLMs whose cells are unknown in `rows`, as they join later. */
  readonly newcomers: readonly number[]
  readonly seed: number
}

export interface OnlineGoal {
  /** Willingness to pay; undefined under a budget. */
  readonly lambda: number | undefined
  /** USD per request on average; undefined without a budget. */
  readonly budgetUsd: number | undefined
  /** Length of the period that the budget is for, requests; for pacers that look ahead. */
  readonly expectedRequests?: number | undefined
  /** C_ref: cost that weighs as much as a unit of quality at λ = 1, USD. */
  readonly costReferenceUsd: number
}

export interface OnlinePolicyKind {
  readonly name: PolicyName
  /** Fits offline, once per seed and set: what {@link start} shares. Deterministic in `knowledge`. */
  fit(knowledge: OfflineKnowledge): Promise<FittedOnlinePolicy>
}

export interface FittedOnlinePolicy {
  /** A fresh policy at the start of a stream. */
  start(goal: OnlineGoal): OnlinePolicy
}
