import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ChatEvent } from '../chat-provider.ts'
import { chatEventsOf } from './chat-event-stream.ts'
import { UpstreamErrors } from './upstream-errors.ts'

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

async function outcomeOf(pieces: readonly Uint8Array[]): Promise<{ events: ChatEvent[]; error: unknown }> {
  const events: ChatEvent[] = []
  async function* source() {
    yield* pieces
  }
  try {
    for await (const event of chatEventsOf(source(), errors)) events.push(event)
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

it.each([
  ['nothing', '', 'upstream_cut'],
  ['comments only', ': ping\n\n', 'upstream_cut'],
  ['an event without JSON object', 'data: 7\n\n', 'upstream_invalid_response'],
  ['a last event without its empty line', 'data: [DONE]', undefined],
])('takes %s for what it is', async (_name, text, code) => {
  expect((await outcomeOf([new TextEncoder().encode(text)])).error).toBe(code)
})
