import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatCall, ChatMessage, JsonObject } from '../../src/providers/chat-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { providerPreset } from '../../src/providers/openai-compatible/presets.ts'
import { embeddingOf } from '../upstreams/openai/embedding-answers.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

/** OpenAI's preset against a server as strict as OpenAI: what LLMs of other APIs said must not make it refuse. */
const never = new AbortController().signal
const { dialect } = providerPreset('openai')!
let upstream: OpenAiUpstream
let silent: ScriptedUpstream
let provider: OpenAiCompatibleProvider

function connect(): OpenAiCompatibleProvider {
  return new OpenAiCompatibleProvider({ name: 'openai', baseUrl: upstream.baseUrl, apiKey: upstream.apiKey, dialect })
}

beforeAll(async () => {
  upstream = await new OpenAiUpstream().listen()
  silent = await ScriptedUpstream.start()
  silent.plan({ kind: 'hang' })
  provider = connect()
})

afterAll(async () => {
  await provider.close()
  await upstream.close()
  await silent.close()
})

describeChatProvider('OpenAiCompatibleProvider at OpenAI', () => ({
  provider: connect(),
  silent: new OpenAiCompatibleProvider({ name: 'silent', baseUrl: silent.baseUrl, dialect }),
  call: { upstreamModel: 'ref-chat', request: { messages: [{ role: 'user', content: 'say one two three' }] } },
}))

async function said(messages: readonly ChatMessage[], more: JsonObject = {}, call: Partial<ChatCall> = {}) {
  const request = { messages, ...more }
  const { body } = await provider.complete({ upstreamModel: 'ref-chat', request, ...call }, never)
  return (body.choices as { message: JsonObject }[])[0]!.message
}

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  cache_control: { type: 'ephemeral' },
}
const call = (id: string) => ({
  id,
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  extra_content: { google: { thought_signature: 'sig' } },
})

/** What a conversation brings along that another LLM began. */
const foreignHistory = [
  { role: 'system', content: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }] },
  { role: 'user', content: [{ type: 'text', text: 'Weather in Oslo?', cache_control: { type: 'ephemeral' } }] },
  {
    role: 'assistant',
    content: null,
    reasoning_content: 'hm',
    reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', format: 'anthropic-claude-v1' }],
    tool_calls: [call('toolu_01'), call(`call_${'x'.repeat(60)}`)],
  },
  { role: 'tool', tool_call_id: 'toolu_01', content: 'rain', is_error: true },
  {
    role: 'tool',
    tool_call_id: `call_${'x'.repeat(60)}`,
    content: [
      { type: 'text', text: 'sun' },
      { type: 'image_url', image_url: { url: 'https://example.com/sky.png' } },
    ],
  },
]

describe('a conversation that another LLM began', () => {
  it.each([
    ['in chat completions', {}],
    ['in another dialect', { native: { dialect: 'messages' as const, body: {}, headers: {} } }],
  ])('goes on %s', async (_name, more) => {
    const messages = [...foreignHistory.slice(0, 3), foreignHistory[3]!, { ...foreignHistory[4]!, content: 'sun' }]
    const extras = { tools: [weather], thinking: { type: 'adaptive' }, top_k: 5 }
    expect(await said(messages, extras, more)).toMatchObject({ content: 'The tools say: rain | sun' })
    // An image of a tool follows as the user's.
    expect(await said(foreignHistory, extras, more)).toMatchObject({ role: 'assistant' })
    const sent = upstream.requests.at(-1)!.body.messages as readonly JsonObject[]
    expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'user'])
  })
})

it('serves reasoning models without what they refuse', async () => {
  const more = { temperature: 0.1, max_tokens: 50, top_p: 0.5 }
  const messages = [{ role: 'user', content: 'say hi' }]
  const reasoning = { upstreamModel: 'ref-reasoning', reasons: true }
  expect(await said(messages, { ...more, reasoning_effort: 'low' }, reasoning)).toMatchObject({ content: 'hi' })
  expect(await said(messages, more, { ...reasoning, reasoningEffort: 'none' })).toMatchObject({ content: 'hi' })
  expect(upstream.requests.at(-1)!.body).toMatchObject({ temperature: 0.1, reasoning_effort: 'none' })
  expect(await said(messages, { reasoning_effort: 'low', verbosity: 'low' }, { reasons: false })).toMatchObject({
    content: 'hi',
  })
})

it('knows a tier of service that no list price holds', async () => {
  const request = { messages: [{ role: 'user', content: 'say hi' }], service_tier: 'flex' }
  const { usage } = await provider.complete({ upstreamModel: 'ref-chat', request }, never)
  expect(usage?.unpriced).toEqual(['service_tier:flex'])
})

describe('embeddings', () => {
  it('come in the order of their texts', async () => {
    const input = ['one', 'two', [1, 2, 3]]
    const answer = await provider.embed({ upstreamModel: 'ref-embedding', input, dimensions: 6, user: 'u' }, never)
    expect(answer.embeddings).toEqual(input.map((text) => embeddingOf(text, 6)))
    expect(answer).toMatchObject({ usage: { inputTokens: 5, outputTokens: 0 }, reportedModel: 'ref-embedding' })
  })

  it('fail as chats do', async () => {
    const embed = (model: string) => provider.embed({ upstreamModel: model, input: ['a'] }, never)
    upstream.failNext({ status: 429, headers: { 'retry-after': '2' } })
    await expect(embed('ref-embedding')).rejects.toMatchObject({ code: 'upstream_rate_limited', retryAfterMs: 2000 })
    await expect(embed('gone')).rejects.toMatchObject({ code: 'upstream_rejected', upstreamStatus: 404 })
  })
})
