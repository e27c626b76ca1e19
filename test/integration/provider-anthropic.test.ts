import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatCall, ChatCompletion, ChatEvent, ChatMessage, JsonObject } from '../../src/providers/chat-provider.ts'
import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

const never = new AbortController().signal
const models = ['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-opus-5', 'claude-sonnet-5-5', 'claude-opus-5-5']
const weather = {
  type: 'function',
  function: { name: 'get.weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const pixel = `data:image/png;base64,${Buffer.from('png').toString('base64')}`
const pdf = `data:application/pdf;base64,${Buffer.from('pdf').toString('base64')}`

let upstream: AnthropicUpstream
let provider: AnthropicProvider

beforeAll(async () => {
  upstream = await new AnthropicUpstream().listen()
  provider = new AnthropicProvider({ name: 'anthropic', baseUrl: upstream.origin, apiKey: 'sk-ant-fixture' })
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
})

describeChatProvider('AnthropicProvider', async () => {
  const speaking = await new AnthropicUpstream().listen()
  const silent = await ScriptedUpstream.start()
  silent.plan({ kind: 'hang' })
  const subject = new AnthropicProvider({ name: 'speaking', baseUrl: speaking.origin, apiKey: 'sk-ant-fixture' })
  const close = subject.close.bind(subject)
  subject.close = async () => {
    await close()
    await speaking.close()
    await silent.close()
  }
  return {
    provider: subject,
    silent: new AnthropicProvider({ name: 'silent', baseUrl: silent.origin, apiKey: 'sk-ant-fixture' }),
    call: callOf('claude-haiku-4-5', { messages: [{ role: 'user', content: 'say one two three' }] }),
  }
})

interface Message extends ChatMessage {
  readonly content: string | null
  readonly reasoning_content?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

function callOf(upstreamModel: string, request: ChatCall['request'], more: Partial<ChatCall> = {}): ChatCall {
  return { upstreamModel, request, ...more }
}

function choiceOf(completion: ChatCompletion) {
  return (completion.body.choices as { readonly message: Message; readonly finish_reason: string }[])[0]!
}

/** The whole answer, which its stream says as well. */
async function answerOf(call: ChatCall): Promise<ReturnType<typeof choiceOf>> {
  const whole = choiceOf(await provider.complete(call, never))
  const streamed = joined(await eventsOf(call))
  expect(streamed.text).toBe(whole.message.content ?? '')
  expect(streamed.reasoning).toBe(whole.message.reasoning_content ?? '')
  expect(streamed.finish).toBe(whole.finish_reason)
  const calls = (whole.message.tool_calls ?? []).map(({ function: { name, arguments: json } }) => ({ name, json }))
  expect(streamed.calls).toEqual(calls)
  return whole
}

async function eventsOf(call: ChatCall): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  for await (const event of provider.stream(call, never)) events.push(event)
  expect(events.at(-1)).toEqual({ type: 'finished' })
  return events
}

function joined(events: readonly ChatEvent[]) {
  const said = { text: '', reasoning: '', finish: '', calls: [] as { name: string; json: string }[] }
  for (const event of events) {
    if (event.type === 'finished') continue
    for (const choice of event.chunk.choices as { delta: JsonObject; finish_reason: string | null }[]) {
      said.text += typeof choice.delta.content === 'string' ? choice.delta.content : ''
      said.reasoning += typeof choice.delta.reasoning_content === 'string' ? choice.delta.reasoning_content : ''
      said.finish = choice.finish_reason ?? said.finish
      for (const call of (choice.delta.tool_calls ?? []) as {
        index: number
        function: { name?: string; arguments: string }
      }[]) {
        said.calls[call.index] ??= { name: call.function.name ?? '', json: '' }
        said.calls[call.index]!.json += call.function.arguments
      }
    }
  }
  return said
}

describe.each(models)('%s', (model) => {
  it('keeps what everyone may ask within what this generation takes', async () => {
    const { message, finish_reason } = await answerOf(
      callOf(model, {
        messages: [
          { role: 'system', content: 'Be short.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'say one' },
              { type: 'text', text: '' },
            ],
          },
          { role: 'user', content: ' two' },
        ],
        temperature: 1.7,
        top_p: 0.5,
        top_k: 5,
        stop: ['\n', 'nine'],
        user: 'ada@example.org',
        seed: 3,
        presence_penalty: 1,
        service_tier: 'default',
      }),
    )
    expect(message.content).toBe('one two')
    expect(finish_reason).toBe('stop')
  })

  it('calls tools over two turns', async () => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'weather in Oslo and Rome' }]
    const first = await answerOf(callOf(model, { messages, tools: [weather] }))
    expect(first.finish_reason).toBe('tool_calls')
    expect(first.message.tool_calls?.map(({ function: { name } }) => name)).toEqual(['get.weather', 'get.weather'])
    messages.push(first.message)
    for (const { id, function: asked } of first.message.tool_calls ?? []) {
      const { city } = JSON.parse(asked.arguments) as { city: string }
      messages.push({ role: 'tool', tool_call_id: id, content: `${city}: 3 °C` })
    }
    messages.push({ role: 'user', content: [] })
    const second = await answerOf(callOf(model, { messages, tools: [weather] }))
    expect(second.message.content).toBe('The tools say: Oslo: 3 °C | Rome: 3 °C')
  })

  it.each(['required', { type: 'function', function: { name: 'get.weather' } }])(
    'chooses tools by %j',
    async (choice) => {
      const request = { messages: [{ role: 'user', content: 'Oslo, Lima' }], tools: [weather], tool_choice: choice }
      const { message } = await answerOf(callOf(model, { ...request, parallel_tool_calls: false }))
      expect(message.tool_calls).toHaveLength(1)
    },
  )

  it.each(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])('takes the effort %s', async (effort) => {
    const request = { messages: [{ role: 'user', content: 'say yes' }], temperature: 0.3 }
    await answerOf(callOf(model, { ...request, reasoning_effort: effort }))
    await answerOf(callOf(model, request, { reasoningEffort: effort }))
  })

  it.each([{ type: 'enabled', budget_tokens: 2000 }, { type: 'adaptive' }, { type: 'disabled' }])(
    'takes %j, and a forced tool beside it',
    async (thinking) => {
      const request = { messages: [{ role: 'user', content: 'Rome' }], tools: [weather], thinking, max_tokens: 3000 }
      const { message } = await answerOf(callOf(model, { ...request, tool_choice: 'required' }))
      expect(message.tool_calls).toHaveLength(1)
    },
  )

  it('answers by a schema', async () => {
    const schema = {
      type: 'object',
      properties: { age: { type: 'integer', minimum: 0 }, tags: { type: 'array', items: { type: 'string' } } },
    }
    const response_format = { type: 'json_schema', json_schema: { name: 'person', schema } }
    const { message } = await answerOf(callOf(model, { messages: [{ role: 'user', content: 'x' }], response_format }))
    expect(JSON.parse(message.content ?? '')).toEqual({ age: 42, tags: ['text'] })
  })

  it('goes on where another LLM called tools', async () => {
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'get.weather', arguments: '{"city":"Oslo' },
    })
    const messages = [
      { role: 'user', content: 'Oslo' },
      {
        role: 'assistant',
        content: '',
        reasoning_content: 'Hm.',
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', signature: 'xyz', format: 'google-gemini-v1' }],
        tool_calls: [call('call:1'), call('call:2')],
      },
      { role: 'tool', tool_call_id: 'call:2', content: 'cold', is_error: true },
      {
        role: 'tool',
        tool_call_id: 'call:1',
        content: [
          { type: 'text', text: 'warm' },
          { type: 'image_url', image_url: { url: pixel } },
        ],
      },
      { role: 'assistant', content: 'So so.' },
      { role: 'user', content: 'again' },
      { role: 'assistant', content: null, tool_calls: [call('call:1')] },
      { role: 'tool', tool_call_id: 'call:1', content: '' },
    ]
    const request = { messages, tools: [weather], reasoning_effort: 'high' }
    const { message } = await answerOf(callOf(model, request))
    expect(message.content).toBe('The tools say: ')
  })

  it('counts tokens', async () => {
    const call = callOf(model, { messages: [{ role: 'user', content: 'say hi' }], temperature: 0.5, stop: 'x' })
    const { usage } = await provider.complete(call, never)
    expect(await provider.countTokens(call, never)).toBe(usage?.inputTokens)
  })

  it('passes on what came in its own dialect', async () => {
    const body = { max_tokens: 2000, messages: [{ role: 'user', content: 'say a b c' }], metadata: { user_id: 'u' } }
    const headers = { 'anthropic-beta': 'files-api-2025-04-14' }
    const call = callOf(model, { messages: [] }, { native: { dialect: 'messages', body, headers } })
    const whole = await provider.complete(call, never)
    expect(upstream.requests.at(-1)).toMatchObject({ body: { ...body, model, stream: false }, headers })
    expect(whole).toMatchObject({
      dialect: 'messages',
      body: { type: 'message', role: 'assistant' },
      reportedModel: model,
    })
    const events = await eventsOf(call)
    const chunks = events.flatMap((event) => (event.type === 'finished' ? [] : [event]))
    expect(chunks.every(({ dialect }) => dialect === 'messages')).toBe(true)
    expect(chunks.map(({ chunk }) => chunk.type)).toEqual(expect.arrayContaining(['ping', 'message_stop']))
    expect(chunks.findLast(({ usage }) => usage !== undefined)?.usage).toEqual(whole.usage)
  })
})

it('thinks, and takes its own thinking back', async () => {
  const messages: ChatMessage[] = [{ role: 'user', content: 'Rome' }]
  const request = { tools: [weather], thinking: { type: 'enabled', budget_tokens: 1500 }, max_tokens: 4000 }
  const first = choiceOf(await provider.complete(callOf('claude-haiku-4-5', { ...request, messages }), never))
  expect(first.message.reasoning_content).toBe('Let me think about this step by step.')
  const { id } = first.message.tool_calls![0]!
  messages.push(first.message, { role: 'tool', tool_call_id: id, content: 'sun' })
  const second = await provider.complete(callOf('claude-haiku-4-5', { ...request, messages }), never)
  expect(upstream.requests.at(-1)?.body.thinking).toEqual(request.thinking)
  expect(second.usage?.reasoningTokens).toBe(7)
})

it.each([
  ['claude-opus-5-5', 'claude-sonnet-5-5'],
  ['claude-opus-5', 'claude-haiku-4-5'],
  ['claude-haiku-4-5', 'claude-opus-5'],
])('goes on in a tool loop that %s began with %s', async (before, after) => {
  const messages: ChatMessage[] = [{ role: 'user', content: 'Rome' }]
  const request = { tools: [weather], reasoning_effort: 'high' }
  const first = choiceOf(await provider.complete(callOf(before, { ...request, messages }), never))
  expect(first.message.reasoning_details).toHaveLength(1)
  const { id } = first.message.tool_calls![0]!
  messages.push(first.message, { role: 'tool', tool_call_id: id, content: 'sun' })
  const { message } = await answerOf(callOf(after, { ...request, messages }))
  expect(message.content).toBe('The tools say: sun')
})

it('leaves thinking out whose signature is not taken, also of native requests', async () => {
  const thinking = { type: 'thinking', thinking: 'hm', signature: 'forged' }
  const call = { type: 'tool_use', id: 't', name: 'f', input: {} }
  const body = {
    max_tokens: 4000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
    messages: [
      { role: 'user', content: 'say x' },
      { role: 'assistant', content: [thinking, call] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'done' }] },
    ],
  }
  const native = { dialect: 'messages', body, headers: {} } as const
  const asked = callOf('claude-haiku-4-5', { messages: [] }, { native })
  expect((await provider.complete(asked, never)).body).toMatchObject({ content: [{ text: 'The tools say: done' }] })
  expect((await eventsOf(asked)).length).toBeGreaterThan(5)
  expect(upstream.requests.at(-1)?.body).not.toHaveProperty('thinking')
})

it('sees images and files', async () => {
  const content = [
    { type: 'text', text: 'look' },
    { type: 'image_url', image_url: { url: pixel } },
    { type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'low' } },
    { type: 'file', file: { file_data: pdf, filename: 'a.pdf' } },
    { type: 'file', file: { file_data: `data:text/csv;base64,${Buffer.from('a,b').toString('base64')}` } },
    { type: 'file', file: { file_url: 'https://example.org/a.pdf' } },
    { type: 'file', file: { file_id: 'file_1' } },
  ]
  const { message } = await answerOf(callOf('claude-haiku-4-5', { messages: [{ role: 'user', content }] }))
  expect(message.content).toBe('I see 2 image(s) and 4 file(s).')
})

it('counts what is written to the cache and read from it', async () => {
  const system = [{ type: 'text', text: `long ${Math.random()}`, cache_control: { type: 'ephemeral', ttl: '1h' } }]
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: 'say hi' },
  ]
  const call = callOf('claude-opus-5', { messages })
  const { usage: first } = await provider.complete(call, never)
  const { usage: second } = await provider.complete(call, never)
  expect(first?.cacheWriteTokens).toBeGreaterThan(0)
  expect(first?.cacheWrite1hTokens).toBe(first?.cacheWriteTokens)
  expect(second?.cachedInputTokens).toBe(first?.cacheWriteTokens)
  expect(second?.inputTokens).toBe(first?.inputTokens)
})

it('tells a stop sequence, a cap and a refusal apart', async () => {
  const ask = (content: string, more: JsonObject = {}) =>
    answerOf(callOf('claude-haiku-4-5', { messages: [{ role: 'user', content }], ...more }))
  expect(await ask('say a b c', { stop: ['b'] })).toMatchObject({
    finish_reason: 'stop',
    native_finish_reason: 'stop_sequence',
    stop_sequence: 'b',
  })
  expect(await ask('say a b c', { max_completion_tokens: 2 })).toMatchObject({ finish_reason: 'length' })
  expect(await ask('refuse this')).toMatchObject({
    finish_reason: 'content_filter',
    message: { refusal: 'This cannot be answered.', content: null },
  })
})

describe('faults', () => {
  const call = callOf('claude-haiku-4-5', { messages: [{ role: 'user', content: 'say a b c d' }] })

  it.each([
    [{ status: 529 }, { code: 'upstream_failed', retryable: true, upstreamStatus: 529 }],
    [
      { status: 429, headers: { 'retry-after': '3' } },
      { code: 'upstream_rate_limited', retryAfterMs: 3000 },
    ],
    [{ status: 401 }, { code: 'upstream_auth' }],
    [{ status: 400 }, { code: 'upstream_rejected', upstreamError: { type: 'invalid_request_error' } }],
  ])('reads %j', async (fault, expected) => {
    upstream.failNext(fault, fault)
    await expect(provider.complete(call, never)).rejects.toMatchObject(expected)
    await expect(eventsOf(call)).rejects.toMatchObject(expected)
  })

  it('does not take a cut stream for an answer', async () => {
    upstream.failNext({ cutAfterPieces: 5 })
    const seen: ChatEvent[] = []
    const read = async () => {
      for await (const event of provider.stream(call, never)) seen.push(event)
    }
    await expect(read()).rejects.toMatchObject({ code: 'upstream_cut' })
    expect(seen.some(({ type }) => type === 'content')).toBe(true)
  })

  it('closes its connection when its reader leaves', async () => {
    const { abandoned } = upstream
    upstream.failNext({ hangAfterPieces: 5 })
    for await (const event of provider.stream(call, never)) if (event.type === 'content') break
    await expect.poll(() => upstream.abandoned).toBe(abandoned + 1)
  })

  it('names an unknown model and a missing key as the upstream does', async () => {
    const unknown = { ...call, upstreamModel: 'claude-none-1' }
    await expect(provider.complete(unknown, never)).rejects.toMatchObject({ upstreamStatus: 404 })
    const keyless = new AnthropicProvider({ name: 'keyless', baseUrl: upstream.origin })
    await expect(keyless.probe(never)).rejects.toMatchObject({ code: 'upstream_auth' })
    await keyless.close()
  })
})

it('lists models, with a bearer token and a base URL that names the version', async () => {
  const other = new AnthropicProvider({
    name: 'other',
    baseUrl: `${upstream.origin}/v1/`,
    authToken: 'oauth-token',
    headers: { 'anthropic-beta': 'oauth-2025-04-20' },
  })
  expect((await other.probe(never)).models).toEqual(models)
  const body = { max_tokens: 10, messages: [{ role: 'user', content: 'say a' }] }
  const native = { dialect: 'messages', body, headers: { 'anthropic-beta': 'x-1' } } as const
  await other.complete(callOf('claude-haiku-4-5', { messages: [] }, { native }), never)
  const { headers } = upstream.requests.at(-1)!
  expect(headers).toMatchObject({ authorization: 'Bearer oauth-token', 'anthropic-beta': 'oauth-2025-04-20,x-1' })
  await other.close()
})
