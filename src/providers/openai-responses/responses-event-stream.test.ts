import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import type { StreamDecoder } from '../http/upstream-http.ts'
import { ProviderError } from '../provider-error.ts'
import { completionOfResponse } from './responses-answer.ts'
import { nativeResponsesEvents, neutralResponsesEvents } from './responses-event-stream.ts'

const errors = new UpstreamErrors('scripted', [], { now: () => 0 })
const head = { id: 'resp_1', object: 'response', created_at: 1_790_000_000, model: 'm-1' }
const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f' }
const usage = {
  input_tokens: 20,
  output_tokens: 9,
  input_tokens_details: { cached_tokens: 8, cache_write_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 5 },
}
const output = [
  {
    type: 'reasoning',
    id: 'rs_1',
    summary: [
      { type: 'summary_text', text: 'Erst denken' },
      { type: 'summary_text', text: 'dann reden' },
    ],
    encrypted_content: 'gAAAA',
  },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [
      { type: 'output_text', text: 'Grüße 🚆', annotations: [{ type: 'url_citation', url: 'u', start_index: 0 }] },
    ],
  },
  { ...call, arguments: '{"a":1}' },
]
const completed = { type: 'response.completed', response: { ...head, status: 'completed', output, usage } }

const events: readonly JsonObject[] = [
  { type: 'response.created', response: { ...head, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
  thought(0, 'Erst '),
  thought(0, 'denken'),
  thought(1, 'dann reden'),
  { type: 'response.output_item.done', output_index: 0, item: output[0] },
  { type: 'response.output_text.delta', output_index: 1, item_id: 'msg_1', delta: 'Grüße ' },
  { type: 'response.output_text.delta', output_index: 1, item_id: 'msg_1', delta: '🚆' },
  {
    type: 'response.output_text.annotation.added',
    output_index: 1,
    annotation: { type: 'url_citation', url: 'u', start_index: 0 },
  },
  { type: 'response.output_item.done', output_index: 1, item: output[1] },
  { type: 'response.something_new', output_index: 1 },
  { type: 'response.output_item.added', output_index: 2, item: { ...call, arguments: '' } },
  { type: 'response.function_call_arguments.delta', output_index: 2, delta: '{"a"' },
  { type: 'response.output_item.done', output_index: 2, item: output[2] },
  completed,
]

function thought(part: number, delta: string): JsonObject {
  return {
    type: 'response.reasoning_summary_text.delta',
    output_index: 0,
    item_id: 'rs_1',
    summary_index: part,
    delta,
  }
}

function wireOf(list: readonly (JsonObject | string)[]): string {
  return list
    .map((event) =>
      typeof event === 'string' ? event : `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`,
    )
    .join('')
}

async function outcomeOf(decode: StreamDecoder, pieces: readonly Uint8Array[]) {
  async function* source() {
    yield* pieces
  }
  const seen: ChatEvent[] = []
  try {
    for await (const event of decode(source(), errors)) seen.push(event)
    return { events: seen, code: undefined }
  } catch (error) {
    return { events: seen, code: error instanceof ProviderError ? error.code : error }
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

it('adds up to the whole answer', async () => {
  const whole = completionOfResponse(completed.response, errors)
  const { events: seen } = await outcomeOf(neutralResponsesEvents, [bytesOf(wireOf(events))])
  const deltas = seen.flatMap((event) =>
    event.type === 'finished' ? [] : (event.chunk.choices as { delta: JsonObject }[]).map(({ delta }) => delta),
  )
  const text = (name: string) => deltas.map((delta) => (delta[name] ?? '') as string).join('')
  const message = (whole.body.choices as { message: JsonObject }[])[0]!.message
  expect(text('content')).toBe(message.content)
  expect(text('reasoning_content')).toBe('Erst denken\n\ndann reden')
  expect(text('reasoning_content')).toBe(message.reasoning_content)
  expect(deltas.flatMap(({ tool_calls }) => tool_calls ?? [])).toEqual([
    { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } },
    { index: 0, function: { arguments: '{"a"' } },
    { index: 0, function: { arguments: ':1}' } },
  ])
  expect(deltas.flatMap(({ annotations }) => annotations ?? [])).toEqual(message.annotations)
  expect(deltas.flatMap(({ reasoning_details }) => reasoning_details ?? []).at(-1)).toEqual({
    type: 'reasoning.encrypted',
    data: 'gAAAA',
    id: 'rs_1',
    format: 'openai-responses-v1',
    index: 2,
  })
  expect(seen.at(-2)).toMatchObject({ usage: whole.usage, reportedModel: 'm-1' })
  expect(whole.usage).toEqual({
    inputTokens: 20,
    outputTokens: 9,
    cachedInputTokens: 8,
    cacheWriteTokens: 4,
    reasoningTokens: 5,
  })
  expect(seen.at(-1)).toEqual({ type: 'finished' })
})

describe('what was never streamed', () => {
  const [created] = events
  const done = output.map((item, index) => ({ type: 'response.output_item.done', output_index: index, item }))

  it.each([
    ['whole items', [created!, ...done, completed]],
    ['the last event', [created!, completed]],
    ['the only event', [completed]],
    ['both, each thing once', events],
  ])('comes from %s', async (_name, list) => {
    const { events: seen } = await outcomeOf(neutralResponsesEvents, [bytesOf(wireOf(list))])
    const whole = completionOfResponse(completed.response, errors)
    const { role: _role, ...message } = (whole.body.choices as { message: JsonObject }[])[0]!.message
    const said = joined(seen)
    expect(said.content).toBe(message.content)
    expect(said.reasoning_content).toBe(message.reasoning_content)
    expect(said.annotations).toEqual(message.annotations)
    expect(said.summaries).toEqual(['Erst denken', 'dann reden'])
    expect(said.ciphers).toEqual(['gAAAA'])
    expect(said.arguments).toBe('{"a":1}')
  })

  it('is not added where an upstream does not number its items', async () => {
    const unnumbered = { type: 'response.output_text.delta', delta: 'Grüße 🚆' }
    const { events: seen } = await outcomeOf(neutralResponsesEvents, [
      bytesOf(wireOf([created!, unnumbered, completed])),
    ])
    expect(joined(seen).content).toBe('Grüße 🚆')
  })
})

/** What the deltas of a stream come to. */
function joined(seen: readonly ChatEvent[]) {
  const deltas = seen.flatMap((event) =>
    event.type === 'finished' ? [] : (event.chunk.choices as { delta: JsonObject }[]).map(({ delta }) => delta),
  )
  const text = (name: string) => deltas.map((delta) => (delta[name] ?? '') as string).join('')
  const list = (name: string) => deltas.flatMap((delta) => (delta[name] ?? []) as JsonObject[])
  const summaries: string[] = []
  for (const detail of list('reasoning_details')) {
    const at = detail.index as number
    if (detail.type === 'reasoning.summary') summaries[at] = (summaries[at] ?? '') + String(detail.summary)
  }
  return {
    content: text('content'),
    reasoning_content: text('reasoning_content'),
    annotations: list('annotations'),
    summaries,
    ciphers: list('reasoning_details').flatMap(({ data }) => data ?? []),
    arguments: list('tool_calls')
      .map((each) => (each.function as JsonObject).arguments as string)
      .join(''),
  }
}

const failed = { type: 'response.failed', response: { ...head, status: 'failed', error: { code: 'server_error' } } }
const limited = { type: 'error', code: 'rate_limit_exceeded', message: 'slow down' }

describe.each([
  ['neutral', neutralResponsesEvents],
  ['native', nativeResponsesEvents],
] as const)('%s events', (_kind, decode) => {
  it.each([
    ['whole', wireOf(events)],
    ['failing', wireOf([...events.slice(0, 8), failed])],
    ['broken', wireOf([...events.slice(0, 8), 'data: {nope}\n\n'])],
    ['cut', wireOf(events).slice(0, 900)],
  ])('are the same, with the same end, however a %s stream is cut', async (_name, text) => {
    const bytes = bytesOf(text)
    const whole = await outcomeOf(decode, [bytes])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), async (cuts) => {
        const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
        const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
        expect(await outcomeOf(decode, pieces)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it.each([
    ['nothing', '', 'upstream_cut'],
    ['everything but the end', wireOf(events.slice(0, -1)), 'upstream_cut'],
    ['[DONE] in its place', `${wireOf(events.slice(0, -1))}data: [DONE]\n\n`, 'upstream_cut'],
    ['a failure', wireOf([failed]), 'upstream_failed'],
    ['an error', wireOf([limited]), 'upstream_rate_limited'],
    ['an error in an envelope', wireOf([{ type: 'error', error: limited }]), 'upstream_rate_limited'],
    ['an event that is no object', 'data: 7\n\n', 'upstream_invalid_response'],
    ['an end without its response', wireOf([{ type: 'response.completed' }]), 'upstream_invalid_response'],
    ['no last empty line', wireOf(events).trimEnd(), undefined],
    ['an end at a limit', wireOf([{ type: 'response.incomplete', response: { ...head, output: [] } }]), undefined],
  ])('at %s end as they should', async (_name, text, code) => {
    const outcome = await outcomeOf(decode, [bytesOf(text)])
    expect(outcome.code).toBe(code)
    expect(outcome.events.at(-1)?.type === 'finished').toBe(code === undefined)
  })

  it('tell what a failed response has cost', async () => {
    const response = { ...failed.response, usage }
    const outcome = await outcomeOf(decode, [bytesOf(wireOf([...events.slice(0, 8), { ...failed, response }]))])
    expect(outcome.code).toBe('upstream_failed')
    expect(outcome.events.at(-1)).toMatchObject({ type: 'metadata', usage: { inputTokens: 20, outputTokens: 9 } })
  })

  it('throw nothing but our errors, whatever the JSON', async () => {
    const types = events.map(({ type }) => type)
    const hostile = fc.record(
      {
        type: fc.constantFrom(...types),
        output_index: fc.oneof(fc.jsonValue(), fc.constant({ toString: 1, valueOf: 1 })),
        item: fc.oneof(
          fc.jsonValue(),
          fc.record(
            {
              type: fc.constantFrom('message', 'reasoning', 'function_call'),
              content: fc.jsonValue(),
              call_id: fc.jsonValue(),
              name: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        ),
        response: fc.oneof(
          fc.jsonValue(),
          fc.record(
            {
              output: fc.array(fc.jsonValue()),
              usage: fc.jsonValue(),
              status: fc.jsonValue(),
              incomplete_details: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        ),
        delta: fc.jsonValue(),
        annotation: fc.jsonValue(),
        logprobs: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 6 }), async (list) => {
        const { code } = await outcomeOf(decode, [bytesOf(wireOf(list))])
        expect(code === undefined || typeof code === 'string').toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

it('a whole answer throws nothing but our errors, whatever the JSON', () => {
  const item = fc.oneof(
    fc.jsonValue(),
    fc.record({
      type: fc.constantFrom('message', 'reasoning', 'function_call', 'web_search_call'),
      content: fc.jsonValue(),
      summary: fc.jsonValue(),
    }),
  )
  const response = fc.record(
    {
      output: fc.oneof(fc.array(item), fc.jsonValue()),
      usage: fc.jsonValue(),
      status: fc.constantFrom('completed', 'incomplete', null, 7),
      error: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(response, (body) => {
      try {
        completionOfResponse(body, errors)
      } catch (error) {
        expect(error).toBeInstanceOf(ProviderError)
      }
    }),
    { numRuns: 300 },
  )
})

it('names what is billed beside tokens', () => {
  const searched = [{ type: 'web_search_call', id: 'ws_1' }, { type: 'web_search_call', id: 'ws_2' }, ...output]
  const response = { ...completed.response, output: searched, service_tier: 'priority' }
  expect(completionOfResponse(response, errors).usage?.unpriced).toEqual(['web_search_call', 'service_tier:priority'])
})

it.each<[string, JsonObject, readonly string[] | undefined]>([
  ['outputs of tools', { type: 'shell_call_output' }, undefined],
  ['found tools', { type: 'tool_search_output' }, undefined],
  ['added tools', { type: 'additional_tools' }, undefined],
  ['a shell of the caller', { type: 'shell_call', environment: { type: 'local' } }, undefined],
  ['a shell at OpenAI', { type: 'shell_call', environment: { type: 'container_reference' } }, ['shell_call']],
  ['a shell anywhere', { type: 'shell_call', environment: null }, ['shell_call']],
  ['what is not known', { type: 'not_yet_invented' }, ['not_yet_invented']],
])('knows the price of %s, or that it does not', (_name, item, unpriced) => {
  const response = { ...completed.response, output: [item] }
  expect(completionOfResponse(response, errors).usage?.unpriced).toEqual(unpriced)
})
