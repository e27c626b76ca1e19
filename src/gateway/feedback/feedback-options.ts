import type { InfluenceCap } from '../../routing/feedback-store.ts'
import type { DeclaredMetric } from './declared-metric.ts'

/** Which signs of what an answer was worth are taken from the callers' behaviour. */
export interface ImplicitOptions {
  /** The same request again, soon after its answer. */
  readonly retry: boolean
  /** The caller left in the middle of an answer. */
  readonly abort: boolean
}

/** What feedback may say, and how much it counts for. */
export interface FeedbackOptions {
  /** By name. */
  readonly metrics: ReadonlyMap<string, DeclaredMetric>
  /** Of each key without the admin scope, where there are several. */
  readonly influence: InfluenceCap
  readonly implicit: ImplicitOptions
}

/**
 * A quarter of an LLM's last 300 labels, as labels fade by .997 each: what was said before weighs less than half (mathematics §27). 50 labels are
 * free, so that a key is heard where nobody else speaks; behaviour is off, as machines repeat themselves without being discontent.
 */
export const defaultFeedbackOptions: FeedbackOptions = {
  metrics: new Map(),
  influence: { window: 300, free: 50, share: 0.25 },
  implicit: { retry: false, abort: false },
}
