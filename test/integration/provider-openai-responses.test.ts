import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatCall, ChatEvent, ChatMessage, JsonObject } from '../../src/providers/chat-provider.ts'
import { OpenAiResponsesProvider } from '../../src/providers/openai-responses/openai-responses-provider.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

const never = new AbortController().signal
let upstream: OpenAiUpstream
let silent: ScriptedUpstream
let provider: OpenAiResponsesProvider

function connect(): OpenAiResponsesProvider {
  return new OpenAiResponsesProvider({ name: 'openai', baseUrl: upstream.baseUrl, apiKey: upstream.apiKey })
}

beforeAll(async () => {
  upstream = await new OpenAiUpstream().listen()
  silent = await ScriptedUpstream.start()
  silent.plan({ kind: 'hang' })
  provider = connect()
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
  await silent.close()
})

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

function chat(content: unknown, more: JsonObject = {}, upstreamModel = 'ref-chat'): ChatCall {
  const reasons = upstreamModel === 'ref-reasoning'
  return { upstreamModel, reasons, request: { messages: [{ role: 'user', content }], ...more } }
}

interface Message extends ChatMessage {
  readonly content: string | null
  readonly refusal: string | null
  readonly reasoning_content?: string
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[]
}

async function ask(call: ChatCall) {
  const completion = await provider.complete(call, never)
  const [choice] = completion.body.choices as { message: Message; finish_reason: string; logprobs: unknown }[]
  return { ...completion, ...choice!, sent: upstream.requests.at(-1)!.body }
}

/** The message that the chunks of a stream add up to. */
async function askStreamed(call: ChatCall) {
  const events: ChatEvent[] = []
  for await (const event of provider.stream(call, never)) events.push(event)
  const message: JsonObject = { role: 'assistant', content: null, refusal: null }
  const calls: JsonObject[] = []
  let finish: unknown
  const add = (name: string, text: unknown) => {
    if (typeof text === 'string') message[name] = ((message[name] as string | null) ?? '') + text
  }
  for (const event of events) {
    if (event.type === 'finished') continue
    for (const choice of event.chunk.choices as { delta: JsonObject; finish_reason: unknown }[]) {
      for (const name of ['content', 'refusal', 'reasoning_content']) add(name, choice.delta[name])
      for (const piece of (choice.delta.tool_calls ?? []) as { index: number; id?: string; function: JsonObject }[]) {
        const known = calls[piece.index] as { function: { arguments: string } } | undefined
        if (known === undefined) calls[piece.index] = structuredClone(piece)
        else known.function.arguments += piece.function.arguments as string
      }
      finish = choice.finish_reason ?? finish
    }
  }
  return { events, message: message as unknown as Message, calls, finish }
}

describeChatProvider('OpenAiResponsesProvider', () => ({
  provider: connect(),
  silent: new OpenAiResponsesProvider({ name: 'silent', baseUrl: silent.baseUrl }),
  call: chat('say one two three'),
}))

describe('a chat completion through the Responses API', () => {
  it('is answered in the neutral form, with usage, and nothing stored', async () => {
    const { body, message, finish_reason, usage, reportedModel, sent } = await ask(chat('say hello there'))
    expect(body).toMatchObject({ object: 'chat.completion', model: 'ref-chat-2026-08-01' })
    expect(message).toEqual({ role: 'assistant', content: 'hello there', refusal: null })
    expect(finish_reason).toBe('stop')
    expect(usage).toMatchObject({ outputTokens: 2, cachedInputTokens: 0, reasoningTokens: 0 })
    expect(reportedModel).toBe('ref-chat-2026-08-01')
    expect(sent).toMatchObject({ store: false, model: 'ref-chat' })
  })

  it('carries a tool loop of two turns, with the reasoning between', async () => {
    const tools = { tools: [weather] }
    const messages: ChatMessage[] = [{ role: 'user', content: 'Weather in Oslo and Rome?' }]
    const call = { upstreamModel: 'ref-reasoning', reasons: true, request: { messages, ...tools } }
    const { message, finish_reason } = await ask(call)
    expect(finish_reason).toBe('tool_calls')
    expect(message.content).toBeNull()
    expect(message.tool_calls?.map((made) => made.function.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    const streamed = await askStreamed(call)
    expect(streamed.calls.map((made) => (made.function as JsonObject).arguments)).toEqual([
      '{"city":"Oslo"}',
      '{"city":"Rome"}',
    ])
    expect(streamed.finish).toBe('tool_calls')
    const outputs = message.tool_calls!.map(({ id }, index) => ({
      role: 'tool',
      tool_call_id: id,
      content: `${index}°`,
    }))
    const second = await ask({ ...call, request: { messages: [...messages, message, ...outputs], ...tools } })
    expect(second.message.content).toBe('The tools say: 0° | 1°')
    expect((second.sent.input as JsonObject[]).map(({ type }) => type)).toEqual([
      'message',
      'reasoning',
      'function_call',
      'function_call',
      'function_call_output',
      'function_call_output',
    ])
  })

  it('drops the reasoning of other APIs, and mends ids of calls', async () => {
    const long = `toolu.${'x'.repeat(80)}`
    const messages = [
      { role: 'user', content: 'Weather in Lima?' },
      {
        role: 'assistant',
        content: null,
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1' }],
        tool_calls: [{ id: long, type: 'function', function: { name: 'weather', arguments: '{"city":"Lima"}' } }],
      },
      { role: 'tool', tool_call_id: long, content: [{ type: 'text', text: 'fog' }], is_error: false },
    ]
    const { message } = await ask({ upstreamModel: 'ref-chat', request: { messages, tools: [weather] } })
    expect(message.content).toBe('The tools say: fog')
  })

  it('shows summaries of its reasoning where they are asked for', async () => {
    const call = chat('say yes', { reasoning: { summary: 'auto' }, reasoning_effort: 'low' }, 'ref-reasoning')
    const whole = await ask(call)
    const streamed = await askStreamed(call)
    expect(whole.message.reasoning_content).toBe('Let me think about this step by step.')
    expect(streamed.message.reasoning_content).toBe(whole.message.reasoning_content)
    expect(whole.message.reasoning_details).toMatchObject([
      { type: 'reasoning.summary', format: 'openai-responses-v1', index: 0 },
      { type: 'reasoning.encrypted', format: 'openai-responses-v1', index: 1 },
    ])
    expect(whole.usage).toMatchObject({ reasoningTokens: 7 })
    expect(whole.sent).toMatchObject({ reasoning: { effort: 'low', summary: 'auto' } })
  })

  it('takes images and files, and keeps to a schema', async () => {
    const pixel = 'data:image/png;base64,iVBORw0KGgo='
    const parts = [
      { type: 'text', text: 'see', cache_control: { type: 'ephemeral' } },
      { type: 'image_url', image_url: { url: pixel } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'file', file: { file_url: 'https://example.com/a.pdf' } },
    ]
    expect((await ask(chat(parts))).message.content).toBe('I see 2 image(s) and 2 file(s).')
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
      additionalProperties: false,
    }
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema } } }
    expect((await ask(chat('count', format))).message.content).toBe('{"n":42}')
    const json = { response_format: { type: 'json_object' }, verbosity: 'low' }
    expect((await ask(chat('as json', json))).message.content).toBe('{"said":"as json"}')
  })

  it('refuses, runs into its cap and counts probabilities', async () => {
    const refused = await ask(chat('refuse this'))
    expect(refused.message).toMatchObject({ content: null, refusal: "I'm sorry, I can't help with that." })
    expect((await askStreamed(chat('refuse this'))).message.refusal).toBe(refused.message.refusal)
    const long = `say ${'word '.repeat(40)}`
    const cut = await ask(chat(long, { max_tokens: 20 }))
    expect(cut.finish_reason).toBe('length')
    expect((await askStreamed(chat(long, { max_completion_tokens: 20 }))).finish).toBe('length')
    // The least the API takes.
    expect((await ask(chat('say hi', { max_tokens: 1 }))).sent.max_output_tokens).toBe(16)
    const probable = await ask(chat('say one two', { logprobs: true, top_logprobs: 2 }))
    expect((probable.logprobs as { content: unknown[] }).content).toHaveLength(2)
  })

  it('leaves out what a reasoning model refuses', async () => {
    const sampling = { temperature: 0.2, top_p: 0.5, seed: 1, max_tokens: 400 }
    const { sent } = await ask(chat('say hi', sampling, 'ref-reasoning'))
    expect(sent).not.toHaveProperty('temperature')
    const free = await ask(chat('say hi', { ...sampling, reasoning_effort: 'none' }, 'ref-reasoning'))
    expect(free.sent).toMatchObject({ temperature: 0.2, top_p: 0.5 })
  })

  it('says custom tools, choices of tools and old calls of functions', async () => {
    const custom = { type: 'custom', custom: { name: 'shell', format: { type: 'text' } } }
    const choice = { tools: [custom], tool_choice: { type: 'custom', custom: { name: 'shell' } } }
    const { message } = await ask(chat('go', choice))
    expect(message.tool_calls).toMatchObject([{ type: 'custom', custom: { name: 'shell', input: '{}' } }])
    const messages = [
      { role: 'user', content: 'go' },
      message,
      { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: 'done' },
    ]
    const again = await ask({ upstreamModel: 'ref-chat', request: { messages, tools: [custom] } })
    expect(again.message.content).toBe('The tools say: done')
    const old = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'old' },
    ]
    expect((await ask({ upstreamModel: 'ref-chat', request: { messages: old } })).message.content).toBe(
      'The tools say: old',
    )
    const one = await ask(
      chat('Oslo and Rome?', { tools: [weather], parallel_tool_calls: false, tool_choice: 'required' }),
    )
    expect(one.message.tool_calls).toHaveLength(1)
  })
})

describe('a request in its own dialect', () => {
  const native = (body: JsonObject) => ({ dialect: 'responses' as const, body, headers: {} })
  const request = { messages: [{ role: 'user', content: 'not this' }] }

  it('passes as it is, and so does the answer', async () => {
    const body = { input: 'say hi', truncation: 'auto', metadata: { a: 'b' } }
    const call = { upstreamModel: 'ref-reasoning', request, native: native(body), reasoningEffort: 'high' }
    const completion = await provider.complete(call, never)
    expect(upstream.requests.at(-1)?.body).toEqual({
      ...body,
      model: 'ref-reasoning',
      stream: false,
      store: false,
      reasoning: { effort: 'high' },
    })
    expect(completion).toMatchObject({ dialect: 'responses', body: { object: 'response', status: 'completed' } })
    expect(completion.usage).toMatchObject({ outputTokens: 8, reasoningTokens: 7 })
    const events: ChatEvent[] = []
    for await (const event of provider.stream(call, never)) events.push(event)
    const chunks = events.flatMap((event) => (event.type === 'finished' ? [] : [event]))
    expect(chunks.every(({ dialect }) => dialect === 'responses')).toBe(true)
    expect(chunks.map(({ chunk }) => chunk.sequence_number)).toEqual(chunks.map((_, index) => index))
    expect(chunks.filter(({ type }) => type === 'content').map(({ chunk }) => chunk.type)).toEqual([
      'response.output_text.delta',
    ])
    expect(chunks.at(-1)).toMatchObject({ usage: completion.usage, reportedModel: completion.reportedModel })
    expect(events.at(-1)).toEqual({ type: 'finished' })
  })

  it('comes without reasoning that cannot be read where nothing is stored', async () => {
    const input = [
      { role: 'user', content: 'say a' },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'say b' },
    ]
    const call = { upstreamModel: 'ref-reasoning', request, native: native({ input }) }
    expect((await provider.complete(call, never)).body).toMatchObject({ status: 'completed' })
  })
})

describe('a fault', () => {
  it.each([
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { code: 'upstream_rate_limited', retryAfterMs: 7000 },
    ],
    [{ status: 500 }, { code: 'upstream_failed' }],
    [{ status: 503 }, { code: 'upstream_failed', retryable: true }],
    [{ status: 401 }, { code: 'upstream_auth' }],
  ])('%j is told', async (fault, expected) => {
    upstream.failNext(fault, fault)
    await expect(provider.complete(chat('say a'), never)).rejects.toMatchObject(expected)
    await expect(askStreamed(chat('say a'))).rejects.toMatchObject(expected)
  })

  it('that cuts a stream is never an end', async () => {
    const whole = (await askStreamed(chat('say one two'))).events.length
    expect(whole).toBeGreaterThan(3)
    for (const pieces of [1, 3, 5, 8]) {
      upstream.failNext({ cutAfterPieces: pieces })
      await expect(askStreamed(chat('say one two'))).rejects.toMatchObject({ code: 'upstream_cut' })
    }
  })

  it('that the request is to blame for names it', async () => {
    const error = await provider.complete(chat('say a', {}, 'gpt-nothing'), never).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'upstream_rejected', upstreamStatus: 404 })
    expect(error).toMatchObject({ upstreamError: { code: 'model_not_found' } })
  })
})

it('embeds through the same connection', async () => {
  const { embeddings } = await provider.embed({ upstreamModel: 'ref-embedding', input: ['a', 'b'] }, never)
  expect(embeddings).toHaveLength(2)
})

it('is probed by its list of models', async () => {
  expect((await provider.probe(never)).models).toContain('ref-reasoning')
})
