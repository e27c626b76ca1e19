import type { Clock } from '../routing/clock.ts'
import type { BudgetLease, LeaseStore } from './lease-store.ts'

/** Of the day's cap: what a process that dies makes the budget poorer by at most. */
const leaseShare = 0.005

export interface BudgetLeasesOptions {
  /** A new id, unique over restarts. */
  readonly newId: () => string
  /** A lease that cannot be drawn costs time, not correctness: requests then wait for their commits. */
  readonly onError: (error: unknown) => void
}

interface Held {
  readonly day: number
  /** Undefined while it is being drawn, or when the budget has not so much left. */
  lease: BudgetLease | undefined
  /** Not asked again before: a budget that is nearly used up must not be asked at each request. */
  askAgainAtMs: number
}

/**
 * What this process may promise before its decisions are committed: one lease per budget and day, of half a percent of the cap, drawn once. Requests
 * under way that are not committed yet lean on it; where they would lean on more, they wait for their commit. So no request takes a commit more, and after
 * a death the books are never below what was promised.
 */
export class BudgetLeases {
  readonly #store: LeaseStore
  readonly #clock: Clock
  readonly #options: BudgetLeasesOptions
  readonly #held = new Map<string, Held>()
  #drawing: Promise<void> = Promise.resolve()
  #closed = false

  constructor(store: LeaseStore, clock: Clock, options: BudgetLeasesOptions) {
    this.#store = store
    this.#clock = clock
    this.#options = options
  }

  /** Leases of processes that never gave them back. Call it before any is drawn. */
  lost(day: number): Promise<readonly BudgetLease[]> {
    return this.#store.open(day)
  }

  /**
   * What is drawn from that budget, nano-USD; 0 until it is, which this call sets about where there is so much left. Never throws.
   *
   * @param leftNanoUsd of the cap, by what is known here.
   */
  heldNanoUsd(scope: string, day: number, capNanoUsd: number, leftNanoUsd: number): number {
    const held = this.#held.get(scope)
    if (held?.day === day && held.lease !== undefined) return held.lease.nanoUsd
    // The store sums a day to answer: near the end of a budget it would be asked in vain again and again.
    if (this.#closed || leftNanoUsd < Math.floor(leaseShare * capNanoUsd)) return 0
    if (held?.day !== day || this.#clock.now() >= held.askAgainAtMs) this.#draw(scope, day, capNanoUsd)
    return 0
  }

  /** Gives everything back: nothing is under way any more. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#drawing
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const { lease } of held) {
      if (lease !== undefined) await this.#store.giveBack(lease.id).catch(this.#options.onError)
    }
  }

  #draw(scope: string, day: number, capNanoUsd: number): void {
    const earlier = this.#held.get(scope)
    const held: Held = { day, lease: undefined, askAgainAtMs: this.#clock.now() + askAgainMs }
    this.#held.set(scope, held)
    const lease: BudgetLease = {
      id: this.#options.newId(),
      scope,
      day,
      nanoUsd: Math.floor(leaseShare * capNanoUsd),
    }
    this.#drawing = this.#drawing
      .then(async () => {
        // Yesterday's requests that are still under way are in decisions of yesterday by now.
        if (earlier?.lease !== undefined) await this.#store.giveBack(earlier.lease.id)
        if (lease.nanoUsd > 0 && (await this.#store.draw(lease, capNanoUsd)) !== undefined) held.lease = lease
      })
      .catch(this.#options.onError)
  }
}

const askAgainMs = 10_000
