/** What one onboarding may still spend, in nano-USD. Single-threaded: check and reserve without waiting in between. */
export class ProbeBudget {
  readonly #capNanoUsd: number
  #spentNanoUsd: number
  #reservedNanoUsd = 0
  #waiting: (() => void)[] = []

  /** @param spentNanoUsd by the same onboarding before it was interrupted. */
  constructor(capUsd: number | undefined, spentNanoUsd: number) {
    this.#capNanoUsd = capUsd === undefined ? Number.POSITIVE_INFINITY : Math.floor(capUsd * 1e9)
    this.#spentNanoUsd = spentNanoUsd
  }

  get spentUsd(): number {
    return this.#spentNanoUsd / 1e9
  }

  /** What was billed is more than was allowed: some call cost more than it could be expected to. */
  get isOverdrawn(): boolean {
    return this.#spentNanoUsd > this.#capNanoUsd
  }

  /**
   * Sets `nanoUsd` aside; waits while calls under way may yet turn out cheaper than what is set aside for them.
   *
   * @returns false: it does not fit into what is left.
   */
  async reserve(nanoUsd: number): Promise<boolean> {
    while (this.#spentNanoUsd + this.#reservedNanoUsd + nanoUsd > this.#capNanoUsd) {
      if (this.#reservedNanoUsd === 0) return false
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#reservedNanoUsd += nanoUsd
    return true
  }

  /** Books what a call really took, in place of what was set aside for it. */
  settle(reservedNanoUsd: number, spentNanoUsd: number): void {
    this.#reservedNanoUsd -= reservedNanoUsd
    this.#spentNanoUsd += spentNanoUsd
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
