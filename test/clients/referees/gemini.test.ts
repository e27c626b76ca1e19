import { ApiError, type Content, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GeminiUpstream } from '../../upstreams/gemini-upstream.ts'
import { citySchema, pngBase64, report, reportSchema, weatherIn } from '../probes/probe.ts'

// Whether the fixture server says what Google's own client understands; the gateway has no part in it.
let upstream: GeminiUpstream
let client: GoogleGenAI

beforeAll(async () => {
  upstream = await new GeminiUpstream().listen()
  client = new GoogleGenAI({ apiKey: upstream.apiKey, httpOptions: { baseUrl: upstream.origin, apiVersion: 'v1beta' } })
})

afterAll(() => upstream.close())

const model = 'gemini-3.8-flash'
const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: citySchema }] }]

test('a whole answer and a stream', async () => {
  const contents = 'say hello to them'
  const whole = await client.models.generateContent({ model: 'gemini-2.5-flash', contents })
  expect(whole.text).toBe('hello to them')
  expect(whole.usageMetadata?.candidatesTokenCount).toBe(3)
  let text = ''
  for await (const chunk of await client.models.generateContentStream({ model: 'gemini-2.5-flash', contents })) {
    text += chunk.text ?? ''
  }
  expect(text).toBe('hello to them')
})

test('parallel calls of tools with their signatures, streamed, and what comes of their responses', async () => {
  const contents: Content[] = [{ role: 'user', parts: [{ text: 'Weather in Oslo and Rome?' }] }]
  const said: Content = { role: 'model', parts: [] }
  for await (const chunk of await client.models.generateContentStream({ model, contents, config: { tools } })) {
    said.parts?.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
  }
  const calls = (said.parts ?? []).flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]))
  expect(calls.map(({ args }) => args)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
  const parts = calls.map(({ id, name, args }) => ({
    functionResponse: {
      ...(id === undefined ? {} : { id }),
      name: name ?? '',
      response: { output: weatherIn(String(args?.city)) },
    },
  }))
  contents.push(said, { role: 'user', parts })
  const second = await client.models.generateContent({ model, contents, config: { tools } })
  expect(second.text).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
})

test('a call that must be made, structured output, an image', async () => {
  const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } }
  const forced = await client.models.generateContent({ model, contents: 'Hello', config: { tools, toolConfig } })
  expect(forced.functionCalls).toHaveLength(1)
  const config = { responseMimeType: 'application/json', responseJsonSchema: reportSchema }
  const parsed = await client.models.generateContent({ model, contents: 'Write a report', config })
  expect(JSON.parse(parsed.text ?? '')).toEqual(report)
  const image = { inlineData: { mimeType: 'image/png', data: pngBase64 } }
  const seen = await client.models.generateContent({ model, contents: [image, { text: 'What is this?' }] })
  expect(seen.text).toBe('I see 1 image(s).')
})

test('a count of tokens, embeddings, the list of models', async () => {
  expect((await client.models.countTokens({ model, contents: 'one two three' })).totalTokens).toBeGreaterThan(0)
  const { embeddings } = await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['one', 'two'] })
  expect(embeddings).toHaveLength(2)
  const names: (string | undefined)[] = []
  for await (const { name } of await client.models.list()) names.push(name)
  expect(names).toContain(`models/${model}`)
})

test('errors', async () => {
  const refusalOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    )
  const unknown = await refusalOf(client.models.generateContent({ model: 'gemini-none', contents: 'Hello' }))
  expect(unknown).toBeInstanceOf(ApiError)
  expect(unknown).toMatchObject({ status: 404 })
  upstream.failNext({ status: 429 })
  expect(await refusalOf(client.models.generateContent({ model, contents: 'Hello' }))).toMatchObject({ status: 429 })
})
