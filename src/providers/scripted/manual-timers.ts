import type { Timers } from '../resilience/timers.ts'

interface PendingCallback {
  readonly dueMs: number
  readonly callback: () => void
}

/** Time that passes only when a test says so. */
export class ManualTimers implements Timers {
  #nowMs: number
  #pending: PendingCallback[] = []

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  /** Callbacks not yet run or cancelled; 0 says that nothing leaked. */
  get pendingCount(): number {
    return this.#pending.length
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { dueMs: this.#nowMs + delayMs, callback }
    this.#pending.push(entry)
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry)
    }
  }

  /** Moves time on, running what falls due in order; lets promises settle before and after each callback. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settlePromises()
    for (;;) {
      const next = this.#pending
        .filter((entry) => entry.dueMs <= endMs)
        .reduce<PendingCallback | undefined>(
          (first, entry) => (first === undefined || entry.dueMs < first.dueMs ? entry : first),
          undefined,
        )
      if (next === undefined) break
      this.#pending = this.#pending.filter((entry) => entry !== next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.callback()
      await settlePromises()
    }
    this.#nowMs = endMs
  }
}

/** One turn of the event loop: every promise that can settle without outside help has settled. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
