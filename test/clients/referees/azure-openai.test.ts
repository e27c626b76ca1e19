import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AzureOpenAiUpstream } from '../../upstreams/azure-openai-upstream.ts'

// Whether the fixture server says what the official client for Azure understands; the gateway has no part in it.
let upstream: AzureOpenAiUpstream
let client: AzureOpenAI

beforeAll(async () => {
  upstream = await new AzureOpenAiUpstream().listen()
  const { origin: endpoint, apiKey } = upstream
  client = new AzureOpenAI({ endpoint, apiKey, apiVersion: '2025-04-01-preview', maxRetries: 0 })
})

afterAll(() => upstream.close())

const model = 'ref-chat'
const messages = [{ role: 'user' as const, content: 'say hello to them' }]

test('a whole answer and a stream, by deployment', async () => {
  const whole = await client.chat.completions.create({ model, messages })
  expect(whole.choices[0]?.message.content).toBe('hello to them')
  const streamed = await client.chat.completions.stream({ model, messages }).finalChatCompletion()
  expect(streamed.choices[0]?.message.content).toBe('hello to them')
  expect(upstream.requests.every(({ path }) => path.startsWith('/openai/deployments/ref-chat/'))).toBe(true)
})

test('the v1 paths, by the plain client', async () => {
  const plain = new OpenAI({ baseURL: `${upstream.origin}/openai/v1`, apiKey: upstream.apiKey, maxRetries: 0 })
  const whole = await plain.chat.completions.create({ model, messages })
  expect(whole.choices[0]?.message.content).toBe('hello to them')
})

test('embeddings', async () => {
  const { data } = await client.embeddings.create({ model: 'ref-embedding', input: ['one', 'two'] })
  expect(data).toHaveLength(2)
})

test('errors', async () => {
  const unknown = client.chat.completions.create({ model: 'no-deployment', messages })
  await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  const filtered = client.chat.completions.create({ model, messages: [{ role: 'user', content: 'forbidden' }] })
  await expect(filtered).rejects.toMatchObject({ status: 400, code: 'content_filter' })
})
