import type { GatewayMetrics } from './gateway-metrics.ts'
import type { GatewayOptions } from './gateway-options.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { SignReader } from './implicit/implicit-signals.ts'
import type { AnswerJudge } from './live-judge/answer-judge.ts'
import type { StoreHealth } from './store-health.ts'

/** What every route works with. */
export interface GatewayServices {
  readonly parts: GatewayParts
  readonly options: GatewayOptions
  readonly metrics: GatewayMetrics
  readonly storeHealth: StoreHealth
  /** Undefined: no live answer is judged. */
  readonly liveJudge: AnswerJudge | undefined
  /** Undefined: what callers do is not taken for feedback. */
  readonly implicit: SignReader | undefined
  /** No new work is taken any more. */
  readonly draining: () => boolean
}
