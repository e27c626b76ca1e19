import { describe, expect, it } from 'vitest'
import type { ChatCall, JsonObject } from '../chat-provider.ts'
import { messagesLosses } from './messages-losses.ts'
import { countRequest, messagesRequest, requestWithoutThinking } from './messages-request.ts'

const user = { role: 'user', content: 'hi' }

function callOf(body: JsonObject, upstreamModel: string, more: Partial<ChatCall> = {}, headers = {}): ChatCall {
  return { upstreamModel, request: { messages: [] }, native: { dialect: 'messages', body, headers }, ...more }
}

function sent(...args: Parameters<typeof callOf>): JsonObject {
  return messagesRequest(callOf(...args))
}

const budget = (tokens: number) => ({ type: 'enabled', budget_tokens: tokens })
const thinking = { type: 'thinking', thinking: 'a', signature: 'sig' }
const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
const output = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })

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
    expect(sent(body, 'claude-opus-5')).toEqual({ ...body, model: 'claude-opus-5' })
  })

  it('lose what the chosen model refuses', () => {
    const body = { max_tokens: 9000, messages: [], temperature: 1, thinking: { type: 'enabled', budget_tokens: 8000 } }
    expect(sent(body, 'claude-opus-5-5')).toEqual({
      max_tokens: 9000,
      messages: [],
      model: 'claude-opus-5-5',
      thinking: { type: 'adaptive' },
    })
  })

  it('take the LLM’s own effort', () => {
    const body = { max_tokens: 9000, messages: [], output_config: { effort: 'max', format: {} } }
    expect(sent(body, 'claude-opus-5', { reasoningEffort: 'low' }).output_config).toEqual({ effort: 'low', format: {} })
    expect(sent(body, 'claude-haiku-4-5', { reasoningEffort: 'low' })).toMatchObject({
      thinking: { budget_tokens: 2048 },
    })
  })

  it('say later instructions in the system prompt, for models that know no other place', () => {
    const later = { role: 'system', content: 'b' }
    const body = { max_tokens: 5, system: 'a', messages: [user, later] }
    expect(sent(body, 'claude-opus-5').messages).toEqual([user, later])
    expect(sent(body, 'claude-sonnet-4-6')).toMatchObject({
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
    expect(sent({ messages }, 'claude-opus-5').messages).toEqual([{ role: 'assistant', content: [text] }])
  })
})

describe('a loop of tool calls', () => {
  const loop = (...first: JsonObject[]) => [
    user,
    { role: 'assistant', content: [...first, use('a')] },
    { role: 'user', content: [output('a'), { type: 'text', text: 'A reminder' }] },
    { role: 'assistant', content: [use('b')] },
    { role: 'user', content: [output('b')] },
  ]
  const thinkingOf = (messages: readonly JsonObject[], model = 'claude-sonnet-4-5') =>
    sent({ max_tokens: 20_000, thinking: budget(16_000), messages }, model).thinking

  it.each([
    ['thought once at its beginning', loop(thinking)],
    ['thought behind its first words', loop({ type: 'text', text: 'Well' }, thinking)],
    ['thought, redacted', loop({ type: 'redacted_thinking', data: 'x' })],
    ['ended, the user speaking again', [...loop(), { role: 'assistant', content: 'done' }, user]],
    ['follows one that did not think', [...loop(), { role: 'assistant', content: 'done' }, ...loop(thinking)]],
  ])('that %s goes on thinking', (_what, messages) => {
    expect(thinkingOf(messages)).toEqual(budget(16_000))
    expect(thinkingOf(messages, 'claude-sonnet-4-6')).toEqual(budget(16_000))
  })

  it.each([
    ['never thought', loop()],
    ['did not think, after one that did', [...loop(thinking), { role: 'assistant', content: 'done' }, ...loop()]],
  ])('that %s goes on without', (_what, messages) => {
    expect(thinkingOf(messages)).toBeUndefined()
  })

  it('is sent once more without thinking where the API misses it', () => {
    const body = { max_tokens: 20_000, thinking: budget(16_000), messages: loop(), temperature: 1 }
    const { thinking: _thinking, ...rest } = body
    expect(requestWithoutThinking(body, 'claude-sonnet-4-5')).toEqual(rest)
    expect(requestWithoutThinking(rest, 'claude-sonnet-4-5')).toBeUndefined()
  })
})

describe('a budget above the cap', () => {
  const body = { max_tokens: 8_000, thinking: budget(16_000), messages: [user] }

  it('is halved, but where thinking is interleaved with tools', () => {
    expect(sent(body, 'claude-sonnet-4-5').thinking).toEqual(budget(4_000))
    const betas = { 'anthropic-beta': 'x-1,interleaved-thinking-2025-05-14' }
    expect(sent(body, 'claude-sonnet-4-5', {}, betas).thinking).toEqual(budget(16_000))
  })
})

describe('a request for an LLM that its caller named', () => {
  const body = {
    max_tokens: 9_000,
    messages: [user],
    temperature: 0,
    top_k: 5,
    output_config: { effort: 'ultra' },
    thinking: { type: 'adaptive' },
    tools: [{ name: 'a' }, { name: 'b' }],
    tool_choice: { type: 'tool', name: 'a' },
  }

  it('goes out as it came', () => {
    for (const model of ['claude-opus-4-8', 'claude-haiku-4-5', 'deepseek-v4']) {
      expect(sent(body, model, { asWritten: true })).toEqual({ ...body, model })
      expect(messagesLosses(callOf(body, model, { asWritten: true }))).toEqual([])
    }
  })

  it('takes the effort that is the LLM’s own', () => {
    const made = sent(body, 'claude-opus-4-8', { asWritten: true, reasoningEffort: 'low' })
    expect(made.output_config).toEqual({ effort: 'low' })
    expect(made).not.toHaveProperty('temperature')
  })

  it('is fitted where the router chose, and tells what it lost', () => {
    expect(messagesLosses(callOf(body, 'claude-opus-4-8'))).toEqual(['temperature', 'top_k', 'tool_choice'])
    expect(messagesLosses(callOf({ ...body, thinking: { type: 'disabled' } }, 'claude-opus-5-5'))).toEqual([
      'temperature',
      'top_k',
      'thinking',
      'tool_choice',
    ])
    const sampled = { max_tokens: 5, messages: [user], temperature: 0.5, top_p: 0.9 }
    expect(messagesLosses(callOf(sampled, 'claude-sonnet-4-5'))).toEqual(['top_p'])
    const thinks = { max_tokens: 9_000, messages: [user], thinking: budget(8_000) }
    // Another word for the same.
    expect(messagesLosses(callOf(thinks, 'claude-opus-5'))).toEqual([])
    expect(messagesLosses(callOf({ ...thinks, output_config: { effort: 'low' } }, 'claude-haiku-4-5'))).toEqual([
      'output_config.effort',
    ])
  })
})

it('keeps words it does not know for models that have efforts, and everything for models that are no Claudes', () => {
  const body = { max_tokens: 9_000, messages: [user], temperature: 1, output_config: { effort: 'ultra' } }
  expect(sent(body, 'claude-opus-5').output_config).toEqual({ effort: 'ultra' })
  expect(sent({ ...body, thinking: { type: 'adaptive' } }, 'deepseek-v4')).toEqual({
    ...body,
    thinking: { type: 'adaptive' },
    model: 'deepseek-v4',
  })
  expect(sent(body, 'deepseek-v4', { reasoningEffort: 'low' })).toEqual({
    ...body,
    model: 'deepseek-v4',
    thinking: budget(2048),
  })
})

it('keeps how thinking is to be shown', () => {
  const body = { max_tokens: 9_000, messages: [user], thinking: { type: 'adaptive', display: 'omitted' } }
  expect(sent(body, 'claude-haiku-4-5').thinking).toEqual({ ...budget(8192), display: 'omitted' })
})

it('tells of a forced choice that the model of a translated request cannot have', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }]
  const losses = (upstreamModel: string, tool_choice: unknown) =>
    messagesLosses({ upstreamModel, request: { messages: [user], tools, tool_choice } })
  expect(losses('claude-opus-5-5', 'required')).toEqual(['tool_choice'])
  expect(losses('claude-opus-5', { type: 'function', function: { name: 'f' } })).toEqual([])
  expect(losses('claude-opus-5-5', 'none')).toEqual([])
})

it('counts with all that changes the count', () => {
  const body = { max_tokens: 5, messages: [user], output_format: { type: 'json_schema', schema: {} }, speed: 'fast' }
  const { max_tokens: _cap, ...counted } = body
  const call = callOf(body, 'claude-opus-5', { asWritten: true })
  expect(countRequest(call)).toEqual({ ...counted, model: 'claude-opus-5' })
})

describe('thinking that a translated request asks for, and the model cannot do at this point,', () => {
  const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }
  const step = [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'a', content: 'done' },
  ]

  it.each<[string, string, JsonObject, readonly string[]]>([
    ['where a tool is forced', 'claude-haiku-4-5', { tool_choice: 'required' }, ['reasoning_effort']],
    ['where an effort is said all the same', 'claude-opus-5', { tool_choice: 'required' }, []],
    ['where the turn began without', 'claude-haiku-4-5', { messages: [user, ...step] }, ['reasoning_effort']],
    ['where an earlier one did', 'claude-haiku-4-5', { messages: [user, ...step, user] }, []],
    ['where it is none', 'claude-haiku-4-5', { tool_choice: 'required', reasoning_effort: 'none' }, []],
    [
      'in other words',
      'claude-haiku-4-5',
      { tool_choice: 'required', reasoning_effort: undefined, thinking: { type: 'enabled', budget_tokens: 2048 } },
      ['tool_choice'],
    ],
  ])('is told to be missing %s', (_, upstreamModel, more, lost) => {
    const request = { messages: [user], tools: [tool('f')], reasoning_effort: 'high', ...more }
    expect(messagesLosses({ upstreamModel, request })).toEqual(lost)
  })
})
