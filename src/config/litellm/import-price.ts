import type { ConfigPath } from '../config-source.ts'
import type { ImportDesk } from './import-desk.ts'

type Info = { readonly [key: string]: unknown }

/** LiteLLM's prices are per token, ours per million. */
const rateNames = {
  input_cost_per_token: 'input',
  output_cost_per_token: 'output',
  cache_read_input_token_cost: 'cached_input',
  cache_creation_input_token_cost: 'cache_write',
  cache_creation_input_token_cost_above_1hr: 'cache_write_1h',
  output_cost_per_reasoning_token: 'reasoning',
  input_cost_per_audio_token: 'audio_input',
  output_cost_per_audio_token: 'audio_output',
} as const

type RateName = keyof typeof rateNames
type Rates = { [name in (typeof rateNames)[RateName]]?: number }

const tierName = /^(.+)_above_(\d+)k_tokens$/

/** Where each figure stands: prices are read from `model_info` and from `litellm_params`, which win as they do there. */
export interface PricedPlace {
  readonly values: Info
  readonly path: ConfigPath
}

/** Whether a key is a price we read. */
export function isPriceKey(key: string): boolean {
  return Object.hasOwn(rateNames, tierName.exec(key)?.[1] ?? key)
}

/**
 * A `price` in our terms; undefined where the file states none, or half of one, which is no price: the built-in table serves
 * then.
 */
export function importPrice(
  places: readonly PricedPlace[],
  isEmbedding: boolean,
  desk: ImportDesk,
): { readonly [key: string]: unknown } | undefined {
  const base: Rates = {}
  const tiers = new Map<number, Rates>()
  let found: ConfigPath | undefined
  for (const { values, path } of places) {
    for (const [key, value] of Object.entries(values)) {
      if (!isPriceKey(key)) continue
      const at = [...path, key]
      const perToken = desk.number(value, at)
      if (perToken === undefined) continue
      found = at
      const [, name, thousands] = tierName.exec(key) ?? [undefined, key, undefined]
      const rate = rateNames[name as RateName]
      if (thousands === undefined) base[rate] = perMillion(perToken)
      else
        tiers.set(Number(thousands) * 1_000, { ...tiers.get(Number(thousands) * 1_000), [rate]: perMillion(perToken) })
    }
  }
  if (found === undefined) return undefined
  if (base.input !== undefined && isEmbedding) return { input: base.input }
  if (base.input === undefined || base.output === undefined) {
    desk.note(found, 'half of a price: input_cost_per_token and output_cost_per_token go together; not carried over')
    return undefined
  }
  const listed = [...tiers].sort(([a], [b]) => a - b)
  if (listed.length === 0) return base
  return { ...base, tiers: listed.map(([above, rates]) => ({ above_input_tokens: above, ...base, ...rates })) }
}

/** Without the noise that binary fractions add: 0.00000015 is 0.15 a million. */
function perMillion(perToken: number): number {
  return Number((perToken * 1e6).toPrecision(12))
}
