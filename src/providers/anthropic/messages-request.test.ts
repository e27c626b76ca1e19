import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatCall, ChatRequest, JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { countRequest, messagesRequest } from './messages-request.ts'

const user = { role: 'user', content: 'hi' }

function ask(
  request: Partial<ChatRequest>,
  upstreamModel = 'claude-haiku-4-5',
  more: Partial<ChatCall> = {},
): JsonObject {
  return messagesRequest({ upstreamModel, request: { messages: [user], ...request }, ...more })
}

function turns(...messages: readonly JsonObject[]): unknown {
  return ask({ messages: messages as ChatRequest['messages'] }).messages
}

describe('parameters', () => {
  it('says all it can', () => {
    const request = {
      max_tokens: 100,
      max_completion_tokens: 50,
      temperature: 2,
      top_k: 3,
      stop: ['END', ' \n'],
      user: 'u',
      service_tier: 'default',
      seed: 1,
      logit_bias: {},
    }
    expect(ask(request)).toEqual({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      temperature: 1,
      top_k: 3,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      service_tier: 'standard_only',
    })
  })

  it.each(['ada@example.org', '+47 22 33 44 55', 'x'.repeat(300)])('does not say who the user %.20s is', (name) => {
    const { metadata } = ask({ user: name })
    expect(metadata).toEqual({ user_id: expect.stringMatching(/^user_[0-9a-f]{64}$/) as unknown })
    expect(ask({ user: name }).metadata).toEqual(metadata)
  })

  it('sets the cap that the API asks for', () => {
    expect(ask({}).max_tokens).toBe(64_000)
    const call = { upstreamModel: 'claude-haiku-4-5', request: { messages: [user] } }
    expect(messagesRequest(call, { defaultMaxTokens: 900 }).max_tokens).toBe(900)
  })

  it.each([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['modalities:audio', { modalities: ['text', 'audio'] }],
    ['response_format:json_object', { response_format: { type: 'json_object' } }],
    ['logit_bias', { logit_bias: { 1: 5 } }],
    ['tools:custom', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['response_format.json_schema.schema', { response_format: { type: 'json_schema' } }],
    ['tools[0].type', { tools: [{ type: 'web_search_preview' }] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'video' }] }] }],
    ['messages[0].content[0].file', { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] }],
    ['messages[0].content[0].image_url', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['content:audio', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['messages[0].role', { messages: [{ role: 'critic', content: 'x' }] }],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
  ])('refuses %s, by name', (name, request) => {
    expect(() => ask(request)).toThrow(expect.objectContaining({ code: 'upstream_rejected' }))
    expect(() => ask(request)).toThrow(name)
  })
})

describe('messages', () => {
  it('puts instructions into the system prompt, wherever they stood', () => {
    const mark = { type: 'ephemeral' }
    const body = ask({
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'a', cache_control: mark }] },
        user,
        { role: 'developer', content: 'b' },
        { role: 'user', content: 'more' },
      ],
    })
    expect(body.system).toEqual([
      { type: 'text', text: 'a', cache_control: mark },
      { type: 'text', text: 'b' },
    ])
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'text', text: 'more' },
        ],
      },
    ])
  })

  it('keeps thinking with its signature only, before text and calls', () => {
    const details = [
      { type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.text', text: '', signature: 'kept back', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 2 },
      { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1', index: 3 },
      { type: 'reasoning.encrypted', data: 'x', format: 'openai-responses-v1', index: 4 },
    ]
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    const said = { role: 'assistant', content: 'ok', reasoning_details: details, tool_calls: [call] }
    expect(turns(user, said, { role: 'tool', tool_call_id: 'c', content: 'out' })).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'thinking', thinking: '', signature: 'kept back' },
          { type: 'redacted_thinking', data: 'd' },
          { type: 'text', text: 'ok' },
          { type: 'tool_use', id: 'c', name: 'f', input: { a: 1 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'out' }] },
    ])
  })

  it.each([
    ['', {}],
    ['{"a":{"b":[1]}}', { a: { b: [1] } }],
    ['{"a":', { unparsed_arguments: '{"a":' }],
    ['[1]', { unparsed_arguments: '[1]' }],
    [`{"a":${'['.repeat(9000)}${']'.repeat(9000)}}`, { unparsed_arguments: expect.any(String) as unknown }],
  ])('reads the arguments %.20s', (args, input) => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: args } }
    const [, said] = turns(user, { role: 'assistant', tool_calls: [call] }) as { content: unknown[] }[]
    expect(said?.content[0]).toMatchObject({ input })
  })

  it('puts outputs of tools first, with faults and images, and gives repeated ids new ones', () => {
    const call = { id: 'call.1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const output = (content: unknown, more = {}) => ({ role: 'tool', tool_call_id: 'call.1', content, ...more })
    const made = turns(
      user,
      { role: 'assistant', tool_calls: [call] },
      { role: 'user', content: 'wait' },
      output([{ type: 'image_url', image_url: { url: 'data:image/jpg;base64,AA==' } }], { is_error: true }),
      { role: 'assistant', tool_calls: [call] },
      output(''),
    ) as { content: JsonObject[] }[]
    const [first, second] = [made[1]!.content[0]!.id, made[3]!.content[0]!.id]
    expect(first).not.toBe(second)
    const source = { type: 'base64', media_type: 'image/jpeg', data: 'AA==' }
    expect(made[2]!.content).toEqual([
      { type: 'tool_result', tool_use_id: first, content: [{ type: 'image', source }], is_error: true },
      { type: 'text', text: 'wait' },
    ])
    expect(made[4]!.content).toEqual([{ type: 'tool_result', tool_use_id: second }])
  })

  it('takes functions of old', () => {
    const body = ask({
      messages: [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: 'out' },
      ],
      functions: [{ name: 'f', description: 'd' }],
      function_call: { name: 'f' },
    })
    expect(body.tools).toEqual([{ name: 'f', description: 'd', input_schema: { type: 'object', properties: {} } }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'f' })
    expect(body.messages).toMatchObject([
      {},
      { content: [{ type: 'tool_use', id: 'function_f' }] },
      { content: [{ type: 'tool_result', tool_use_id: 'function_f', content: 'out' }] },
    ])
  })

  it('begins with the user and ends a prefill without white space', () => {
    expect(turns({ role: 'assistant', content: 'I' }, user, { role: 'assistant', content: 'It is \n' })).toEqual([
      { role: 'user', content: [{ type: 'text', text: '(nothing)' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'I' }] },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'It is' }] },
    ])
  })
})

it('counts what it would send, and nothing that counting refuses', () => {
  const request = { messages: [user], temperature: 1, stop: 'x', user: 'u', reasoning_effort: 'low' }
  expect(Object.keys(countRequest({ upstreamModel: 'claude-opus-4-6', request })).sort()).toEqual(
    ['messages', 'model', 'output_config', 'thinking'].sort(),
  )
})

it('meets any JSON with a request or an error of ours', () => {
  const keys = fc.constantFrom('role', 'content', 'type', 'text', 'tool_calls', 'function', 'id', 'name', '__proto__')
  const words = fc.constantFrom('user', 'assistant', 'tool', 'text', 'image_url', 'file', 'function', '\ud800')
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      words,
      fc.integer(),
      fc.constant(null),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(keys, tie('json'), { maxKeys: 5 }),
    ),
  }))
  const message = fc.record({ role: words, content: json, tool_calls: json, reasoning_details: json, refusal: json })
  const fields = {
    messages: fc.array(message, { maxLength: 4 }),
    tools: fc.option(json, { nil: undefined }),
    tool_choice: json,
    response_format: json,
    stop: json,
    thinking: json,
    reasoning_effort: json,
  }
  fc.assert(
    fc.property(fc.record(fields), (request) => {
      try {
        JSON.stringify(
          messagesRequest({ upstreamModel: 'claude-haiku-4-5', request: request as unknown as ChatRequest }),
        )
      } catch (error) {
        expect(error).toBeInstanceOf(ProviderError)
      }
    }),
    { numRuns: 500 },
  )
})
