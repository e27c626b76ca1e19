import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import type { AskedOfGemini } from './gemini-answer.ts'
import { geminiEventsOf } from './gemini-event-stream.ts'

const errors = new UpstreamErrors('google', [], { now: () => 0 })
const asked: AskedOfGemini = {
  fallbackId: 'made-up',
  upstreamModel: 'gemini-x',
  created: 7,
  onlyFirstCall: false,
  serviceTier: undefined,
  candidates: 1,
}
const head = { id: 'aBcD1234', object: 'chat.completion.chunk', created: 7, model: 'gemini-3-flash-preview' }

function fixture(name: string): string {
  return readFileSync(new URL(`__fixtures__/${name}`, import.meta.url), 'utf8')
}

interface Outcome {
  readonly events: readonly ChatEvent[]
  readonly error: unknown
}

interface Circumstances {
  readonly lost?: unknown
  readonly candidates?: number
}

async function outcomeOf(
  pieces: readonly Uint8Array[],
  { lost, candidates = 1 }: Circumstances = {},
): Promise<Outcome> {
  async function* source() {
    yield* pieces
    if (lost !== undefined) throw lost
  }
  const events: ChatEvent[] = []
  try {
    for await (const event of geminiEventsOf(source(), errors, { ...asked, candidates })) events.push(event)
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

function ofText(text: string, lost?: unknown): Promise<Outcome> {
  return outcomeOf([new TextEncoder().encode(text)], { lost })
}

function codeOf({ error }: Outcome): unknown {
  return error instanceof ProviderError ? error.code : error
}

function sse(...bodies: readonly unknown[]): string {
  return bodies.map((body) => `data: ${JSON.stringify(body)}\n\n`).join('')
}

const said = (text: string, index = 0) => ({ candidates: [{ index, content: { parts: [{ text }] } }] })
const stopped = (index = 0) => ({ candidates: [{ index, finishReason: 'STOP' }] })

const delta = (delta: object, finish: object = { finish_reason: null }, index = 0) => ({
  ...head,
  choices: [{ index, delta, ...finish }],
})

it('reads thoughts, text, signature, end and usage', async () => {
  const { events, error } = await ofText(fixture('thinking-text.sse'))
  const thought = (text: string) => ({ type: 'reasoning.text', text, format: 'google-gemini-v1', index: 0 })
  const chunks = [
    delta({ role: 'assistant', content: '' }),
    delta({ reasoning_content: '**Greeting**\n\n', reasoning_details: [thought('**Greeting**\n\n')] }),
    delta({ reasoning_content: 'I greet in German.', reasoning_details: [thought('I greet in German.')] }),
    delta({ content: 'Grüße ' }),
    delta({ content: 'aus 🚆 Köln' }),
    delta({
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'RWhZ0g==', format: 'google-gemini-v1', index: 1 }],
    }),
    delta({}, { finish_reason: 'stop', native_finish_reason: 'STOP' }),
  ]
  expect(error).toBeUndefined()
  expect(events.slice(0, -2).map((event) => 'chunk' in event && event.chunk)).toEqual(chunks)
  expect(events.map((event) => event.type)).toEqual([
    'metadata',
    ...Array.from({ length: 4 }, () => 'content'),
    'metadata',
    'metadata',
    'metadata',
    'finished',
  ])
  const usage = { inputTokens: 9, outputTokens: 28, reasoningTokens: 20 }
  expect(events[1]).toMatchObject({ usage: { inputTokens: 9, outputTokens: 12, reasoningTokens: 12 } })
  expect(events.at(-2)).toMatchObject({
    usage,
    chunk: { choices: [], usage: { prompt_tokens: 9, completion_tokens: 28 } },
  })
  expect(events[0]).toMatchObject({ reportedModel: 'gemini-3-flash-preview' })
})

it('reads calls made together', async () => {
  const { events } = await ofText(fixture('parallel-calls.sse'))
  const call = (index: number, id: string, city: string) => ({
    index,
    id,
    type: 'function',
    function: { name: 'weather', arguments: `{"city":"${city}"}` },
  })
  expect(events.slice(1, 5).map((event) => 'chunk' in event && event.chunk)).toEqual([
    delta({
      tool_calls: [{ ...call(0, 'q1w2e3', 'Oslo'), extra_content: { google: { thought_signature: 'Q2FsbA==' } } }],
    }),
    delta({ tool_calls: [call(1, 'r4t5y6', 'Rome')] }),
    delta({}),
    delta({}, { finish_reason: 'tool_calls', native_finish_reason: 'STOP' }),
  ])
})

it('throws what an error in place of a response says', async () => {
  const { events, error } = await ofText(fixture('quota-mid-stream.sse'))
  expect(events.at(-1)).toMatchObject({ type: 'content', usage: { inputTokens: 9, outputTokens: 2 } })
  expect(error).toMatchObject({ code: 'upstream_rate_limited', retryAfterMs: 7000 })
})

it.each([
  ['whole', fixture('thinking-text.sse')],
  ['of calls', fixture('parallel-calls.sse')],
  ['ending in an error', fixture('quota-mid-stream.sse')],
  ['cut short', fixture('thinking-text.sse').slice(0, 700)],
  ['with an error that is no event', `${sse(said('a'))}{\r\n"error": {"code": 503}}\r\n: x\nid: 7\n`],
  ['broken', `${sse({ candidates: [{ content: { parts: [{ text: 'é' }] } }] })}data: {nope}\n\n`],
])('gives the same events and the same end however a stream %s is cut', async (_name, text) => {
  const bytes = new TextEncoder().encode(text)
  const whole = await outcomeOf([bytes])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const cut = await outcomeOf(edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge)))
      expect(cut.events).toEqual(whole.events)
      expect(codeOf(cut)).toBe(codeOf(whole))
    }),
    { numRuns: 60 },
  )
})

const usage = (total: number, candidates?: number) => ({
  promptTokenCount: 4,
  totalTokenCount: total,
  ...(candidates === undefined ? {} : { candidatesTokenCount: candidates }),
})

/** Of an ending chunk or a delta, by choice. */
function choicesOf({ events }: Outcome): readonly JsonObject[] {
  return events.flatMap((event) => ('chunk' in event ? (event.chunk.choices as readonly JsonObject[]) : []))
}

describe('the end', () => {
  it.each([
    ['no bytes', '', 'upstream_cut'],
    ['text without a finish reason', sse(said('half')), 'upstream_cut'],
    ['one of two candidates open', sse(said('a'), said('b', 1), stopped()), 'upstream_cut'],
    ['both ended', sse(said('a'), said('b', 1), stopped(), stopped(1)), undefined],
    [
      'an unspecified reason',
      sse(said('a'), { candidates: [{ finishReason: 'FINISH_REASON_UNSPECIFIED' }] }),
      'upstream_cut',
    ],
    ['a last event without its empty line', sse(said('a')) + sse(stopped()).trimEnd(), undefined],
    ['part of an event behind the end', `${sse(said('a'), stopped())}data: {"usageMeta`, undefined],
    ['part of an event before it', `${sse(said('a'))}data: {"candi`, 'upstream_cut'],
    ['a blocked prompt', sse({ promptFeedback: { blockReason: 'SAFETY' } }), undefined],
    ['an error wrapped in a list', sse([{ error: { code: 503, message: 'overloaded' } }]), 'upstream_failed'],
    [
      'a garbled call',
      sse(said('I call'), { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] }),
      'upstream_invalid_response',
    ],
    ['no object', sse(7), 'upstream_invalid_response'],
    ['an error that is no event', `${sse(said('a'))}{"error":{"code":503,"message":"overloaded"}}`, 'upstream_failed'],
    [
      'an error over several lines',
      '[{\r\n  "error": {\r\n    "code": 429,\r\n    "status": "RESOURCE_EXHAUSTED"\r\n  }\r\n}\r\n]\r\n',
      'upstream_rate_limited',
    ],
    ['an error behind the end', `${sse(said('a'), stopped())}{"error":{"code":503}}`, undefined],
    ['words that are no event', `${sse(said('a'))}<html>sorry</html>`, 'upstream_cut'],
  ])('with %s', async (_name, text, code) => {
    const outcome = await ofText(text)
    expect(codeOf(outcome)).toBe(code)
    expect(outcome.events.at(-1)?.type === 'finished').toBe(code === undefined)
  })

  it('may be a lost connection, when all was said', async () => {
    const lost = Object.assign(new Error('lost'), { code: 'UND_ERR_SOCKET' })
    expect((await ofText(sse(said('a'), stopped()), lost)).events.at(-1)).toEqual({ type: 'finished' })
    expect((await ofText(sse(said('a')), lost)).error).toBe(lost)
    const failed = await ofText(`${sse(said('a'))}{"error":{"code":503}}\n`, lost)
    expect(codeOf(failed)).toBe('upstream_failed')
  })

  it('is no lost connection where more was to come', async () => {
    const lost = Object.assign(new Error('lost'), { code: 'UND_ERR_SOCKET' })
    const bytes = new TextEncoder().encode(sse(said('a'), stopped()))
    expect((await outcomeOf([bytes], { lost, candidates: 2 })).error).toBe(lost)
    expect((await outcomeOf([bytes], { candidates: 2 })).error).toBeUndefined()
    expect((await ofText(sse(said('a'), stopped(), said('b'), stopped()), lost)).error).toBe(lost)
  })

  it('comes once, after all that was said', async () => {
    const call = { candidates: [{ content: { parts: [{ functionCall: { name: 'f' } }] }, finishReason: 'STOP' }] }
    const ended = { candidates: [{ content: { parts: [{ text: 'I look.' }] }, finishReason: 'STOP' }] }
    const choices = choicesOf(await ofText(sse(ended, call)))
    expect(choices.map((choice) => choice.finish_reason)).toEqual([null, null, null, 'tool_calls'])
    expect(choices[2]?.delta).toMatchObject({ tool_calls: [{ function: { name: 'f' } }] })
  })

  it('of a failure comes behind what it cost, and says nothing of Google', async () => {
    const garbled = { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }], usageMetadata: usage(9, 5) }
    const { events, error } = await ofText(sse(garbled))
    expect(events.at(-1)).toMatchObject({ type: 'metadata', usage: { inputTokens: 4, outputTokens: 5 } })
    expect(error).toMatchObject({ code: 'upstream_invalid_response', inconclusive: true })
  })
})

it('cites each source once, wherever a stream names it', async () => {
  const groundingMetadata = { groundingChunks: [{ web: { uri: 'https://a.example', title: 'a' } }] }
  const grounded = (text: string) => ({ candidates: [{ content: { parts: [{ text }] }, groundingMetadata }] })
  const choices = choicesOf(await ofText(sse(grounded('one '), grounded('two'), stopped())))
  const place = { start_index: 0, end_index: 7 }
  expect(choices.flatMap(({ delta }) => (delta as JsonObject).annotations ?? [])).toEqual([
    { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'a', ...place } },
  ])
})

it('begins no choice only to say what was used', async () => {
  const one = { ...said('a', 1), usageMetadata: usage(5, 1) }
  const { events } = await ofText(sse({ usageMetadata: usage(4) }, one, { ...stopped(1), usageMetadata: usage(6, 2) }))
  const choices = choicesOf({ events, error: undefined })
  expect(new Set(choices.map(({ index }) => index))).toEqual(new Set([1]))
  expect(events.map((event) => 'usage' in event && event.usage?.outputTokens)).toEqual([
    0,
    false,
    1,
    2,
    false,
    2,
    false,
  ])
})

it('does not keep a count that a later one made untrue', async () => {
  const { events } = await ofText(
    sse({ ...said('a'), usageMetadata: usage(5, 1) }, { ...stopped(), usageMetadata: {} }),
  )
  expect(events.at(-2)).toMatchObject({ chunk: { choices: [{ finish_reason: 'stop' }] } })
})

it('makes ids for calls without one, the same each time, and leaves out calls nobody takes', async () => {
  const call = { functionCall: { name: 'f' } }
  const text = sse({ responseId: 'x/y', candidates: [{ content: { parts: [call, call] }, finishReason: 'STOP' }] })
  const { events } = await ofText(text)
  expect(JSON.stringify(events)).toContain('"call_xy_0_0"')
  expect(JSON.stringify(events)).toContain('"call_xy_0_1"')
  expect(await ofText(text)).toEqual({ events, error: undefined })
})

it('survives whatever JSON comes, with errors of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.json(), hostileResponse()), { maxLength: 4 }), async (bodies) => {
      const outcome = await ofText(bodies.map((body) => `data: ${body}\n\n`).join(''))
      if (outcome.error !== undefined) expect(outcome.error).toBeInstanceOf(ProviderError)
      else {
        expect(outcome.events.at(-1)).toEqual({ type: 'finished' })
        expectEndedChoices(outcome)
      }
    }),
    { numRuns: 120 },
  )
})

/** Every choice that began ends once, and says nothing behind that. */
function expectEndedChoices(outcome: Outcome): void {
  const ended = new Map<unknown, boolean>()
  for (const { index, finish_reason: reason } of choicesOf(outcome)) {
    expect(ended.get(index) ?? false).toBe(false)
    ended.set(index, reason !== null)
  }
  expect([...ended.values()]).not.toContain(false)
}

/** The shape of a response, with anything in its places. */
function hostileResponse(): fc.Arbitrary<string> {
  const any = fc.oneof(fc.jsonValue(), fc.constant({ toString: 5 }))
  const part = fc.record(
    {
      text: fc.oneof(fc.string(), any),
      thought: fc.oneof(fc.boolean(), any),
      thoughtSignature: any,
      functionCall: fc.oneof(fc.record({ name: fc.string(), args: any, id: any }), any),
      inlineData: fc.oneof(fc.record({ mimeType: fc.constant('image/png'), data: any }), any),
      executableCode: fc.oneof(fc.record({ code: any, language: any }), any),
    },
    { requiredKeys: [] },
  )
  const candidate = fc.record(
    {
      content: fc.oneof(fc.record({ parts: fc.oneof(fc.array(part), any) }), any),
      finishReason: fc.oneof(fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', 'NEW', 'MALFORMED_RESPONSE'), any),
      index: fc.oneof(fc.nat(3), any),
      groundingMetadata: fc.oneof(
        fc.record({
          groundingChunks: fc.array(fc.oneof(fc.record({ web: fc.record({ uri: fc.string(), title: any }) }), any)),
          groundingSupports: fc.array(
            fc.oneof(fc.record({ segment: any, groundingChunkIndices: fc.array(fc.oneof(fc.integer(), any)) }), any),
          ),
        }),
        any,
      ),
      logprobsResult: fc.oneof(fc.record({ chosenCandidates: fc.array(any), topCandidates: any }), any),
    },
    { requiredKeys: [] },
  )
  return fc
    .record(
      {
        candidates: fc.oneof(fc.array(candidate, { maxLength: 3 }), any),
        promptFeedback: any,
        usageMetadata: any,
        modelVersion: any,
        responseId: any,
      },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body))
}
