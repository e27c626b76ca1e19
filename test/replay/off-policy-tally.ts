import type { EstimatedMean } from '../../src/proof/off-policy/clustered-mean.ts'
import type { TargetEstimate } from '../../src/proof/off-policy/estimate-target.ts'
import type { Estimator } from '../../src/proof/off-policy/target-scores.ts'

/** Coverage of one estimator over resamples of one log size, logging policy and target. */
interface Coverage {
  covered: number
  coveredValue: number
  readonly halfWidths: number[]
}

/** Counts over resamples of one log size, logging policy and target. */
export class Tally {
  static readonly header = row([
    'rows logging',
    'target',
    'refused',
    'verdicts',
    'covered',
    'from',
    'to',
    'of value',
    'SNIPS',
    'SNIPS ±',
    'IPS',
    'IPS ±',
    'hits',
    'ESS',
    'heaviest',
    'truth',
    'DR ±',
  ])
  readonly #log: string
  readonly #target: string
  #all = 0
  #verdicts = 0
  #truth = 0
  readonly #hits: number[] = []
  readonly #effectiveRows: number[] = []
  readonly #heaviest: number[] = []
  readonly #coverage = new Map<Estimator, Coverage>()

  constructor(log: string, target: string) {
    this.#log = log
    this.#target = target
  }

  /** @param estimate by all estimators where there is a verdict, else by none. */
  add(estimate: TargetEstimate, truth: { readonly target: number; readonly served: number }): void {
    const gain = truth.target - truth.served
    this.#all++
    this.#truth += gain
    this.#hits.push(estimate.qualitySupport.hits)
    this.#effectiveRows.push(estimate.qualitySupport.effectiveRows)
    this.#heaviest.push(estimate.qualitySupport.largestWeight)
    if (estimate.verdict.kind === 'unknown') return
    this.#verdicts++
    for (const { estimator, utility } of estimate.results) {
      const coverage = this.#coverageOf(estimator)
      const { target, difference } = utility!
      coverage.covered += holds(difference, gain)
      coverage.coveredValue += holds(target, truth.target)
      coverage.halfWidths.push((difference.high - difference.low) / 2)
    }
  }

  /**
   * Coverage of DR's interval of the difference, with the 95 % interval of that share, and of the target's value; of the others' interval of the difference, with their
   * half-width over DR's; medians of the log over all logs, of half-widths over those with a verdict.
   */
  line(): string {
    const share = (count: number, of: number) => fixed(count / of, 3)
    const { covered, coveredValue, halfWidths } = this.#coverageOf('dr')
    const others = [this.#coverageOf('snips'), this.#coverageOf('ips')]
    const [from, to] = shareInterval(covered, this.#verdicts)
    return row([
      this.#log,
      this.#target,
      share(this.#all - this.#verdicts, this.#all),
      String(this.#verdicts),
      share(covered, this.#verdicts),
      fixed(from, 3),
      fixed(to, 3),
      share(coveredValue, this.#verdicts),
      ...others.flatMap((other) => [
        share(other.covered, this.#verdicts),
        fixed(median(other.halfWidths) / median(halfWidths), 2),
      ]),
      median(this.#hits).toFixed(0),
      median(this.#effectiveRows).toFixed(0),
      median(this.#heaviest).toFixed(4),
      (this.#truth / this.#all).toFixed(4),
      fixed(median(halfWidths), 4),
    ])
  }

  #coverageOf(estimator: Estimator): Coverage {
    const known = this.#coverage.get(estimator)
    if (known !== undefined) return known
    const coverage = { covered: 0, coveredValue: 0, halfWidths: [] }
    this.#coverage.set(estimator, coverage)
    return coverage
  }
}

/** Wilson's 95 % interval of a share, [NaN, NaN] of none. */
function shareInterval(count: number, of: number): readonly [number, number] {
  const z = 1.96
  const share = count / of
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of)
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + ((z / of) * (z / of)) / 4)
  return [middle - half, middle + half]
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.slice(0, 26).padEnd(i === 0 ? 22 : 27) : cell.padStart(9))).join('')
}

function fixed(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits)
}

function holds({ low, high }: EstimatedMean, truth: number): number {
  return low <= truth && truth <= high ? 1 : 0
}

function median(values: number[]): number {
  return values.length === 0 ? Number.NaN : values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
