import type { EstimatedMean } from '../../src/proof/off-policy/clustered-mean.ts'
import type { TargetEstimate } from '../../src/proof/off-policy/estimate-target.ts'

/** Counts over resamples of one log size, logging policy and target. */
export class Tally {
  static readonly header = row([
    'rows logging',
    'target',
    'refused',
    'verdicts',
    'covered',
    'of value',
    'had all',
    'hits',
    'ESS',
    'heaviest',
    'truth',
    '± half',
  ])
  readonly #log: string
  readonly #target: string
  #all = 0
  #verdicts = 0
  #covered = 0
  #coveredValue = 0
  #coveredAll = 0
  #truth = 0
  readonly #hits: number[] = []
  readonly #effectiveRows: number[] = []
  readonly #heaviest: number[] = []
  readonly #halfWidths: number[] = []

  constructor(log: string, target: string) {
    this.#log = log
    this.#target = target
  }

  add(estimate: TargetEstimate, truth: { readonly target: number; readonly served: number }): void {
    const { target, difference } = estimate.results[0]!.utility!
    const gain = truth.target - truth.served
    this.#all++
    this.#truth += gain
    this.#hits.push(estimate.qualitySupport.hits)
    this.#effectiveRows.push(estimate.qualitySupport.effectiveRows)
    this.#heaviest.push(estimate.qualitySupport.largestWeight)
    this.#halfWidths.push((difference.high - difference.low) / 2)
    this.#coveredAll += holds(difference, gain)
    if (estimate.verdict.kind === 'unknown') return
    this.#verdicts++
    this.#covered += holds(difference, gain)
    this.#coveredValue += holds(target, truth.target)
  }

  /** Coverage of the difference and of the target's value where a verdict was given, of the difference had one been given always; medians. */
  line(): string {
    const share = (count: number, of: number) => (of === 0 ? '–' : (count / of).toFixed(3))
    return row([
      this.#log,
      this.#target,
      share(this.#all - this.#verdicts, this.#all),
      String(this.#verdicts),
      share(this.#covered, this.#verdicts),
      share(this.#coveredValue, this.#verdicts),
      share(this.#coveredAll, this.#all),
      median(this.#hits).toFixed(0),
      median(this.#effectiveRows).toFixed(0),
      median(this.#heaviest).toFixed(4),
      (this.#truth / this.#all).toFixed(4),
      median(this.#halfWidths).toFixed(4),
    ])
  }
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.slice(0, 26).padEnd(i === 0 ? 22 : 27) : cell.padStart(9))).join('')
}

function holds({ low, high }: EstimatedMean, truth: number): number {
  return low <= truth && truth <= high ? 1 : 0
}

function median(values: number[]): number {
  return values.length === 0 ? Number.NaN : values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
