import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMessagesRequest } from '../../src/gateway/wire/messages/messages-request.ts'
import { toNeutralRequest } from '../../src/gateway/wire/messages/to-neutral-request.ts'
import { messagesRequest } from '../../src/providers/anthropic/messages-request.ts'
import type { JsonObject } from '../../src/providers/chat-provider.ts'

/** Has adaptive thinking, efforts and sampling, so that nothing is fitted away. */
const model = 'claude-opus-4-6'

/** By way of the neutral form, as a request goes to an upstream that shares the API but not the native request. */
function roundTrip(body: JsonObject): JsonObject {
  const { body: neutral } = toNeutralRequest(parseMessagesRequest(body), true)
  const { model: upstreamModel, stream: _stream, ...request } = neutral
  return messagesRequest({ request, upstreamModel: String(upstreamModel) })
}

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const text = word.map((said) => ({ type: 'text', text: said }))
const cached = fc.option(fc.constant({ type: 'ephemeral' }), { nil: undefined })

function maybe(block: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(block, cached)
    .map(([made, control]) => (control === undefined ? made : { ...made, cache_control: control }))
}

const image = fc.constantFrom(
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
)
const document = fc.constantFrom(
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: 'a.pdf' },
  { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
  { type: 'document', source: { type: 'file', file_id: 'file_1' } },
)
const userBlocks = fc.array(maybe(fc.oneof<fc.Arbitrary<JsonObject>[]>(text, image, document)), {
  minLength: 1,
  maxLength: 4,
})
const input = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.constant(null), fc.array(word)))
const thinking = fc.oneof(
  word.map((said) => ({ type: 'thinking', thinking: said, signature: `sig-${said}` })),
  word.map((data) => ({ type: 'redacted_thinking', data })),
)

/** An assistant's turn with its calls, and the user's with their results. */
const exchange = fc
  .record({
    thoughts: fc.array(thinking, { maxLength: 2 }),
    said: fc.option(text, { nil: undefined }),
    calls: fc.array(
      fc.record({ name: word, input, result: fc.option(word, { nil: undefined }), failed: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    after: fc.array(maybe(text), { maxLength: 2 }),
  })
  .map((turn) => (ordinal: number): JsonObject[] => {
    const id = (place: number) => `toolu_${ordinal}_${place}`
    const uses = turn.calls.map((call, place) => ({
      type: 'tool_use',
      id: id(place),
      name: call.name,
      input: call.input,
    }))
    const results = turn.calls.map(({ result, failed }, place) => ({
      type: 'tool_result',
      tool_use_id: id(place),
      ...(result === undefined ? {} : { content: result }),
      ...(failed ? { is_error: true } : {}),
    }))
    return [
      { role: 'assistant', content: [...turn.thoughts, ...(turn.said === undefined ? [] : [turn.said]), ...uses] },
      { role: 'user', content: [...results, ...turn.after] },
    ]
  })

const tool = maybe(
  fc.record(
    {
      name: word,
      description: word,
      input_schema: fc.constant({ type: 'object', properties: {}, additionalProperties: false }),
      strict: fc.constant(true),
    },
    { requiredKeys: ['name', 'input_schema'] },
  ),
)

const request = fc
  .record(
    {
      system: fc.array(maybe(text), { minLength: 1, maxLength: 2 }),
      temperature: fc.constantFrom(0, 0.5, 1),
      top_k: fc.integer({ min: 1, max: 100 }),
      stop_sequences: fc.array(word, { minLength: 1, maxLength: 3 }),
      metadata: word.map((name) => ({ user_id: name })),
      output_config: fc.constantFrom({
        format: { type: 'json_schema', schema: { type: 'object', properties: {}, additionalProperties: false } },
      }),
      service_tier: fc.constant('standard_only'),
      max_tokens: fc.integer({ min: 1, max: 9_999 }),
      first: userBlocks,
      exchanges: fc.array(exchange, { maxLength: 3 }),
      tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['max_tokens', 'first', 'exchanges', 'tools'] },
  )
  .map(
    ({ first, exchanges, ...rest }): JsonObject => ({
      model,
      ...rest,
      messages: [{ role: 'user', content: first }, ...exchanges.flatMap((make, ordinal) => make(ordinal))],
    }),
  )

describe('a Messages request, by way of the neutral form', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(request, (body) => {
        expect(roundTrip(body)).toEqual(body)
      }),
    )
  })

  test.each<[string, JsonObject, JsonObject]>([
    ['a text as one block', { messages: [{ role: 'user', content: 'hi' }] }, {}],
    ['a system text as one block', { system: 'be' }, { system: [{ type: 'text', text: 'be' }] }],
    [
      'the type of a tool, which it has without saying',
      { tools: [{ type: 'custom', name: 'f', input_schema: { type: 'object' } }] },
      { tools: [{ name: 'f', input_schema: { type: 'object' } }] },
    ],
    ['a tier that is the default', { service_tier: 'auto' }, { service_tier: undefined }],
    [
      'one tool at a time',
      {
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
        tools: [{ name: 'f', input_schema: { type: 'object' } }],
      },
      {},
    ],
    [
      'a choice',
      { tool_choice: { type: 'tool', name: 'f' }, tools: [{ name: 'f', input_schema: { type: 'object' } }] },
      {},
    ],
    ['adaptive thinking with an effort', { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, {}],
    ['Anthropic’s own tools', { tools: [{ type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' }] }, {}],
    [
      'a document of text as text',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'D' } }],
          },
        ],
      },
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'D' }] }] },
    ],
  ])('comes back with %s', (_what, said, changed) => {
    const body = {
      model,
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      ...said,
    }
    const expected = { ...body, ...changed }
    if (typeof expected.messages[0]?.content === 'string') {
      expected.messages = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
    }
    expect(roundTrip(body)).toEqual(JSON.parse(JSON.stringify(expected)))
  })
})
