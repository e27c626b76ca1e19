import type { Axis } from '../evaluation-result.ts'
import { formatCount, formatDecimal, formatShare, formatUsd } from './format-number.ts'

/** At most this many places after the point on an axis. */
const mostDecimals = 6

/** Prints ticks of an axis with just the decimals that tell neighbours apart over `span`. */
export function tickFormat(axis: Axis, span: number): (value: number) => string {
  if (axis.unit === 'usd') return formatUsd
  const decimals = axis.scale === 'log' ? undefined : decimalsFor(span)
  if (axis.unit === 'share') {
    return (value) => formatShare(value, Math.max(0, (decimals ?? significantDecimals(value)) - 2))
  }
  return (value) => {
    const places = value === 0 ? 0 : (decimals ?? significantDecimals(value))
    return places === 0 ? formatCount(value) : formatDecimal(value, places)
  }
}

/** Ticks of a logarithmic axis: powers of ten, with 2 and 5 between them over few decades. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low))
  const last = Math.ceil(Math.log10(high))
  const within = (steps: readonly number[]): number[] =>
    Array.from({ length: last - first + 1 }, (_, decade) =>
      steps.map((step) => roundTick(step * 10 ** (first + decade))),
    )
      .flat()
      .filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
  const decades = Math.log10(high / low)
  if (decades > 4.5) return within([1])
  if (decades > 2.2) return within([1, 3])
  if (decades > 0.9) return within([1, 2, 5])
  return within([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9])
}

function roundTick(value: number): number {
  return Number(value.toPrecision(6))
}

function decimalsFor(span: number): number {
  if (!(span > 0)) return 2
  return Math.min(mostDecimals, Math.max(0, Math.ceil(-Math.log10(span / 5))))
}

/** As many as show the value's two leading digits, less a zero at the end: .015, 1.5, 2. */
function significantDecimals(value: number): number {
  if (!(Math.abs(value) > 0)) return 0
  const first = -Math.floor(Math.log10(Math.abs(value)))
  const isRound = Math.abs(value * 10 ** first - Math.round(value * 10 ** first)) < 1e-6
  return Math.min(mostDecimals, Math.max(0, isRound ? first : first + 1))
}
