import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnthropicUpstream } from '../../upstreams/anthropic-upstream.ts'
import { citySchema, pdfBase64, pngBase64, report, reportSchema, weatherIn } from '../probes/probe.ts'

// Whether the fixture server says what Anthropic's own client understands; the gateway has no part in it.
let upstream: AnthropicUpstream
let client: Anthropic

beforeAll(async () => {
  upstream = await new AnthropicUpstream().listen()
  client = new Anthropic({ baseURL: upstream.origin, apiKey: 'sk-ant-reference', maxRetries: 0 })
})

afterAll(() => upstream.close())

const model = 'claude-sonnet-4-6'
const plain = { model, max_tokens: 2000 }
const user = (content: Anthropic.MessageParam['content']) => ({ role: 'user' as const, content })
const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('')

test('a whole answer and a stream', async () => {
  const messages = [user('say hello to them')]
  const whole = await client.messages.create({ ...plain, messages })
  expect(textOf(whole)).toBe('hello to them')
  const streamed = await client.messages.stream({ ...plain, messages }).finalMessage()
  expect(textOf(streamed)).toBe('hello to them')
  expect(streamed.stop_reason).toBe('end_turn')
  expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
})

test('parallel calls of tools with thinking, streamed, and what comes of their results', async () => {
  const input_schema = { ...citySchema, required: [...citySchema.required] }
  const request = {
    ...plain,
    tools: [{ name: 'get_weather', input_schema }],
    thinking: { type: 'enabled', budget_tokens: 1024 } as const,
  }
  const messages: Anthropic.MessageParam[] = [user('Weather in Oslo and Rome?')]
  const first = await client.messages.stream({ ...request, messages }).finalMessage()
  expect(first.content[0]?.type).toBe('thinking')
  messages.push({ role: 'assistant', content: first.content })
  const results = first.content.flatMap((block): Anthropic.ToolResultBlockParam[] => {
    if (block.type !== 'tool_use') return []
    const { city } = block.input as { city: string }
    return [{ type: 'tool_result', tool_use_id: block.id, content: weatherIn(city) }]
  })
  messages.push(user(results))
  const second = await client.messages.create({ ...request, messages })
  expect(textOf(second)).toBe('The tools say: Oslo: 3 degrees | Rome: 19 degrees')
})

test('structured output, an image, a document, a count of tokens', async () => {
  const output_config = { format: { type: 'json_schema' as const, schema: reportSchema } }
  const parsed = await client.messages.parse({ ...plain, messages: [user('Write a report')], output_config })
  expect(JSON.parse(textOf(parsed))).toEqual(report)
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngBase64 } } as const
  const source = { type: 'base64', media_type: 'application/pdf', data: pdfBase64 } as const
  const messages = [user([image, { type: 'document', source }, { type: 'text', text: 'What is this?' }])]
  expect(textOf(await client.messages.create({ ...plain, messages }))).toBe('I see 1 image(s) and 1 file(s).')
  expect((await client.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0)
})

test('errors', async () => {
  const messages = [user('Hello')]
  const unknown = client.messages.create({ ...plain, model: 'claude-none', messages })
  await expect(unknown).rejects.toBeInstanceOf(Anthropic.NotFoundError)
  const empty = client.messages.create({ ...plain, messages: [user('')] })
  await expect(empty).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  upstream.failNext({ status: 429, headers: { 'retry-after': '3' } })
  const limited = client.messages.create({ ...plain, messages })
  await expect(limited).rejects.toBeInstanceOf(Anthropic.RateLimitError)
})

test('the list of models', async () => {
  const ids: string[] = []
  for await (const { id } of client.models.list()) ids.push(id)
  expect(ids).toContain(model)
})
