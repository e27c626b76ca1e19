import { afterEach, describe, expect, test } from 'vitest'
import type { ChatCall, ChatEvent, JsonObject } from '../../src/providers/chat-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import {
  type ScriptedAnswer,
  ScriptedProvider,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import type { TokenUsage } from '../../src/routing/registry/token-price.ts'
import { type Harness, type HarnessOptions, startHarness } from './gateway-harness.ts'

const path = '/v1/messages'
const usage = { inputTokens: 1_000, outputTokens: 500 }
/** 1,000 × 1 $/M + 500 × 2 $/M. */
const usageCostUsd = 0.002
const hello = { model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: 'What is 2 + 2?' }] }
const pinned = { ...hello, model: 'small' }

const running: Harness[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gateway }) => gateway.close()))
})

async function start(options: HarnessOptions): Promise<Harness> {
  const harness = await startHarness(options)
  running.push(harness)
  return harness
}

function scripted(...answers: ScriptedAnswer[]): ScriptedProvider {
  return new ScriptedProvider({ answers })
}

const saying = (text: string) => scripted({ completion: scriptedCompletion(text, usage) })
const streaming = (...pieces: string[]) => scripted({ steps: scriptedEvents(pieces, usage) })

interface SseEvent {
  readonly name: string
  readonly data: JsonObject
}

async function readEvents(response: Response): Promise<readonly SseEvent[]> {
  const text = await response.text()
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [event = '', data = '', ...more] = block.split('\n')
      if (more.length > 0 || !event.startsWith('event: ') || !data.startsWith('data: ')) {
        throw new Error(`Not a named event: ${block}`)
      }
      return { name: event.slice(7), data: JSON.parse(data.slice(6)) as JsonObject }
    })
}

function bodyOf(response: Response): Promise<JsonObject> {
  return response.json() as Promise<JsonObject>
}

function toolCallCompletion(...calls: readonly (readonly [id: string, name: string, json: string])[]) {
  const completion = scriptedCompletion('', usage)
  const message = {
    role: 'assistant',
    content: null,
    tool_calls: calls.map(([id, name, json]) => ({ id, type: 'function', function: { name, arguments: json } })),
  }
  return { ...completion, body: { ...completion.body, choices: [{ index: 0, message, finish_reason: 'tool_calls' }] } }
}

const weatherTool = {
  name: 'weather',
  description: 'Tells the weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

describe('a whole message', () => {
  test('is a message with the decision id, the LLM that answered, usage and the cost', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.post(`${path}?beta=true`, hello, { 'anthropic-version': '2023-06-01' })
    expect(response.status).toBe(200)
    expect(await bodyOf(response)).toEqual({
      id: 'msg_d00000001',
      type: 'message',
      role: 'assistant',
      model: 'small',
      content: [{ type: 'text', text: '4', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 1_000,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 500,
      },
      pointsman: { decision_id: 'd00000001', llm: 'small', cost_usd: usageCostUsd, cold: true },
    })
    expect(response.headers.get('x-pointsman-llm')).toBe('small')
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.002')
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
    expect(harness.decisions.rows.get('d00000001')?.settlement).toMatchObject({ costNanoUsd: 2_000_000 })
  })

  test('goes to the provider in the neutral form, and as it came', async () => {
    const small = saying('4')
    const harness = await start({ providers: { small } })
    const body = {
      ...pinned,
      system: 'Be brief.',
      stop_sequences: ['END'],
      temperature: 0.5,
      metadata: { user_id: 'u-1' },
      tools: [weatherTool],
      context_management: { edits: [] },
    }
    const response = await harness.post(
      path,
      { ...body, stream: false },
      {
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'context-management-2025-06-27',
      },
    )
    expect(response.status).toBe(200)
    const call = small.calls[0] as ChatCall
    expect(call.request).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is 2 + 2?' },
      ],
      max_tokens: 100,
      stop: ['END'],
      temperature: 0.5,
      user: 'u-1',
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'Tells the weather', parameters: weatherTool.input_schema },
        },
      ],
    })
    const { model: _model, ...native } = body
    expect(call.native).toEqual({
      dialect: 'messages',
      body: native,
      headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'context-management-2025-06-27' },
    })
    expect(response.headers.get('x-pointsman-dropped-params')).toContain('context_management')
  })

  test('tells cached and written tokens apart, and thinking inside the output', async () => {
    const counted: TokenUsage = {
      inputTokens: 1_000,
      outputTokens: 50,
      cachedInputTokens: 600,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 100,
      reasoningTokens: 20,
    }
    const completion = { ...scriptedCompletion('4'), usage: counted }
    const harness = await start({ providers: { small: scripted({ completion }) } })
    expect((await bodyOf(await harness.post(path, hello))).usage).toEqual({
      input_tokens: 100,
      cache_creation_input_tokens: 300,
      cache_read_input_tokens: 600,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    })
  })

  test('brings tool calls as blocks, broken arguments said to be so, and takes their results in the next turn', async () => {
    const small = scripted(
      { completion: toolCallCompletion(['call_1', 'weather', '{"city":"Bern"}'], ['call_2', 'weather', '{"city":']) },
      { completion: scriptedCompletion('Sunny', usage) },
    )
    const harness = await start({ providers: { small } })
    const first = await bodyOf(await harness.post(path, { ...hello, tools: [weatherTool] }))
    expect(first.stop_reason).toBe('tool_use')
    expect(first.content).toEqual([
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Bern' } },
      { type: 'tool_use', id: 'call_2', name: 'weather', input: { INVALID_JSON: '{"city":' } },
    ])
    const results = [
      { type: 'tool_result', tool_use_id: 'call_1', content: '20 °C' },
      { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'which?' }], is_error: true },
      { type: 'text', text: 'Go on' },
    ]
    const messages = [
      ...hello.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: results },
    ]
    const second = await bodyOf(await harness.post(path, { ...hello, tools: [weatherTool], messages }))
    expect(second.content).toEqual([{ type: 'text', text: 'Sunny', citations: null }])
    expect(small.calls[1]?.request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          {
            id: 'call_2',
            type: 'function',
            function: { name: 'weather', arguments: '{"INVALID_JSON":"{\\"city\\":"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '20 °C' },
      { role: 'tool', tool_call_id: 'call_2', content: 'which?', is_error: true },
      { role: 'user', content: 'Go on' },
    ])
  })

  test.each([
    ['{"city":"Bern"}', 'length', undefined, undefined, 'max_tokens', null],
    ['', 'content_filter', undefined, undefined, 'refusal', null],
    ['', 'stop', 'stop_sequence', 'END', 'stop_sequence', 'END'],
    ['', 'stop', 'pause_turn', undefined, 'pause_turn', null],
    ['', undefined, undefined, undefined, 'end_turn', null],
  ])('%s ended by %s (%s) says why', async (_text, reason, native, sequence, stopReason, stopSequence) => {
    const completion = scriptedCompletion('x', usage)
    const choice = {
      index: 0,
      message: { role: 'assistant', content: 'x' },
      finish_reason: reason,
      native_finish_reason: native,
      stop_sequence: sequence,
    }
    const provider = scripted({ completion: { ...completion, body: { ...completion.body, choices: [choice] } } })
    const harness = await start({ providers: { small: provider } })
    const body = await bodyOf(await harness.post(path, hello))
    expect(body).toMatchObject({ stop_reason: stopReason, stop_sequence: stopSequence })
  })
})

describe('a stream', () => {
  test('has the events of the API, the cost with the last delta, and is settled before', async () => {
    const harness = await start({ providers: { small: streaming('fo', 'ur') } })
    const response = await harness.post(path, { ...hello, stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'))
    const events = await readEvents(response)
    expect(events.map(({ name }) => name)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    for (const { name, data } of events) expect(data.type).toBe(name)
    expect(events[0]?.data.message).toMatchObject({
      id: 'msg_d00000001',
      model: 'small',
      content: [],
      role: 'assistant',
    })
    expect(events[3]?.data).toEqual({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: 'fo' },
    })
    expect(events.at(-2)?.data).toMatchObject({
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { input_tokens: 1_000, output_tokens: 500 },
      pointsman: { decision_id: 'd00000001', llm: 'small', cost_usd: usageCostUsd },
    })
    expect(harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('completed')
  })

  test('that is cut ends with an error event, never with message_stop', async () => {
    const steps = scriptedEvents(['fo'], usage).slice(0, 2)
    const error = new ProviderError('upstream_cut', 'The answer broke off')
    const harness = await start({ providers: { small: scripted({ steps: [...steps, { type: 'error', error }] }) } })
    const events = await readEvents(await harness.post(path, { ...hello, stream: true }))
    expect(events.map(({ name }) => name)).not.toContain('message_stop')
    expect(events.at(-1)).toEqual({
      name: 'error',
      data: {
        type: 'error',
        error: { type: 'api_error', message: 'The answer broke off' },
        request_id: expect.any(String) as string,
      },
    })
  })

  test('that says nothing at all is a message without content', async () => {
    const harness = await start({ providers: { small: streaming() } })
    const events = await readEvents(await harness.post(path, { ...hello, stream: true }))
    expect(events.map(({ name }) => name)).toEqual(['message_start', 'ping', 'message_delta', 'message_stop'])
  })

  test('falls back before its first content', async () => {
    const failing = scripted({ error: new ProviderError('upstream_failed', 'The upstream answered 500') })
    const harness = await start({ providers: { small: failing, large: streaming('4') } })
    const events = await readEvents(await harness.post(path, { ...hello, stream: true }))
    expect(events[0]?.data.message).toMatchObject({ model: 'large' })
  })
})

describe('an upstream of the same API', () => {
  const nativeMessage = {
    id: 'msg_upstream',
    type: 'message',
    role: 'assistant',
    model: 'claude-upstream',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'sig' },
      { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
      { type: 'text', text: '4', citations: [{ type: 'char_location' }] },
    ],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1_000, output_tokens: 500, service_tier: 'standard' },
  }
  const dialect = 'messages'

  test('answers as it is, but for id, model and cost', async () => {
    const completion = { body: nativeMessage, dialect, usage, reportedModel: 'claude-upstream' } as const
    const harness = await start({ providers: { small: scripted({ completion }) } })
    const response = await harness.post(path, { ...hello, context_management: { edits: [] } })
    expect(await bodyOf(response)).toEqual({
      ...nativeMessage,
      id: 'msg_d00000001',
      model: 'small',
      pointsman: { decision_id: 'd00000001', llm: 'small', cost_usd: usageCostUsd, cold: true },
    })
    expect(response.headers.get('x-pointsman-dropped-params')).toBeNull()
  })

  test('streams as it is, the last delta held back for the cost', async () => {
    const start_ = { ...nativeMessage, content: [] }
    const event = (type: 'content' | 'metadata', chunk: JsonObject): ChatEvent => ({ type, chunk, dialect })
    const middle = [
      { type: 'ping' },
      { type: 'content_block_start', index: 0, content_block: { type: 'future_block', extra: [1] } },
      { type: 'content_block_delta', index: 0, delta: { type: 'future_delta', x: 1 } },
      { type: 'content_block_stop', index: 0 },
    ]
    const delta = {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 500 },
    }
    const steps: ChatEvent[] = [
      event('metadata', { type: 'message_start', message: start_ }),
      ...middle.map((chunk) => event('content', chunk)),
      event('metadata', { type: 'evil\nevent: x' }),
      { type: 'metadata', chunk: delta, dialect, usage },
      event('metadata', { type: 'message_stop' }),
      { type: 'finished' },
    ]
    const harness = await start({ providers: { small: scripted({ steps }) } })
    const events = await readEvents(await harness.post(path, { ...hello, stream: true }))
    expect(events.map(({ data }) => data)).toEqual([
      { type: 'message_start', message: { ...start_, id: 'msg_d00000001', model: 'small' } },
      ...middle,
      { ...delta, pointsman: { decision_id: 'd00000001', llm: 'small', cost_usd: usageCostUsd, cold: true } },
      { type: 'message_stop' },
    ])
  })
})

describe('reasoning', () => {
  const details = [
    { type: 'reasoning.summary', summary: 'Adding', format: 'openai-responses-v1', index: 0, id: 'rs_1' },
    { type: 'reasoning.encrypted', data: 'c1pher', format: 'openai-responses-v1', index: 0, id: 'rs_1' },
  ]
  const thinkingCompletion = () => {
    const completion = toolCallCompletion(['call_1', 'weather', '{}'])
    const [choice] = completion.body.choices as JsonObject[]
    Object.assign(choice!.message as object, { reasoning_content: 'Adding', reasoning_details: details })
    return completion
  }

  test.each([
    ['asked for, as a thinking block', { thinking: { type: 'adaptive' } }, ['thinking', 'tool_use']],
    ['not asked for, hidden but kept for the next turn', {}, ['redacted_thinking', 'tool_use']],
  ])('of another API is shown when %s, and goes back to it', async (_what, extra, types) => {
    const small = scripted({ completion: thinkingCompletion() })
    const harness = await start({ providers: { small } })
    const first = await bodyOf(await harness.post(path, { ...hello, ...extra, tools: [weatherTool] }))
    expect((first.content as JsonObject[]).map(({ type }) => type)).toEqual(types)
    const result = { type: 'tool_result', tool_use_id: 'call_1', content: '20' }
    const messages = [
      ...hello.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ]
    await harness.post(path, { ...hello, ...extra, tools: [weatherTool], messages })
    const call = small.calls[1] as ChatCall
    expect(call.request.messages[1]?.reasoning_details).toMatchObject([
      { type: 'reasoning.summary', summary: 'Adding', id: 'rs_1', format: 'openai-responses-v1' },
      { type: 'reasoning.encrypted', data: 'c1pher', id: 'rs_1', format: 'openai-responses-v1' },
    ])
    // Anthropic itself could not read it.
    const native = call.native!.body.messages as JsonObject[]
    expect((native[1]!.content as JsonObject[]).map(({ type }) => type)).toEqual(['tool_use'])
  })
})

describe('counting tokens', () => {
  const count = `${path}/count_tokens`
  const { max_tokens: _max, ...countable } = hello

  test('is our estimate where nobody counts, and says so', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.post(count, countable)
    expect(response.headers.get('x-pointsman-estimated')).toBe('true')
    const { input_tokens: tokens } = await bodyOf(response)
    expect(tokens).toBe(Math.ceil('What is 2 + 2?'.length / 4 + 4))
    expect(harness.decisions.rows.size).toBe(0)
  })

  test('is the upstream’s count for an LLM that is named', async () => {
    const small = Object.assign(saying('4'), {
      counted: [] as ChatCall[],
      async countTokens(call: ChatCall) {
        small.counted.push(call)
        if (small.counted.length > 1) throw new ProviderError('upstream_rate_limited', 'Too many')
        return 42
      },
    })
    const harness = await start({ providers: { small } })
    const response = await harness.post(count, { ...countable, model: 'small' })
    expect(await bodyOf(response)).toEqual({ input_tokens: 42 })
    expect(response.headers.get('x-pointsman-estimated')).toBeNull()
    expect(small.counted[0]).toMatchObject({ upstreamModel: 'upstream-small', native: { dialect: 'messages' } })
    const limited = await harness.post(count, { ...countable, model: 'small' })
    expect(limited.headers.get('x-pointsman-estimated')).toBe('true')
  })
})

describe('a request that is wrong', () => {
  const user = (content: unknown) => ({ ...hello, messages: [{ role: 'user', content }] })
  const said = (content: unknown) => ({ ...hello, messages: [...hello.messages, { role: 'assistant', content }] })
  test('a conversation kept at Anthropic is refused in the words upon which its client sends it whole', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.post(path, { ...hello, thread: { type: 'create' } })
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toMatchObject({
      error: {
        type: 'invalid_request_error',
        details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
      },
    })
  })

  const nest = (levels: number): unknown =>
    levels === 0 ? 'x' : [{ type: 'tool_result', tool_use_id: 't', content: nest(levels - 1) }]

  test.each<[string, unknown, string, number?]>([
    ['null', null, ''],
    ['no max_tokens', { model: 'auto', messages: hello.messages }, 'max_tokens'],
    ['max_tokens 0', { ...hello, max_tokens: 0 }, 'max_tokens'],
    ['max_tokens as text', { ...hello, max_tokens: '9' }, 'max_tokens'],
    ['no messages', { ...hello, messages: [] }, 'messages'],
    ['messages as a text', { ...hello, messages: 'hi' }, 'messages'],
    ['a message that is null', { ...hello, messages: [null] }, 'messages.0'],
    ['a made-up role', { ...hello, messages: [{ role: 'root', content: '' }] }, 'messages.0.role'],
    ['no content', { ...hello, messages: [{ role: 'user' }] }, 'messages.0.content'],
    ['content that is a number', user(7), 'messages.0.content'],
    ['a block without a type', user([{}]), 'messages.0.content.0.type'],
    ['a text block without text', user([{ type: 'text' }]), 'messages.0.content.0.text'],
    ['an image without a source', user([{ type: 'image' }]), 'messages.0.content.0.source'],
    [
      'an image of no known source',
      user([{ type: 'image', source: { type: 'ftp' } }]),
      'messages.0.content.0.source.type',
    ],
    [
      'image data that is a number',
      user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 1 } }]),
      'messages.0.content.0.source.data',
    ],
    ['a document without a source', user([{ type: 'document' }]), 'messages.0.content.0.source'],
    ['a tool result for nothing', user([{ type: 'tool_result' }]), 'messages.0.content.0.tool_use_id'],
    [
      'a wrong block in a tool result',
      user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 1 }] }]),
      'messages.0.content.0.content.0.text',
    ],
    [
      'a search result of text',
      user([{ type: 'search_result', source: '', title: '', content: 'x' }]),
      'messages.0.content.0.content',
    ],
    ['a call by the user', user([{ type: 'tool_use', id: 'a', name: 'b', input: {} }]), 'messages.0.content.0.type'],
    ['a result by the assistant', said([{ type: 'tool_result', tool_use_id: 'a' }]), 'messages.1.content.0.type'],
    [
      'a call with a text as input',
      said([{ type: 'tool_use', id: 'a', name: 'b', input: 'c' }]),
      'messages.1.content.0.input',
    ],
    ['thinking that is a number', said([{ type: 'thinking', thinking: 1 }]), 'messages.1.content.0.thinking'],
    ['a system that is a number', { ...hello, system: 1 }, 'system'],
    ['a system block of a number', { ...hello, system: [1] }, 'system.0'],
    ['tools that are no list', { ...hello, tools: {} }, 'tools'],
    ['a tool without a name', { ...hello, tools: [{ input_schema: {} }] }, 'tools.0.name'],
    ['a tool without a schema', { ...hello, tools: [{ name: 'a' }] }, 'tools.0.input_schema'],
    ['10,000 tools', { ...hello, tools: Array(10_000).fill({ name: 'a', input_schema: {} }) }, 'tools'],
    ['a choice of no tool', { ...hello, tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    ['a made-up choice', { ...hello, tool_choice: { type: 'some' } }, 'tool_choice.type'],
    ['stream as text', { ...hello, stream: 'true' }, 'stream'],
    ['temperature 1.5', { ...hello, temperature: 1.5 }, 'temperature'],
    ['thinking as text', { ...hello, thinking: 'hard' }, 'thinking'],
    ['metadata as text', { ...hello, metadata: 'me' }, 'metadata'],
    ['an effort that is a number', { ...hello, output_config: { effort: 1 } }, 'output_config.effort'],
    [
      'a format without a schema',
      { ...hello, output_config: { format: { type: 'json_schema' } } },
      'output_config.format.schema',
    ],
    ['a preference nobody knows', { ...hello, pointsman: { speed: 1 } }, ''],
    [
      'a web search that nobody estimated',
      { ...hello, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools.0.type',
    ],
    ['fast mode that nobody estimated', { ...hello, speed: 'fast' }, 'speed'],
    [
      'tools of a server, through auto',
      { ...hello, mcp_servers: [{ type: 'url', name: 'a', url: 'https://x' }] },
      'mcp_servers',
    ],
    ['an unknown model', { ...hello, model: 'claude-sonnet-4-5-20250929' }, '', 404],
    ['tool results in tool results, 25 times', user(nest(25)), 'messages.0.content.0.content.0.type'],
  ])('%s', async (_what, body, place, status = 400) => {
    const harness = await start({ providers: { small: saying('4') } })
    const startMs = performance.now()
    const response = await harness.post(path, body)
    expect(response.status).toBe(status)
    const answer = await bodyOf(response)
    expect(answer).toEqual({
      type: 'error',
      error: {
        type: status === 404 ? 'not_found_error' : 'invalid_request_error',
        message: expect.any(String) as string,
      },
      request_id: response.headers.get('request-id'),
    })
    const { message } = answer.error as { message: string }
    if (place !== '') expect(message.startsWith(`${place}: `), message).toBe(true)
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })

  test.each<[string, string]>([
    ['a __proto__ field', '{"model":"auto","max_tokens":9,"__proto__":{},"messages":[]}'],
    ['half of a surrogate pair', JSON.stringify({ ...hello, system: '\ud800' })],
    ['70 levels', `{"model":"auto","messages":${'['.repeat(70)}${']'.repeat(70)}}`],
  ])('%s', async (_what, text) => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await fetch(harness.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  })

  test('a GET or HEAD is told what is taken here, in the same envelope', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const response = await harness.get(path)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await bodyOf(response)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    expect((await fetch(harness.url, { method: 'HEAD' })).status).toBe(200)
  })
})

describe('who asks', () => {
  test('is known by x-api-key, and told in this API’s words when not', async () => {
    const harness = await start({
      providers: { small: saying('4') },
      keys: [{ id: 'alice', scopes: ['inference'] }],
    })
    const refused = await harness.post(path, hello, { 'x-api-key': 'pm-wrong' })
    expect(refused.status).toBe(401)
    expect(await bodyOf(refused)).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
    const served = await harness.post(path, hello, { 'x-api-key': harness.secrets.get('alice')! })
    expect(served.status).toBe(200)
  })

  test('names a session as Claude Code does, in three ways', async () => {
    const harness = await start({ providers: { small: saying('4') } })
    const session = '0b1f8f4e-7b0a-4d0b-9d39-3f1b7e6f0c11'
    const other = { ...hello, messages: [{ role: 'user', content: 'Something else' }] }
    const ids = []
    for (const [body, headers] of [
      [{ ...hello, metadata: { user_id: `user_abc_account_x_session_${session}` } }, {}],
      [{ ...other, metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: session }) } }, {}],
      [other, { 'x-claude-code-session-id': session }],
      [{ ...other, metadata: { user_id: 'just-me' } }, {}],
    ] as const) {
      await harness.post(path, body, headers as Record<string, string>)
      ids.push(harness.router.requests.at(-1)?.conversationId)
    }
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(ids[3]).not.toBe(ids[0])
  })

  test('may have tools run at Anthropic when it names the LLM, but not when its key is confined', async () => {
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
    const small = saying('4')
    const harness = await start({
      providers: { small },
      keys: [
        { id: 'free', scopes: ['inference'] },
        { id: 'confined', scopes: ['inference'], preference: { allow: [['small']] } },
      ],
    })
    const ask = (key: string) => harness.post(path, { ...pinned, tools }, { 'x-api-key': harness.secrets.get(key)! })
    expect((await ask('free')).status).toBe(200)
    expect(small.calls[0]?.request.tools).toEqual(tools)
    expect((await ask('confined')).status).toBe(400)
  })
})
