import { RoutingError } from '../errors.ts'
import { defaultLambda, type RoutingPreference } from './routing-preference.ts'

/** What one layer (key, model name, headers or body) says about the trade-off; absent fields say nothing. */
export type PreferenceLayer = {
  readonly [field in keyof Omit<RoutingPreference, 'allow'>]?: RoutingPreference[field] | undefined
} & {
  /** One list of patterns; an LLM must match one of them. */
  readonly allow?: readonly string[] | undefined
}

/** λ is cut off here: beyond it the cost's weight, 1/(1+λ), no longer matters. */
export const maxLambda = 1e9

const headerPrefix = 'x-pointsman-'
const maxListEntries = 256
const maxPatternLength = 256
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i

const lambdaByWord: ReadonlyMap<string, number> = new Map([
  ['cost', 0.2],
  ['quality', 20],
])

type WritableLayer = { -readonly [field in keyof PreferenceLayer]: PreferenceLayer[field] }

/** Where a value was read: the `param` that errors name, and how lists and numbers are written there. */
interface Source {
  readonly param: (field: string) => string
  readonly number: (value: unknown) => number | undefined
  readonly list: (value: unknown) => readonly unknown[] | undefined
}

const bodySource: Source = {
  param: (field) => `pointsman.${field}`,
  number: (value) => (typeof value === 'number' ? value : undefined),
  list: (value) => (Array.isArray(value) ? value : undefined),
}

const headerSource: Source = {
  param: (field) => headerPrefix + field.replaceAll('_', '-'),
  number: parseDecimal,
  list: (value) => (typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : undefined),
}

/**
 * The `pointsman` object of a request body: `quality_weight` in [0, 1] or `lambda` ≥ 0, `max_cost_usd` ≥ 0,
 * `max_latency_ms` > 0, `min_quality` in [0, 1], `allow` and `deny` as lists of patterns.
 * @throws {RoutingError} `invalid_preference`, with the field in `param`.
 */
export function parsePreferenceBody(value: unknown): PreferenceLayer {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('pointsman', 'must be an object')
  return parseFields(Object.entries(value), bodySource)
}

/**
 * The `x-pointsman-*` headers of a request: the body's fields with `-` or `_`, lists separated by commas.
 * @param headers names in any case; headers without the prefix are passed over.
 * @throws {RoutingError} `invalid_preference`, with the header's name in `param`.
 */
export function parsePreferenceHeaders(headers: Iterable<readonly [name: string, value: string]>): PreferenceLayer {
  const fields: [string, string][] = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower.startsWith(headerPrefix)) fields.push([lower.slice(headerPrefix.length).replaceAll('-', '_'), value])
  }
  return fields.length === 0 ? {} : parseFields(fields, headerSource)
}

/**
 * The preference in a model name: `auto`, `auto:cost` (λ = 0.2), `auto:quality` (λ = 20) or `auto:<λ>`.
 * @returns undefined when the name is not one of `auto`.
 * @throws {RoutingError} `invalid_preference` when what follows `auto:` is neither a word we know nor a number ≥ 0.
 */
export function parseModelPreference(model: string): PreferenceLayer | undefined {
  if (model === 'auto') return {}
  if (!model.startsWith('auto:')) return undefined
  const suffix = model.slice('auto:'.length)
  const lambda = lambdaByWord.get(suffix) ?? parseDecimal(suffix)
  if (lambda === undefined || !(lambda >= 0 && Number.isFinite(lambda))) {
    throw invalid('model', `must be auto, auto:cost, auto:quality or auto:<λ ≥ 0>, such as auto:1.4`)
  }
  return { lambda: clampLambda(lambda) }
}

/**
 * Joins the layers, strongest first (body, headers, model name). The first λ given holds; every other field can only
 * tighten: ceilings take the least, floors the greatest, denials add up and each list of `allow` must admit.
 * @param keyDefaults the weakest layer: what the key's owner set.
 */
export function joinPreferences(
  layers: readonly PreferenceLayer[],
  keyDefaults: Partial<RoutingPreference> = {},
): RoutingPreference {
  let lambda: number | undefined
  let maxCostUsd = keyDefaults.maxCostUsd
  let maxLatencyMs = keyDefaults.maxLatencyMs
  let minQuality = keyDefaults.minQuality
  const allow = [...(keyDefaults.allow ?? [])]
  const deny = new Set(keyDefaults.deny)
  for (const layer of layers) {
    lambda ??= layer.lambda
    maxCostUsd = tighter(Math.min, maxCostUsd, layer.maxCostUsd)
    maxLatencyMs = tighter(Math.min, maxLatencyMs, layer.maxLatencyMs)
    minQuality = tighter(Math.max, minQuality, layer.minQuality)
    if (layer.allow !== undefined) allow.push(layer.allow)
    for (const pattern of layer.deny ?? []) deny.add(pattern)
  }
  return {
    lambda: lambda ?? keyDefaults.lambda ?? defaultLambda,
    maxCostUsd,
    maxLatencyMs,
    minQuality,
    allow,
    deny: [...deny],
  }
}

function parseFields(fields: Iterable<readonly [string, unknown]>, source: Source): PreferenceLayer {
  const layer: WritableLayer = {}
  const seen = new Set<string>()
  for (const [field, value] of fields) {
    if (seen.has(field)) throw invalid(source.param(field), 'is given twice')
    seen.add(field)
    readField(layer, field, value, source)
  }
  if (seen.has('lambda') && seen.has('quality_weight')) {
    throw invalid(source.param('quality_weight'), 'and lambda say the same thing: give one of them')
  }
  return layer
}

function readField(layer: WritableLayer, field: string, value: unknown, source: Source): void {
  switch (field) {
    case 'lambda':
      layer.lambda = clampLambda(readNumber(field, value, source, 0, Number.MAX_VALUE))
      return
    case 'quality_weight': {
      const weight = readNumber(field, value, source, 0, 1)
      layer.lambda = clampLambda(weight / (1 - weight))
      return
    }
    case 'max_cost_usd':
      layer.maxCostUsd = readNumber(field, value, source, 0, Number.MAX_VALUE)
      return
    case 'max_latency_ms':
      layer.maxLatencyMs = readNumber(field, value, source, Number.MIN_VALUE, Number.MAX_VALUE)
      return
    case 'min_quality':
      layer.minQuality = readNumber(field, value, source, 0, 1)
      return
    case 'allow':
      layer.allow = readPatterns(field, value, source)
      if (layer.allow.length === 0) throw invalid(source.param(field), 'must name at least one LLM')
      return
    case 'deny':
      layer.deny = readPatterns(field, value, source)
      return
    default:
      throw invalid(
        source.param(field),
        'is not known: use quality_weight or lambda, max_cost_usd, max_latency_ms, min_quality, allow, deny',
      )
  }
}

function readNumber(field: string, value: unknown, source: Source, least: number, greatest: number): number {
  const number = source.number(value)
  if (number === undefined || !(number >= least && number <= greatest)) {
    const range = greatest === 1 ? 'from 0 to 1' : least === 0 ? 'of 0 or more, not infinite' : 'above 0, not infinite'
    throw invalid(source.param(field), `must be a number ${range}`)
  }
  // Adding zero turns −0 into 0.
  return number + 0
}

function readPatterns(field: string, value: unknown, source: Source): readonly string[] {
  const list = source.list(value)
  if (list === undefined || list.length > maxListEntries) {
    throw invalid(source.param(field), `must be a list of at most ${maxListEntries} patterns`)
  }
  return list.map((entry) => {
    if (typeof entry !== 'string' || entry.length === 0 || entry.length > maxPatternLength) {
      throw invalid(source.param(field), `must hold patterns of 1 to ${maxPatternLength} characters`)
    }
    return entry
  })
}

function parseDecimal(value: unknown): number | undefined {
  return typeof value === 'string' && decimal.test(value) ? Number(value) : undefined
}

function clampLambda(lambda: number): number {
  return Math.min(lambda, maxLambda)
}

function tighter(
  pick: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : pick(a, b)
}

function invalid(param: string, complaint: string): RoutingError {
  return new RoutingError('invalid_preference', `'${param}' ${complaint}`, { param })
}
