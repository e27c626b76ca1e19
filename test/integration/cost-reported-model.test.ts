import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { loadPriceBook } from '../../src/providers/price-book.ts'
import { SettlementPrices } from '../../src/providers/settlement-prices.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { type Harness, machineClock, readSse, startHarness } from './gateway-harness.ts'
import { chunkBody, completionBody, doneEvent, ScriptedUpstream } from './scripted-upstream.ts'

/** An owner's own price for what they call gpt-4o. */
const llm: Llm = {
  ...unknownLlmProperties,
  id: 'mine',
  provider: 'openai',
  upstreamModel: 'gpt-4o',
  price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
}
const usage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 }

let upstream: ScriptedUpstream
let provider: OpenAiCompatibleProvider
let harness: Harness

beforeAll(async () => {
  const prices = new SettlementPrices(await loadPriceBook(Date.UTC(2026, 10, 22)), (name) => name, machineClock)
  upstream = await ScriptedUpstream.start()
  provider = new OpenAiCompatibleProvider({ name: 'scripted', baseUrl: upstream.baseUrl })
  const priceOf = (of: Llm, reportedModel: string | undefined) => prices.priceOf(of, reportedModel)
  harness = await startHarness({ providers: { mine: provider }, llms: [llm], priceOf })
})

afterAll(async () => {
  await harness.gateway.close()
  await provider.close()
  await upstream.close()
})

describe('an answer is settled at the price of the model that answered', () => {
  test.each([
    // 1000 tokens in and 100 out at the owner's price; a dated form of what was asked for.
    ['gpt-4o-2024-11-20', 1_200_000],
    // A fingerprint, a name of one's own, an attack: nobody knows better than the owner.
    ['fp_123', 1_200_000],
    ['../../etc/passwd', 1_200_000],
    ['x'.repeat(10_000), 1_200_000],
    // At list price: .15 and .60 USD per million.
    ['gpt-4o-mini-2024-07-18', 210_000],
    // A dated form with a list price of its own: 5 and 15.
    ['gpt-4o-2024-05-13', 6_500_000],
  ])('%s', async (model, nanoUsd) => {
    const messages = [{ role: 'user', content: 'say ok' }]
    upstream.plan({ kind: 'json', body: completionBody('ok', { model, usage }) })
    const whole = await harness.post('/v1/chat/completions', { model: 'mine', messages })
    expect(Number(whole.headers.get('x-pointsman-cost-usd'))).toBe(nanoUsd / 1e9)
    const chunks = [chunkBody({ content: 'ok' }), chunkBody({}, 'stop'), { ...chunkBody({}), choices: [], usage }]
    upstream.plan({ kind: 'sse', events: [...chunks.map((chunk) => ({ ...chunk, model })), doneEvent] })
    const events = await readSse(await harness.post('/v1/chat/completions', { model: 'mine', messages, stream: true }))
    expect(JSON.parse(events.at(-2)!)).toMatchObject({ pointsman: { cost_usd: nanoUsd / 1e9 } })
    const settled = [...harness.decisions.rows.values()].slice(-2).map(({ settlement }) => settlement)
    for (const settlement of settled)
      expect(settlement).toMatchObject({ costNanoUsd: nanoUsd, reportedModel: model.slice(0, 256) })
  })
})
