import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import { AzureOpenAiProvider } from '../../src/providers/azure-openai/azure-openai-provider.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import { unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import type { TokenPrice } from '../../src/routing/registry/token-price.ts'
import { type Harness, startHarness } from './gateway-harness.ts'
import {
  anthropicForm,
  geminiForm,
  type MeteredForm,
  MeteredUpstream,
  openAiForm,
  type Reading,
  responsesForm,
} from './metered-upstream.ts'
import { meterOf, picoPrice, referenceBill, toNano, toTokenPrice } from './reference-bill.ts'

/** A vendor's form, and the provider that reads it. */
interface Vendor {
  readonly name: string
  readonly form: MeteredForm
  readonly provider: (origin: string) => ChatProvider
  /** Tiers of service with prices of their own, as this vendor says them. */
  readonly tiers: readonly string[]
}

const vendors: readonly Vendor[] = [
  {
    name: 'chat completions',
    form: openAiForm,
    provider: (origin) => new OpenAiCompatibleProvider({ name: 'metered', baseUrl: `${origin}/v1` }),
    tiers: ['flex', 'priority'],
  },
  {
    name: 'Azure OpenAI',
    form: openAiForm,
    provider: (origin) => new AzureOpenAiProvider({ name: 'metered', baseUrl: origin, apiKey: 'k' }),
    tiers: ['priority'],
  },
  {
    name: 'Messages',
    form: anthropicForm,
    provider: (origin) => new AnthropicProvider({ name: 'metered', baseUrl: origin }),
    tiers: ['priority', 'batch'],
  },
  {
    name: 'Gemini',
    form: geminiForm,
    provider: (origin) => new GeminiProvider({ name: 'metered', baseUrl: `${origin}/v1beta` }),
    tiers: [],
  },
  {
    name: 'Responses',
    form: responsesForm,
    provider: (origin) => new OpenAiResponsesProvider({ name: 'metered', baseUrl: `${origin}/v1` }),
    tiers: ['flex', 'priority'],
  },
]

/** Pico-USD; fifteen digits, as a double keeps them. */
const ownBill = fc.option(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), { nil: undefined, freq: 3 })

describe.each(vendors)('a bill by the usage of $name', ({ form, provider: open, tiers }) => {
  const running = start()

  async function start() {
    const upstream = await new MeteredUpstream(form).listen()
    const provider = open(upstream.origin)
    return { upstream, provider, harness: await startHarness({ providers: { metered: provider } }) }
  }

  afterAll(async () => {
    const { upstream, provider, harness } = await running
    await harness.gateway.close()
    await provider.close()
    await upstream.close()
  })

  const call = fc.record({
    price: picoPrice,
    meter: meterOf(form.reads),
    where: fc.constantFrom(...form.places),
    ownBill: form.sendsCost ? ownBill : fc.constant(undefined),
    tier:
      tiers.length === 0 ? fc.constant(undefined) : fc.option(fc.constantFrom(...tiers), { nil: undefined, freq: 5 }),
    dialect: fc.constantFrom(...dialects),
    stream: fc.boolean(),
  })

  test('is the reference bill to the nano-dollar, or not known where the reference lacks a price', async () => {
    const { upstream, harness } = await running
    const known: boolean[] = []
    await fc.assert(
      fc.asyncProperty(call, async ({ price, meter, where, ownBill: pico, tier, dialect, stream }) => {
        const costUsd = pico === undefined ? undefined : Number(pico) / 1e12
        const expected = expectedBill()
        known.push(expected !== undefined)
        const reading = { meter, where, costUsd, tier }
        expect(await billed(harness, upstream, toTokenPrice(price), reading, dialect, stream)).toEqual({
          booked: expected,
          told: expected === undefined ? undefined : expected / 1e9,
        })

        function expectedBill(): number | undefined {
          if (where === 'nowhere') return undefined
          if (pico !== undefined) return Number(toNano(pico))
          if (tier !== undefined) return undefined
          // How many of the cached tokens were spoken is anybody's guess.
          if (meter.spoken > 0 && meter.cached > 0 && form.tellsCachedSpeech !== true) return undefined
          const bill = referenceBill(price, meter)
          return bill === undefined ? undefined : Number(bill)
        }
      }),
      { numRuns: 300, seed: 20_261_122 },
    )
    // A property that saw only one side shows nothing.
    expect(known.filter(Boolean).length).toBeGreaterThan(20)
    expect(known.filter((was) => !was).length).toBeGreaterThan(3)
  }, 60_000)

  test('adds up to what the day has spent', async () => {
    const { harness } = await running
    let booked = 0
    for (const { reserved, settlement } of harness.decisions.rows.values())
      booked += settlement?.costNanoUsd ?? reserved
    expect(Math.round(harness.spend.spentTodayUsd * 1e9)).toBe(booked)
    expect(await harness.decisions.spentNanoUsd(0)).toBe(booked)
  })
})

/** What one call was settled at, nano-USD, and what its caller was told, USD. */
async function billed(
  harness: Harness,
  upstream: MeteredUpstream,
  price: TokenPrice,
  reading: Reading,
  dialect: Dialect,
  stream: boolean,
): Promise<{ readonly booked: number | undefined; readonly told: number | undefined }> {
  const llm = { ...unknownLlmProperties, id: 'metered', provider: 'metered', upstreamModel: 'metered', price }
  harness.router.pool.set(llm)
  upstream.next = reading
  const { path, body } = requests[dialect]
  const response = await harness.post(path, { model: 'metered', ...body, stream })
  expect(response.status).toBe(200)
  const told = stream ? lastCost(await response.text()) : await wholeCost(response)
  const { settlement } = [...harness.decisions.rows.values()].at(-1)!
  expect(settlement?.status).toBe('completed')
  return { booked: settlement?.costNanoUsd, told }
}

const messages = [{ role: 'user', content: 'say ok' }]
const requests = {
  chat: { path: '/v1/chat/completions', body: { messages } },
  messages: { path: '/v1/messages', body: { messages, max_tokens: 100 } },
  responses: { path: '/v1/responses', body: { input: 'say ok' } },
} as const
type Dialect = keyof typeof requests
const dialects = Object.keys(requests) as readonly Dialect[]

interface CostBody {
  readonly pointsman?: { readonly cost_usd: number | null }
  /** Where Responses put it in a stream. */
  readonly response?: CostBody
}

/** The header and the body say the same. */
async function wholeCost(response: Response): Promise<number | undefined> {
  const { pointsman } = (await response.json()) as CostBody
  const header = response.headers.get('x-pointsman-cost-usd')
  expect(header === null ? null : Number(header)).toBe(pointsman?.cost_usd)
  return pointsman?.cost_usd ?? undefined
}

/** Of the last event that says something of it, in whatever dialect. */
function lastCost(text: string): number | undefined {
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as CostBody)
  const told = events
    .map((event) => event.pointsman ?? event.response?.pointsman)
    .findLast((said) => said !== undefined)
  expect(told).toBeDefined()
  return told?.cost_usd ?? undefined
}
