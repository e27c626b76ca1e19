import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatEvent, ChunkEvent, JsonObject } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { type MessagesForm, messagesEventsOf } from './messages-event-stream.ts'

const errors = new UpstreamErrors('scripted', [], { now: () => 0 })
const folder = new URL('__fixtures__/', import.meta.url)
const context = { created: 7, toolNames: new Map([['now', 'now!']]) }

function fixture(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

async function read(bytes: AsyncIterable<Uint8Array>, form: MessagesForm = context) {
  const events: ChatEvent[] = []
  try {
    for await (const event of messagesEventsOf(bytes, errors, form)) events.push(event)
    return { events, error: undefined }
  } catch (error) {
    return { events, error: (error as { code?: string }).code }
  }
}

async function* pieces(text: string, cuts: readonly number[] = []) {
  const bytes = new TextEncoder().encode(text)
  const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
  for (const [index, edge] of edges.slice(1).entries()) yield bytes.subarray(edges[index], edge)
}

function chunksOf(events: readonly ChatEvent[]): readonly ChunkEvent[] {
  return events.flatMap((event) => (event.type === 'finished' ? [] : [event]))
}

/** The choices' parts of the chunks that say something. */
function deltas(events: readonly ChatEvent[]): readonly JsonObject[] {
  return events.flatMap((event) =>
    event.type === 'content' ? (event.chunk.choices as { delta: JsonObject }[]).map(({ delta }) => delta) : [],
  )
}

function lastUsage(events: readonly ChatEvent[]) {
  return chunksOf(events).findLast(({ usage }) => usage !== undefined)?.usage
}

function finish(events: readonly ChatEvent[]): JsonObject | undefined {
  const choices = chunksOf(events).flatMap(({ chunk }) => chunk.choices as JsonObject[])
  return choices.find(({ finish_reason: reason }) => reason !== null)
}

describe('in the neutral form', () => {
  it('reads text, and says the usage at the end', async () => {
    const { events } = await read(pieces(fixture('text.sse')))
    expect(events.map(({ type }) => type)).toEqual([
      'metadata',
      'content',
      'content',
      'content',
      'metadata',
      'metadata',
      'finished',
    ])
    expect(deltas(events).map(({ content }) => content)).toEqual(['Hello', '!', ' Grüße 🚆'])
    expect(events[0]).toMatchObject({
      chunk: {
        id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
        created: 7,
        choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
      },
      reportedModel: 'claude-sonnet-4-6',
    })
    expect(events[4]).toMatchObject({ chunk: { choices: [{ finish_reason: 'stop' }] } })
    expect(events[5]).toMatchObject({
      chunk: { choices: [], usage: { prompt_tokens: 25, completion_tokens: 15 } },
      usage: { inputTokens: 25, outputTokens: 15 },
    })
  })

  it('reads tool calls in pieces, and one without input', async () => {
    const { events } = await read(pieces(fixture('tools.sse')))
    expect(deltas(events).slice(2)).toEqual([
      {
        tool_calls: [{ index: 0, id: 'toolu_01', type: 'function', function: { name: 'get_weather', arguments: '' } }],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"location":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ' "San Francisco, CA"}' } }] },
      { tool_calls: [{ index: 1, id: 'toolu_02', type: 'function', function: { name: 'now!', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ])
    expect(finish(events)).toMatchObject({ finish_reason: 'tool_calls', native_finish_reason: 'tool_use' })
    expect(lastUsage(events)).toEqual({
      inputTokens: 572,
      outputTokens: 89,
      cachedInputTokens: 100,
      cacheWriteTokens: 0,
    })
  })

  it('reads thinking with its signature, and what is redacted', async () => {
    const { events } = await read(pieces(fixture('thinking.sse')))
    const format = 'anthropic-claude-v1'
    expect(deltas(events).slice(0, 4)).toEqual([
      {
        reasoning_content: 'I need the GCD',
        reasoning_details: [{ type: 'reasoning.text', text: 'I need the GCD', format, index: 0 }],
      },
      {
        reasoning_content: ' of 1071 and 462.',
        reasoning_details: [{ type: 'reasoning.text', text: ' of 1071 and 462.', format, index: 0 }],
      },
      {
        reasoning_details: [
          {
            type: 'reasoning.text',
            signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds',
            format,
            index: 0,
          },
        ],
      },
      {
        reasoning_details: [
          {
            type: 'reasoning.encrypted',
            data: 'EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP',
            format,
            index: 1,
          },
        ],
      },
    ])
    expect(lastUsage(events)).toEqual({
      inputTokens: 2012,
      outputTokens: 60,
      cachedInputTokens: 0,
      cacheWriteTokens: 2000,
      cacheWrite1hTokens: 1500,
      reasoningTokens: 44,
    })
  })

  it('tells what a hosted tool found by its citations, and that it was billed', async () => {
    const { events } = await read(pieces(fixture('web-search.sse')))
    const said = deltas(events)
    expect(said.slice(0, -1)).toEqual([{ content: 'I will look.' }, { content: ' Oslo has' }, { content: ' 700,000.' }])
    expect(said.at(-1)).toEqual({
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://example.org/oslo', title: 'Oslo', start_index: 12, end_index: 30 },
        },
      ],
    })
    expect(lastUsage(events)).toMatchObject({
      inputTokens: 10_682,
      outputTokens: 510,
      unpriced: ['web_search_requests'],
    })
  })

  it('reads a refusal, and events that are not known', async () => {
    const refused = await read(pieces(fixture('refusal.sse')))
    expect(deltas(refused.events).at(-1)).toEqual({ refusal: 'Not this.' })
    expect(finish(refused.events)).toMatchObject({ finish_reason: 'content_filter', native_finish_reason: 'refusal' })
    const unknown = await read(pieces(fixture('crlf-unknown-events.sse')))
    expect(deltas(unknown.events).map(({ content }) => content)).toEqual(['一', '二'])
    expect(finish(unknown.events)).toMatchObject({ finish_reason: 'length' })
  })

  it('takes an error event for a fault', async () => {
    const { events, error } = await read(pieces(fixture('overloaded.sse')))
    expect(error).toBe('upstream_failed')
    expect(events.map(({ type }) => type)).toEqual(['metadata', 'content'])
  })
})

describe.each(readdirSync(folder).filter((name) => name.endsWith('.sse')))('%s', (name) => {
  it('gives every event as it came in the native form, each once', async () => {
    const { events } = await read(pieces(fixture(name)), 'native')
    const sent = [...fixture(name).matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as JsonObject)
    expect(chunksOf(events).map(({ chunk }) => chunk)).toEqual(sent.filter(({ type }) => type !== 'error'))
    expect(chunksOf(events).every(({ dialect }) => dialect === 'messages')).toBe(true)
    const neutral = await read(pieces(fixture(name)))
    expect(lastUsage(events)).toEqual(lastUsage(neutral.events))
  })

  it.each<MessagesForm>([context, 'native'])('gives the same events however it is cut', async (form) => {
    const text = fixture(name)
    const whole = await read(pieces(text), form)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: text.length }), { maxLength: 12 }), async (cuts) => {
        expect(await read(pieces(text, cuts), form)).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  it('is whole only when all of it was said', async () => {
    const text = fixture(name)
    const said = text.indexOf('event: message_delta')
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: text.length - 1 }), async (end) => {
        const { events, error } = await read(pieces(text.slice(0, end)))
        expect(events.at(-1)?.type === 'finished').toBe(error === undefined)
        if (said < 0 || end < said) expect(error).toMatch(/^upstream_(?:cut|failed)$/)
      }),
      { numRuns: 60 },
    )
  })
})

it.each([
  ['after the stop reason', 'event: message_stop', 'UND_ERR_SOCKET', undefined],
  ['before it', 'event: message_delta', 'UND_ERR_SOCKET', 'UND_ERR_SOCKET'],
  ['by our own abort', 'event: message_stop', 'ABORT_ERR', 'ABORT_ERR'],
])('takes a connection lost %s for what it is', async (_name, at, code, expected) => {
  const text = fixture('text.sse')
  async function* lost() {
    yield* pieces(text.slice(0, text.indexOf(at)))
    throw Object.assign(new Error('lost'), { code })
  }
  const { events, error } = await read(lost())
  expect(error).toBe(expected)
  expect(events.at(-1)?.type === 'finished').toBe(expected === undefined)
})

it.each([
  ['nothing', '', 'upstream_cut'],
  ['no JSON', 'data: {nope}\n\n', 'upstream_invalid_response'],
  ['no object', 'data: 7\n\n', 'upstream_invalid_response'],
  ['a stop without its reason', 'data: {"type":"message_start"}\n\ndata: {"type":"message_stop"}\n\n', 'upstream_cut'],
  ['a stop and no more', 'data: {"type":"message_stop"}\n\n', 'upstream_cut'],
  [
    'an error named on its line alone',
    'event: error\ndata: {"error":{"type":"overloaded_error"}}\n\n',
    'upstream_failed',
  ],
])('takes %s for what it is', async (_name, text, code) => {
  expect((await read(pieces(text))).error).toBe(code)
})

describe('what proxies make of it', () => {
  const text = 'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'
  const block = `data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n${text}`
  const stop = 'data: {"type":"message_stop"}\n\n'
  const end =
    'data: {"type":"content_block_stop","index":0}\n\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'

  it('is cut where the answer’s end was not said, with its beginning or without', async () => {
    expect(await read(pieces(block + stop))).toMatchObject({ error: 'upstream_cut' })
    expect(await read(pieces(block + stop), 'native')).toMatchObject({ error: 'upstream_cut' })
  })

  it('is whole with pings that are no JSON, and with the end mark of another API', async () => {
    const { events, error } = await read(pieces(`${block}event: ping\ndata: -\n\n${end}data: [DONE]\n\n`))
    expect([error, events.at(-1)]).toEqual([undefined, { type: 'finished' }])
  })

  it('has no bill where only its beginning counts', async () => {
    const begin = 'data: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
    const unbilled = await read(pieces(begin + block + end + stop))
    expect([unbilled.error, lastUsage(unbilled.events)]).toEqual([undefined, undefined])
    const counted = end.replace('"delta":{', '"usage":{"output_tokens":5},"delta":{')
    const billed = await read(pieces(begin + block + counted + stop))
    expect(lastUsage(billed.events)).toEqual({ inputTokens: 9, outputTokens: 5 })
  })
})
