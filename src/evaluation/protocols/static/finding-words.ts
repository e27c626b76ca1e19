import type { Comparison, Interval } from '../../evaluation-result.ts'

/** Policy and setting of a compared row. */
export function named({ policy, setting }: Comparison): string {
  const words = Object.entries(setting).map(([key, value]) => `${key} ${String(value)}`)
  return words.length === 0 ? policy : `${policy} (${words.join(', ')})`
}

/** The compared rows by name, or `none`. */
export function list(found: readonly Comparison[]): string {
  return found.length === 0 ? 'none' : found.map(named).join(', ')
}

/** With signs, in quality units. */
export function signedInterval({ mean, low, high }: Interval): string {
  return low === null || high === null ? signed(mean) : `${signed(mean)} [${signed(low)}, ${signed(high)}]`
}

/** In quality units. */
export function interval({ mean, low, high }: Interval): string {
  return low === null || high === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${figure(Math.abs(value))}`
}

function figure(value: number): string {
  return value
    .toFixed(4)
    .replace(/^-/, '−')
    .replace(/^(−?)0\./, '$1.')
}

/** With one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
