import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import { responsesRequest } from '../../../providers/openai-responses/responses-request.ts'
import { GatewayError } from '../../gateway-error.ts'
import { takeIn } from './__fixtures__/take-in.ts'
import { keptPath, toNeutralMessages } from './input-messages.ts'

async function messagesOf(input: unknown): Promise<unknown> {
  return (await takeIn({ input })).request.messages
}

const user = { type: 'message', role: 'user', content: 'hello' }
const callItem = (call_id: string) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' })
const outputItem = (call_id: string, output: unknown = 'out') => ({ type: 'function_call_output', call_id, output })
const called = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })

describe('input', () => {
  it('may be a text, or easy messages', async () => {
    expect(await messagesOf('hello')).toEqual([{ role: 'user', content: 'hello' }])
    expect(
      await messagesOf([
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ]),
    ).toEqual([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ])
  })

  it('keeps images, files and sound', async () => {
    const content = [
      { type: 'input_text', text: 'look' },
      { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'original' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' },
      { type: 'input_file', file_id: 'file-1' },
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
    ]
    expect(await messagesOf([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'high' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
          { type: 'file', file: { file_id: 'file-1' } },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
        ],
      },
    ])
  })

  it('puts outputs right behind their calls, and text before calls', async () => {
    const text = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'so' }] }
    expect(
      await messagesOf([user, callItem('a'), text, callItem('b'), user, outputItem('b'), outputItem('a')]),
    ).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'so', tool_calls: [called('a'), called('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'out' },
      { role: 'tool', tool_call_id: 'b', content: 'out' },
      { role: 'user', content: 'hello' },
    ])
  })

  it('makes several messages of a turn in another order', async () => {
    const say = (text: string) => ({ role: 'assistant', content: text })
    const think = (id: string) => ({ type: 'reasoning', id, summary: [{ type: 'summary_text', text: id }] })
    const detail = (id: string) => ({
      type: 'reasoning.summary',
      summary: id,
      format: 'openai-responses-v1',
      id,
      index: 0,
    })
    expect(
      await messagesOf([user, think('r1'), say('a'), think('r2'), say('b'), callItem('c'), outputItem('c')]),
    ).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'a', reasoning_details: [detail('r1')] },
      { role: 'assistant', content: 'b', reasoning_details: [detail('r2')], tool_calls: [called('c')] },
      { role: 'tool', tool_call_id: 'c', content: 'out' },
    ])
  })

  it('keeps what a hosted tool did as its vendor writes it, and tells who can read it', async () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } }
    for (const item of [search, { type: 'program_output', result: 'x' }, { type: 'not_yet_invented' }]) {
      const { request, parameters, native } = await takeIn({ input: [user, item] })
      const content = [{ type: 'hosted_item', item }]
      expect(request.messages).toMatchObject([{}, { role: 'assistant', content }])
      expect(parameters.names).toEqual(['content:hosted_item'])
      expect(native.body.input).toEqual([user, item])
    }
  })

  it('of an earlier turn is at no place in the request', () => {
    const broken = { type: 'function_call', call_id: 'c', name: 7, arguments: '{}' }
    const read = () => toNeutralMessages([{ item: broken, path: keptPath }])
    expect(read).toThrow(expect.objectContaining({ code: 'invalid_request', param: 'previous_response_id' }))
    expect(read).toThrow("for its 'name'")
  })

  it('may bring tools, which are tools of the request elsewhere', async () => {
    const tools = [{ type: 'function', name: 'f', parameters: {}, strict: false }, { type: 'web_search' }]
    const item = { type: 'additional_tools', role: 'developer', tools }
    const { request, native } = await takeIn({ input: [item, user], tools: [{ type: 'custom', name: 'c' }] })
    expect(request.messages).toEqual([{ role: 'user', content: 'hello' }])
    expect(request.tools).toEqual([
      { type: 'custom', custom: { name: 'c' } },
      { type: 'function', function: { name: 'f', parameters: {}, strict: false } },
      { type: 'web_search' },
    ])
    expect(native.body.input).toEqual([item, user])
    await expect(takeIn({ input: [item] })).rejects.toMatchObject({ param: 'input' })
    await expect(takeIn({ input: [{ ...item, tools: [{ type: 'function' }] }, user] })).rejects.toMatchObject({
      param: 'input[0].tools[0].name',
    })
  })
})

it('estimates what only its own API can read', async () => {
  const tokensOf = async (...items: readonly JsonObject[]) =>
    (await takeIn({ input: [user, ...items] })).routing.inputTokens
  const plain = await tokensOf()
  const text = 'x'.repeat(4_000)
  const image = `data:image/png;base64,${'A'.repeat(1e6)}`
  expect(await tokensOf({ type: 'program_output', result: text })).toBeGreaterThan(plain + 500)
  expect(await tokensOf({ type: 'compaction', encrypted_content: text })).toBeGreaterThan(plain + 500)
  expect(await tokensOf({ type: 'reasoning', summary: [], encrypted_content: text })).toBeGreaterThan(plain + 500)
  expect(await tokensOf({ type: 'reasoning', summary: [], encrypted_content: `pointsman.1.${text}` })).toBeLessThan(
    plain + 100,
  )
  const shot = { type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: image } }
  expect(await tokensOf(shot)).toBeLessThan(plain + 5_000)
})

describe('settings', () => {
  it('that no other API has are named', async () => {
    const { parameters } = await takeIn({
      input: 'x',
      truncation: 'auto',
      max_tool_calls: 1,
      reasoning: { summary: 'auto' },
      context_management: [{ type: 'compaction' }],
      metadata: { a: 'b' },
      tools: [{ type: 'function', name: 'f', output_schema: {}, defer_loading: true, allowed_callers: ['direct'] }],
    })
    expect(parameters.unknown).toEqual([
      'truncation',
      'max_tool_calls',
      'context_management',
      'metadata',
      'reasoning.summary',
      'tools.defer_loading',
      'tools.allowed_callers',
    ])
    const silent = { input: 'x', truncation: 'disabled', max_tool_calls: null, metadata: {}, reasoning: {} }
    expect((await takeIn(silent)).parameters.unknown).toEqual([])
  })

  it('of chat completions are refused with their names here', async () => {
    for (const [field, hint] of [
      ['max_tokens', 'max_output_tokens'],
      ['response_format', 'text.format'],
      ['n', 'one request'],
    ] as const) {
      await expect(takeIn({ input: 'x', [field]: 2 })).rejects.toMatchObject({
        code: 'unsupported_parameter',
        param: field,
        message: expect.stringContaining(hint),
      })
      await takeIn({ input: 'x', [field]: null })
    }
  })

  it('are said in the words of chat completions', async () => {
    const { request, stream, native } = await takeIn({
      input: 'hello',
      instructions: 'be brief',
      stream: true,
      max_output_tokens: 9,
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
        { type: 'web_search' },
      ],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
      text: { format: { type: 'json_schema', name: 's', schema: {}, strict: true }, verbosity: 'low' },
      reasoning: { effort: 'low', summary: 'auto' },
      top_logprobs: 2,
      include: ['message.output_text.logprobs'],
      metadata: { a: 'b' },
      truncation: 'auto',
      seed: 7,
      store: true,
      user: 'u',
    })
    expect(stream).toBe(true)
    expect(request).toEqual({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hello' },
      ],
      max_completion_tokens: 9,
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
        {
          type: 'custom',
          custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
        },
        { type: 'web_search' },
      ],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: {}, strict: true } },
      verbosity: 'low',
      reasoning_effort: 'low',
      logprobs: true,
      top_logprobs: 2,
      seed: 7,
      user: 'u',
    })
    expect(native.body).toMatchObject({ input: 'hello', instructions: 'be brief', truncation: 'auto', store: false })
    expect(native.body.include).toEqual(['message.output_text.logprobs', 'reasoning.encrypted_content'])
    for (const field of ['model', 'stream', 'pointsman']) expect(native.body).not.toHaveProperty(field)
  })

  it('leaves out of the native request what its upstream could not read', async () => {
    const sealed = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'pointsman.1.e30' }
    const bare = { type: 'reasoning', id: 'rs_2', summary: [] }
    const own = { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: 'gAAAA' }
    const named = { ...callItem('a'), id: 'fc_1', parsed_arguments: null }
    const { native } = await takeIn({ input: [user, sealed, bare, own, named, outputItem('a')] })
    expect(native.body.input).toEqual([user, own, callItem('a'), outputItem('a')])
  })
})

const word = fc.string({ minLength: 1, maxLength: 8 })
const inputPart = fc.oneof(
  fc.record({ type: fc.constant('input_text'), text: fc.string({ maxLength: 8 }) }),
  fc.record({
    type: fc.constant('input_image'),
    image_url: fc.constantFrom('https://a.example/b.png', 'data:image/png;base64,AA=='),
    detail: fc.constantFrom('auto', 'low', 'high'),
  }),
)
const turn = fc.record({
  role: fc.constantFrom('user', 'developer', 'system'),
  content: fc.array(inputPart, { minLength: 1, maxLength: 3 }),
  thoughts: fc.array(fc.record({ summary: fc.array(word, { maxLength: 2 }), cipher: word }), { maxLength: 2 }),
  text: fc.string({ maxLength: 6 }),
  refusal: fc.string({ maxLength: 4 }),
  calls: fc.array(
    fc.record({ custom: fc.boolean(), text: fc.string({ maxLength: 8 }), output: fc.string({ maxLength: 6 }) }),
    {
      maxLength: 3,
    },
  ),
})
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never

/** A turn's items in the full form. */
function itemsOf({ role, content, thoughts, text, refusal, calls }: Turn, at: number): JsonObject[] {
  const said = [
    ...(text === '' ? [] : [{ type: 'output_text', text }]),
    ...(refusal === '' ? [] : [{ type: 'refusal', refusal }]),
  ]
  const id = (index: number) => `call_${at}_${index}`
  const reasoning = thoughts.map(({ summary, cipher }, index) => ({
    type: 'reasoning',
    id: `rs_${at}_${index}`,
    summary: summary.map((part) => ({ type: 'summary_text', text: part })),
    encrypted_content: cipher,
  }))
  const spoken = said.length + calls.length > 0
  return [
    { type: 'message', role, content },
    ...(spoken ? reasoning : []),
    ...(said.length > 0 ? [{ type: 'message', role: 'assistant', content: said }] : []),
    ...calls.map((call, index) =>
      call.custom
        ? { type: 'custom_tool_call', call_id: id(index), name: 'c', input: call.text }
        : { type: 'function_call', call_id: id(index), name: 'f', arguments: call.text },
    ),
    ...calls.map((call, index) => ({
      type: call.custom ? 'custom_tool_call_output' : 'function_call_output',
      call_id: id(index),
      output: call.output,
    })),
  ]
}

describe('from this API to the neutral form and back', () => {
  it('everything is the same', async () => {
    const settings = fc.record(
      {
        tools: fc.constant([
          { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
          { type: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
          { type: 'web_search' },
        ]),
        text: fc.constantFrom(
          { format: { type: 'json_object' } },
          { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
        ),
        reasoning: fc.record({ effort: fc.constantFrom('low', 'high') }),
        max_output_tokens: fc.integer({ min: 16, max: 1e6 }),
        temperature: fc.constantFrom(0, 0.5, 2),
        top_p: fc.constantFrom(0.1, 1),
        user: word,
        safety_identifier: word,
        prompt_cache_key: word,
        service_tier: fc.constantFrom('default', 'flex'),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 4 }), settings, async (turns, said) => {
        const input = turns.flatMap(itemsOf)
        const { request } = await takeIn({ input, ...said })
        const sent = responsesRequest({ request, upstreamModel: 'u' }, false)
        const { include: _include, store, model, stream, ...rest } = sent
        expect(rest).toEqual({ input, ...said })
        expect({ store, model, stream }).toEqual({ store: false, model: 'u', stream: false })
      }),
      { numRuns: 300 },
    )
  })

  it('no JSON does more than to be refused', async () => {
    const items = fc.array(
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          type: fc.constantFrom(
            'message',
            'reasoning',
            'function_call',
            'function_call_output',
            'item_reference',
            'x_call',
          ),
          role: fc.constantFrom<unknown>('user', 'assistant', 7, null),
          content: fc.jsonValue(),
          call_id: fc.constantFrom<unknown>('a', '', 1),
          output: fc.jsonValue(),
          encrypted_content: fc.constantFrom<unknown>('pointsman.1.', 'pointsman.1.W10', 'pointsman.1.bnVsbA', 7),
          summary: fc.jsonValue(),
        }),
      ),
      { maxLength: 5 },
    )
    const body = fc.record(
      {
        input: fc.oneof(items, fc.jsonValue()),
        tools: fc.jsonValue(),
        text: fc.jsonValue(),
        tool_choice: fc.jsonValue(),
        reasoning: fc.jsonValue(),
      },
      { requiredKeys: ['input'] },
    )
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        try {
          await takeIn(sent)
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
