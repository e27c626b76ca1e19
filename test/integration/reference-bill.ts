import fc from 'fast-check'
import type { PriceTier, TokenPrice, TokenRates } from '../../src/routing/registry/token-price.ts'

/** What a vendor's meter read for one call, each token counted once. */
export interface Meter {
  readonly fresh: number
  readonly cached: number
  readonly written: number
  readonly writtenFor1h: number
  readonly spoken: number
  readonly cachedSpoken: number
  readonly visible: number
  readonly reasoning: number
  readonly spokenOutput: number
}

/** Whole pico-USD per token; undefined: not on the list. */
type PicoRates = { readonly [Kind in keyof Meter]?: bigint | undefined } & {
  readonly fresh: bigint
  readonly visible: bigint
}

export interface PicoPrice {
  readonly rates: PicoRates
  readonly tiers: readonly { readonly above: number; readonly rates: PicoRates }[]
}

const inputKinds = ['fresh', 'cached', 'written', 'writtenFor1h', 'spoken', 'cachedSpoken'] as const
const kinds = [...inputKinds, 'visible', 'reasoning', 'spokenOutput'] as const

export function inputOf(meter: Meter): number {
  return inputKinds.reduce((sum, kind) => sum + meter[kind], 0)
}

export function outputOf({ visible, reasoning, spokenOutput }: Meter): number {
  return visible + reasoning + spokenOutput
}

/**
 * The bill in whole nano-USD, by other arithmetic than the gateway's: whole pico-USD per token, summed as integers, a half
 * rounded up. Cached and written input cost what fresh input does where the list says nothing of them, and hidden output what
 * visible output does; writes for an hour and speech have no such default.
 *
 * @returns undefined where the list lacks a price that was needed.
 */
export function referenceBill(price: PicoPrice, meter: Meter): bigint | undefined {
  const passed = price.tiers.filter(({ above }) => inputOf(meter) > above).sort((a, b) => b.above - a.above)
  const rates = passed[0]?.rates ?? price.rates
  const defaults: PicoRates = {
    fresh: rates.fresh,
    cached: rates.fresh,
    written: rates.fresh,
    visible: rates.visible,
    reasoning: rates.visible,
  }
  let pico = 0n
  for (const kind of kinds) {
    if (meter[kind] === 0) continue
    const rate = rates[kind] ?? defaults[kind]
    if (rate === undefined) return undefined
    pico += rate * BigInt(meter[kind])
  }
  return toNano(pico)
}

/** Half up. */
export function toNano(pico: bigint): bigint {
  const [whole, rest] = [pico / 1000n, pico % 1000n]
  return rest >= 500n ? whole + 1n : whole
}

/** The same list as the gateway is given it. */
export function toTokenPrice({ rates, tiers }: PicoPrice): TokenPrice {
  if (tiers.length === 0) return toTokenRates(rates)
  return {
    ...toTokenRates(rates),
    tiers: tiers.map((tier): PriceTier => ({ aboveInputTokens: tier.above, ...toTokenRates(tier.rates) })),
  }
}

function toTokenRates(rates: PicoRates): TokenRates {
  const names = {
    fresh: 'inputPerMillionTokensUsd',
    cached: 'cachedInputPerMillionTokensUsd',
    written: 'cacheWritePerMillionTokensUsd',
    writtenFor1h: 'cacheWrite1hPerMillionTokensUsd',
    spoken: 'audioInputPerMillionTokensUsd',
    cachedSpoken: 'cachedAudioInputPerMillionTokensUsd',
    visible: 'outputPerMillionTokensUsd',
    reasoning: 'reasoningPerMillionTokensUsd',
    spokenOutput: 'audioOutputPerMillionTokensUsd',
  } as const satisfies Record<keyof Meter, keyof TokenRates>
  const known = kinds.flatMap((kind) => {
    const rate = rates[kind]
    return rate === undefined ? [] : [[names[kind], Number(rate) / 1e6] as const]
  })
  return Object.fromEntries(known) as unknown as TokenRates
}

/** Small rates land on halves of a nano-USD; large ones are those of the dearest lists. */
const rate = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((halves) => BigInt(halves * 250)),
  fc.bigInt({ min: 0n, max: 200_000_000n }),
)
const perhaps = fc.option(rate, { nil: undefined })

const picoRates: fc.Arbitrary<PicoRates> = fc.record({
  fresh: rate,
  visible: rate,
  cached: perhaps,
  written: perhaps,
  writtenFor1h: perhaps,
  spoken: perhaps,
  cachedSpoken: perhaps,
  reasoning: perhaps,
  spokenOutput: perhaps,
})

export const picoPrice: fc.Arbitrary<PicoPrice> = fc.record({
  rates: picoRates,
  tiers: fc.uniqueArray(fc.record({ above: fc.integer({ min: 1, max: 3_000 }), rates: picoRates }), {
    maxLength: 3,
    selector: ({ above }) => above,
  }),
})

/** @param read the kinds that this vendor's usage tells apart; the others are zero. */
export function meterOf(read: readonly (keyof Meter)[]): fc.Arbitrary<Meter> {
  const tokens = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 2_000_000 }))
  const record = Object.fromEntries(kinds.map((kind) => [kind, read.includes(kind) ? tokens : fc.constant(0)]))
  return (
    fc
      .record(record as Record<keyof Meter, fc.Arbitrary<number>>)
      .filter((meter) => meter.visible > 0)
      // No vendor says how many of the tokens it wrote to a cache were spoken.
      .map((meter) => (meter.written + meter.writtenFor1h > 0 ? { ...meter, spoken: 0, cachedSpoken: 0 } : meter))
  )
}
