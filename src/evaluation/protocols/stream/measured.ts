import type { Interval, Verdict } from '../../evaluation-result.ts'
import { bootstrapPValue, holm, percentileInterval, studentInterval } from '../../metrics/interval.ts'
import { twoSidedStudentP } from '../../metrics/student-tail.ts'

/** A figure with what is needed to tell how sure it is; several of one result share draws and seeds, which pairs them. */
export interface Measured {
  /** Over all seeds' prompts. */
  readonly mean: number
  /** The same with prompts resampled by group: the same draw in every figure. */
  readonly replicates: Float64Array
  /** The figure of each seed alone, NaN where a seed does not have it. */
  readonly bySeed: Float64Array
}

/** A function of figures, drawn through replicates and seeds: a difference, a ratio, a mean over settings. */
export function combine(parts: readonly Measured[], f: (values: readonly number[]) => number): Measured {
  const at = (pick: (part: Measured) => number): number => f(parts.map(pick))
  const [first] = parts
  if (first === undefined) throw new RangeError('Nothing to combine')
  return {
    mean: at((part) => part.mean),
    replicates: first.replicates.map((_, i) => at((part) => part.replicates[i]!)),
    bySeed: first.bySeed.map((_, i) => at((part) => part.bySeed[i]!)),
  }
}

export function averageOf(parts: readonly Measured[]): Measured {
  return combine(parts, (values) => values.reduce((sum, value) => sum + value, 0) / values.length)
}

export function differenceOf(a: Measured, b: Measured): Measured {
  return combine([a, b], ([x, y]) => x! - y!)
}

/** a/b − 1: the paper's lifts are relative. */
export function liftOf(a: Measured, b: Measured): Measured {
  return combine([a, b], ([x, y]) => x! / y! - 1)
}

/** 95 % over prompts: bootstrap by group. */
export function promptInterval({ mean, replicates }: Measured): Interval {
  return percentileInterval(mean, [...replicates])
}

/** 95 % over seeds: Student. Around their own mean, as seeds may weigh prompts differently. */
export function seedInterval({ bySeed }: Measured): Interval {
  const known = [...bySeed].filter(Number.isFinite)
  return known.length === 0 ? { mean: Number.NaN, low: null, high: null } : studentInterval(known)
}

export function pValue({ replicates }: Measured): number {
  return bootstrapPValue([...replicates])
}

/** A figure that more of the replicates lack has no interval. */
const mostMissing = 0.05

/** Level of a family of claims. */
const level = 0.05

/**
 * What figures say to the claims that they are above 0. A claim is decided where its 95 % interval over prompts and that over
 * seeds (two at least) lie wholly on one side, and the prompts' p stays below .05 after Holm over all claims of the family.
 * That p is Student's, by the bootstrap's standard error: a thousand replicates cannot show one small enough for Holm.
 *
 * @param figures of one family. A mean of NaN, or NaN in more than 5 % of the replicates, is undecided and not counted by Holm.
 */
export function judge(figures: readonly Measured[]): Verdict[] {
  const pValues = figures.map(studentPValue)
  const judged = figures.flatMap((_, i) => (pValues[i] === undefined ? [] : [i]))
  const corrected = holm(judged.map((i) => pValues[i]!))
  const verdicts = new Array<Verdict>(figures.length).fill('undecided')
  judged.forEach((i, place) => {
    if (corrected[place]! < level) verdicts[i] = sideOf(figures[i]!)
  })
  return verdicts
}

function sideOf(figure: Measured): Verdict {
  const intervals = [promptInterval(figure), seedInterval(figure)]
  if (intervals.every(({ low }) => low !== null && low > 0)) return 'confirmed'
  if (intervals.every(({ high }) => high !== null && high < 0)) return 'refuted'
  return 'undecided'
}

function studentPValue({ mean, replicates }: Measured): number | undefined {
  const known = replicates.filter(Number.isFinite)
  if (!Number.isFinite(mean) || known.length < Math.max(2, (1 - mostMissing) * replicates.length)) return undefined
  const centre = known.reduce((sum, value) => sum + value, 0) / known.length
  const variance = known.reduce((sum, value) => sum + (value - centre) ** 2, 0) / known.length
  if (variance === 0) return mean === 0 ? 1 : 0
  return twoSidedStudentP(mean / Math.sqrt(variance), known.length - 1)
}

/** `+1.21 % (prompts +.4 to +2.0 %, seeds +.9 to +1.5 %)`; shares are printed in per cent. A NaN is said to be out of reach. */
export function describeFigure(figure: Measured, unit: 'share' | 'quality'): string {
  if (Number.isNaN(figure.mean)) return 'not reachable at that cost'
  const print =
    unit === 'share' ? (value: number) => `${signed(100 * value, 2)} %` : (value: number) => signed(value, 4)
  const range = ({ low, high }: Interval): string => (low === null ? 'too few' : `${print(low)} to ${print(high!)}`)
  return `${print(figure.mean)} (prompts ${range(promptInterval(figure))}; seeds ${range(seedInterval(figure))})`
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}
