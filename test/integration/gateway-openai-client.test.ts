import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { type Harness, startHarness } from './gateway-harness.ts'
import { chunkBody, completionBody, doneEvent, ScriptedUpstream, streamOf } from './scripted-upstream.ts'

const messages = [{ role: 'user' as const, content: 'What is 2 + 2?' }]

let upstream: ScriptedUpstream
let provider: OpenAiCompatibleProvider
let harness: Harness
let client: OpenAI

beforeAll(async () => {
  upstream = await ScriptedUpstream.start()
  provider = new OpenAiCompatibleProvider({ name: 'scripted', baseUrl: upstream.baseUrl, apiKey: 'sk-upstream-secret' })
  harness = await startHarness({
    providers: { small: provider },
    keys: [{ id: 'alice', scopes: ['inference'] }],
  })
  const apiKey = harness.secrets.get('alice') ?? ''
  client = new OpenAI({ apiKey, baseURL: `${harness.url}/v1`, maxRetries: 0 })
})

afterAll(async () => {
  await harness.gateway.close()
  await provider.close()
  await upstream.close()
})

/** What a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error
    throw error
  }
  throw new Error('the call was not refused')
}

describe('the official OpenAI client, over a real upstream', () => {
  test('gets a whole answer with its headers', async () => {
    upstream.plan({ kind: 'json', body: completionBody('4') })
    const { data, response } = await client.chat.completions.create({ model: 'auto', messages }).withResponse()
    expect(data.choices[0]?.message.content).toBe('4')
    expect(data.model).toBe('small')
    expect(data.id).toBe(`chatcmpl-${response.headers.get('x-pointsman-decision-id')}`)
    expect(data.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 3 })
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.000017')
    expect(upstream.requests.at(-1)?.body).toEqual({ model: 'upstream-small', messages, stream: false })
    expect(upstream.requests.at(-1)?.headers.authorization).toBe('Bearer sk-upstream-secret')
  })

  test('gets a stream, with usage when it asks', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('fo', 'ur') })
    const stream = await client.chat.completions.create({
      model: 'auto:cost',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: unknown
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe('four')
    expect(usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 3, cost: 0.000017 })
  })

  test('puts a streamed tool call together', async () => {
    const call = (part: object) => chunkBody({ tool_calls: [{ index: 0, ...part }] })
    const events = [
      chunkBody({ role: 'assistant', content: null }),
      call({ id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }),
      call({ function: { arguments: '{"a":2,' } }),
      call({ function: { arguments: '"b":2}' } }),
      chunkBody({}, 'tool_calls'),
      doneEvent,
    ]
    upstream.plan({ kind: 'sse', events })
    const add = { type: 'function' as const, function: { name: 'add', parameters: { type: 'object' } } }
    const completion = await client.chat.completions
      .stream({ model: 'auto', messages, tools: [add] })
      .finalChatCompletion()
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls')
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'call_1',
      function: { name: 'add', arguments: '{"a":2,"b":2}' },
    })
  })

  test('sees a cut stream as an error, not as an end', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('half').slice(0, 2), ending: 'cut' })
    const stream = await client.chat.completions.create({ model: 'auto', messages, stream: true })
    const reading = (async () => {
      for await (const _ of stream);
    })()
    await expect(reading).rejects.toMatchObject({ code: 'upstream_cut' })
  })

  test('closes the upstream connection when it aborts', async () => {
    upstream.plan({ kind: 'sse', events: streamOf('half').slice(0, 2), ending: 'hang' })
    const before = upstream.openSockets
    const stream = await client.chat.completions.create({ model: 'auto', messages, stream: true })
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content === 'half') break
    }
    stream.controller.abort()
    await expect.poll(() => upstream.openSockets).toBeLessThanOrEqual(Math.max(0, before - 1))
  })

  test('lists the models and finds one', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(['auto', 'auto:cost', 'auto:quality', 'small'])
    expect((await client.models.retrieve('small')).owned_by).toBe('scripted')
  })

  test('raises its own kinds of error', async () => {
    const unknown = await refusal(client.chat.completions.create({ model: 'gpt-99', messages }))
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError)
    expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(await refusal(client.chat.completions.create({ model: 'auto', messages: [] }))).toBeInstanceOf(
      OpenAI.BadRequestError,
    )
    const stranger = new OpenAI({ apiKey: 'sk-other', baseURL: `${harness.url}/v1`, maxRetries: 0 })
    expect(await refusal(stranger.models.list())).toBeInstanceOf(OpenAI.AuthenticationError)
    upstream.plan({ kind: 'json', status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'slow' } } })
    const limited = await refusal(client.chat.completions.create({ model: 'auto', messages }))
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError)
    expect(limited.headers?.get('retry-after')).toBe('7')
  })

  test('never sees our upstream credentials', async () => {
    upstream.plan({ kind: 'json', status: 401, body: { error: { message: 'Bad key sk-upstream-secret' } } })
    const error = await refusal(client.chat.completions.create({ model: 'auto', messages }))
    expect(error.status).toBe(502)
    expect(JSON.stringify([error.message, error.error])).not.toContain('sk-upstream-secret')
  })
})
