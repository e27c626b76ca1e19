import { AIMessage, type AIMessageChunk, HumanMessage, type ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { GatewayUnderTest } from '../gateway-under-test.ts'
import { pngBase64, report, weatherIn } from '../probes/probe.ts'
import { describeClient } from './client-suite.ts'

const getWeather = tool(({ city }: { city: string }) => weatherIn(city), {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
})

const reportShape = z.object({ title: z.string(), score: z.number(), done: z.boolean() })

interface Options {
  readonly apiKey?: string
  readonly maxRetries?: number
  readonly useResponsesApi?: boolean
}

function connect({ url, apiKey }: GatewayUnderTest, model: string, options: Options = {}): ChatOpenAI {
  return new ChatOpenAI({ model, apiKey, maxRetries: 0, ...options, configuration: { baseURL: `${url}/v1` } })
}

/** Their type of a message says that it has no usage. */
function outputTokens(message: { readonly usage_metadata?: unknown } | undefined): number | undefined {
  return (message?.usage_metadata as { output_tokens: number } | undefined)?.output_tokens
}

describeClient('LangChain with @langchain/openai', ({ gateway, model, embeddingModel, upstream }) => {
  test('text, with usage and the response id that feedback names', async () => {
    const message = await connect(gateway(), model).invoke('say hello to them')
    expect(message.text).toBe('hello to them')
    expect(outputTokens(message)).toBeGreaterThanOrEqual(3)
    expect(message.id).toMatch(/^chatcmpl-/)
  })

  test('stream, with usage', async () => {
    const chunks: AIMessageChunk[] = []
    for await (const chunk of await connect(gateway(), model).stream('say hello to them')) chunks.push(chunk)
    const whole = chunks.reduce((earlier, later) => earlier.concat(later))
    expect(whole.text).toBe('hello to them')
    expect(outputTokens(whole)).toBeGreaterThanOrEqual(3)
  })

  test('a tool loop with parallel calls', async () => {
    const llm = connect(gateway(), model).bindTools([getWeather])
    const question = new HumanMessage('Weather in Oslo and Rome?')
    const first = await llm.invoke([question])
    expect(first.tool_calls?.map(({ args }) => args)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    const outputs: ToolMessage[] = []
    for (const call of first.tool_calls ?? []) {
      outputs.push((await getWeather.invoke({ ...call, type: 'tool_call' })) as ToolMessage)
    }
    const second = await llm.invoke([question, first, ...outputs])
    expect(second.text).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
  })

  test('structured output', async () => {
    const llm = connect(gateway(), model).withStructuredOutput(reportShape, { name: 'report', method: 'jsonSchema' })
    expect(await llm.invoke('Write a report')).toEqual(report)
  })

  test('image', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } }
    const message = new HumanMessage({ content: [{ type: 'text', text: 'What is this?' }, image] })
    expect((await connect(gateway(), model).invoke([message])).text).toBe('I see 1 image(s).')
  })

  test('a conversation that others began', async () => {
    const history = [new HumanMessage('Hello'), new AIMessage('Hello to you'), new HumanMessage('say bye')]
    expect((await connect(gateway(), model).invoke(history)).text).toBe('bye')
  })

  test('over Responses', async () => {
    const message = await connect(gateway(), model, { useResponsesApi: true }).invoke('say hello to them')
    expect(message.text).toBe('hello to them')
    expect(message.id).toMatch(/^(resp|msg)_/)
  })

  if (embeddingModel !== undefined) {
    test('embeddings', async () => {
      const { url, apiKey } = gateway()
      const configuration = { baseURL: `${url}/v1` }
      const embeddings = new OpenAIEmbeddings({ model: embeddingModel, apiKey, maxRetries: 0, configuration })
      const vectors = await embeddings.embedDocuments(['one', 'three'])
      expect(vectors).toHaveLength(2)
      expect(vectors[0]).toEqual(await embeddings.embedQuery('one'))
    })
  }

  test('typed errors', async () => {
    const stranger = connect(gateway(), model, { apiKey: `pm-${'x'.repeat(43)}` })
    await expect(stranger.invoke('say no')).rejects.toMatchObject({ status: 401 })
    await expect(connect(gateway(), 'no-such-model').invoke('say no')).rejects.toMatchObject({ status: 404 })
  })

  // Only where it is known whose upstream is to fail.
  if (upstream === undefined) return

  test('tries again after a rate limit', async () => {
    const fault = { status: 429, headers: { 'retry-after-ms': '100' } }
    upstream().failNext(fault, fault)
    expect((await connect(gateway(), model, { maxRetries: 1 }).invoke('say now')).text).toBe('now')
  })

  test('an abort closes the upstream connection', async () => {
    const server = upstream()
    server.failNext({ hangAfterPieces: 6 })
    const before = server.abandoned
    const abort = new AbortController()
    const reading = (async () => {
      const { signal } = abort
      for await (const _ of await connect(gateway(), model).stream(`say ${'word '.repeat(30)}`, { signal }))
        abort.abort()
    })()
    await reading.catch((error: Error) => expect(error.message).toMatch(/abort/i))
    await expect.poll(() => server.abandoned, { timeout: 10_000 }).toBe(before + 1)
  })
})
