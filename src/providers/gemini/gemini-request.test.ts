import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatMessage, JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { geminiTraits, resourcePath } from './gemini-model.ts'
import { geminiRequest } from './gemini-request.ts'
import { thinkingConfig } from './gemini-thinking.ts'

function translate(request: JsonObject, upstreamModel = 'gemini-3-flash', reasoningEffort?: string): JsonObject {
  const messages = (request.messages ?? [{ role: 'user', content: 'hi' }]) as readonly ChatMessage[]
  return geminiRequest({ upstreamModel, reasoningEffort, request: { ...request, messages } })
}

function contentsOf(...messages: readonly JsonObject[]): unknown {
  return translate({ messages }).contents
}

const user = { role: 'user', parts: [{ text: 'hi' }] }
const calls = (...ids: readonly string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: `f_${id}`, arguments: `{"id":"${id}"}` } })),
})
const output = (id: string, content: unknown = `out ${id}`, more: JsonObject = {}) => ({
  role: 'tool',
  tool_call_id: id,
  content,
  ...more,
})
const callPart = (id: string) => ({ functionCall: { id, name: `f_${id}`, args: { id } } })
const responsePart = (id: string, response: JsonObject = { output: `out ${id}` }) => ({
  functionResponse: { id, name: `f_${id}`, response },
})
const skip = 'skip_thought_signature_validator'

describe('contents', () => {
  it('takes system messages out and puts turns together', () => {
    const body = translate({
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'a' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'b' },
            { type: 'text', text: '' },
          ],
        },
        { role: 'assistant', content: '' },
        { role: 'developer', content: 'be brief' },
        { role: 'assistant', content: 'c', refusal: null },
        { role: 'user', content: 'd' },
      ],
    })
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'be kind' }, { text: 'be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
        { role: 'model', parts: [{ text: 'c' }] },
        { role: 'user', parts: [{ text: 'd' }] },
      ],
    })
  })

  it('asks what only a system message says', () => {
    expect(translate({ messages: [{ role: 'system', content: 'hi' }] })).toEqual({ contents: [user] })
  })

  it('puts outputs in the order of their calls, before what the user says', () => {
    const messages = [
      { role: 'user', content: 'hi' },
      calls('a', 'b'),
      output('b'),
      output('a', 'no', { is_error: true }),
    ]
    expect(contentsOf(...messages, { role: 'user', content: 'and?' })).toEqual([
      user,
      { role: 'model', parts: [callPart('a'), callPart('b')] },
      { role: 'user', parts: [responsePart('a', { error: 'no' }), responsePart('b')] },
      { role: 'user', parts: [{ text: 'and?' }] },
    ])
  })

  it('signs only the first call of each step of the current turn', () => {
    const before = [{ role: 'user', content: 'hi' }, calls('a'), output('a')]
    const now = [{ role: 'user', content: 'hi' }, calls('b', 'c'), output('b'), output('c'), calls('d'), output('d')]
    const contents = contentsOf(...before, { role: 'assistant', content: 'done' }, ...now) as { parts: JsonObject[] }[]
    const signatures = contents.flatMap(({ parts }) => parts.filter((part) => part.functionCall !== undefined))
    expect(signatures.map((part) => part.thoughtSignature)).toEqual([undefined, skip, undefined, skip])
  })

  it('keeps real signatures, in either place where they may stand', () => {
    const [first] = calls('a').tool_calls
    const own = { ...first, extra_content: { google: { thought_signature: 'c2ln' } } }
    const detail = { type: 'reasoning.encrypted', id: 'b', data: 'ZGV0', format: 'google-gemini-v1' }
    const other = { type: 'reasoning.encrypted', data: 'b3Ro', format: 'openai-responses-v1' }
    const messages = [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [own, ...calls('b').tool_calls],
        reasoning_details: [detail, other],
      },
    ]
    expect((contentsOf(...messages) as JsonObject[])[1]).toEqual({
      role: 'model',
      parts: [
        { ...callPart('a'), thoughtSignature: 'c2ln' },
        { ...callPart('b'), thoughtSignature: 'ZGV0' },
      ],
    })
  })

  it.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":', { unparsed_arguments: '{"a":' }],
    ['[1]', { unparsed_arguments: '[1]' }],
    ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ])('sends the arguments %j', (text, args) => {
    const call = { id: 'x', type: 'function', function: { name: 'f', arguments: text } }
    const [, turn] = contentsOf({ role: 'user', content: 'hi' }, { role: 'assistant', tool_calls: [call] }) as {
      parts: { functionCall: { args: unknown } }[]
    }[]
    expect(turn?.parts[0]?.functionCall.args).toEqual(args)
  })

  it('shows pictures of tools inside their response, or behind it to older models', () => {
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }
    const inline = { inlineData: { mimeType: 'image/png', data: 'aGk=' } }
    const messages = [{ role: 'user', content: 'hi' }, calls('a'), output('a', [{ type: 'text', text: 't' }, picture])]
    const { functionResponse } = responsePart('a', { output: 't' })
    expect((translate({ messages }).contents as JsonObject[])[2]?.parts).toEqual([
      { functionResponse: { ...functionResponse, parts: [inline] } },
    ])
    expect((translate({ messages }, 'gemini-2.5-flash').contents as JsonObject[]).slice(2)).toEqual([
      { role: 'user', parts: [{ functionResponse }] },
      { role: 'user', parts: [inline] },
    ])
  })
})

it('translates parameters, and leaves out what is not asked', () => {
  const body = translate({
    temperature: 0.5,
    top_p: 0.9,
    top_k: 4,
    n: 2,
    seed: 3,
    max_tokens: 9,
    max_completion_tokens: 8,
    stop: ['x'],
    presence_penalty: null,
    frequency_penalty: 1,
    logprobs: true,
    top_logprobs: 2,
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } },
    modalities: ['text', 'image'],
    service_tier: 'flex',
    user: 'u',
    store: true,
    logit_bias: {},
  })
  expect(body).toEqual({
    contents: [user],
    generationConfig: {
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      candidateCount: 2,
      seed: 3,
      maxOutputTokens: 8,
      stopSequences: ['x'],
      frequencyPenalty: 1,
      responseLogprobs: true,
      logprobs: 2,
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object' },
      responseModalities: ['TEXT', 'IMAGE'],
    },
    serviceTier: 'flex',
  })
  expect(translate({ response_format: { type: 'text' }, stop: null, modalities: ['text'] })).toEqual({
    contents: [user],
  })
})

it.each([
  [7, 7],
  [-1, -1],
  [2 ** 31, -(2 ** 31)],
  [2 ** 32 + 5, 5],
])('sends the seed %i as %i, of 32 bits', (seed, sent) => {
  expect(translate({ seed }).generationConfig).toEqual({ seed: sent })
})

it.each([
  [{ response_format: { type: 'grammar', grammar: 'x' } }, 'response_format.type'],
  [{ top_logprobs: 2 }, 'top_logprobs'],
  [{ modalities: ['image', 'video'] }, 'modalities.1'],
  [{ messages: [{ role: 'user', content: '' }] }, 'messages'],
  [{ tools: [{ type: { toString: 5 } }] }, 'tools.0.type'],
])('refuses %j', (request, param) => {
  expect(() => translate(request)).toThrow(
    expect.objectContaining({ upstreamError: expect.objectContaining({ param }) }),
  )
})

describe('tools', () => {
  const declared = {
    type: 'function',
    function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
  }

  it('declares functions, and passes on what Google runs', () => {
    const tools = [declared, { google_search: {} }, { type: 'code_execution' }, { type: 'url_context', x: 1 }]
    expect(translate({ tools, tool_choice: 'auto', web_search_options: {} })).toEqual({
      contents: [user],
      tools: [
        { functionDeclarations: [{ name: 'f', description: 'd', parametersJsonSchema: { type: 'object' } }] },
        { googleSearch: {} },
        { codeExecution: {} },
        { urlContext: { x: 1 } },
      ],
    })
    expect(translate({ web_search_options: {}, tool_choice: 'none' }).tools).toEqual([{ googleSearch: {} }])
  })

  it.each([
    ['none', { mode: 'NONE' }],
    ['required', { mode: 'ANY' }],
    [
      { type: 'function', function: { name: 'f' } },
      { mode: 'ANY', allowedFunctionNames: ['f'] },
    ],
    [
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      { mode: 'VALIDATED', allowedFunctionNames: ['f'] },
    ],
  ])('chooses %j', (tool_choice, functionCallingConfig) => {
    expect(translate({ tools: [declared], tool_choice }).toolConfig).toEqual({ functionCallingConfig })
  })
})

describe('thinking', () => {
  it.each([
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'MINIMAL' }],
    ['gemini-3-flash-preview', 'max', { thinkingLevel: 'HIGH' }],
    ['gemini-3-pro-preview', 'medium', { thinkingLevel: 'HIGH' }],
    ['gemini-3.1-pro-preview', 'medium', { thinkingLevel: 'MEDIUM' }],
    ['gemini-3.8-flash', 'minimal', { thinkingLevel: 'LOW' }],
    ['models/gemini-flash-latest', 'none', { thinkingLevel: 'LOW' }],
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }],
    ['gemini-2.5-flash-lite', 'minimal', { thinkingBudget: 1024 }],
    ['gemini-2.5-pro', 'xhigh', { thinkingBudget: 32_768 }],
    ['gemini-2.0-flash', 'high', undefined],
    ['gemma-3-27b-it', 'high', undefined],
    ['gemini-2.5-flash-image', 'high', undefined],
    ['gemini-robotics-er-1.5-preview', 'high', undefined],
  ])('of %s with effort %s of its own', (model, ownEffort, expected) => {
    const { thinking } = geminiTraits(model)
    expect(thinkingConfig(thinking, { ownEffort, requestedEffort: undefined, thinking: undefined })).toEqual(expected)
  })

  it.each([
    [{}, undefined],
    [{ reasoning_effort: 'low' }, { thinkingBudget: 1024, includeThoughts: true }],
    [{ reasoning_effort: 'none' }, { thinkingBudget: 0 }],
    [{ thinking: { type: 'enabled', budget_tokens: 5000 } }, { thinkingBudget: 5000, includeThoughts: true }],
    [{ thinking: { type: 'enabled', budget_tokens: 1e6 } }, { thinkingBudget: 24_576, includeThoughts: true }],
    [{ thinking: { type: 'adaptive' } }, { thinkingBudget: -1, includeThoughts: true }],
    [
      { thinking: { type: 'adaptive' }, reasoning_effort: 'high' },
      { thinkingBudget: 24_576, includeThoughts: true },
    ],
    [{ thinking: { type: 'disabled' }, reasoning_effort: 'high' }, { thinkingBudget: 0 }],
  ])('as %j asks', (parameters, expected) => {
    const config = translate(parameters, 'gemini-2.5-flash').generationConfig as JsonObject | undefined
    expect(config?.thinkingConfig).toEqual(expected)
  })

  it('shows no thoughts that only the LLM’s own effort asks for', () => {
    const config = translate({}, 'gemini-3-flash', 'high').generationConfig
    expect(config).toEqual({ thinkingConfig: { thinkingLevel: 'HIGH' } })
    const both = translate({ reasoning_effort: 'low' }, 'gemini-3-flash', 'high').generationConfig
    expect(both).toEqual({ thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true } })
  })
})

it.each([
  ['gemini-x', '/models/gemini-x'],
  ['models/gemini-x', '/models/gemini-x'],
  ['tunedModels/mine', '/tunedModels/mine'],
  ['../secrets?x=', '/models/..%2Fsecrets%3Fx%3D'],
])('calls %s at %s', (model, path) => {
  expect(resourcePath(model)).toBe(path)
})

it('throws nothing but errors of ours, whatever the request', () => {
  // Becomes no string.
  const any = fc.oneof(fc.jsonValue(), fc.constant({ toString: 5 }))
  const part = fc.oneof(
    any,
    fc.record({
      type: fc.oneof(fc.constantFrom('text', 'image_url', 'input_audio', 'file', 'refusal', 'video_url'), any),
      text: any,
      image_url: any,
      file: any,
      input_audio: any,
    }),
  )
  const message = fc.record(
    {
      role: fc.constantFrom('system', 'user', 'assistant', 'tool', 'odd'),
      content: fc.oneof(fc.string({ unit: 'binary' }), fc.array(part, { maxLength: 3 }), any),
      tool_calls: fc.oneof(
        fc.array(
          fc.record({
            id: fc.constantFrom('a', 'b'),
            function: fc.record({ name: fc.string(), arguments: fc.string() }),
          }),
        ),
        any,
      ),
      tool_call_id: fc.oneof(fc.constantFrom('a', 'b'), any),
      reasoning_details: any,
      extra_content: any,
      images: fc.oneof(fc.array(part, { maxLength: 2 }), any),
    },
    { requiredKeys: ['role'] },
  )
  const parameters = fc.dictionary(
    fc.constantFrom(
      'tools',
      'tool_choice',
      'stop',
      'response_format',
      'modalities',
      'thinking',
      'reasoning_effort',
      'n',
    ),
    fc.oneof(
      any,
      fc.array(any),
      fc.tuple(fc.constant('image'), any),
      fc.array(fc.record({ type: any, function: any })),
    ),
  )
  fc.assert(
    fc.property(fc.array(message as fc.Arbitrary<JsonObject>, { maxLength: 5 }), parameters, (messages, rest) => {
      try {
        JSON.stringify(translate({ ...rest, messages }))
      } catch (error) {
        expect(error).toBeInstanceOf(ProviderError)
      }
    }),
    { numRuns: 400 },
  )
})
