import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OpenAiUpstream } from '../../upstreams/openai-upstream.ts'
import { citySchema, pngBase64, report, reportSchema, weatherIn } from '../probes/probe.ts'

// Whether the fixture server says what OpenAI's own client understands; the gateway has no part in it.
let upstream: OpenAiUpstream
let client: OpenAI

beforeAll(async () => {
  upstream = await new OpenAiUpstream().listen()
  client = new OpenAI({ baseURL: upstream.baseUrl, apiKey: upstream.apiKey, maxRetries: 0 })
})

afterAll(() => upstream.close())

const loopAnswer = 'The tools say: Oslo: 3 degrees | Rome: 19 degrees'

describe('chat completions', () => {
  const model = 'ref-chat'
  const user = (content: string) => ({ role: 'user' as const, content })
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', strict: true, parameters: citySchema } }]

  test('a whole answer and a stream', async () => {
    const messages = [user('say hello to them')]
    const whole = await client.chat.completions.create({ model, messages })
    expect(whole.choices[0]?.message.content).toBe('hello to them')
    expect(whole.usage?.completion_tokens).toBe(3)
    const stream_options = { include_usage: true }
    const streamed = await client.chat.completions.stream({ model, messages, stream_options }).finalChatCompletion()
    expect(streamed.choices[0]?.message.content).toBe('hello to them')
    expect(streamed.usage).toEqual(whole.usage)
  })

  test('parallel calls of tools, streamed, and what comes of their outputs', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [user('Weather in Oslo and Rome?')]
    const { choices } = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()
    const message = choices[0]!.message
    messages.push(message)
    for (const call of message.tool_calls ?? []) {
      if (call.type !== 'function') throw new Error(`a ${call.type} tool was called`)
      const { city } = JSON.parse(call.function.arguments) as { city: string }
      messages.push({ role: 'tool', tool_call_id: call.id, content: weatherIn(city) })
    }
    const second = await client.chat.completions.create({ model, messages, tools })
    expect(second.choices[0]?.message.content).toBe(loopAnswer)
  })

  test('structured output, logprobs, an image', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'report', strict: true, schema: reportSchema } } as const
    const messages = [user('Write a report')]
    const parsed = await client.chat.completions.parse({ model, messages, response_format: format })
    expect(parsed.choices[0]?.message.parsed).toEqual(report)
    const told = await client.chat.completions.create({ model, messages: [user('say again')], logprobs: true })
    expect(told.choices[0]?.logprobs?.content?.[0]?.token).toBe('again')
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } } as const
    const seen = await client.chat.completions.create({ model, messages: [{ role: 'user', content: [image] }] })
    expect(seen.choices[0]?.message.content).toBe('I see 1 image(s).')
  })

  test('errors', async () => {
    const messages = [user('Hello')]
    const unknown = client.chat.completions.create({ model: 'gpt-none', messages })
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    const hot = client.chat.completions.create({ model, messages, temperature: 3 })
    await expect(hot).rejects.toMatchObject({ status: 400, param: 'temperature' })
    const stranger = new OpenAI({ baseURL: upstream.baseUrl, apiKey: 'sk-other', maxRetries: 0 })
    const denied = stranger.chat.completions.create({ model, messages })
    await expect(denied).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    upstream.failNext({ status: 429, headers: { 'retry-after': '3' } })
    const limited = client.chat.completions.create({ model, messages })
    await expect(limited).rejects.toBeInstanceOf(OpenAI.RateLimitError)
  })
})

describe('Responses', () => {
  const model = 'ref-reasoning'
  const parameters = citySchema as unknown as Record<string, unknown>
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: true }]

  test('a whole answer and a stream', async () => {
    const whole = await client.responses.create({ model, input: 'say hello to them', store: false })
    expect(whole.output_text).toBe('hello to them')
    const types: string[] = []
    const stream = client.responses.stream({ model, input: 'say hello to them', store: false })
    for await (const event of stream) types.push(event.type)
    expect(types[0]).toBe('response.created')
    expect(types.at(-1)).toBe('response.completed')
    expect((await stream.finalResponse()).output_text).toBe('hello to them')
  })

  test('parallel calls of tools, with reasoning that comes back encrypted', async () => {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Weather in Oslo and Rome?' }]
    const include: OpenAI.Responses.ResponseIncludable[] = ['reasoning.encrypted_content']
    const reasoning = { effort: 'low', summary: 'auto' } as const
    const request = { model, tools, include, reasoning, store: false }
    const first = await client.responses.stream({ ...request, input }).finalResponse()
    for (const item of first.output) {
      // What the helper for streams adds to its items is not sent back.
      if (item.type === 'function_call') {
        const { parsed_arguments: _, ...call } = item
        input.push(call)
      } else input.push(item as OpenAI.Responses.ResponseInputItem)
    }
    for (const item of first.output) {
      if (item.type !== 'function_call') continue
      const { city } = JSON.parse(item.arguments) as { city: string }
      input.push({ type: 'function_call_output', call_id: item.call_id, output: weatherIn(city) })
    }
    expect((await client.responses.create({ ...request, input })).output_text).toBe(loopAnswer)
  })

  test('errors', async () => {
    const hot = client.responses.create({ model, input: 'Hello', temperature: 0.5 })
    await expect(hot).rejects.toMatchObject({ status: 400, param: 'temperature' })
  })
})

test('embeddings, whose base64 its client reads by default', async () => {
  const answer = await client.embeddings.create({ model: 'ref-embedding', input: ['one', 'two'] })
  const plain = await client.embeddings.create({
    model: 'ref-embedding',
    input: ['one', 'two'],
    encoding_format: 'float',
  })
  expect(answer.data).toHaveLength(2)
  for (const [index, { embedding }] of answer.data.entries()) {
    for (const [at, value] of embedding.entries()) expect(value).toBeCloseTo(plain.data[index]!.embedding[at]!, 6)
  }
})

test('the list of models', async () => {
  const ids: string[] = []
  for await (const model of client.models.list()) ids.push(model.id)
  expect(ids).toEqual(upstream.models)
})
