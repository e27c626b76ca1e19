import { describe, expect, it } from 'vitest'
import type { ChatCall, JsonObject } from '../chat-provider.ts'
import { responsesRequest } from './responses-request.ts'

const user = { role: 'user', content: 'hi' }

function translated(request: JsonObject, more: Partial<ChatCall> = {}): JsonObject {
  return responsesRequest({ upstreamModel: 'm', request: { messages: [user], ...request }, ...more }, false)
}

function itemsOf(...messages: readonly JsonObject[]): unknown {
  return responsesRequest({ upstreamModel: 'm', request: { messages: messages as never } }, false).input
}

const encrypted = { type: 'reasoning.encrypted', data: 'c', format: 'openai-responses-v1', id: 'rs_1', index: 1 }
const summary = { type: 'reasoning.summary', summary: 's', format: 'openai-responses-v1', id: 'rs_1', index: 0 }

describe('a conversation', () => {
  it('keeps its instructions in their places', () => {
    const system = { role: 'system', content: 'be brief' }
    const developer = { role: 'developer', content: [{ type: 'text', text: 'in German' }] }
    expect(itemsOf(system, user, developer)).toEqual([
      { type: 'message', role: 'system', content: 'be brief' },
      { type: 'message', role: 'user', content: 'hi' },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'in German' }] },
    ])
  })

  it('gives reasoning back only where something follows it and it can be read', () => {
    const said = { role: 'assistant', content: 'yes', reasoning_details: [summary, encrypted] }
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 's' }],
      encrypted_content: 'c',
    }
    const message = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'yes' }] }
    expect(itemsOf(said)).toEqual([item, message])
    expect(itemsOf({ ...said, content: null })).toEqual([])
    expect(itemsOf({ ...said, reasoning_details: [summary] })).toEqual([message])
    expect(itemsOf({ ...said, reasoning_details: [{ ...encrypted, format: 'unknown' }] })).toEqual([message])
  })

  it('gives images of tools back as parts', () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
    const content = [
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: 'https://e.x/a.png' } },
    ]
    expect(
      itemsOf({ role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content }),
    ).toEqual([
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      {
        type: 'function_call_output',
        call_id: 'call_1',
        output: [
          { type: 'input_text', text: 'a' },
          { type: 'input_image', image_url: 'https://e.x/a.png', detail: 'auto' },
        ],
      },
    ])
  })
})

describe('parameters', () => {
  it.each([
    ['the tighter cap', { max_tokens: 50, max_completion_tokens: 40 }, { max_output_tokens: 40 }],
    ['the least cap', { max_tokens: 2 }, { max_output_tokens: 16 }],
    ['storing when asked', { store: true }, { store: true }],
    ['effort', { reasoning_effort: 'low' }, { reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] }],
    ['no effort of null', { reasoning_effort: null, user: null }, {}],
    ['a choice without tools', { tool_choice: 'auto', parallel_tool_calls: true }, {}],
    ['what it does not know', { stop: 'a', seed: 1, n: 1, logit_bias: {}, frequency_penalty: 1, top_k: 4 }, {}],
    ['logprobs', { logprobs: true }, { top_logprobs: 0, include: ['message.output_text.logprobs'] }],
    ['verbosity', { verbosity: 'high' }, { text: { verbosity: 'high' } }],
    [
      'names',
      { user: 'u', safety_identifier: 's', prompt_cache_key: 'k', metadata: { a: 'b' }, service_tier: 'flex' },
      { user: 'u', safety_identifier: 's', prompt_cache_key: 'k', metadata: { a: 'b' }, service_tier: 'flex' },
    ],
  ])('say %s', (_name, request, expected) => {
    const input = [{ type: 'message', ...user }]
    expect(translated(request)).toEqual({ input, store: false, model: 'm', stream: false, ...expected })
  })

  it('say tools flat, lenient unless told otherwise', () => {
    const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } }
    const tools = [
      { type: 'function', function: { name: 'f' } },
      { type: 'function', function: { name: 'g', description: 'd', parameters: { type: 'object' }, strict: true } },
      { type: 'custom', custom: { name: 'c', format: grammar } },
      { type: 'web_search' },
    ]
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] }
    const sent = translated({ tools, tool_choice: { type: 'allowed_tools', allowed_tools: allowed } })
    expect(sent.tools).toEqual([
      { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
      { type: 'function', name: 'g', description: 'd', parameters: { type: 'object' }, strict: true },
      { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
      { type: 'web_search' },
    ])
    expect(sent.tool_choice).toEqual({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'f' }],
    })
  })

  it('are those of the model: reasoning or not', () => {
    const request = { temperature: 0.1, reasoning_effort: 'low', verbosity: 'low', logprobs: true, top_logprobs: 1 }
    expect(translated(request, { reasons: true })).not.toHaveProperty('temperature')
    expect(translated(request, { reasons: true })).not.toHaveProperty('top_logprobs')
    expect(translated(request, { reasons: false })).toMatchObject({ temperature: 0.1, top_logprobs: 1 })
    expect(translated(request, { reasons: false })).not.toHaveProperty('reasoning')
    expect(translated(request, { reasons: false })).not.toHaveProperty('text')
    expect(translated(request, { reasons: true, reasoningEffort: 'none' })).toMatchObject({
      temperature: 0.1,
      reasoning: { effort: 'none' },
    })
  })
})

describe('a request in the same dialect', () => {
  const body = {
    input: 'hi',
    temperature: 0.1,
    reasoning: { effort: 'low' },
    text: { verbosity: 'low', format: { type: 'text' } },
    include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
  }
  const native = { dialect: 'responses' as const, body, headers: {} }

  it('passes whole where nothing is known of the model', () => {
    expect(translated({}, { native })).toEqual({ ...body, store: false, model: 'm', stream: false })
  })

  it('comes without what the model refuses', () => {
    expect(translated({}, { native, reasons: true })).not.toHaveProperty('temperature')
    expect(translated({}, { native, reasons: true, reasoningEffort: 'none' })).toMatchObject({ temperature: 0.1 })
    expect(translated({}, { native, reasons: false })).toEqual({
      input: 'hi',
      temperature: 0.1,
      text: { format: { type: 'text' } },
      include: ['message.output_text.logprobs'],
      store: false,
      model: 'm',
      stream: false,
    })
    expect(body.text).toHaveProperty('verbosity')
  })

  it('comes without logprobs, and asks for the reasoning, where the model reasons', () => {
    const of = (own: JsonObject, more: Partial<ChatCall> = {}) =>
      translated({}, { native: { ...native, body: { input: 'hi', ...own } }, reasons: true, ...more })
    const asked = { include: ['message.output_text.logprobs', 'file_search_call.results'], top_logprobs: 2 }
    expect(of(asked)).not.toHaveProperty('top_logprobs')
    expect(of(asked).include).toEqual(['file_search_call.results', 'reasoning.encrypted_content'])
    expect(of({}).include).toEqual(['reasoning.encrypted_content'])
    expect(of({ store: true })).not.toHaveProperty('include')
    expect(of(asked, { reasoningEffort: 'none' })).toMatchObject(asked)
    expect(of({}, { reasons: undefined })).not.toHaveProperty('include')
  })

  it('keeps the effort that makes the LLM', () => {
    const text = { format: { type: 'text' } }
    const update = { type: 'configuration_update', reasoning: { effort: 'xhigh' } }
    const own = { ...native, body: { input: [user, update, { ...update, text }] } }
    expect(translated({}, { native: own, reasons: true }).input).toEqual(own.body.input)
    expect(translated({}, { native: own, reasons: true, reasoningEffort: 'low' })).toMatchObject({
      input: [user, { type: 'configuration_update', text }],
      reasoning: { effort: 'low' },
    })
  })
})
