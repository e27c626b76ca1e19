import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, embedMany, generateText, isStepCount, type LanguageModel, Output, streamText, tool } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { GatewayUnderTest } from '../gateway-under-test.ts'
import { pngBase64, report, weatherIn } from '../probes/probe.ts'
import { describeClient } from './client-suite.ts'

const get_weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => weatherIn(city),
})

const reportShape = z.object({ title: z.string(), score: z.number(), done: z.boolean() })
const loopAnswer = 'The tools say: Oslo: 3 degrees | Rome: 19 degrees'

type Connect = (gateway: GatewayUnderTest, apiKey?: string) => (model: string) => LanguageModel

const packages: readonly { readonly name: string; readonly connect: Connect }[] = [
  {
    name: '@ai-sdk/openai-compatible',
    connect: ({ url, apiKey }, key = apiKey) =>
      createOpenAICompatible({
        name: 'pointsman',
        baseURL: `${url}/v1`,
        apiKey: key,
        includeUsage: true,
        supportsStructuredOutputs: true,
      }),
  },
  {
    name: '@ai-sdk/anthropic',
    connect: ({ url, apiKey }, key = apiKey) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key }),
  },
]

describe.each(packages)('Vercel AI SDK with $name', ({ name, connect }) => {
  describeClient(name, ({ gateway, model, embeddingModel, upstream }) => {
    const llm = (): LanguageModel => connect(gateway())(model)
    const once = { maxRetries: 0 } as const

    test('text, with usage', async () => {
      const { text, usage, finishReason } = await generateText({ model: llm(), prompt: 'say hello to them', ...once })
      expect(text).toBe('hello to them')
      expect(finishReason).toBe('stop')
      expect(usage.outputTokens).toBeGreaterThanOrEqual(3)
      expect(usage.inputTokens).toBeGreaterThan(0)
    })

    test('stream, with usage', async () => {
      const result = streamText({ model: llm(), prompt: 'say hello to them', ...once })
      let text = ''
      for await (const piece of result.textStream) text += piece
      expect(text).toBe('hello to them')
      expect((await result.usage).outputTokens).toBeGreaterThanOrEqual(3)
    })

    test('a tool loop with parallel calls, whole and streamed', async () => {
      const request = { tools: { get_weather }, stopWhen: isStepCount(3), prompt: 'Weather in Oslo and Rome?', ...once }
      const { text, steps } = await generateText({ model: llm(), ...request })
      expect(text).toBe(loopAnswer)
      expect(steps[0]?.toolCalls.map(({ input }) => input)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      expect(await streamText({ model: llm(), ...request }).text).toBe(loopAnswer)
    })

    test('structured output', async () => {
      const output = Output.object({ schema: reportShape })
      // Else the Anthropic package makes up a tool for models that it does not know by name.
      const providerOptions = { anthropic: { structuredOutputMode: 'outputFormat' } }
      const result = await generateText({ model: llm(), output, prompt: 'Write a report', providerOptions, ...once })
      expect(result.output).toEqual(report)
    })

    test('image', async () => {
      const image = { type: 'file', mediaType: 'image/png', data: pngBase64 } as const
      const content = [{ type: 'text', text: 'What is this?' } as const, image]
      const { text } = await generateText({ model: llm(), messages: [{ role: 'user', content }], ...once })
      expect(text).toBe('I see 1 image(s).')
    })

    // The Anthropic package has none, as its API has none.
    if (embeddingModel !== undefined && name === '@ai-sdk/openai-compatible') {
      test('embeddings', async () => {
        const { url, apiKey } = gateway()
        const provider = createOpenAICompatible({ name: 'pointsman', baseURL: `${url}/v1`, apiKey })
        const { embeddings } = await embedMany({
          model: provider.embeddingModel(embeddingModel),
          values: ['one', 'three'],
        })
        expect(embeddings).toHaveLength(2)
      })
    }

    test('typed errors', async () => {
      const stranger = connect(gateway(), `pm-${'x'.repeat(43)}`)(model)
      const error: unknown = await generateText({ model: stranger, prompt: 'say no', ...once }).catch((fault) => fault)
      expect(APICallError.isInstance(error) && error.statusCode).toBe(401)
      const unknown = connect(gateway())('no-such-model')
      const missing: unknown = await generateText({ model: unknown, prompt: 'say no', ...once }).catch((fault) => fault)
      expect(APICallError.isInstance(missing) && missing.statusCode).toBe(404)
      expect(APICallError.isInstance(missing) && missing.message).toContain('no-such-model')
    })

    // Only where it is known whose upstream is to fail.
    if (upstream === undefined) return

    test('tries again after retry-after', async () => {
      const fault = { status: 429, headers: { 'retry-after-ms': '200' } }
      upstream().failNext(fault, fault)
      const { text } = await generateText({ model: llm(), prompt: 'say now', maxRetries: 1 })
      expect(text).toBe('now')
    })

    test('an abort closes the upstream connection', async () => {
      const server = upstream()
      server.failNext({ hangAfterPieces: 6 })
      const before = server.abandoned
      const abort = new AbortController()
      const { textStream } = streamText({
        model: llm(),
        prompt: `say ${'word '.repeat(30)}`,
        abortSignal: abort.signal,
        onError: () => undefined,
        ...once,
      })
      try {
        for await (const _ of textStream) abort.abort()
      } catch (error) {
        expect((error as Error).name).toBe('AbortError')
      }
      await expect.poll(() => server.abandoned, { timeout: 10_000 }).toBe(before + 1)
    })
  })
})
