import type { TokenUsage } from '../routing/registry/token-price.ts'

/**
 * A call behind which stands no routing decision, such as an embedding: it is booked like a decision's, counts for the
 * same caps and is kept as long, but nothing is learned from it.
 */
export interface Charge {
  readonly id: string
  readonly createdAtMs: number
  /** The key that made the request; undefined where none is required. */
  readonly keyId: string | undefined
  /** What was called, under its public name. */
  readonly model: string
  /** Counts as spent until the charge is settled, and for good if it never is. */
  readonly reservedNanoUsd: number
}

/** How a charge ended. */
export interface ChargeSettlement {
  readonly chargeId: string
  readonly settledAtMs: number
  readonly status: 'completed' | 'aborted' | 'failed'
  /** The model id the upstream reported, as it wrote it. */
  readonly reportedModel: string | undefined
  readonly usage: TokenUsage | undefined
  /** Integer nano-USD, or undefined when not known: what was reserved then counts as spent. */
  readonly costNanoUsd: number | undefined
}

export interface StoredCharge {
  readonly charge: Charge
  readonly settlement: ChargeSettlement | undefined
}

/** Each promise resolves after the commit. What is spent, `DecisionStore.spentNanoUsd` sums, charges and all. */
export interface ChargeStore {
  append(charge: Charge): Promise<void>
  /** A second settlement of the same charge changes nothing. */
  settle(settlement: ChargeSettlement): Promise<void>
  get(id: string): Promise<StoredCharge | undefined>
  /**
   * Nano-USD that other processes booked or reserved since `sinceMs`, for whichever key: what a count kept in memory misses.
   * To the gateway those are commands that probe; to a command they are the gateway, its decisions too, and other commands.
   */
  spentByOthersNanoUsd(sinceMs: number): Promise<number>
}
