/**
 * Money that a process has drawn from a budget before it is spent: what it reserves for requests it takes from its leases. A lease that is never
 * returned, as its process died, counts as spent.
 */
export interface BudgetLease {
  readonly id: string
  /** The budget: `gateway`, `team:<name>` or `key:<id>`. */
  readonly scope: string
  /** UTC days since the epoch. */
  readonly day: number
  /** Integer nano-USD. */
  readonly nanoUsd: number
}

/** Each promise resolves after the commit. */
export interface LeaseStore {
  /**
   * Draws `nanoUsd`, if the budget of that day has so much: what is booked or reserved by decisions and charges, and what other leases still hold, counts.
   *
   * @param capNanoUsd of the whole day.
   * @returns undefined, and nothing is drawn, when it has not.
   */
  draw(lease: BudgetLease, capNanoUsd: number): Promise<{ readonly leftNanoUsd: number } | undefined>
  /** What of it was not spent is free again. */
  giveBack(id: string): Promise<void>
  /** Those that were never given back. */
  open(day: number): Promise<readonly BudgetLease[]>
}
