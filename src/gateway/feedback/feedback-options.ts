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
  readonly influence: Required<InfluenceCap>
  readonly implicit: ImplicitOptions
}

/**
 * A tenth of what is said of an LLM, and 50 labels of it a day, so that a key is heard where nobody else speaks; where others do, no more than 20 are saved up, as what comes
 * at once moves most. What lies come to
 * under it, and what honest keys lose by it, is in mathematics §27. Behaviour is off, as machines repeat themselves without being discontent.
 */
export const defaultFeedbackOptions: FeedbackOptions = {
  metrics: new Map(),
  influence: { window: 150, free: 50, burst: 20, share: 0.1 },
  implicit: { retry: false, abort: false },
}
