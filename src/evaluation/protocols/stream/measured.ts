import type { Interval, Verdict } from '../../evaluation-result.ts'
import { bootstrapPValue, percentileInterval, studentInterval } from '../../metrics/interval.ts'

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

/**
 * What the figure says to the claim that it is above 0: prompts and seeds must both say so, each by its interval; with one
 * seed the prompts decide.
 */
export function judge(figure: Measured): Verdict {
  const intervals = [promptInterval(figure), seedInterval(figure)].filter(({ low }) => low !== null)
  if (intervals.length === 0) return 'undecided'
  if (intervals.every(({ low }) => low! > 0)) return 'confirmed'
  if (intervals.every(({ high }) => high! < 0)) return 'refuted'
  return 'undecided'
}

/** `+1.21 % (prompts +.4 to +2.0 %, seeds +.9 to +1.5 %)`; shares are printed in per cent. */
export function describeFigure(figure: Measured, unit: 'share' | 'quality'): string {
  const print =
    unit === 'share' ? (value: number) => `${signed(100 * value, 2)} %` : (value: number) => signed(value, 4)
  const range = ({ low, high }: Interval): string => (low === null ? 'too few' : `${print(low)} to ${print(high!)}`)
  return `${print(figure.mean)} (prompts ${range(promptInterval(figure))}; seeds ${range(seedInterval(figure))})`
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}
