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

function native(body: JsonObject, upstreamModel: string, reasoningEffort?: string): JsonObject {
  const call: ChatCall = { upstreamModel, request: { messages: [] }, reasoningEffort }
  return messagesRequest({ ...call, native: { dialect: 'messages', body, headers: {} } })
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

describe('tools', () => {
  const tool = (name: string, more: JsonObject = {}) => ({ type: 'function', function: { name, ...more } })

  it('says functions in Anthropic’s words and leaves its own tools alone', () => {
    const hosted = { type: 'web_search_20260318', name: 'web_search', max_uses: 2 }
    const parameters = { properties: { a: {} } }
    const marked = { ...tool('f', { description: '', parameters, strict: true }), cache_control: { type: 'ephemeral' } }
    expect(ask({ tools: [marked, hosted] }).tools).toEqual([
      {
        name: 'f',
        input_schema: { type: 'object', properties: { a: {} } },
        strict: true,
        cache_control: { type: 'ephemeral' },
      },
      hosted,
    ])
  })

  it.each([
    ['auto', true, { type: 'auto' }],
    ['required', true, { type: 'any' }],
    ['none', false, { type: 'none' }],
    [undefined, false, { type: 'auto', disable_parallel_tool_use: true }],
    [tool('f'), false, { type: 'tool', name: 'f', disable_parallel_tool_use: true }],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [tool('f')] } }, true, { type: 'any' }],
  ])('chooses %j, parallel %s', (choice, parallel, expected) => {
    const body = ask({ tools: [tool('f'), tool('g')], tool_choice: choice, parallel_tool_calls: parallel })
    expect(body.tool_choice).toEqual(expected)
    const allowed = typeof choice === 'object' && choice.type === 'allowed_tools'
    expect(body.tools).toHaveLength(allowed ? 1 : 2)
  })

  it('leaves a choice without tools out', () => {
    expect(ask({ tools: [], tool_choice: 'auto' })).not.toHaveProperty('tool_choice')
  })
})

describe('what the model takes', () => {
  it.each([
    ['claude-haiku-4-5', { reasoning_effort: 'low' }, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
    [
      'claude-haiku-4-5',
      { reasoning_effort: 'high', max_tokens: 4000 },
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
    ],
    ['claude-haiku-4-5', { reasoning_effort: 'high', max_tokens: 1500 }, {}],
    ['claude-haiku-4-5', { reasoning_effort: 'none' }, {}],
    ['claude-3-haiku', { reasoning_effort: 'high' }, {}],
    [
      'claude-opus-4-5',
      { reasoning_effort: 'max' },
      { thinking: { type: 'enabled', budget_tokens: 24_576 }, output_config: { effort: 'high' } },
    ],
    [
      'claude-sonnet-4-6',
      { reasoning_effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
    ['claude-opus-5', { reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', { reasoning_effort: 'none' }, { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', { reasoning_effort: 'none' }, { output_config: { effort: 'low' } }],
    ['claude-opus-5-5', { reasoning_effort: 'huge' }, {}],
    ['claude-opus-5-5', { thinking: { type: 'enabled', budget_tokens: 5 } }, { thinking: { type: 'adaptive' } }],
    ['claude-opus-5-5', { thinking: { type: 'disabled' } }, {}],
    [
      'claude-opus-5',
      { thinking: { type: 'disabled' }, reasoning_effort: 'max' },
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
    ],
  ])('%s: %j', (model, request, expected) => {
    const { thinking, output_config } = ask(request, model)
    expect({ thinking, output_config }).toEqual({ thinking: undefined, output_config: undefined, ...expected })
  })

  it.each([
    ['claude-3-7-sonnet', { temperature: 0.5, top_p: 0.5, top_k: 5 }],
    ['claude-haiku-4-5', { temperature: 0.5, top_k: 5 }],
    ['claude-opus-4-8', {}],
  ])('%s samples with %j', (model, expected) => {
    const { temperature, top_p, top_k } = ask({ temperature: 0.5, top_p: 0.5, top_k: 5 }, model)
    expect({ temperature, top_p, top_k }).toEqual(expected)
  })

  it('does not sample while it thinks', () => {
    const body = ask({ temperature: 0.5, top_p: 0.97, top_k: 5, reasoning_effort: 'low' })
    expect(body).toMatchObject({ top_p: 0.97 })
    expect(body).not.toHaveProperty('temperature')
    expect(body).not.toHaveProperty('top_k')
  })

  const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name } }))
  const choice = { type: 'function', function: { name: 'g' } }

  it.each([
    ['claude-haiku-4-5', {}, { type: 'tool', name: 'g' }, undefined, 2],
    ['claude-haiku-4-5', { reasoning_effort: 'low' }, { type: 'tool', name: 'g' }, undefined, 2],
    ['claude-haiku-4-5', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { type: 'auto' }, 'enabled', 1],
    ['claude-opus-5', {}, { type: 'tool', name: 'g' }, 'disabled', 2],
    ['claude-opus-5-5', {}, { type: 'auto' }, undefined, 1],
    ['claude-sonnet-5-5', { thinking: { type: 'between_tools' } }, { type: 'auto' }, 'between_tools', 1],
  ])('%s with %j and a forced tool', (model, request, expected, thinking, offered) => {
    const body = ask({ ...request, tools, tool_choice: choice }, model)
    expect(body.tool_choice).toEqual(expected)
    expect((body.thinking as JsonObject | undefined)?.type).toBe(thinking)
    expect(body.tools).toHaveLength(offered)
  })

  it('does not think by budget where the turn that goes on shows no thinking', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const messages = [
      user,
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'x' },
    ]
    expect(ask({ messages, tools, reasoning_effort: 'high' })).not.toHaveProperty('thinking')
    expect(ask({ messages, tools, reasoning_effort: 'high' }, 'claude-opus-4-6')).toHaveProperty('thinking')
  })
})

describe('native requests', () => {
  it('go out as they came', () => {
    const body = {
      max_tokens: 5,
      system: 'x',
      messages: [{ role: 'user', content: 'hi' }],
      thinking: { type: 'adaptive', display: 'summarized' },
      context_management: { edits: [] },
      metadata: { user_id: 'a' },
    }
    expect(native(body, 'claude-opus-5')).toEqual({ ...body, model: 'claude-opus-5' })
  })

  it('lose what the chosen model refuses', () => {
    const body = { max_tokens: 9000, messages: [], temperature: 1, thinking: { type: 'enabled', budget_tokens: 8000 } }
    expect(native(body, 'claude-opus-5-5')).toEqual({
      max_tokens: 9000,
      messages: [],
      model: 'claude-opus-5-5',
      thinking: { type: 'adaptive' },
    })
  })

  it('take the LLM’s own effort', () => {
    const body = { max_tokens: 9000, messages: [], output_config: { effort: 'max', format: {} } }
    expect(native(body, 'claude-opus-5', 'low').output_config).toEqual({ effort: 'low', format: {} })
    expect(native(body, 'claude-haiku-4-5', 'low')).toMatchObject({ thinking: { budget_tokens: 2048 } })
  })

  it('say later instructions in the system prompt, for models that know no other place', () => {
    const later = { role: 'system', content: 'b' }
    const body = { max_tokens: 5, system: 'a', messages: [user, later] }
    expect(native(body, 'claude-opus-5').messages).toEqual([user, later])
    expect(native(body, 'claude-sonnet-4-6')).toMatchObject({
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      messages: [user],
    })
  })

  it('lose thinking that nobody signed', () => {
    const thinking = { type: 'thinking', thinking: 'x', signature: '' }
    const text = { type: 'text', text: 'a' }
    const messages = [
      { role: 'assistant', content: [thinking, text] },
      { role: 'assistant', content: [thinking] },
    ]
    expect(native({ messages }, 'claude-opus-5').messages).toEqual([{ role: 'assistant', content: [text] }])
  })
})

it('counts what it would send, and nothing that counting refuses', () => {
  const request = { messages: [user], temperature: 1, stop: 'x', user: 'u', reasoning_effort: 'low' }
  expect(Object.keys(countRequest({ upstreamModel: 'claude-opus-4-6', request })).sort()).toEqual(
    ['messages', 'model', 'output_config', 'thinking'].sort(),
  )
})

it('closes objects of a schema and keeps what the API refuses as words', () => {
  const schema = {
    $schema: 'x',
    type: 'object',
    properties: { a: { type: 'integer', minimum: 3, description: 'Age.' }, b: { oneOf: [{ type: 'object' }] } },
    $defs: { c: { type: ['object', 'null'], additionalProperties: true } },
  }
  const body = ask({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } })
  expect(body.output_config).toEqual({
    format: {
      type: 'json_schema',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          a: { type: 'integer', description: 'Age.\n\n(minimum: 3)' },
          b: { anyOf: [{ type: 'object', additionalProperties: false }] },
        },
        $defs: { c: { type: ['object', 'null'], additionalProperties: true } },
      },
    },
  })
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
