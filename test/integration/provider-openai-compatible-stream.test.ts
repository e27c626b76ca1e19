import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../src/providers/chat-provider.ts'
import {
  type OpenAiCompatibleOptions,
  OpenAiCompatibleProvider,
} from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { chunkBody, completionBody, doneEvent, eventText, ScriptedUpstream, streamOf } from './scripted-upstream.ts'

const apiKey = 'sk-very-secret-0123456789'
const call = { upstreamModel: 'm-1', request: { messages: [{ role: 'user', content: 'hello' }] } }
const never = new AbortController().signal

let upstream: ScriptedUpstream
let provider: OpenAiCompatibleProvider

function connect(options: Partial<OpenAiCompatibleOptions> = {}): OpenAiCompatibleProvider {
  return new OpenAiCompatibleProvider({ name: 'scripted', baseUrl: upstream.baseUrl, apiKey, ...options })
}

beforeEach(async () => {
  upstream = await ScriptedUpstream.start()
  provider = connect()
})

afterEach(async () => {
  await provider.close()
  await upstream.close()
})

async function read(stream: AsyncIterable<ChatEvent>, into: ChatEvent[] = []): Promise<ChatEvent[]> {
  for await (const event of stream) into.push(event)
  return into
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ProviderError)
  return error as ProviderError
}

function textOf(events: readonly ChatEvent[]): string {
  return events
    .map((event) => {
      if (event.type !== 'content') return ''
      const choices = event.chunk.choices as { delta: { content?: string } }[]
      return choices[0]?.delta.content ?? ''
    })
    .join('')
}

describe('a stream', () => {
  it('asks for usage and reports it, with text, model and end', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('Hel', 'lo') })
    const request = { ...call.request, stream_options: { include_obfuscation: false } }
    const events = await read(provider.stream({ upstreamModel: 'm-1', request }, never))
    expect(upstream.requests[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: true },
    })
    expect(events.map((event) => event.type)).toEqual([
      'metadata',
      'content',
      'content',
      'metadata',
      'metadata',
      'finished',
    ])
    expect(textOf(events)).toBe('Hello')
    expect(events[4]).toMatchObject({ usage: { inputTokens: 11, outputTokens: 3 } })
    expect(events[0]).toMatchObject({ reportedModel: 'scripted-model-2026-01-01' })
  })

  it('adapts to a dialect', async () => {
    await provider.close()
    provider = connect({ dialect: { refusesStreamOptions: true, outputCapParameter: 'max_tokens' } })
    upstream.plan({ kind: 'sse', events: streamOf('a') })
    const request = { ...call.request, max_completion_tokens: 5, stream_options: { include_usage: true } }
    await read(provider.stream({ upstreamModel: 'm', request }, never))
    const body = upstream.requests[0]?.body
    expect(body).toMatchObject({ max_tokens: 5 })
    expect(body).not.toHaveProperty('max_completion_tokens')
    expect(body).not.toHaveProperty('stream_options')
  })

  it('with its finish reason but without [DONE] is finished', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('a').slice(0, -1) })
    expect((await read(provider.stream(call, never))).at(-1)).toEqual({ type: 'finished' })
  })

  it('is whole once it has its finish reason, although the socket dies then', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('a').slice(0, 3), ending: 'cut' })
    expect((await read(provider.stream(call, never))).at(-1)).toEqual({ type: 'finished' })
    await upstream.waitForSockets(0)
  })

  it('is over at [DONE], whatever the connection does then', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('a'), ending: 'hang' })
    expect((await read(provider.stream(call, never))).at(-1)).toEqual({ type: 'finished' })
    await upstream.waitForSockets(0)
  })

  it.each([
    ['that ends early', { events: streamOf('Hel').slice(0, 2) }, 'upstream_cut'],
    [
      'that says [DONE] without a finish reason',
      { events: [...streamOf('Hel').slice(0, 2), doneEvent] },
      'upstream_cut',
    ],
    ['whose socket dies', { events: streamOf('Hel').slice(0, 2), ending: 'cut' }, 'upstream_cut'],
    ['that ends inside an event', { events: [...streamOf('Hel').slice(0, 2), 'data: {"choi'] }, 'upstream_cut'],
    [
      'with one of two choices unfinished',
      { events: [chunkBody({ content: 'Hel' }), chunkBody({ content: 'x' }, null, 1), chunkBody({}, 'stop')] },
      'upstream_cut',
    ],
    ['with broken JSON', { events: [chunkBody({ content: 'Hel' }), 'data: {oops\n\n'] }, 'upstream_invalid_response'],
    [
      'with an error object',
      { events: [chunkBody({ content: 'Hel' }), { error: { code: 502, message: 'the provider died' } }] },
      'upstream_failed',
    ],
    [
      'with an error event',
      { events: [chunkBody({ content: 'Hel' }), 'event: error\ndata: {"type":"overloaded_error"}\n\n'] },
      'upstream_failed',
    ],
  ] as const)('%s ends with an error after what it said', async (_name, plan, code) => {
    upstream.plan({ kind: 'sse', ...plan })
    const seen: ChatEvent[] = []
    const error = await failureOf(read(provider.stream(call, never), seen))
    expect(error.code).toBe(code)
    expect(textOf(seen)).toContain('Hel')
    expect(seen.at(-1)?.type).not.toBe('finished')
  })

  it('that is no stream is an error', async () => {
    upstream.plan(
      { kind: 'json', body: completionBody('x') },
      { kind: 'json', body: { error: { code: 429, message: 'busy' } } },
    )
    expect((await failureOf(read(provider.stream(call, never)))).code).toBe('upstream_invalid_response')
    expect((await failureOf(read(provider.stream(call, never)))).code).toBe('upstream_rate_limited')
  })

  it('gives the same events however its bytes are cut', async () => {
    const text = [': ping\r\n\r\n', ...streamOf('Grüße, ', '世界 🚆')]
      .map((event) => (typeof event === 'string' ? event : eventText(event)))
      .join('')
    upstream.plan({ kind: 'sse', events: [text] })
    const whole = await read(provider.stream(call, never))
    expect(textOf(whole)).toBe('Grüße, 世界 🚆')
    upstream.plan({ kind: 'sse', events: Array.from(text), gapMs: 0 })
    expect(await read(provider.stream(call, never))).toEqual(whole)
  })

  it('is not read ahead of a slow reader', async () => {
    await provider.close()
    provider = connect({ maxResponseBytes: 1e9 })
    upstream.plan({ kind: 'flood' })
    const reader = provider.stream(call, never)[Symbol.asyncIterator]()
    await reader.next()
    await sleep(100)
    const sent = upstream.bytesFlooded
    await sleep(200)
    expect(upstream.bytesFlooded).toBe(sent)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    await reader.return?.()
    await upstream.waitForSockets(0)
  })

  it('without end is given up at the cap', async () => {
    await provider.close()
    provider = connect({ maxResponseBytes: 500_000 })
    upstream.plan({ kind: 'flood' })
    expect((await failureOf(read(provider.stream(call, never)))).code).toBe('upstream_too_large')
    await upstream.waitForSockets(0)
  })

  it('keeps tool calls whole and counts them as content', async () => {
    const delta = { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f', arguments: '{"a"' } }] }
    upstream.plan({
      kind: 'sse',
      events: [
        chunkBody({ role: 'assistant', content: null }),
        chunkBody(delta),
        chunkBody({}, 'tool_calls'),
        doneEvent,
      ],
    })
    const events = await read(provider.stream(call, never))
    expect(events.map((event) => event.type)).toEqual(['metadata', 'content', 'metadata', 'finished'])
    expect(events[1]).toEqual({ type: 'content', chunk: chunkBody(delta) })
  })

  it('reports usage that came together with content', async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1 }
    upstream.plan({ kind: 'sse', events: [{ ...chunkBody({ content: 'a' }, 'stop'), usage }, doneEvent] })
    const events = await read(provider.stream(call, never))
    expect(events.map((event) => event.type)).toEqual(['content', 'finished'])
    expect(events[0]).toMatchObject({ usage: { inputTokens: 5, outputTokens: 1 }, chunk: { usage } })
  })
})
