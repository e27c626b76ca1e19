import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { ChatEvent } from '../chat-provider.ts'
import { UpstreamErrors } from '../http/upstream-errors.ts'
import { chatEventsOf } from './chat-event-stream.ts'

const errors = new UpstreamErrors('scripted', [], { now: () => 0 })

const wire = [
  ': keep-alive\n\n',
  'event: message\r\nid: 1\r\n',
  `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })}\r\n\r\n`,
  `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] })}\n\n`,
  `data:${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { content: 'Grüße 🚆' } }] })}\n\n`,
  `data: ${JSON.stringify({ model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`,
  `data: ${JSON.stringify({ model: 'm', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })}\n\n`,
  'data: [DONE]\n\n',
].join('')

function said(delta: object, finishReason: string | null = null, index = 0, extra: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index, delta, finish_reason: finishReason }], ...extra })}\n\n`
}

async function outcomeOf(pieces: readonly Uint8Array[]): Promise<{ events: ChatEvent[]; error: unknown }> {
  async function* source() {
    yield* pieces
  }
  return readAll(source())
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<{ events: ChatEvent[]; error: unknown }> {
  const events: ChatEvent[] = []
  try {
    for await (const event of chatEventsOf(bytes, errors)) events.push(event)
    return { events, error: undefined }
  } catch (error) {
    return { events, error: (error as { code?: string }).code }
  }
}

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
}

it('reads role, reasoning, text, finish reason, usage and end', async () => {
  const { events } = await outcomeOf([new TextEncoder().encode(wire)])
  expect(events.map((event) => event.type)).toEqual([
    'metadata',
    'content',
    'content',
    'metadata',
    'metadata',
    'finished',
  ])
  expect(events[4]).toMatchObject({ usage: { inputTokens: 3, outputTokens: 2 }, reportedModel: 'm' })
})

it.each([
  ['whole', wire],
  ['ending in an error', wire.replace('data: [DONE]', 'data: {"error":{"message":"died"}}')],
  ['broken', wire.replace('data: [DONE]', 'data: {nope}')],
  ['cut short', wire.slice(0, wire.indexOf('Grüße'))],
])('gives the same events and the same end however a %s stream is cut', async (_name, text) => {
  const bytes = new TextEncoder().encode(text)
  const whole = await outcomeOf([bytes])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), async (cuts) => {
      expect(await outcomeOf(cutAt(bytes, cuts))).toEqual(whole)
    }),
    { numRuns: 60 },
  )
})

const half = said({ content: 'half an ans' })
const stop = said({}, 'stop')
const done = 'data: [DONE]\n\n'

it.each([
  ['[DONE] without a finish reason', [half, done], 'upstream_cut'],
  ['[DONE] after a mere preamble', [said({ role: 'assistant' }), done], 'upstream_cut'],
  ['[DONE] with one of two choices open', [half, said({ content: 'b' }, null, 1), stop, done], 'upstream_cut'],
  ['an empty finish reason', [said({ content: 'a' }, ''), done], 'upstream_cut'],
  ['two ended choices', [half, said({ content: 'b' }, 'stop', 1), stop, done], undefined],
  ['a choice named again after its end', [half, stop, said({ role: 'assistant', content: '' })], undefined],
  ['spaces around [DONE]', [half, stop, 'data:  [DONE] \n\n'], undefined],
  [
    'part of an event after the end of every choice',
    [half, stop, 'data: {"choices":[],"usage":{"prompt_tok'],
    undefined,
  ],
  ['part of an event before that', [half, said({ content: 'b' }, null, 1), stop, 'data: {"cho'], 'upstream_cut'],
  ['no choice at all', [done], 'upstream_cut'],
  ['usage without a choice', ['data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n', done], 'upstream_cut'],
])('at %s ends as it should', async (_name, events, code) => {
  const { events: seen, error } = await outcomeOf([new TextEncoder().encode(events.join(''))])
  expect(error).toBe(code)
  expect(seen.at(-1)?.type === 'finished').toBe(code === undefined)
})

it.each([
  ['is whole once every choice has ended', [half, stop], 'UND_ERR_SOCKET', undefined],
  ['is cut before', [half], 'UND_ERR_SOCKET', 'UND_ERR_SOCKET'],
  ['does not take our own abort for an end', [half, stop], 'ABORT_ERR', 'ABORT_ERR'],
])('an answer whose connection is lost %s', async (_name, events, lost, code) => {
  async function* source() {
    yield new TextEncoder().encode(events.join(''))
    throw Object.assign(new Error('lost'), { code: lost })
  }
  const { events: seen, error } = await readAll(source())
  expect(error).toBe(code)
  expect(seen.at(-1)?.type === 'finished').toBe(code === undefined)
})

it('ends a whole answer whose upstream stays open and silent', async () => {
  vi.useFakeTimers()
  try {
    async function* source() {
      yield new TextEncoder().encode([half, stop].join(''))
      await new Promise(() => {})
    }
    const reading = readAll(source())
    await vi.advanceTimersByTimeAsync(2_000)
    const { events, error } = await reading
    expect(error).toBeUndefined()
    expect(events.map(({ type }) => type)).toEqual(['content', 'metadata', 'finished'])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

it('tells the model where content alone names it', async () => {
  const events = [said({ content: 'a' }, null, 0, { model: 'm' }), said({ content: 'b' }, 'stop', 0, { model: 'm-1' })]
  const { events: seen } = await outcomeOf([new TextEncoder().encode([...events, done].join(''))])
  expect(seen[1]).toMatchObject({ type: 'content', reportedModel: 'm-1' })
})

it('takes citations of pages for a search, which is billed by itself', async () => {
  const annotations = [{ type: 'url_citation', url_citation: { url: 'https://e.x' } }]
  const usage = { usage: { prompt_tokens: 5, completion_tokens: 1 } }
  const events = [half, said({ annotations }), said({}, 'stop', 0, usage), done]
  const { events: seen } = await outcomeOf([new TextEncoder().encode(events.join(''))])
  expect(seen[2]).toMatchObject({ usage: { inputTokens: 5, unpriced: ['web_search'] } })
})

it('takes no earlier count for the bill where the last one cannot be read', async () => {
  const usage = (completion: number) => ({ usage: { prompt_tokens: 5, completion_tokens: completion } })
  const events = [said({ content: 'a' }, null, 0, usage(1)), said({}, 'stop', 0, usage(-1)), done]
  const { events: seen } = await outcomeOf([new TextEncoder().encode(events.join(''))])
  expect(seen[1]).toMatchObject({ usage: { inputTokens: 5, outputTokens: 1, unpriced: ['unreadable_usage'] } })
})

it('keeps usage on the chunk that brought it, and makes up no chunk', async () => {
  const usage = (completion: number) => ({ usage: { prompt_tokens: 5, completion_tokens: completion } })
  const events = [said({ role: 'assistant' }, null, 0, usage(0)), said({ content: 'a' }, null, 0, usage(1))]
  const wires = [...events, said({ content: 'b' }, 'stop', 0, usage(2)), done].join('')
  const { events: seen } = await outcomeOf([new TextEncoder().encode(wires)])
  expect(seen).toMatchObject([
    { type: 'metadata', usage: { inputTokens: 5, outputTokens: 0 } },
    { type: 'content', usage: { inputTokens: 5, outputTokens: 1 } },
    { type: 'content', usage: { inputTokens: 5, outputTokens: 2 } },
    { type: 'finished' },
  ])
  expect(seen).toHaveLength(4)
})

it.each([
  ['nothing', '', 'upstream_cut'],
  ['comments only', ': ping\n\n', 'upstream_cut'],
  ['an event without JSON object', 'data: 7\n\n', 'upstream_invalid_response'],
  ['a last event without its empty line', `${stop}data: [DONE]`, undefined],
])('takes %s for what it is', async (_name, text, code) => {
  expect((await outcomeOf([new TextEncoder().encode(text)])).error).toBe(code)
})
