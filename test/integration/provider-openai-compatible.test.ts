import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../src/providers/chat-provider.ts'
import {
  type OpenAiCompatibleOptions,
  OpenAiCompatibleProvider,
} from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { completionBody, ScriptedUpstream, streamOf } from './scripted-upstream.ts'

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

describe('a whole answer', () => {
  it('is kept as the upstream wrote it, with its usage and model', async () => {
    const body = completionBody('yes', { system_fingerprint: 'fp', unknown_field: { deep: [1] } })
    upstream.plan({ kind: 'json', body })
    const completion = await provider.complete(call, never)
    expect(completion.body).toEqual(body)
    expect(completion.usage).toEqual({ inputTokens: 11, outputTokens: 3 })
    expect(completion.reportedModel).toBe('scripted-model-2026-01-01')
  })

  it('has no known bill where it searched: asked to, by its model, or by the pages it cites', async () => {
    const searching = { ...call, request: { ...call.request, web_search_options: {} } }
    expect((await provider.complete(searching, never)).usage).toMatchObject({ unpriced: ['web_search'] })
    const model = { ...call, upstreamModel: 'gpt-4o-search-preview' }
    expect((await provider.complete(model, never)).usage).toMatchObject({ unpriced: ['web_search'] })
    const message = { role: 'assistant', content: 'a', annotations: [{ type: 'url_citation' }] }
    upstream.plan({ kind: 'json', body: completionBody('a', { choices: [{ index: 0, message }] }) })
    expect((await provider.complete(call, never)).usage).toMatchObject({ unpriced: ['web_search'] })
  })

  it('is asked for with the request untouched, the model’s name upstream and the key', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
    const request = { ...call.request, tools, temperature: 0.2, something_new: true, stream_options: {} }
    await provider.complete({ upstreamModel: 'm-1', request }, never)
    const { stream_options: _, ...rest } = request
    expect(upstream.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${apiKey}`, 'accept-encoding': 'identity' },
      body: { ...rest, model: 'm-1', stream: false },
    })
    expect(upstream.requests[0]?.body).not.toHaveProperty('stream_options')
  })

  it.each([
    [{ max_tokens: 100_000, max_completion_tokens: 5 }, { max_tokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 100_000 }, { max_tokens: 5 }],
    [{ max_tokens: null, max_completion_tokens: 5 }, { max_tokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: null }, { max_tokens: 5 }],
  ])('is asked for with the tighter of two caps where one name is known: %j', async (caps, sent) => {
    await provider.close()
    provider = connect({ dialect: { outputCapParameter: 'max_tokens' } })
    await provider.complete({ upstreamModel: 'm', request: { ...call.request, ...caps } }, never)
    expect(upstream.requests[0]?.body).toEqual({ ...call.request, ...sent, model: 'm', stream: false })
  })

  it('comes over one kept-alive connection, call after call', async () => {
    for (let i = 0; i < 5; i++) await provider.complete(call, never)
    upstream.plan({ kind: 'sse', events: streamOf('a') })
    for (let i = 0; i < 5; i++) {
      await read(provider.stream(call, never))
      await sleep(5)
    }
    expect(upstream.openSockets).toBe(1)
  })

  it.each([
    ['broken JSON', { kind: 'raw', text: '{"choices": [' }, 'upstream_invalid_response'],
    ['JSON of another kind', { kind: 'raw', text: '[]' }, 'upstream_invalid_response'],
    [
      'a choice that is none',
      { kind: 'json', body: completionBody('x', { choices: [null] }) },
      'upstream_invalid_response',
    ],
    [
      'JSON without a bottom',
      {
        kind: 'raw',
        text: `{"choices":[{"message":{"content":"x"}}],"more":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
        headers: { 'content-type': 'application/json' },
      },
      'upstream_invalid_response',
    ],
    ['no choices', { kind: 'json', body: completionBody('x', { choices: [] }) }, 'upstream_invalid_response'],
    ['fewer bytes than announced', { kind: 'raw', text: '{"choices": [{}]}', contentLength: 500 }, 'upstream_cut'],
    [
      'more bytes than announced',
      { kind: 'raw', text: JSON.stringify(completionBody('x')), contentLength: 40 },
      'upstream_invalid_response',
    ],
    [
      'a compressed body',
      { kind: 'raw', text: 'zip', headers: { 'content-encoding': 'gzip' } },
      'upstream_invalid_response',
    ],
    ['a redirect', { kind: 'raw', text: '', status: 302, headers: { location: '/' } }, 'upstream_invalid_response'],
  ] as const)('with %s is an error', async (_name, plan, code) => {
    upstream.plan(plan)
    const error = await failureOf(provider.complete(call, never))
    expect(error.code).toBe(code)
    expect(error.retryable).toBe(false)
  })

  it('without end is given up at the cap', async () => {
    await provider.close()
    provider = connect({ maxResponseBytes: 100_000 })
    upstream.plan({ kind: 'endless_json' })
    expect((await failureOf(provider.complete(call, never))).code).toBe('upstream_too_large')
    await upstream.waitForSockets(0)
  })
})

describe('an error status', () => {
  it.each([
    [400, 'upstream_rejected', false],
    [401, 'upstream_auth', false],
    [402, 'upstream_auth', false],
    [403, 'upstream_auth', false],
    [404, 'upstream_rejected', false],
    [408, 'upstream_timeout', false],
    [422, 'upstream_rejected', false],
    [429, 'upstream_rate_limited', true],
    [500, 'upstream_failed', false],
    [502, 'upstream_failed', false],
    [503, 'upstream_failed', true],
    [529, 'upstream_failed', true],
  ] as const)('%i becomes %s', async (status, code, retryable) => {
    upstream.plan({ kind: 'json', status, body: { error: { message: 'no', type: 't', code: 'c' } } })
    const error = await failureOf(provider.complete(call, never))
    expect(error).toMatchObject({ code, retryable, upstreamStatus: status })
    const ofOurAccount = code === 'upstream_auth' || code === 'upstream_rate_limited'
    expect(error.upstreamError).toEqual({ ...(ofOurAccount ? {} : { message: 'no' }), type: 't', code: 'c' })
    expect((await failureOf(read(provider.stream(call, never)))).code).toBe(code)
  })

  it('says when to come back', async () => {
    const body = { error: { message: 'slow down' } }
    upstream.plan(
      { kind: 'json', status: 429, body, headers: { 'retry-after': '2' } },
      { kind: 'json', status: 429, body, headers: { 'retry-after': '9', 'retry-after-ms': '150' } },
    )
    expect((await failureOf(provider.complete(call, never))).retryAfterMs).toBe(2000)
    expect((await failureOf(provider.complete(call, never))).retryAfterMs).toBe(150)
  })

  it('never shows the key, even when the upstream echoes it', async () => {
    upstream.plan(
      { kind: 'json', status: 400, body: { error: { message: `bad request with ${apiKey}`, param: apiKey } } },
      { kind: 'json', status: 401, body: { error: { message: `Incorrect API key provided: ${apiKey}` } } },
    )
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(provider.complete(call, never))
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(apiKey)
    }
  })
})

describe('a connection', () => {
  it('refused may be tried again', async () => {
    await upstream.close()
    expect(await failureOf(provider.complete(call, never))).toMatchObject({
      code: 'upstream_unreachable',
      retryable: true,
    })
  })

  it.each([
    ['to a name that does not exist', 'http://no-such-host.invalid/v1'],
    ['that speaks no TLS', ''],
  ])('%s may be tried again', async (_name, url) => {
    await provider.close()
    provider = connect({ baseUrl: url === '' ? upstream.baseUrl.replace('http:', 'https:') : url })
    expect(await failureOf(provider.complete(call, never))).toMatchObject({
      code: 'upstream_unreachable',
      retryable: true,
    })
  })

  it('reset after the request was sent is a cut answer, which may be billed', async () => {
    upstream.plan({ kind: 'reset' })
    for (const answer of [provider.complete(call, never), read(provider.stream(call, never))]) {
      expect(await failureOf(answer)).toMatchObject({ code: 'upstream_cut', retryable: false })
    }
    expect(upstream.requests).toHaveLength(2)
  })

  it('kept too long, and found dead by the next call, is replaced without a word', async () => {
    const good = { kind: 'json', body: completionBody('ok') } as const
    upstream.plan(good, { kind: 'reset' }, good)
    await provider.complete(call, never)
    expect((await provider.complete(call, never)).body).toEqual(completionBody('ok'))
    expect(upstream.requests).toHaveLength(3)
  })

  it('is replaced once only', async () => {
    upstream.plan({ kind: 'json', body: completionBody('ok') }, { kind: 'reset' })
    await provider.complete(call, never)
    expect(await failureOf(provider.complete(call, never))).toMatchObject({ code: 'upstream_cut', retryable: false })
    expect(upstream.requests).toHaveLength(3)
  })

  it('that served before and breaks late was worked on', async () => {
    upstream.plan({ kind: 'json', body: completionBody('ok') }, { kind: 'reset', delayMs: 500 })
    await provider.complete(call, never)
    expect((await failureOf(provider.complete(call, never))).code).toBe('upstream_cut')
    expect(upstream.requests).toHaveLength(2)
  })

  it('on which nothing comes is given up', async () => {
    await provider.close()
    provider = connect({ headersTimeoutMs: 50 })
    upstream.plan({ kind: 'hang' })
    // The HTTP client looks at its timers about once a second.
    expect((await failureOf(provider.complete(call, never))).code).toBe('upstream_timeout')
  })

  it('is closed by an abort: 20 aborts leave none open', async () => {
    const plans = [{ kind: 'hang' }, { kind: 'sse', events: streamOf('a').slice(0, 2), ending: 'hang' }] as const
    for (const plan of plans) {
      upstream.plan(plan)
      const aborts = Array.from({ length: 10 }, async () => {
        const caller = new AbortController()
        const reading = failureOf(read(provider.stream(call, caller.signal)))
        await sleep(30)
        caller.abort()
        expect((await reading).code).toBe('aborted')
      })
      await Promise.all(aborts)
    }
    await upstream.waitForSockets(0)
  })

  it('is closed when the reader leaves, also while it waits', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('a').slice(0, 2), ending: 'hang' })
    for await (const event of provider.stream(call, never)) if (event.type === 'content') break
    await upstream.waitForSockets(0)

    const waiting = provider.stream(call, never)[Symbol.asyncIterator]()
    await waiting.next()
    await waiting.next()
    const third = waiting.next()
    await waiting.return?.()
    await expect(third).rejects.toMatchObject({ code: 'aborted' })
    await upstream.waitForSockets(0)
  })

  it('closed on our side ends calls under way', async () => {
    upstream.plan({ kind: 'hang' })
    const pending = failureOf(provider.complete(call, never))
    await sleep(20)
    await provider.close()
    expect((await pending).code).toBe('aborted')
    await provider.close()
  })
})

it('probes by listing models', async () => {
  upstream.models = ['a', 'b']
  expect(await provider.probe(never)).toEqual({ models: ['a', 'b'] })
  expect(upstream.requests[0]).toMatchObject({ method: 'GET', path: '/v1/models' })
})
