import { type MetricDescription, type MetricUnit, metricDescription } from './metric-descriptions.ts'

const minus = '\u2212'
const narrowSpace = '\u202f'
/** Printed where a value is missing or not a number. */
export const noValue = '–'

/** A number of `decimals` places without the zero before the point: `.9315`, `−.0012`, `1.0000`. */
export function formatDecimal(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return noValue
  const digits = Math.abs(value).toFixed(decimals).replace(/^0\./, '.')
  return isZero(digits) ? digits : sign(value) + digits
}

/** A share in per cent: 0.173 is `17.3 %` with one decimal. */
export function formatShare(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return noValue
  const digits = Math.abs(100 * value).toFixed(decimals)
  return `${isZero(digits) ? digits : sign(value) + digits}${narrowSpace}%`
}

/** Dollars with three significant digits and at least two decimals, never in exponents above a billionth: `$0.00052`. */
export function formatUsd(value: number): string {
  if (!Number.isFinite(value)) return noValue
  const size = Math.abs(value)
  if (size === 0) return '$0'
  if (size < 1e-9) return `${sign(value)}$${size.toExponential(1)}`
  if (size >= 1000) return `${sign(value)}$${formatCount(Math.round(size))}`
  const decimals = Math.max(2, 2 - Math.floor(Math.log10(size)))
  const digits = size.toFixed(decimals)
  return `${sign(value)}$${digits.replace(/(\.\d\d\d*?)0+$/, '$1')}`
}

/** A whole number with commas between thousands. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return noValue
  const digits = Math.abs(Math.round(value))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
  return isZero(digits) ? digits : sign(value) + digits
}

/** A p-value: `< .001`, `.013`, `1.000`. */
export function formatP(p: number | null): string {
  if (p === null || !Number.isFinite(p)) return noValue
  return p < 0.001 ? `<${narrowSpace}.001` : formatDecimal(p, 3)
}

/** A duration in words: `42 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return noValue
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A metric's value in the unit and with the decimals it is described with. */
export function formatMetric(metric: string, value: number): string {
  return formatAs(metricDescription(metric), value)
}

/** A difference between two values of a metric, with its sign. */
export function formatDifference(metric: string, value: number): string {
  const text = formatMetric(metric, value)
  return value > 0 && text !== noValue && /[1-9]/.test(text) ? `+${text}` : text
}

/** The value of a metric inside an interval, where its unit need not be said again. */
export function formatMetricEnd(metric: string, value: number): string {
  return formatMetric(metric, value).replace(`${narrowSpace}%`, '')
}

/** The interval of a metric in brackets; empty where it has none, or one without width, which no two draws tell apart. */
export function formatRange(
  low: number | null | undefined,
  high: number | null | undefined,
  format: (value: number) => string,
): string {
  if (low === null || low === undefined || high === null || high === undefined) return ''
  return Number.isFinite(low) && Number.isFinite(high) && high - low > 1e-12 * Math.abs(low)
    ? `[${format(low)}, ${format(high)}]`
    : ''
}

function formatAs(description: MetricDescription, value: number): string {
  const formats: Readonly<Record<MetricUnit, (value: number) => string>> = {
    quality: (number) => formatDecimal(number, description.decimals),
    share: (number) => formatShare(number, description.decimals),
    usd: formatUsd,
    steps: (number) => (description.decimals === 0 ? formatCount(number) : formatDecimal(number, description.decimals)),
  }
  return formats[description.unit](value)
}

function sign(value: number): string {
  return value < 0 ? minus : ''
}

function isZero(digits: string): boolean {
  return !/[1-9]/.test(digits)
}
