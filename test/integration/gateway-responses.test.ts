import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { llms, type ResponsesHarness, refusal, startResponsesHarness, thinkers, weather } from './responses-harness.ts'

let responses: ResponsesHarness
let upstream: ResponsesHarness['upstream']
let anthropic: ResponsesHarness['anthropic']
let gemini: ResponsesHarness['gemini']
let harness: ResponsesHarness['harness']
let client: ResponsesHarness['client']
beforeAll(async () => {
  responses = await startResponsesHarness()
  ;({ upstream, anthropic, gemini, harness, client } = responses)
})

afterAll(() => responses.close())

describe.each(llms)('the official OpenAI client, answered by %s', (model) => {
  test('gets a whole response', async () => {
    const { data, response } = await client.responses.create({ model, input: 'say one two' }).withResponse()
    const id = response.headers.get('x-pointsman-decision-id')
    expect(data).toMatchObject({ id: `resp_${id}`, object: 'response', status: 'completed', model, store: false })
    expect(data.output_text).toBe('one two')
    expect(data.usage?.total_tokens).toBe((data.usage?.input_tokens ?? 0) + (data.usage?.output_tokens ?? 0))
    expect(data).toMatchObject({ pointsman: { decision_id: id, llm: model }, usage: { cost: expect.any(Number) } })
    expect(responses.lastSent().path).toBe(model === 'chat' ? '/v1/chat/completions' : '/v1/responses')
  })

  test('gets the same streamed', async () => {
    const whole = await client.responses.create({ model, input: 'say one two', instructions: 'Be brief' })
    const stream = client.responses.stream({ model, input: 'say one two', instructions: 'Be brief' })
    const numbers: number[] = []
    const types: string[] = []
    for await (const event of stream) {
      numbers.push(event.sequence_number)
      types.push(event.type)
    }
    const streamed = await stream.finalResponse()
    expect(numbers).toEqual(numbers.map((_, index) => index))
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
    expect(types.at(-1)).toBe('response.completed')
    expect(streamed.output_text).toBe(whole.output_text)
    expect(streamed.usage).toEqual(whole.usage)
    expect(streamed.output.map(({ type }) => type)).toEqual(whole.output.map(({ type }) => type))
    expect(streamed).toMatchObject({ model, store: false, pointsman: { llm: model } })
  })

  test('names each event, ends without [DONE], and not before the settlement is committed', async () => {
    let settled = false
    harness.decisions.onSettle = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      settled = true
    }
    const headers = { authorization: `Bearer ${harness.secrets.get('alice')}` }
    const response = await harness.post('/v1/responses', { model, input: 'say hi', stream: true }, headers)
    let text = ''
    const decoder = new TextDecoder()
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true })
      if (text.includes('response.completed')) expect(settled).toBe(true)
    }
    harness.decisions.onSettle = undefined
    const events = text.trimEnd().split('\n\n')
    for (const event of events) {
      const [name, data] = event.split('\n')
      expect(JSON.parse(data?.slice('data: '.length) ?? '')).toMatchObject({ type: name?.slice('event: '.length) })
    }
    expect(events.at(-1)).toMatch(/^event: response\.completed\n.*"cost":/)
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
  })

  test('parses structured output', async () => {
    const format = zodTextFormat(z.object({ answer: z.number(), why: z.string() }), 'answer')
    const parsed = await client.responses.parse({ model, input: 'What is 2 + 2?', text: { format } })
    expect(parsed.output_parsed).toEqual({ answer: expect.any(Number), why: expect.any(String) })
    const streamed = await client.responses.stream({ model, input: 'What is 2 + 2?', text: { format } }).finalResponse()
    expect(streamed.output_parsed).toEqual(parsed.output_parsed)
  })

  test('calls tools in parallel over two turns, sending the items again', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Oslo and Rome?' }]
    const first = await client.responses.stream({ model, input, tools: [weather] }).finalResponse()
    const calls = first.output.filter((item) => item.type === 'function_call')
    expect(calls.map((call) => call.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    for (const item of first.output) input.push(item as OpenAI.Responses.ResponseInputItem)
    for (const { call_id } of calls) input.push({ type: 'function_call_output', call_id, output: `sun ${call_id}` })
    const second = await client.responses.create({ model, input, tools: [weather] })
    expect(second.output_text).toBe(`The tools say: ${calls.map(({ call_id }) => `sun ${call_id}`).join(' | ')}`)
  })

  test('calls tools over two turns by the id of the response', async () => {
    const first = await client.responses.create({
      model,
      input: 'Weather in Oslo?',
      tools: [weather],
      store: true,
      ...(model === 'native-reasoning' ? { reasoning: { effort: 'low' as const } } : {}),
    })
    expect(first).toMatchObject({ store: true, status: 'completed' })
    const call = first.output.find((item) => item.type === 'function_call')
    const input = [{ type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'rain' }]
    const second = await client.responses.create({
      model,
      input,
      tools: [weather],
      previous_response_id: first.id,
      store: true,
    })
    expect(second.output_text).toBe('The tools say: rain')
    expect(second.previous_response_id).toBe(first.id)
    const sent = responses.lastSent().body
    expect(sent).not.toHaveProperty('previous_response_id')
    if (model !== 'chat') expect(sent.store).toBe(false)
    const [before, after] = harness.router.requests.slice(-2)
    expect(after?.conversationId).toBe(before?.conversationId)

    const items = []
    for await (const item of client.responses.inputItems.list(second.id, { order: 'asc', limit: 2 })) items.push(item)
    expect(items.map(({ type }) => type).filter((type) => type !== 'reasoning')).toEqual([
      'message',
      'function_call',
      'function_call_output',
    ])
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
  })

  test('is told what a cut stream is', async () => {
    upstream.failNext({ cutAfterPieces: 5 })
    const types: string[] = []
    const reading = (async () => {
      const asked = { model, input: 'say one two three four', store: true, stream: true } as const
      for await (const event of await client.responses.create(asked)) {
        types.push(event.type)
        // What failed is not kept.
        if (event.type === 'response.failed') expect(event.response).toMatchObject({ status: 'failed', store: false })
      }
    })()
    const error = await refusal(reading)
    expect(error.code).toBe('upstream_cut')
    if (types.length > 0) expect(types.at(-1)).toBe('response.failed')
    expect(types).not.toContain('response.completed')
  })

  test('closes the upstream connection when it aborts', async () => {
    upstream.failNext({ hangAfterPieces: 6 })
    const before = upstream.abandoned
    const reading = (async () => {
      const request = { model, input: 'say one two three four', stream: true } as const
      for await (const _ of await client.responses.create(request, { signal: AbortSignal.timeout(200) }));
    })()
    await reading.catch(() => undefined)
    await expect.poll(() => upstream.abandoned).toBe(before + 1)
  })

  test('says when an answer is cut at its limit', async () => {
    const input = 'say a b c d e f g h i j k l m n o p q r s t u v w x y z'
    const response = await client.responses.create({ model, input, max_output_tokens: 16 })
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    const types: string[] = []
    for await (const event of await client.responses.create({ model, input, max_output_tokens: 16, stream: true })) {
      types.push(event.type)
    }
    expect(types.at(-1)).toBe('response.incomplete')
  })

  test('sees images and refusals', async () => {
    const image = {
      type: 'input_image' as const,
      image_url: 'data:image/png;base64,iVBORw0KGgo=',
      detail: 'auto' as const,
    }
    const seen = await client.responses.create({
      model,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Look' }, image] }],
    })
    expect(seen.output_text).toMatch(/1 image/)
    const refused = await client.responses.create({ model, input: 'refuse this' })
    const message = refused.output.find((item) => item.type === 'message')
    expect(message?.content[0]).toMatchObject({ type: 'refusal', refusal: expect.stringContaining('sorry') })
  })

  test('gets typed errors', async () => {
    upstream.failNext({ status: 429 })
    const limited = await refusal(client.responses.create({ model, input: 'hello' }))
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError)
  })
})

describe('reasoning', () => {
  test('comes with its summary and goes back encrypted', async () => {
    const model = 'native-reasoning'
    const request = { model, reasoning: { effort: 'low', summary: 'auto' }, tools: [weather] } as const
    const include = ['reasoning.encrypted_content' as const]
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Oslo?' }]
    const first = await client.responses.stream({ ...request, tools: [weather], include, input }).finalResponse()
    const thought = first.output.find((item) => item.type === 'reasoning')
    expect(thought?.encrypted_content).toEqual(expect.any(String))
    for (const item of first.output) input.push(item as OpenAI.Responses.ResponseInputItem)
    const call = first.output.find((item) => item.type === 'function_call')
    input.push({ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'sun' })
    const second = await client.responses.create({ ...request, tools: [weather], include, input })
    expect(second.output_text).toBe('The tools say: sun')
    for (const other of ['chat', ...thinkers]) {
      const third = await client.responses.create({ model: other, tools: [weather], input })
      expect(third.output_text).toBe('The tools say: sun')
    }
  })
})

describe.each(thinkers)('the thinking of %s', (model) => {
  const request = { model, reasoning: { effort: 'low' as const }, tools: [weather] }

  test.each(['whole', 'streamed'] as const)('comes back to it with its tool calls, %s', async (way) => {
    const ask = (input: OpenAI.Responses.ResponseInput) =>
      way === 'whole'
        ? client.responses.create({ ...request, input })
        : client.responses.stream({ ...request, input }).finalResponse()
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Oslo and Rome?' }]
    const first = await ask(input)
    expect(first.output[0]?.type).toBe('reasoning')
    for (const item of first.output) input.push(item as OpenAI.Responses.ResponseInputItem)
    for (const item of first.output) {
      if (item.type === 'function_call') {
        input.push({ type: 'function_call_output', call_id: item.call_id, output: item.arguments })
      }
    }
    const second = await ask(input)
    expect(second.output_text).toBe('The tools say: {"city":"Oslo"} | {"city":"Rome"}')
    const sent = (model === 'claude' ? anthropic : gemini).requests.at(-1)?.text ?? ''
    expect(sent).toMatch(model === 'claude' ? /"signature":"(?!")/ : /"thoughtSignature":"(?!")/)
    expect(sent).not.toContain('pointsman')
    // OpenAI reads none of it, and goes on all the same.
    for (const other of ['native-reasoning', 'chat']) {
      const third = await client.responses.create({ model: other, tools: [weather], input })
      expect(third.output_text).toBe(second.output_text)
    }
  })

  test('comes back to it by the id of the response', async () => {
    const asked = { ...request, input: 'Weather in Oslo?', store: true }
    const first = await client.responses.stream(asked).finalResponse()
    const call = first.output.find((item) => item.type === 'function_call')
    const second = await client.responses.create({
      ...request,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'sun' }],
    })
    expect(second.output_text).toBe('The tools say: sun')
  })
})

describe('a request that is refused', () => {
  const post = async (
    body: object,
    path = '/v1/responses',
  ): Promise<{ status: number; error: Record<string, unknown> }> => {
    const headers = { authorization: `Bearer ${harness.secrets.get('alice')}` }
    const response = await harness.post(path, { model: 'chat', ...body }, headers)
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    return { status: response.status, error: error ?? {} }
  }
  const user = { role: 'user', content: 'hello' }
  const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' }

  test.each<[string, object, string]>([
    ['no input', {}, 'input'],
    ['an empty input', { input: [] }, 'input'],
    ['an input that is a number', { input: 7 }, 'input'],
    ['an item that is null', { input: [user, null] }, 'input[1]'],
    ['an item without a role or type', { input: [{}] }, 'input[0].id'],
    ['a made-up role', { input: [{ role: 'root', content: '' }] }, 'input[0].role'],
    ['content that is a number', { input: [{ role: 'user', content: 7 }] }, 'input[0].content'],
    [
      'a part of chat completions',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }, { type: 'image_url' }] }] },
      'input[0].content[1].type',
    ],
    ['an image without one', { input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]'],
    ['a call without arguments', { input: [user, { ...call, arguments: {} }] }, 'input[1].arguments'],
    ['a call without output', { input: [user, call] }, 'input[1]'],
    [
      'an output without call',
      { input: [user, { type: 'function_call_output', call_id: 'c2', output: '' }] },
      'input[1].call_id',
    ],
    ['an unknown reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    ['a nested tool', { input: 'a', tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools[0].name'],
    ['a tool without type', { input: 'a', tools: [{}] }, 'tools[0].type'],
    ['10,000 tools', { input: 'a', tools: Array(10_000).fill(weather) }, 'tools'],
    ['10,001 items', { input: Array(10_001).fill(user) }, 'input'],
    [
      'a schema without name',
      { input: 'a', text: { format: { type: 'json_schema', schema: {} } } },
      'text.format.name',
    ],
    ['a temperature of 3', { input: 'a', temperature: 3 }, 'temperature'],
    ['stream options without a stream', { input: 'a', stream_options: {} }, 'stream_options'],
    ['a background response', { input: 'a', background: true }, 'background'],
    ['a conversation', { input: 'a', conversation: 'conv_1' }, 'conversation'],
    ['a prompt template', { input: 'a', prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['truncation of another kind', { input: 'a', truncation: 'middle' }, 'truncation'],
    ['an unknown previous response', { input: 'a', previous_response_id: 'resp_none' }, 'previous_response_id'],
    ['no model', { model: undefined, input: 'a' }, 'model'],
    ['an unknown model', { model: 'gpt-99', input: 'a' }, 'model'],
    ['a bad preference', { model: 'auto', input: 'a', pointsman: { lambda: -1 } }, 'pointsman.lambda'],
    ['a search that nobody estimated', { model: 'auto', input: 'a', tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['steering past the router', { model: 'auto', input: 'a', models: ['x'] }, 'models'],
  ])('for %s names its place', async (_, body, param) => {
    const sent = upstream.requests.length
    const { status, error } = await post(body)
    expect(error).toMatchObject({ param, message: expect.any(String), type: 'invalid_request_error' })
    expect([400, 404]).toContain(status)
    expect(upstream.requests).toHaveLength(sent)
  })

  test('is served again after each', async () => {
    expect((await post({ input: 'hello' })).status).toBe(200)
  })
})
