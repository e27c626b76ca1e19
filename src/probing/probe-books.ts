import type { LlmId } from '../routing/registry/llm.ts'
import type { TokenUsage } from '../routing/registry/token-price.ts'

/** How one call of a probe ended. */
export interface ProbeCallEnd {
  readonly status: 'completed' | 'aborted' | 'failed'
  readonly reportedModel: string | undefined
  readonly usage: TokenUsage | undefined
  /** Integer nano-USD; undefined: not known, what was set aside then counts. */
  readonly costNanoUsd: number | undefined
}

/** Where the money for probes is booked: with all other money. */
export interface ProbeBooks {
  /**
   * Sets money aside and writes that down before the call is made; may wait for others to end.
   *
   * @returns how to book the bill; undefined: a cap of the gateway does not allow the call.
   */
  open(llm: LlmId, nanoUsd: number): Promise<((end: ProbeCallEnd) => Promise<void>) | undefined>
}
