import { GatewayError } from '../gateway-error.ts'

/** What the owner measures answers by. */
export interface DeclaredMetric {
  readonly type: 'boolean' | 'number'
  /** Of a number: the range that becomes [0, 1]; min < max. */
  readonly min: number
  readonly max: number
  readonly better: 'higher' | 'lower'
  /** > 0, in labels. */
  readonly weight: number
  /** Standard deviation around the quality, quality units; undefined: as of thumbs, or of scores. */
  readonly noise: number | undefined
}

/** What a metric says of the quality. */
export interface MetricReading {
  /** A boolean is a draw whose mean is the quality, a number the quality itself, with its noise. */
  readonly kind: 'score' | 'thumbs'
  /** (v − min)/(max − min), of one that is better the lower 1 less that. */
  readonly value: number
}

/**
 * @param path where the value stands in the body.
 * @throws {GatewayError} `invalid_request` when it is not of the declared type, or out of range.
 */
export function readMetric(
  name: string,
  { type, min, max, better }: DeclaredMetric,
  value: boolean | number,
  path = 'metric.value',
): MetricReading {
  const wrong = (complaint: string): GatewayError =>
    new GatewayError('invalid_request', `Invalid value for '${path}': ${complaint}`, { param: path })
  if (type === 'boolean') {
    if (typeof value !== 'boolean') throw wrong(`the metric '${name}' is true or false`)
    return { kind: 'thumbs', value: Number(value === (better === 'higher')) }
  }
  if (typeof value !== 'number') throw wrong(`the metric '${name}' is a number from ${min} to ${max}`)
  if (!(value >= min && value <= max)) throw wrong(`the metric '${name}' goes from ${min} to ${max}`)
  const share = (value - min) / (max - min)
  return { kind: 'score', value: better === 'higher' ? share : 1 - share }
}
