import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChatMessage, JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { bedrockTraits } from './bedrock-model.ts'
import { bedrockParametersOf } from './bedrock-parameters.ts'
import { DocumentNames } from './converse-document.ts'
import { converseRequest } from './converse-request.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const opus5 = 'anthropic.claude-opus-5'
const nova2 = 'us.amazon.nova-2-lite-v1:0'

function requestOf(messages: readonly ChatMessage[], parameters: JsonObject = {}, upstreamModel = haiku): JsonObject {
  return converseRequest({ upstreamModel, request: { messages, ...parameters } })
}

function turnsOf(body: JsonObject): readonly { readonly role: string; readonly content: readonly JsonObject[] }[] {
  return body.messages as never
}

const call = (id: string, name = 'weather') => ({
  id,
  type: 'function',
  function: { name, arguments: '{"city":"Oslo"}' },
})
const tools = [
  { type: 'function', function: { name: 'weather', description: '', parameters: { properties: {} }, strict: true } },
]
const hello: ChatMessage = { role: 'user', content: 'hello' }

describe('converseRequest', () => {
  it('says a whole conversation', () => {
    const messages = [
      { role: 'developer', content: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' } }] },
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_details: [
          { type: 'reasoning.text', text: 'hm', signature: 'c2ln', format: 'anthropic-claude-v1' },
          { type: 'reasoning.encrypted', data: 'bm90ZXM=', format: 'anthropic-claude-v1' },
          { type: 'reasoning.text', text: 'unsigned', format: 'anthropic-claude-v1' },
          { type: 'reasoning.text', text: 'foreign', signature: 'eA==', format: 'google-gemini-v1' },
        ],
        tool_calls: [call('a')],
      },
      { role: 'tool', tool_call_id: 'a', content: 'rain', is_error: true },
      { role: 'user', content: 'and now?' },
    ]
    expect(requestOf(messages, { tools, tool_choice: 'required', max_tokens: 100 })).toEqual({
      system: [{ text: 'be kind' }, { cachePoint: { type: 'default' } }],
      messages: [
        { role: 'user', content: [{ text: 'weather?' }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
            { reasoningContent: { redactedContent: 'bm90ZXM=' } },
            { text: 'I look.' },
            { toolUse: { toolUseId: 'a', name: 'weather', input: { city: 'Oslo' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'a', content: [{ text: 'rain' }], status: 'error' } },
            { text: 'and now?' },
          ],
        },
      ],
      inferenceConfig: { maxTokens: 100 },
      toolConfig: {
        tools: [
          { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } }, strict: true } },
        ],
        toolChoice: { any: {} },
      },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    })
  })

  it('keeps outputs with their calls, where ids come twice or are not valid', () => {
    const messages = [
      hello,
      { role: 'assistant', content: null, tool_calls: [call('call.1')] },
      { role: 'tool', tool_call_id: 'call.1', content: 'one' },
      { role: 'assistant', content: null, tool_calls: [call('call.1')] },
      { role: 'tool', tool_call_id: 'call.1', content: 'two' },
    ]
    const ids = turnsOf(requestOf(messages, { tools })).flatMap(({ content }) =>
      content.flatMap(
        ({ toolUse, toolResult }) => ((toolUse ?? toolResult) as { toolUseId?: string })?.toolUseId ?? [],
      ),
    )
    expect(ids).toHaveLength(4)
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  })

  it('caches the whole request where it is marked as a whole', () => {
    const content = turnsOf(requestOf([hello], { cache_control: { type: 'ephemeral', ttl: '1h' } })).at(-1)?.content
    expect(content).toEqual([{ text: 'hello' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    const nova = turnsOf(requestOf([hello], { cache_control: { type: 'ephemeral', ttl: '1h' } }, nova2)).at(-1)?.content
    expect(nova).toEqual([{ text: 'hello' }, { cachePoint: { type: 'default' } }])
  })

  it('fits thinking to the model', () => {
    const thinking = { type: 'enabled', budget_tokens: 4000 }
    expect(requestOf([hello], { thinking })).toMatchObject({
      additionalModelRequestFields: { thinking },
      inferenceConfig: { maxTokens: 64_000 },
    })
    const high = requestOf([hello], { reasoning_effort: 'xhigh', temperature: 1, top_p: 1, top_k: 1 }, opus5)
    expect(high).toMatchObject({
      outputConfig: { effort: 'xhigh' },
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    })
    expect(high).not.toHaveProperty('inferenceConfig')
    expect(requestOf([hello], { thinking: { type: 'disabled' } }, opus5)).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'disabled' } },
    })
    // The highest step of Nova takes no cap.
    expect(requestOf([hello], { reasoning_effort: 'high', max_tokens: 100 }, nova2)).toMatchObject({
      inferenceConfig: { maxTokens: 100 },
      additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } },
    })
    expect(requestOf([hello], { reasoning_effort: 'none', top_k: 3 }, nova2).additionalModelRequestFields).toEqual({
      reasoningConfig: { type: 'disabled' },
      inferenceConfig: { topK: 3 },
    })
  })

  it('lets an LLM’s own effort win', () => {
    const request = { messages: [hello], reasoning_effort: 'low', thinking: { type: 'disabled' } }
    const effort = (upstreamModel: string) => converseRequest({ upstreamModel, request, reasoningEffort: 'high' })
    expect(effort(opus5)).toMatchObject({ outputConfig: { effort: 'high' } })
    expect(effort('openai.gpt-oss-20b-1:0')).toMatchObject({
      additionalModelRequestFields: { reasoning_effort: 'high' },
    })
  })

  it('closes schemas', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } } }
    const format = { type: 'json_schema', json_schema: { name: 'a person', schema } }
    const { textFormat } = requestOf([hello], { response_format: format }).outputConfig as {
      textFormat: { structure: { jsonSchema: { schema: string; name: string } } }
    }
    expect(textFormat.structure.jsonSchema.name).toMatch(/^a_person/)
    expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toMatchObject({ additionalProperties: false })
  })

  it('leaves the choice among allowed tools', () => {
    const two = [...tools, { type: 'function', function: { name: 'other' } }]
    const choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ function: { name: 'other' } }] } }
    expect(requestOf([hello], { tools: two, tool_choice: choice }).toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'other', inputSchema: { json: { type: 'object', properties: {} } } } }],
      toolChoice: { auto: {} },
    })
  })

  it('throws nothing but refusals, whatever the request holds', () => {
    // Becomes no string.
    const any = fc.oneof(fc.jsonValue(), fc.constant({ toString: 5 }))
    const messages = fc.array(
      fc.record({
        role: fc.constantFrom('system', 'user', 'assistant', 'tool', 'function', '__proto__'),
        content: fc.oneof(
          fc.string({ unit: 'binary' }),
          any,
          fc.array(
            fc.record({
              type: fc.oneof(fc.constantFrom('text', 'image_url', 'file', 'input_audio'), any),
              text: any,
              image_url: fc.oneof(any, fc.record({ url: any })),
              file: fc.oneof(any, fc.record({ file_data: any, filename: any })),
              input_audio: fc.oneof(any, fc.record({ data: any, format: any })),
              cache_control: any,
            }),
          ),
        ),
        tool_calls: fc.oneof(any, fc.array(fc.record({ id: any, function: fc.record({ name: any, arguments: any }) }))),
        reasoning_details: any,
        tool_call_id: any,
        cache_control: any,
      }),
    )
    const parameters = fc.dictionary(
      fc.constantFrom('tools', 'tool_choice', 'thinking', 'reasoning_effort', 'stop', 'metadata', 'response_format'),
      fc.oneof(
        any,
        fc.array(any),
        fc.array(fc.record({ type: fc.constant('function'), function: fc.record({ name: any, parameters: any }) })),
        fc.record({ type: fc.oneof(fc.constantFrom('json_schema', 'function', 'enabled'), any), json_schema: any }),
      ),
    )
    fc.assert(
      fc.property(messages, parameters, fc.constantFrom(haiku, opus5, nova2, 'x'), (said, asked, model) => {
        try {
          JSON.stringify(requestOf(said as ChatMessage[], asked, model))
        } catch (error) {
          expect(error).toBeInstanceOf(ProviderError)
          expect((error as ProviderError).code).toBe('upstream_rejected')
        }
      }),
    )
  })
})

describe('bedrockTraits', () => {
  it.each([
    ['us.anthropic.claude-opus-4-6-v1', 'claude'],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-pro-v1:0', 'nova'],
    ['amazon.nova-2-lite-v1:0', 'nova-2'],
    ['openai.gpt-oss-120b-1:0', 'gpt-oss'],
    ['global.openai.gpt-6-astra', 'openai'],
    ['moonshot.kimi-k2-thinking', 'kimi'],
    ['arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', 'other'],
  ])('%s: %s', (model, family) => {
    expect(bedrockTraits(model).family).toBe(family)
  })
})

it('says in the table what each model is sent', () => {
  expect(bedrockParametersOf('mistral.mistral-large-2407-v1:0')).toMatchObject({
    reasoning_effort: 'dropped',
    cache_control: 'dropped',
    top_k: 'dropped',
    temperature: 'translated',
  })
  expect(bedrockParametersOf(opus5)).toMatchObject({ temperature: 'dropped', reasoning_effort: 'translated' })
  expect(bedrockParametersOf(nova2)).toMatchObject({ top_k: 'translated', thinking: 'translated' })
})

it('names documents as the API takes them, each once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('a.pdf'))),
      (filenames) => {
        const names = new DocumentNames()
        const given = filenames.map((filename) => names.nameFor(filename))
        expect(new Set(given).size).toBe(given.length)
        for (const name of given) expect(name).toMatch(/^(?!.*\s\s)[A-Za-z0-9 ()[\]-]{1,200}$/)
      },
    ),
  )
})
