import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatEvent, ChatMessage, JsonObject } from '../../src/providers/chat-provider.ts'
import { GeminiProvider } from '../../src/providers/gemini/gemini-provider.ts'
import { GeminiUpstream } from '../upstreams/gemini-upstream.ts'

const never = new AbortController().signal
const flash3 = 'gemini-3-flash-preview'
const flash25 = 'gemini-2.5-flash'
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }

/** Takes a call and says nothing. */
class SilentGemini extends GeminiUpstream {
  protected override answer(): Promise<never> {
    return new Promise(() => undefined)
  }
}

let upstream: GeminiUpstream
let provider: GeminiProvider

function open(server: GeminiUpstream, apiKey = server.apiKey): GeminiProvider {
  return new GeminiProvider({ name: 'gemini', baseUrl: server.baseUrl, apiKey, maxIdleConnections: 4 })
}

beforeAll(async () => {
  upstream = await new GeminiUpstream().listen()
  provider = open(upstream)
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
})

function ask(content: unknown, parameters: JsonObject = {}, upstreamModel = flash3) {
  return conversation([{ role: 'user', content }], parameters, upstreamModel)
}

function conversation(messages: readonly ChatMessage[], parameters: JsonObject = {}, upstreamModel = flash3) {
  return { upstreamModel, request: { messages, ...parameters } }
}

interface Message extends ChatMessage {
  readonly content: string | null
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[]
}

interface Choice {
  readonly index: number
  readonly message: Message
  readonly finish_reason: string
  readonly native_finish_reason: string
  readonly logprobs: { readonly content: readonly unknown[] } | null
}

async function choicesOf(call: ReturnType<typeof ask>): Promise<readonly Choice[]> {
  return (await provider.complete(call, never)).body.choices as readonly Choice[]
}

async function answer(call: ReturnType<typeof ask>): Promise<Choice> {
  return (await choicesOf(call))[0]!
}

async function read(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** The message that a client puts together of a stream's deltas, by choice. */
function assembled(events: readonly ChatEvent[]): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = []
  for (const event of events) {
    if (event.type === 'finished') continue
    for (const { index, delta, finish_reason } of event.chunk.choices as {
      index: number
      delta: Record<string, unknown>
      finish_reason: string | null
    }[]) {
      messages[index] ??= {}
      const message = messages[index]
      for (const [name, value] of Object.entries(delta)) {
        if (typeof value === 'string') message[name] = `${(message[name] as string | undefined) ?? ''}${value}`
        else message[name] = [...((message[name] ?? []) as unknown[]), ...(value as unknown[])]
      }
      if (finish_reason !== null) message.finish_reason = finish_reason
    }
  }
  return messages
}

describeChatProvider('GeminiProvider', async () => {
  const speaking = await new GeminiUpstream().listen()
  const silent = await new SilentGemini().listen()
  return { provider: open(speaking), silent: open(silent), call: ask('say Hello big world', {}, flash25) }
})

describe('GeminiProvider', () => {
  it.each([flash3, flash25, `models/${flash25}`])('answers as %s', async (model) => {
    const completion = await provider.complete(ask('say hello', {}, model), never)
    expect(completion.reportedModel).toBe(`${model.replace('models/', '')}-001`)
    expect(completion.usage).toMatchObject({ outputTokens: 8, reasoningTokens: 7 })
    expect((completion.body.choices as Choice[])[0]).toMatchObject({
      message: { role: 'assistant', content: 'hello' },
      finish_reason: 'stop',
      native_finish_reason: 'STOP',
    })
  })

  it('streams the same message as it answers whole', async () => {
    for (const parameters of [
      {},
      { reasoning_effort: 'low' },
      { tools: [weather] },
      { tools: [weather], thinking: { type: 'adaptive' } },
    ]) {
      const call = ask('weather in Oslo and Rome?', parameters)
      const whole = (await answer(call)).message
      const [streamed] = assembled(await read(provider.stream(call, never)))
      expect(streamed?.content === '' ? null : streamed?.content).toEqual(whole.content)
      expect(streamed?.reasoning_content).toEqual(whole.reasoning_content)
      const calls = (streamed?.tool_calls ?? []) as JsonObject[]
      // Ids are made anew with every answer.
      expect(calls.map(({ index: _index, id: _id, ...call }) => call)).toEqual(
        (whole.tool_calls ?? []).map(({ id: _id, ...call }) => call),
      )
    }
  })

  it.each([
    [flash3, {}],
    [flash25, {}],
    [flash3, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
  ])('goes through two turns of tools with %s %j', async (model, parameters) => {
    const question: ChatMessage = { role: 'user', content: 'weather in Oslo and Rome?' }
    const first = await answer(conversation([question], { tools: [weather], ...parameters }, model))
    expect(first.finish_reason).toBe('tool_calls')
    const calls = first.message.tool_calls ?? []
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    expect(new Set(calls.map((call) => call.id)).size).toBe(2)
    // In the wrong order, as callers may send them.
    const outputs = calls.toReversed().map(({ id, function: { arguments: text } }) => ({
      role: 'tool',
      tool_call_id: id,
      content: `sunny ${text}`,
    }))
    const second = conversation([question, first.message, ...outputs], { tools: [weather], ...parameters }, model)
    expect((await answer(second)).message.content).toBe('The tools say: sunny {"city":"Oslo"} | sunny {"city":"Rome"}')
  })

  it('takes over the history of another LLM, in the middle of its turn', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } })
    const history: ChatMessage[] = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: 'weather in Oslo?' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'c2ln', format: 'anthropic-claude-v1' }],
        tool_calls: [call('toolu_1'), call('toolu_2')],
      },
      { role: 'tool', tool_call_id: 'toolu_1', content: 'rain' },
      { role: 'tool', tool_call_id: 'toolu_2', content: [{ type: 'text', text: 'snow' }], is_error: true },
    ]
    for (const model of [flash3, flash25]) {
      const { message } = await answer(conversation(history, { tools: [weather] }, model))
      expect(message.content).toBe('The tools say: rain | snow')
    }
  })

  it('sends back what Gemini signed', async () => {
    const question: ChatMessage = { role: 'user', content: 'say hello' }
    const { message } = await answer(conversation([question]))
    expect(message.reasoning_details).toMatchObject([{ type: 'reasoning.encrypted', format: 'google-gemini-v1' }])
    await answer(conversation([question, message, { role: 'user', content: 'say more' }]))
    const { contents } = upstream.requests.at(-1)!.body as { contents: { parts: JsonObject[] }[] }
    expect(contents[1]?.parts).toEqual([{ text: 'hello', thoughtSignature: expect.any(String) }])
  })

  it('sends pictures, documents and links', async () => {
    const parts = [
      { type: 'text', text: 'what is it?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.jpg?size=1' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,aGk=', filename: 'a.pdf' } },
      { type: 'file', file: { file_id: 'files/abc' } },
      { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
    ]
    const { message } = await answer(ask(parts))
    expect(message.content).toBe('I see 3 image(s) and 2 file(s).')
  })

  it('keeps to a schema, stops, and caps', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } } }
    expect((await answer(ask('x', format))).message.content).toBe('{"n":42}')
    expect((await answer(ask('x', { response_format: { type: 'json_object' } }))).message.content).toBe('{"said":"x"}')
    expect(await answer(ask('say one two three', { stop: 'two' }))).toMatchObject({ message: { content: 'one ' } })
    expect(await answer(ask('say one two three', { max_tokens: 2, max_completion_tokens: 9 }))).toMatchObject({
      message: { content: 'one two ' },
      finish_reason: 'length',
    })
  })

  it('answers with several choices and their log probabilities', async () => {
    const call = ask('say a b', { n: 2, logprobs: true, top_logprobs: 2, seed: 7, top_k: 3 }, flash25)
    const choices = await choicesOf(call)
    expect(choices.map((choice) => [choice.index, choice.message.content])).toEqual([
      [0, 'a b'],
      [1, 'a b'],
    ])
    expect(choices[0]?.logprobs?.content[0]).toMatchObject({ token: 'a ', logprob: -0.25, bytes: [97, 32] })
    const events = await read(provider.stream(call, never))
    expect(assembled(events).map((message) => [message.content, message.finish_reason])).toEqual([
      ['a b', 'stop'],
      ['a b', 'stop'],
    ])
  })

  it('gives one call to whoever takes one at a time', async () => {
    const call = ask('Oslo, Rome', { tools: [weather], parallel_tool_calls: false })
    expect((await answer(call)).message.tool_calls).toHaveLength(1)
    expect(assembled(await read(provider.stream(call, never)))[0]?.tool_calls).toHaveLength(1)
  })

  it.each([
    ['none', 'none', 0],
    ['required', 'required', 1],
    ['a function', { type: 'function', function: { name: 'weather' } }, 1],
    [
      'allowed functions',
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }] },
      },
      1,
    ],
  ])('is told to call %s', async (_name, tool_choice, calls) => {
    const { message } = await answer(ask(calls === 0 ? 'Oslo' : 'hello', { tools: [weather], tool_choice }))
    expect(message.tool_calls ?? []).toHaveLength(calls)
  })

  it.each([
    [flash3, 'none'],
    [flash3, 'xhigh'],
    ['gemini-3.8-flash', 'minimal'],
    ['gemini-2.5-pro', 'none'],
    [flash25, 'none'],
    [flash25, 'high'],
  ])('makes %s think with effort %s', async (model, effort) => {
    const call = { ...ask('say hi', {}, model), reasoningEffort: effort }
    const { usage } = await provider.complete(call, never)
    expect(usage?.reasoningTokens).toBe(model === flash25 && effort === 'none' ? undefined : 7)
  })

  it('cites what it found, and does not know what the search costs', async () => {
    const call = ask('say Grüße', { web_search_options: {} })
    const { body, usage } = await provider.complete(call, never)
    const url_citation = { url: 'https://example.com/source', title: 'example.com', start_index: 0, end_index: 5 }
    expect((body.choices as Choice[])[0]?.message.annotations).toEqual([{ type: 'url_citation', url_citation }])
    expect(usage?.unpriced).toEqual(['web_search_requests'])
    const events = await read(provider.stream(call, never))
    expect(assembled(events)[0]?.annotations).toEqual([{ type: 'url_citation', url_citation }])
    expect(events.at(-2)).toMatchObject({ type: 'metadata', usage })
  })

  it('counts what was read from the cache', async () => {
    const call = conversation([
      { role: 'system', content: 'a long instruction' },
      { role: 'user', content: 'hi' },
    ])
    await provider.complete(call, never)
    const { usage } = await provider.complete(call, never)
    expect(usage?.cachedInputTokens).toBe(Math.floor((usage?.inputTokens ?? 0) / 2))
  })

  it('answers a blocked prompt with a refusal, a withheld answer with what there is', async () => {
    const blocked = ask('block this')
    expect(await answer(blocked)).toMatchObject({
      message: { content: null, refusal: 'Google blocked the prompt: PROHIBITED_CONTENT' },
      finish_reason: 'content_filter',
      native_finish_reason: 'PROHIBITED_CONTENT',
    })
    const events = await read(provider.stream(blocked, never))
    expect(events.map((event) => event.type)).toEqual(['metadata', 'content', 'metadata', 'metadata', 'finished'])
    expect(await answer(ask('filter this'))).toMatchObject({ finish_reason: 'content_filter' })
  })

  it('fails where the LLM garbled its call', async () => {
    const call = ask('garble this')
    const garbled = { code: 'upstream_invalid_response', message: expect.stringContaining('MALFORMED_FUNCTION_CALL') }
    await expect(provider.complete(call, never)).rejects.toMatchObject(garbled)
    await expect(read(provider.stream(call, never))).rejects.toMatchObject(garbled)
  })

  it('embeds texts, more than one batch of them', async () => {
    const input = Array.from({ length: 205 }, (_, index) => `text ${index}`)
    const call = { upstreamModel: 'gemini-embedding-001', input, dimensions: 2 }
    const calls = upstream.requests.length
    const { embeddings, usage } = await provider.embed(call, never)
    expect(embeddings).toHaveLength(205)
    expect(usage).toEqual({
      inputTokens: input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0),
      outputTokens: 0,
    })
    expect(upstream.requests.length - calls).toBe(3)
    const alone = await provider.embed({ ...call, input: ['text 150'] }, never)
    expect(alone.embeddings).toEqual([embeddings[150]])
    expect(embeddings[150]).not.toEqual(embeddings[151])
    upstream.countsEmbedded = false
    expect((await provider.embed(call, never)).usage).toBeUndefined()
    upstream.countsEmbedded = true
    await expect(provider.embed({ ...call, input: [[1, 2]] }, never)).rejects.toMatchObject({
      code: 'upstream_rejected',
    })
  })

  it('counts tokens of the whole request', async () => {
    const call = ask('hello', { tools: [weather], max_tokens: 5 })
    expect(await provider.countTokens(call, never)).toBe((await provider.complete(call, never)).usage?.inputTokens)
  })

  it('lists models over several pages', async () => {
    upstream.modelsPerPage = 2
    expect((await provider.probe(never)).models).toEqual(upstream.models)
  })
})

describe('GeminiProvider and faults', () => {
  it.each([
    [429, 'upstream_rate_limited'],
    [503, 'upstream_failed'],
    [400, 'upstream_rejected'],
  ])('knows a %i', async (status, code) => {
    upstream.failNext({ status }, { status })
    await expect(provider.complete(ask('hi'), never)).rejects.toMatchObject({ code, upstreamStatus: status })
    await expect(read(provider.stream(ask('hi'), never))).rejects.toMatchObject({ code })
  })

  it('knows a bad key, a missing key and an unknown model', async () => {
    const [bad, none] = [
      open(upstream, 'AIza-bad-key'),
      new GeminiProvider({ name: 'gemini', baseUrl: upstream.baseUrl }),
    ]
    await expect(bad.complete(ask('hi'), never)).rejects.toMatchObject({ code: 'upstream_auth' })
    await expect(none.probe(never)).rejects.toMatchObject({ code: 'upstream_auth' })
    await expect(provider.complete(ask('hi', {}, 'gemini-9'), never)).rejects.toMatchObject({
      code: 'upstream_rejected',
      upstreamStatus: 404,
    })
    await Promise.all([bad.close(), none.close()])
  })

  it('is cut where a stream dies, and not where all was said', async () => {
    upstream.failNext({ cutAfterPieces: 1 })
    await expect(read(provider.stream(ask('say one two three'), never))).rejects.toMatchObject({ code: 'upstream_cut' })
    upstream.failNext({ cutAfterPieces: 4 })
    const events = await read(provider.stream(ask('say one two three'), never))
    expect(events.at(-1)).toEqual({ type: 'finished' })
    expect(assembled(events)[0]?.content).toBe('one two three')
  })

  it('closes the connection when its reader leaves a stream that stands still', async () => {
    upstream.failNext({ hangAfterPieces: 1 })
    const abandoned = upstream.abandoned
    for await (const event of provider.stream(ask('say one two'), never)) if (event.type === 'content') break
    await expect.poll(() => upstream.abandoned).toBe(abandoned + 1)
  })

  it.each([
    ['a role', [{ role: 'wizard', content: 'x' }], {}, 'messages.0.role'],
    ['a part', [{ role: 'user', content: [{ type: 'hologram' }] }], {}, 'messages.0.content.0.type'],
    ['an output without a call', [{ role: 'tool', tool_call_id: 'x', content: 'y' }], {}, 'messages.0.tool_call_id'],
    ['too many stops', [{ role: 'user', content: 'x' }], { stop: ['1', '2', '3', '4', '5', '6'] }, 'stop'],
    [
      'another vendor’s tool',
      [{ role: 'user', content: 'x' }],
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools.0.type',
    ],
    [
      'a file elsewhere',
      [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
      {},
      'messages.0.content.0.file',
    ],
  ])('refuses %s before calling', async (_name, messages, parameters, param) => {
    const calls = upstream.requests.length
    const refusal = { code: 'upstream_rejected', upstreamStatus: 400, upstreamError: { param } }
    await expect(provider.complete(conversation(messages, parameters), never)).rejects.toMatchObject(refusal)
    await expect(read(provider.stream(conversation(messages, parameters), never))).rejects.toMatchObject(refusal)
    expect(upstream.requests).toHaveLength(calls)
  })
})
