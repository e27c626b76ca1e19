import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddingOf } from '../upstreams/openai/embedding-answers.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

/** OpenAI's own SDK is the referee of our fixture server. */
let upstream: OpenAiUpstream
let sdk: OpenAI

beforeAll(async () => {
  upstream = await new OpenAiUpstream().listen()
  sdk = new OpenAI({ apiKey: upstream.apiKey, baseURL: upstream.baseUrl, maxRetries: 0 })
})

afterAll(() => upstream.close())

const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const schema = {
  type: 'object',
  properties: { answer: { type: 'integer' } },
  required: ['answer'],
  additionalProperties: false,
}

describe('chat completions', () => {
  const chat = { model: 'ref-chat', messages: [{ role: 'user' as const, content: 'say one two three' }] }

  it('streams what it says whole', async () => {
    const whole = await sdk.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2, seed: 1 })
    const runner = sdk.chat.completions.stream({
      ...chat,
      logprobs: true,
      top_logprobs: 2,
      seed: 1,
      stream_options: { include_usage: true },
    })
    const streamed = await runner.finalChatCompletion()
    expect(whole.choices[0]?.message.content).toBe('one two three')
    expect(whole.choices[0]?.logprobs?.content).toHaveLength(3)
    expect(streamed.choices[0]?.message.content).toBe('one two three')
    expect(streamed.choices[0]?.logprobs?.content).toHaveLength(3)
    expect(streamed.usage).toEqual(whole.usage)
    expect(whole.system_fingerprint).toBe('fp_reference')
  })

  it('calls tools in parallel, and answers with their outputs', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather in Oslo and Rome?' }]
    const tools = [weather]
    const first = await sdk.chat.completions.stream({ model: 'ref-chat', messages, tools }).finalChatCompletion()
    const said = first.choices[0]!.message
    expect(said.tool_calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
      '{"city":"Oslo"}',
      '{"city":"Rome"}',
    ])
    messages.push(said)
    for (const call of said.tool_calls ?? []) messages.push({ role: 'tool', tool_call_id: call.id, content: 'sun' })
    const second = await sdk.chat.completions.create({ model: 'ref-chat', messages, tools })
    expect(second.choices[0]?.message.content).toBe('The tools say: sun | sun')
  })

  it('keeps to a schema, refuses, and says n things', async () => {
    const format = { type: 'json_schema' as const, json_schema: { name: 'a', strict: true, schema } }
    const structured = await sdk.chat.completions.create({ ...chat, response_format: format })
    expect(JSON.parse(structured.choices[0]!.message.content!)).toEqual({ answer: 42 })
    const refused = await sdk.chat.completions.create({
      ...chat,
      messages: [{ role: 'user', content: 'refuse this' }],
    })
    expect(refused.choices[0]?.message.refusal).toMatch(/sorry/)
    expect((await sdk.chat.completions.create({ ...chat, n: 2 })).choices).toHaveLength(2)
  })

  it.each([
    [{ top_k: 3 }, 'unknown_parameter', 'top_k'],
    [{ stream_options: { include_usage: true } }, 'invalid_value', 'stream_options'],
    [{ model: 'gpt-nothing' }, 'model_not_found', null],
    [{ model: 'ref-reasoning', temperature: 0.2 }, 'unsupported_value', 'temperature'],
    [{ model: 'ref-reasoning', max_tokens: 5 }, 'unsupported_parameter', 'max_tokens'],
    [{ reasoning_effort: 'low' }, 'unsupported_parameter', 'reasoning_effort'],
    [{ tools: [{ type: 'web_search' }] }, 'invalid_value', 'tools[0].type'],
    [{ messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] }, null, 'messages.[0].role'],
    [
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: {} }] }] },
      'unknown_parameter',
      'messages[0].content[0].cache_control',
    ],
    [
      {
        response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema: { type: 'object' } } },
      },
      'invalid_json_schema',
      'response_format.json_schema',
    ],
  ])('refuses %j', async (wrong, code, param) => {
    const body = { ...chat, ...wrong } as OpenAI.ChatCompletionCreateParamsNonStreaming
    await expect(sdk.chat.completions.create(body)).rejects.toMatchObject({ code, param })
  })
})

describe('responses', () => {
  it('streams what it says whole, with reasoning', async () => {
    const ask = {
      model: 'ref-reasoning',
      input: 'say one two three',
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      include: ['reasoning.encrypted_content' as const],
      store: false,
    }
    const whole = await sdk.responses.create(ask)
    const streamed = await sdk.responses.stream(ask).finalResponse()
    expect(whole.output_text).toBe('one two three')
    expect(streamed.output_text).toBe('one two three')
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(streamed.output.map(({ type }) => type)).toEqual(['reasoning', 'message'])
    expect(streamed.usage).toEqual(whole.usage)
  })

  it('keeps its reasoning over a tool loop, by items and by id', async () => {
    const tools: OpenAI.Responses.Tool[] = [{ type: 'function', strict: false, ...weather.function }]
    const include = ['reasoning.encrypted_content' as const]
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Weather in Lima?' }]
    const first = await sdk.responses.create({ model: 'ref-reasoning', input, tools, include })
    const call = first.output.find((item) => item.type === 'function_call')!
    const output = { type: 'function_call_output' as const, call_id: call.call_id, output: 'fog' }
    const again = [...input, ...(first.output as OpenAI.Responses.ResponseInputItem[]), output]
    const byItems = await sdk.responses.create({ model: 'ref-reasoning', input: again, tools, store: false })
    const byId = await sdk.responses.create({
      model: 'ref-reasoning',
      input: [output],
      previous_response_id: first.id,
      tools,
    })
    expect(byItems.output_text).toBe('The tools say: fog')
    expect(byId.output_text).toBe('The tools say: fog')
  })

  it.each([
    [{ stop: ['a'] }, 'unknown_parameter', 'stop'],
    [{ max_output_tokens: 5 }, 'integer_below_min_value', 'max_output_tokens'],
    [{ previous_response_id: 'resp_none' }, 'previous_response_not_found', 'previous_response_id'],
    [
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      'invalid_value',
      'input[0].content[0].type',
    ],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, null, 'input'],
    [
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'forged' }] },
      'invalid_encrypted_content',
      null,
    ],
    [{ temperature: 0.3 }, 'unsupported_value', 'temperature'],
  ])('refuses %j', async (wrong, code, param) => {
    const body = { model: 'ref-reasoning', input: 'hi', ...wrong } as OpenAI.Responses.ResponseCreateParamsNonStreaming
    await expect(sdk.responses.create(body)).rejects.toMatchObject({ code, param })
  })
})

it('embeds, in floats and in base64', async () => {
  const ask = { model: 'ref-embedding', input: ['one', 'two'], dimensions: 4 }
  // Without a format the SDK asks for base64 and decodes it.
  const decoded = await sdk.embeddings.create(ask)
  const floats = await sdk.embeddings.create({ ...ask, encoding_format: 'float' })
  expect(decoded.data.map(({ embedding }) => embedding)).toEqual(floats.data.map(({ embedding }) => embedding))
  expect(floats.data[1]?.embedding).toEqual(embeddingOf('two', 4))
})

it('lists its models, and wants its key', async () => {
  expect((await sdk.models.list()).data.map(({ id }) => id)).toEqual(['ref-chat', 'ref-reasoning', 'ref-embedding'])
  const stranger = new OpenAI({ apiKey: 'sk-wrong', baseURL: upstream.baseUrl, maxRetries: 0 })
  await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
})

it('counts what a cache key read before', async () => {
  const ask = { model: 'ref-chat', input: 'say hello', prompt_cache_key: 'k' }
  await sdk.responses.create(ask)
  const again = await sdk.responses.create(ask)
  expect(again.usage?.input_tokens_details.cached_tokens).toBeGreaterThan(0)
})
