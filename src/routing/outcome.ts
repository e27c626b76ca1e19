import type { RoutingContext } from './embedding/routing-context.ts'
import type { LlmId } from './registry/llm.ts'
import type { TokenUsage } from './registry/token-price.ts'

/** How a decision ended. Written once, before the answer's last byte. */
export interface Settlement {
  readonly decisionId: string
  readonly settledAtMs: number
  /** `completed`: answered whole. `cut`: the answer broke off. `aborted`: the caller left. `failed`: no answer. */
  readonly status: 'completed' | 'cut' | 'aborted' | 'failed'
  /** The LLM that answered (another than drawn after a fallback); undefined when none did. */
  readonly answered: LlmId | undefined
  /** The model id the upstream reported, as it wrote it. */
  readonly reportedModel: string | undefined
  readonly usage: TokenUsage | undefined
  /**
   * What counts as spent, integer nano-USD, estimates of lost calls in it; undefined when nothing better is known than what
   * was reserved, which then counts.
   */
  readonly costNanoUsd: number | undefined
  /** What the answering LLM billed for a whole answer, integer nano-USD, no estimate in it; undefined when not known. */
  readonly billedNanoUsd: number | undefined
  readonly streamed: boolean
  readonly timeToFirstTokenMs: number | undefined
  readonly completionMs: number
  /** Time spent in Pointsman itself before the first upstream call. */
  readonly overheadMs: number
  /** Every upstream call made, in order. `error` is a provider error code. */
  readonly attempts: readonly { readonly llm: LlmId; readonly error: string | undefined; readonly ms: number }[]
}

/** What was said of one answer, by response id. */
export interface Feedback {
  readonly decisionId: string
  /** Who says it, such as `user`, `judge` or `verifier`: one value per decision and source, the latest wins. */
  readonly source: string
  /** `score`: refined, [0, 1]. `thumbs`: 0 or 1, a draw whose mean is the quality. */
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  /** Of whom it speaks, where that is not the LLM that answered: what another one did, or would have done, with the same request. */
  readonly llm?: LlmId | undefined
  /** How much it counts for, ≥ 0, in labels of its kind; default 1. A cap on its key's influence may lower it. */
  readonly weight?: number | undefined
  /** Standard deviation of the value around the quality, quality units, > 0; default: what labels of the LLM showed at the fit. */
  readonly noise?: number | undefined
  readonly receivedAtMs: number
  /** The key that posted it. */
  readonly keyId: string | undefined
  /**
   * A source whose last word on the decision, on whichever LLM, goes with this one: a thumb of weight 0 takes its place, in the same commit.
   * Of no effect on a repeat of a message.
   */
  readonly withdraws?: string | undefined
  /** The caller's own id for this message; a repeat is answered, not learned. */
  readonly idempotencyKey: string | undefined
}

/** One accepted piece of feedback in the total order that learning follows (mathematics §7). */
export interface Label {
  /** 1, 2, 3, … without gaps, given by the store. */
  readonly sequence: number
  readonly decisionId: string
  /** The LLM that answered, or the other one that the feedback named. */
  readonly llm: LlmId
  /** As stored with the decision. */
  readonly context: RoutingContext
  /** The decision's own offline estimate for that LLM; undefined where none was made (a named LLM). */
  readonly offlineQuality: number | undefined
  readonly source: string
  /** The key that posted it; undefined where there was none. No single key can raise an alarm alone where others speak of the LLM too. */
  readonly keyId?: string | undefined
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  /** As accepted; 0: its key has had its say, and it teaches nothing. Fixed with the label, so that the fold does not hang on today's caps. */
  readonly weight: number
  /** See {@link Feedback.noise}. */
  readonly noise: number | undefined
  /** Set when the source changed its mind: the label this one takes the place of. */
  readonly revises: RevisedLabel | undefined
}

/** What has to be undone of a label that another one takes the place of. */
export interface RevisedLabel {
  readonly sequence: number
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  /** As it was accepted. Default 1. */
  readonly weight?: number | undefined
  readonly noise?: number | undefined
}
