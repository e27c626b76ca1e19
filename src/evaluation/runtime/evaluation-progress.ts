import type { WorkUnit } from '../protocol.ts'

export interface EvaluationProgress {
  readonly finished: number
  readonly total: number
  /** Of the work, [0, 1]. */
  readonly share: number
  /** Undefined until enough is done to tell. */
  readonly secondsLeft: number | undefined
}

/** Below this share of the work an estimate would mislead. */
const smallestShare = 0.02

/** How far an evaluation is, by the weights of its units; the time left goes by the pace of this run alone. */
export class ProgressMeter {
  readonly #weights: number
  readonly #shares = new Map<string, number>()
  readonly #byKey: ReadonlyMap<string, WorkUnit>
  readonly #startMs: number
  readonly #startShare: number

  /** @param done units that need not run. @param nowMs of a monotonic clock. */
  constructor(units: readonly WorkUnit[], done: readonly WorkUnit[], nowMs: number) {
    this.#byKey = new Map(units.map((unit) => [unit.key, unit]))
    this.#weights = units.reduce((sum, unit) => sum + unit.weight, 0)
    for (const unit of done) this.#shares.set(unit.key, 1)
    this.#startMs = nowMs
    this.#startShare = this.#share()
  }

  /** @param share of that unit, [0, 1]. */
  advance(unit: WorkUnit, share: number): void {
    this.#shares.set(unit.key, Math.max(share, this.#shares.get(unit.key) ?? 0))
  }

  read(nowMs: number): EvaluationProgress {
    const share = this.#share()
    const done = share - this.#startShare
    const seconds = (nowMs - this.#startMs) / 1000
    return {
      finished: [...this.#shares.values()].filter((value) => value >= 1).length,
      total: this.#byKey.size,
      share,
      secondsLeft: done >= smallestShare ? (seconds * (1 - share)) / done : undefined,
    }
  }

  #share(): number {
    let sum = 0
    for (const [key, share] of this.#shares) sum += share * (this.#byKey.get(key)?.weight ?? 0)
    return this.#weights === 0 ? 1 : Math.min(1, sum / this.#weights)
  }
}
