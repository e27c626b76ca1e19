import { EventStreamCodec } from '@smithy/core/event-streams'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ChatEvent, JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import { type AnswerContext, toCompletion } from './converse-answer.ts'
import { converseEventsOf } from './converse-event-stream.ts'
import { framesOf } from './event-stream-frames.ts'

const errors = new UpstreamErrors('amazon', [], { now: () => 0 })
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text),
)
const context: AnswerContext = {
  id: 'chatcmpl-1',
  upstreamModel: 'us.anthropic.claude-opus-4-6-v1',
  created: 7,
  toolNames: new Map([['weather_now_1', 'weather.now']]),
  onlyFirstCall: false,
  reasoningFormat: 'anthropic-claude-v1',
}

function frame(headers: Readonly<Record<string, string>>, payload: unknown): Uint8Array {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return codec.encode({ headers: Object.fromEntries(typed) as never, body })
}

function event(type: string, payload: unknown): Uint8Array {
  return frame({ ':event-type': type, ':message-type': 'event', ':content-type': 'application/json' }, payload)
}

function delta(contentBlockIndex: number, said: unknown): Uint8Array {
  return event('contentBlockDelta', { contentBlockIndex, delta: said, p: 'abc' })
}

const usage = { inputTokens: 9, outputTokens: 28, totalTokens: 57, cacheReadInputTokens: 20, cacheWriteInputTokens: 0 }
const frames = [
  event('messageStart', { role: 'assistant' }),
  delta(0, { reasoningContent: { text: 'Hm, ' } }),
  delta(0, { reasoningContent: { text: 'so.' } }),
  delta(0, { reasoningContent: { signature: 'c2ln' } }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  delta(1, { text: 'Grüße ' }),
  delta(1, { text: 'aus 🚆 Köln' }),
  event('contentBlockStop', { contentBlockIndex: 1 }),
  event('contentBlockStart', {
    contentBlockIndex: 2,
    start: { toolUse: { toolUseId: 'tooluse_1', name: 'weather_now_1' } },
  }),
  delta(2, { toolUse: { input: '{"ci' } }),
  delta(2, { toolUse: { input: 'ty":"Oslo"}' } }),
  event('contentBlockStop', { contentBlockIndex: 2 }),
  event('somethingNew', { x: 1 }),
  event('messageStop', { stopReason: 'tool_use' }),
  event('metadata', { usage, metrics: { latencyMs: 1 } }),
]
const whole = Buffer.concat(frames)

interface Outcome {
  readonly events: readonly ChatEvent[]
  readonly error: unknown
}

async function outcomeOf(pieces: readonly Uint8Array[], lost?: Error, asked = context): Promise<Outcome> {
  async function* source() {
    yield* pieces
    if (lost !== undefined) throw lost
  }
  const events: ChatEvent[] = []
  try {
    for await (const each of converseEventsOf(source(), errors, asked)) events.push(each)
    return { events, error: undefined }
  } catch (error) {
    return { events, error }
  }
}

function codeOf({ error }: Outcome): unknown {
  return error instanceof ProviderError ? error.code : error
}

function deltasOf({ events }: Outcome): unknown[] {
  return events.flatMap((each) =>
    each.type === 'finished' ? [] : (each.chunk.choices as { delta: unknown }[]).map((choice) => choice.delta),
  )
}

it('reads thinking, text, a call, the end and the usage', async () => {
  const outcome = await outcomeOf([whole])
  const thought = (detail: object) => ({ type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0, ...detail })
  const call = (fields: object) => ({ tool_calls: [{ index: 0, ...fields }] })
  expect(outcome.error).toBeUndefined()
  expect(deltasOf(outcome)).toEqual([
    { role: 'assistant', content: '' },
    { reasoning_content: 'Hm, ', reasoning_details: [thought({ text: 'Hm, ' })] },
    { reasoning_content: 'so.', reasoning_details: [thought({ text: 'so.' })] },
    { reasoning_details: [thought({ signature: 'c2ln' })] },
    { content: 'Grüße ' },
    { content: 'aus 🚆 Köln' },
    call({ id: 'tooluse_1', type: 'function', function: { name: 'weather.now', arguments: '' } }),
    call({ function: { arguments: '{"ci' } }),
    call({ function: { arguments: 'ty":"Oslo"}' } }),
    {},
  ])
  const kinds = outcome.events.map((each) => each.type)
  expect(kinds).toEqual(['metadata', ...Array.from({ length: 8 }, () => 'content'), 'metadata', 'metadata', 'finished'])
  expect(outcome.events.at(-2)).toMatchObject({
    usage: { inputTokens: 29, outputTokens: 28, cachedInputTokens: 20 },
    chunk: { choices: [], usage: { prompt_tokens: 29, total_tokens: 57 } },
  })
})

it('says what is enciphered as one piece', async () => {
  const half = (text: string) => Buffer.from(text).toString('base64')
  const pieces = [
    delta(0, { reasoningContent: { redactedContent: half('one ') } }),
    delta(0, { reasoningContent: { redactedContent: half('two') } }),
    event('contentBlockStop', { contentBlockIndex: 0 }),
  ]
  expect(deltasOf(await outcomeOf(pieces))).toEqual([
    {
      reasoning_details: [
        { type: 'reasoning.encrypted', format: 'anthropic-claude-v1', index: 0, data: half('one two') },
      ],
    },
  ])
})

it('leaves out calls that a vendor runs', async () => {
  const hosted = { toolUseId: 'x', name: 'search', type: 'server_tool_use' }
  const pieces = [
    event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: hosted } }),
    delta(0, { toolUse: { input: '{}' } }),
    event('contentBlockStop', { contentBlockIndex: 0 }),
  ]
  expect(deltasOf(await outcomeOf(pieces))).toEqual([])
})

it('gives the same events however the bytes are cut', async () => {
  const expected = await outcomeOf([whole])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 40 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end))
      expect(await outcomeOf(pieces)).toEqual(expected)
    }),
  )
  expect(await outcomeOf([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expected)
})

it('takes no damaged byte for an answer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const damaged = Buffer.from(whole)
      damaged[at] = damaged[at]! ^ change
      const outcome = await outcomeOf([damaged])
      expect(codeOf(outcome)).toBe('upstream_invalid_response')
      expect(outcome.events.at(-1)?.type).not.toBe('finished')
    }),
  )
})

it('takes an end before messageStop for a cut, and none after it', async () => {
  const stop = frames.length - 1
  const untilStop = Buffer.concat(frames.slice(0, stop)).length
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), async (length) => {
      const outcome = await outcomeOf([whole.subarray(0, length)])
      if (length < untilStop) expect(codeOf(outcome)).toBe('upstream_cut')
      else expect([outcome.error, outcome.events.at(-1)]).toEqual([undefined, { type: 'finished' }])
    }),
  )
})

it('keeps an answer whose connection was lost behind messageStop', async () => {
  const lost = Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' })
  expect((await outcomeOf(frames.slice(0, -1), lost)).events.at(-1)).toEqual({ type: 'finished' })
  expect(await outcomeOf(frames.slice(0, 6), lost)).toMatchObject({ error: lost })
})

it.each([
  ['throttlingException', 'upstream_rate_limited', 429],
  ['modelStreamErrorException', 'upstream_failed', 424],
  ['internalServerException', 'upstream_failed', 500],
  ['serviceUnavailableException', 'upstream_failed', 503],
  ['validationException', 'upstream_rejected', 400],
  ['unheardOfException', 'upstream_failed', 500],
])('throws what a %s says', async (name, code, upstreamStatus) => {
  const fault = frame({ ':exception-type': name, ':message-type': 'exception' }, { message: 'no more' })
  const { events, error } = await outcomeOf([...frames.slice(0, 2), fault])
  expect(events).toHaveLength(2)
  expect(error).toMatchObject({ code, upstreamStatus })
})

it('knows a prompt that does not fit inside a stream too', async () => {
  const headers = { ':exception-type': 'validationException', ':message-type': 'exception' }
  const outcome = await outcomeOf([frame(headers, { message: 'Input is too long for requested model.' })])
  expect(codeOf(outcome)).toBe('upstream_context_length')
})

it('throws what an error frame says', async () => {
  const headers = { ':message-type': 'error', ':error-code': 'InternalError', ':error-message': 'it broke' }
  const { error } = await outcomeOf([frame(headers, '')])
  expect(error).toMatchObject({ code: 'upstream_failed', upstreamError: { message: 'it broke' } })
})

it.each([
  ['not JSON', event('contentBlockDelta', '{')],
  ['a list', event('contentBlockDelta', '[]')],
  ['server-sent events', Buffer.from('data: {"choices": []}\n\n')],
  ['a call that names no tool', event('contentBlockStart', { start: { toolUse: { name: { toString: 5 } } } })],
  ['input of a call that never began', delta(0, { toolUse: { input: '{}' } })],
  ['more behind the end', Buffer.concat([event('messageStop', { stopReason: 'end_turn' }), delta(0, { text: 'x' })])],
  ['an unusable call', event('messageStop', { stopReason: 'malformed_tool_use' })],
])('refuses %s', async (_name, bytes) => {
  expect(codeOf(await outcomeOf([bytes]))).toBe('upstream_invalid_response')
})

it('gives an unusable answer up behind what it cost, and says nothing of Amazon', async () => {
  const pieces = [event('messageStop', { stopReason: 'malformed_model_output' }), event('metadata', { usage })]
  const { events, error } = await outcomeOf(pieces)
  expect(events).toMatchObject([{ type: 'metadata', usage: { inputTokens: 29, outputTokens: 28 } }])
  expect(error).toMatchObject({ code: 'upstream_invalid_response', inconclusive: true })
})

it.each([
  ['end_turn', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
])('ends with calls by %s: %s', async (stopReason, finish) => {
  const start = event('contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { name: 'f', toolUseId: '' } } })
  const { events } = await outcomeOf([start, event('messageStop', { stopReason })])
  const choices = events.flatMap((each) => ('chunk' in each ? (each.chunk.choices as JsonObject[]) : []))
  expect(choices.at(-1)).toMatchObject({ finish_reason: finish, native_finish_reason: stopReason })
  expect(choices[0]?.delta).toMatchObject({ tool_calls: [{ id: 'call_chatcmpl-1_0' }] })
  const body = { stopReason }
  const completion = toCompletion(body, [{ toolUse: { name: 'f', toolUseId: 'x', input: {} } }], context)
  expect(completion.body.choices).toMatchObject([{ finish_reason: finish }])
})

it('does not end in calls where there are none', async () => {
  const { events } = await outcomeOf([delta(0, { text: 'done' }), event('messageStop', { stopReason: 'tool_use' })])
  expect(events.at(-2)).toMatchObject({ chunk: { choices: [{ finish_reason: 'stop' }] } })
})

it('takes no whole answer for one that does not say why it ended', () => {
  expect(() => toCompletion({}, [{ text: 'half' }], context)).toThrow('no stop reason')
})

it('throws nothing but our own errors, whatever an event holds', async () => {
  const types = [
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  ]
  const names = [
    'delta',
    'start',
    'text',
    'toolUse',
    'input',
    'reasoningContent',
    'contentBlockIndex',
    'usage',
    'name',
    'toolUseId',
    'stopReason',
    '__proto__',
  ]
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.constant({ toString: 5 }), tie('object')),
    object: fc.dictionary(fc.constantFrom(...names), tie('value')),
  }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...types), value)), async (said) => {
      const outcome = await outcomeOf(said.map(([type, payload]) => event(type, payload)))
      if (outcome.error !== undefined) expect(outcome.error).toBeInstanceOf(ProviderError)
    }),
  )
})

it('does not wait for a frame without end', async () => {
  async function* source() {
    const prelude = Buffer.alloc(12)
    prelude.writeUInt32BE(0xffffffff, 0)
    yield prelude
    throw new Error('read on')
  }
  await expect(framesOf(source(), errors).next()).rejects.toMatchObject({ code: 'upstream_invalid_response' })
})
