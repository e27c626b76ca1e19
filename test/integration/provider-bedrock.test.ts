import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BedrockProvider } from '../../src/providers/bedrock/bedrock-provider.ts'
import { converseRequest } from '../../src/providers/bedrock/converse-request.ts'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatEvent, ChatMessage, JsonObject } from '../../src/providers/chat-provider.ts'
import { checkConverseRequest } from '../upstreams/bedrock/converse-request-rules.ts'
import { modelOf } from '../upstreams/bedrock/fixture-models.ts'
import { BedrockUpstream } from '../upstreams/bedrock-upstream.ts'

const never = new AbortController().signal
const haiku = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
const opus46 = 'anthropic.claude-opus-4-6-v1'
const opus5 = 'global.anthropic.claude-opus-5'
const nova = 'amazon.nova-lite-v1:0'
const nova2 = 'us.amazon.nova-2-lite-v1:0'
const gptOss = 'openai.gpt-oss-120b-1:0'
const gpt = 'us.openai.gpt-5.6-luna'
const mistral = 'mistral.mistral-large-2407-v1:0'
const allModels = [haiku, opus46, opus5, nova, nova2, gptOss, gpt, mistral]
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }

/** Takes a call and says nothing. */
class SilentBedrock extends BedrockUpstream {
  protected override answer(): never {
    return new Promise(() => undefined) as never
  }
}

let upstream: BedrockUpstream
let provider: BedrockProvider

function open(server: BedrockUpstream, credentials: Partial<ConstructorParameters<typeof BedrockProvider>[0]> = {}) {
  return new BedrockProvider({
    name: 'bedrock',
    baseUrl: server.origin,
    region: server.region,
    maxIdleConnections: 4,
    ...server.credentials,
    ...credentials,
  })
}

beforeAll(async () => {
  upstream = await new BedrockUpstream().listen()
  provider = open(upstream)
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
})

function ask(content: unknown, parameters: JsonObject = {}, upstreamModel = haiku) {
  return conversation([{ role: 'user', content }], parameters, upstreamModel)
}

function conversation(messages: readonly ChatMessage[], parameters: JsonObject = {}, upstreamModel = haiku) {
  return { upstreamModel, request: { messages, ...parameters } }
}

interface Choice {
  readonly message: ChatMessage & {
    readonly content: string | null
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[]
  }
  readonly finish_reason: string
  readonly native_finish_reason: string
  readonly stop_sequence?: string
}

async function answer(call: ReturnType<typeof ask>): Promise<Choice> {
  return ((await provider.complete(call, never)).body.choices as readonly Choice[])[0]!
}

async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

function sent(): JsonObject {
  return upstream.requests.at(-1)!.body
}

/** The message that a client puts together of a stream's deltas. */
function assembled(events: readonly ChatEvent[]): JsonObject {
  const message: Record<string, string> = {}
  const calls: { id: string; arguments: string }[] = []
  const details: Record<string, unknown>[] = []
  for (const event of events) {
    if (event.type === 'finished') continue
    for (const { delta } of event.chunk.choices as { delta: JsonObject }[]) {
      for (const name of ['content', 'reasoning_content']) {
        if (typeof delta[name] === 'string') message[name] = (message[name] ?? '') + delta[name]
      }
      for (const call of (delta.tool_calls ?? []) as {
        index: number
        id?: string
        function: { arguments: string }
      }[]) {
        calls[call.index] ??= { id: call.id!, arguments: '' }
        calls[call.index]!.arguments += call.function.arguments
      }
      for (const { index, ...detail } of (delta.reasoning_details ?? []) as ({ index: number } & JsonObject)[]) {
        const known = details[index] ?? { index }
        details[index] = { ...known, ...detail }
        if (detail.text !== undefined)
          details[index].text = `${(known.text as string | undefined) ?? ''}${detail.text as string}`
      }
    }
  }
  return { ...message, calls: calls.map((call) => call.arguments), details }
}

describeChatProvider('BedrockProvider', async () => {
  const speaking = await new BedrockUpstream().listen()
  const silent = await new SilentBedrock().listen()
  return { provider: open(speaking), silent: open(silent), call: ask('say Hello big world') }
})

describe('BedrockProvider', () => {
  it.each(allModels)('answers as %s, whole and streamed alike', async (upstreamModel) => {
    for (const parameters of [{}, { reasoning_effort: 'high', max_tokens: 20_000 }, { tools: [weather] }]) {
      const call = ask('weather in Oslo and Rome?', parameters, upstreamModel)
      const whole = (await answer(call)).message
      const streamed = assembled(await read(provider.stream(call, never)))
      expect(streamed.content === '' ? null : streamed.content).toBe(whole.content)
      expect(streamed.reasoning_content).toBe(whole.reasoning_content)
      expect(streamed.calls).toEqual((whole.tool_calls ?? []).map((each) => each.function.arguments))
      const shapes = (details: unknown) =>
        ((details ?? []) as JsonObject[]).map(({ signature, data, text, ...detail }) => ({
          ...detail,
          text: text ?? '',
          proven: (signature ?? data) !== undefined,
        }))
      expect(shapes(streamed.details)).toMatchObject(
        shapes(whole.reasoning_details).map(({ text, proven, ...detail }) => ({ ...detail, proven, text })),
      )
    }
  })

  it('names what was called where nothing says who answered', async () => {
    const { body, reportedModel, usage } = await provider.complete(ask('say hello'), never)
    expect(body).toMatchObject({ model: haiku, object: 'chat.completion' })
    expect(reportedModel).toBeUndefined()
    expect(usage).toMatchObject({ outputTokens: 1 })
  })

  it('takes ARNs for models', async () => {
    const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${haiku}`
    expect((await answer(ask('say hello', {}, arn))).message.content).toBe('hello')
    expect(upstream.requests.at(-1)?.path).toContain('inference-profile%2Fus.anthropic')
  })

  it.each(allModels)('goes through two turns of tools with %s', async (model) => {
    const parameters = { tools: [weather], reasoning_effort: 'low', max_tokens: 20_000 }
    const question: ChatMessage = { role: 'user', content: 'weather in Oslo and Rome?' }
    const first = await answer(conversation([question], parameters, model))
    expect(first.finish_reason).toBe('tool_calls')
    const calls = first.message.tool_calls ?? []
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    const outputs = calls.map(({ id }, index) => ({ role: 'tool', tool_call_id: id, content: `sunny ${index}` }))
    const second = await answer(conversation([question, first.message, ...outputs], parameters, model))
    expect(second.message.content).toBe('The tools say: sunny 0 | sunny 1')
  })

  it('takes over the history of another LLM, in the middle of its turn', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'weather.now', arguments: '{"broken' } })
    const history: ChatMessage[] = [
      { role: 'system', content: 'be kind' },
      { role: 'assistant', content: 'How can I help?' },
      { role: 'user', content: 'weather in Oslo?' },
      {
        role: 'assistant',
        content: ' ',
        reasoning_details: [{ type: 'reasoning.encrypted', data: 'c2ln', format: 'openai-responses-v1' }],
        tool_calls: [call('call|1'), call('call|2')],
      },
      { role: 'tool', tool_call_id: 'call|1', content: 'rain' },
      { role: 'tool', tool_call_id: 'call|2', content: '', is_error: true },
    ]
    for (const model of allModels) {
      const parameters = { tools: [weather], thinking: { type: 'enabled', budget_tokens: 4096 }, max_tokens: 8192 }
      const { message } = await answer(conversation(history, parameters, model))
      expect(message.content).toBe('The tools say: rain | error (nothing)')
    }
  })

  it('sends back what the same family signed, and asks again without where it is refused', async () => {
    const parameters = { thinking: { type: 'adaptive' } }
    const question: ChatMessage = { role: 'user', content: 'say hello' }
    const { message } = await answer(conversation([question], parameters, opus46))
    expect(message.reasoning_details).toMatchObject([{ format: 'anthropic-claude-v1', signature: expect.any(String) }])
    const more: ChatMessage = { role: 'user', content: 'say more' }
    await answer(conversation([question, message, more], parameters, opus46))
    expect(JSON.stringify(sent())).toContain('reasoningContent')
    const forged = [{ type: 'reasoning.text', text: 'hm', signature: 'Zm9yZ2Vk', format: 'anthropic-claude-v1' }]
    const call = conversation([question, { ...message, reasoning_details: forged }, more], parameters, opus46)
    expect((await answer(call)).message.content).toBe('more')
    expect((await read(provider.stream(call, never))).at(-1)).toEqual({ type: 'finished' })
    expect(JSON.stringify(sent())).not.toContain('reasoningContent')
  })

  it('keeps what GPT enciphered', async () => {
    const question: ChatMessage = { role: 'user', content: 'say hello' }
    const { message } = await answer(conversation([question], {}, gpt))
    expect(message.reasoning_details).toMatchObject([{ type: 'reasoning.encrypted', format: 'bedrock-openai' }])
    const more = [question, message, { role: 'user', content: 'say more' }]
    await answer(conversation(more, {}, gpt))
    expect(JSON.stringify(sent())).toContain('redactedContent')
    await answer(conversation(more, {}, haiku))
    expect(JSON.stringify(sent())).not.toContain('redactedContent')
  })

  it('calls no tools that may not be called', async () => {
    const question: ChatMessage = { role: 'user', content: 'weather in Oslo?' }
    const { message } = await answer(conversation([question], { tools: [weather] }))
    const { id } = message.tool_calls![0]!
    const history = [question, message, { role: 'tool', tool_call_id: id, content: 'rain' }]
    for (const parameters of [{ tools: [weather], tool_choice: 'none' }, {}]) {
      const { finish_reason } = await answer(conversation(history, parameters))
      expect(finish_reason).toBe('stop')
      expect(JSON.stringify(sent())).toContain('[weather returned: rain]')
    }
    await answer(ask('weather in Oslo?', { tools: [weather], tool_choice: 'none' }))
    expect(sent()).not.toHaveProperty('toolConfig')
  })

  it('forces tools, one by name, and takes one call where one is wanted', async () => {
    const other = { type: 'function', function: { name: 'other tool', parameters: {} } }
    const forced = await answer(ask('hello', { tools: [weather, other], tool_choice: 'required' }))
    expect(forced.message.tool_calls).toMatchObject([{ function: { name: 'weather', arguments: '{}' } }])
    const choice = { type: 'function', function: { name: 'other tool' } }
    const named = await answer(ask('hello', { tools: [weather, other], tool_choice: choice }))
    expect(named.message.tool_calls).toMatchObject([{ function: { name: 'other tool', arguments: '{}' } }])
    const single = ask('weather in Oslo and Rome?', { tools: [weather], parallel_tool_calls: false })
    expect((await answer(single)).message.tool_calls).toHaveLength(1)
    expect(assembled(await read(provider.stream(single, never))).calls).toEqual(['{"city":"Oslo"}'])
    const empty = assembled(
      await read(provider.stream(ask('hi', { tools: [weather], tool_choice: 'required' }), never)),
    )
    expect(empty.calls).toEqual(['{}'])
  })

  it('sends pictures and documents', async () => {
    const file = (filename: string) => ({
      type: 'file',
      file: { file_data: 'data:application/pdf;base64,aGk=', filename },
    })
    const parts = [
      { type: 'image_url', image_url: { url: 'data:image/jpg;base64,aGk=' } },
      file("John's  report_1.pdf"),
      file('分析.pdf'),
      file("John's report 1.pdf"),
    ]
    expect((await answer(ask(parts))).message.content).toBe('I see 1 image(s) and 3 file(s).')
    const { content } = (sent().messages as { content: { document?: { name: string } }[] }[])[0]!
    expect(content.flatMap(({ document }) => document?.name ?? [])).toEqual([
      'John s report 1',
      'document',
      'John s report 1 (2)',
    ])
  })

  it('translates settings', async () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } }, required: ['age'] }
    const { message, stop_sequence: stop } = await answer(
      ask('say one two three', { stop: ['two', ' '], temperature: 2, top_k: 5, metadata: { team: 'a', bad: 'ü' } }),
    )
    expect([message.content, stop]).toEqual(['one ', 'two'])
    expect(sent()).toMatchObject({
      inferenceConfig: { temperature: 1, stopSequences: ['two'] },
      additionalModelRequestFields: { top_k: 5 },
      requestMetadata: { team: 'a' },
    })
    const format = { type: 'json_schema', json_schema: { name: 'person', schema } }
    const parsed = await answer(ask('who?', { response_format: format, service_tier: 'flex' }, mistral))
    expect(parsed.message.content).toBe('{"age":42}')
    expect(sent().serviceTier).toEqual({ type: 'flex' })
    const capped = await answer(ask('say one two three', { max_completion_tokens: 2, max_tokens: 9 }, nova))
    expect(capped).toMatchObject({ finish_reason: 'length', message: { content: 'one two ' } })
  })

  it.each([
    [haiku, { thinking: { type: 'enabled', budget_tokens: 16_384 } }],
    [opus46, { thinking: { type: 'adaptive' } }],
    [opus5, { thinking: { type: 'adaptive' } }],
    [nova2, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
    [gptOss, { reasoning_effort: 'high' }],
    [gpt, { reasoning: { effort: 'high' } }],
    [mistral, undefined],
  ])('asks %s to think as its family does', async (model, fields) => {
    await answer(ask('say hello', { reasoning_effort: 'high', temperature: 0.5, top_p: 0.5 }, model))
    expect(sent().additionalModelRequestFields).toEqual(fields)
  })

  it('marks for the cache and counts what it did', async () => {
    const messages = [
      {
        role: 'system',
        content: [{ type: 'text', text: 'long '.repeat(50), cache_control: { type: 'ephemeral', ttl: '1h' } }],
      },
      { role: 'user', content: 'say hello' },
    ]
    const call = conversation(messages)
    const written = (await provider.complete(call, never)).usage!
    expect(written.cacheWrite1hTokens).toBe(written.cacheWriteTokens)
    expect(written.cacheWriteTokens).toBeGreaterThan(0)
    const metadata = (await read(provider.stream(call, never))).flatMap((event) =>
      event.type === 'metadata' && event.usage !== undefined ? [event.usage] : [],
    )
    expect(metadata).toEqual([
      { ...written, cachedInputTokens: written.cacheWriteTokens, cacheWriteTokens: 0, cacheWrite1hTokens: undefined },
    ])
    await answer(conversation(messages, {}, gptOss))
    expect(JSON.stringify(sent())).not.toContain('cachePoint')
  })

  it('signs with what it has, or sends the key', async () => {
    const cases = [
      [{}, undefined],
      [{ secretAccessKey: 'another' }, 'upstream_auth'],
      [{ accessKeyId: 'another' }, 'upstream_auth'],
      [{ sessionToken: undefined }, 'upstream_auth'],
      [{ region: 'eu-west-1' }, 'upstream_auth'],
      [{ accessKeyId: undefined }, 'upstream_auth'],
      [{ bearerToken: upstream.bearerToken }, undefined],
      [{ bearerToken: 'another-key' }, 'upstream_auth'],
    ] as const
    for (const [credentials, code] of cases) {
      const other = open(upstream, credentials)
      const outcome = await other.complete(ask('say Grüße 🚆'), never).then(
        () => undefined,
        (error: { code: string }) => error.code,
      )
      expect(outcome).toBe(code)
      await other.close()
    }
  })

  it('lists models and inference profiles', async () => {
    const { models } = await provider.probe(never)
    expect(models).toEqual(expect.arrayContaining([haiku, opus46, `us.${mistral}`]))
  })

  it.each([
    [429, 'upstream_rate_limited'],
    [424, 'upstream_failed'],
    [503, 'upstream_failed'],
    [403, 'upstream_auth'],
    [408, 'upstream_timeout'],
  ])('says what %i means', async (status, code) => {
    upstream.failNext({ status })
    await expect(provider.complete(ask('hello'), never)).rejects.toMatchObject({ code, upstreamStatus: status })
  })

  it('says what else went wrong', async () => {
    const failing = (text: string, model = haiku) => provider.complete(ask(text, {}, model), never)
    await expect(failing('x'.repeat(500_000))).rejects.toMatchObject({ code: 'upstream_context_length' })
    await expect(failing('garble it')).rejects.toMatchObject({ code: 'upstream_invalid_response' })
    await expect(failing('hello', 'no.such-model')).rejects.toMatchObject({
      code: 'upstream_rejected',
      upstreamError: { type: 'ValidationException', message: 'The provided model identifier is invalid.' },
    })
    expect(await answer(ask('guard me'))).toMatchObject({ finish_reason: 'content_filter' })
  })

  it('ends a stream that breaks off with an error', async () => {
    const begun: ChatEvent[] = []
    const reading = (async () => {
      for await (const event of provider.stream(ask('throttle it now'), never)) begun.push(event)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'upstream_rate_limited', upstreamStatus: 429 })
    expect(begun.map((event) => event.type)).toEqual(['metadata', 'content', 'content'])
    upstream.failNext({ cutAfterPieces: 3 })
    await expect(read(provider.stream(ask('say one two'), never))).rejects.toMatchObject({ code: 'upstream_cut' })
  })

  it.each([
    ['content[0].image_url', [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }], {}],
    ['logprobs', 'hello', { logprobs: true }],
    ['tools:custom', 'hello', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
    ['content[0].type', [{ type: 'video' }], {}],
  ])('refuses what cannot be said: %s', async (_what, content, parameters) => {
    const before = upstream.requests.length
    const call = ask(content, parameters)
    await expect(provider.complete(call, never)).rejects.toMatchObject({ code: 'upstream_rejected' })
    await expect(read(provider.stream(call, never))).rejects.toMatchObject({ code: 'upstream_rejected' })
    expect(upstream.requests.length).toBe(before)
  })
})

describe('what is sent', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' ', 'hello ', 'x\n'))
  const mark = fc.constantFrom(undefined, { type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' })
  const part = fc.oneof(
    fc.record({ type: fc.constant('text'), text, cache_control: mark }),
    fc.constant({ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }),
    fc.record({
      type: fc.constant('file'),
      file: fc.record({ file_data: fc.constant('data:text/plain;base64,aGk='), filename: text }),
    }),
  )
  const user = fc.record({ role: fc.constant('user'), content: fc.oneof(text, fc.array(part, { maxLength: 3 })) })
  const system = fc.record({ role: fc.constantFrom('system', 'developer'), content: text })
  const detail = fc.record({
    type: fc.constant('reasoning.text'),
    text,
    signature: fc.constantFrom('c2ln', '', undefined),
    format: fc.constantFrom('anthropic-claude-v1', 'bedrock-nova', 'google-gemini-v1'),
  })
  const called = fc.record({
    id: fc.oneof(text, fc.constantFrom('call_1', 'call_2')),
    name: text,
    args: fc.oneof(fc.json(), text),
    output: fc.oneof(text, fc.array(part, { maxLength: 2 })),
    failed: fc.boolean(),
  })
  /** An assistant's turn with the outputs of what it called, ids distinct inside it. */
  const assistant = fc
    .record({
      content: fc.oneof(text, fc.constant(null)),
      details: fc.array(detail, { maxLength: 2 }),
      calls: fc.uniqueArray(called, { maxLength: 3, selector: ({ id }) => id }),
    })
    .map(({ content, details, calls }): ChatMessage[] => [
      {
        role: 'assistant',
        content,
        reasoning_details: details,
        tool_calls: calls.map(({ id, name, args }) => ({ id, type: 'function', function: { name, arguments: args } })),
      },
      ...calls.map(({ id, output, failed }) => ({
        role: 'tool',
        tool_call_id: id,
        content: output,
        ...(failed ? { is_error: true } : {}),
      })),
    ])
  const history = fc.array(
    fc.oneof(
      user.map((message) => [message]),
      system.map((message) => [message]),
      assistant,
    ),
  )
  const parameters = fc.record(
    {
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      top_p: fc.double({ min: 0, max: 1, noNaN: true }),
      top_k: fc.nat(100),
      max_tokens: fc.integer({ min: 1, max: 50_000 }),
      stop: fc.array(text, { maxLength: 2 }),
      tools: fc.constant([weather, { type: 'function', function: { name: 'a.b', strict: true }, cache_control: {} }]),
      tool_choice: fc.constantFrom('auto', 'none', 'required', { type: 'function', function: { name: 'weather' } }),
      reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      thinking: fc.constantFrom({ type: 'disabled' }, { type: 'adaptive' }, { type: 'enabled', budget_tokens: 2000 }),
      metadata: fc.dictionary(text, text),
      cache_control: mark,
    },
    { requiredKeys: [] },
  )

  it('is what Bedrock takes, whatever was said before and by whom', () => {
    fc.assert(
      fc.property(history, parameters, fc.constantFrom(...allModels), (turns, asked, model) => {
        // A tool that is chosen is among the tools.
        const { tool_choice: choice, ...others } = asked
        const request = asked.tools === undefined ? others : { ...others, tool_choice: choice }
        const body = converseRequest(
          conversation([...turns.flat(), { role: 'user', content: 'go on' }], request, model),
        )
        checkConverseRequest(JSON.parse(JSON.stringify(body)) as JsonObject, modelOf(model)!, () => true)
      }),
      { numRuns: 2000 },
    )
  })
})
