import { afterEach, describe, expect, test } from 'vitest'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
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
import type { Meter } from './reference-bill.ts'

/** At the harness's prices, 1 and 2 USD per million, 2 USD and 20 micro-dollars. */
const meter: Meter = {
  fresh: 2_000_000,
  cached: 0,
  written: 0,
  writtenFor1h: 0,
  spoken: 0,
  cachedSpoken: 0,
  visible: 10,
  reasoning: 0,
  spokenOutput: 0,
}

/** What the stub router sets aside for a call: a tenth of a cent. */
const reservedNanoUsd = 1_000_000

interface Broken {
  readonly name: string
  readonly form: MeteredForm
  readonly provider: (origin: string) => ChatProvider
  readonly where: Reading['where']
  /** After how many pieces content, and perhaps usage, has come. */
  readonly pieces: number
  /** What the usage seen by then comes to, nano-USD; undefined: none was seen. */
  readonly seenNanoUsd: number | undefined
}

const streams: readonly Broken[] = [
  {
    name: 'chat completions without usage so far',
    form: openAiForm,
    provider: (origin) => new OpenAiCompatibleProvider({ name: 'metered', baseUrl: `${origin}/v1` }),
    where: 'end',
    pieces: 1,
    seenNanoUsd: undefined,
  },
  {
    name: 'chat completions with growing usage',
    form: openAiForm,
    provider: (origin) => new OpenAiCompatibleProvider({ name: 'metered', baseUrl: `${origin}/v1` }),
    where: 'growing',
    pieces: 1,
    seenNanoUsd: 600_000_000 + 3 * 2_000,
  },
  {
    name: 'Messages, whose first event counts the input alone, which is no bill',
    form: anthropicForm,
    provider: (origin) => new AnthropicProvider({ name: 'metered', baseUrl: origin }),
    where: 'end',
    pieces: 3,
    seenNanoUsd: undefined,
  },
  {
    name: 'Gemini with usage on each event',
    form: geminiForm,
    provider: (origin) => new GeminiProvider({ name: 'metered', baseUrl: `${origin}/v1beta` }),
    where: 'growing',
    pieces: 1,
    seenNanoUsd: 1_000_000_000 + 5 * 2_000,
  },
  {
    name: 'Responses, whose last event alone counts',
    form: responsesForm,
    provider: (origin) => new OpenAiResponsesProvider({ name: 'metered', baseUrl: `${origin}/v1` }),
    where: 'end',
    pieces: 4,
    seenNanoUsd: undefined,
  },
]

describe.each(streams)('a stream of $name', ({ form, provider: open, where, pieces, seenNanoUsd }) => {
  let harness: Harness
  let upstream: MeteredUpstream
  let provider: ChatProvider
  afterEach(async () => {
    await harness.gateway.close()
    await provider.close()
    await upstream.close()
  })

  async function ask(signal?: AbortSignal): Promise<Response> {
    upstream = await new MeteredUpstream(form).listen()
    upstream.next = { meter, where }
    provider = open(upstream.origin)
    harness = await startHarness({ providers: { metered: provider } })
    upstream.failNext(signal === undefined ? { cutAfterPieces: pieces } : { hangAfterPieces: pieces })
    return fetch(`${harness.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'metered', messages: [{ role: 'user', content: 'say ok' }], stream: true }),
      signal: signal ?? null,
    })
  }

  /** Where the count stood is no bill, but the answer cost no less; nor is it less than what was set aside. */
  function expectBooked(status: string): void {
    const [row] = harness.decisions.rows.values()
    expect(row?.settlement).toMatchObject({ status, costNanoUsd: seenNanoUsd })
    expect(Math.round(harness.spend.spentTodayUsd * 1e9)).toBe(seenNanoUsd ?? reservedNanoUsd)
  }

  test('that is cut is booked at the usage seen, or at what was reserved', async () => {
    const text = await (await ask()).text()
    expect(text).toContain('"error"')
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('cost_usd":0')
    expectBooked('cut')
  })

  test('whose caller leaves is booked the same', async () => {
    const leaving = new AbortController()
    const response = await ask(leaving.signal)
    const reader = response.body!.getReader()
    await reader.read()
    leaving.abort()
    await reader.closed.catch(() => undefined)
    await expect.poll(() => [...harness.decisions.rows.values()][0]?.settlement?.status).toBe('aborted')
    expectBooked('aborted')
  })
})
