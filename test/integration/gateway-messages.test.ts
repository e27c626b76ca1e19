import { describe, expect, test } from 'vitest'
import type { ChatCall, ChatEvent, JsonObject } from '../../src/providers/chat-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { scriptedCompletion, scriptedEvents } from '../../src/providers/scripted/scripted-provider.ts'
import type { TokenUsage } from '../../src/routing/registry/token-price.ts'
import {
  bodyOf,
  hello,
  path,
  pinned,
  readEvents,
  saying,
  scripted,
  start,
  streaming,
  toolCallCompletion,
  usage,
  usageCostUsd,
  weatherTool,
} from './messages-harness.ts'

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
