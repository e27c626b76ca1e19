import { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AzureOpenAiProvider } from '../../src/providers/azure-openai/azure-openai-provider.ts'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import type { ChatEvent } from '../../src/providers/chat-provider.ts'
import { AzureOpenAiUpstream } from '../upstreams/azure-openai-upstream.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

const never = new AbortController().signal
const apiVersion = '2024-10-21'
let upstream: AzureOpenAiUpstream
let silent: ScriptedUpstream

beforeAll(async () => {
  upstream = await new AzureOpenAiUpstream({
    apiKey: 'azure-secret-key',
    models: ['my chat', 'my-reasoning', 'my-embedding'],
  }).listen()
  silent = await ScriptedUpstream.start()
  silent.plan({ kind: 'hang' })
})

afterAll(async () => {
  await upstream.close()
  await silent.close()
})

function call(content: string, upstreamModel = 'my chat') {
  return { upstreamModel, request: { messages: [{ role: 'user', content }] } }
}

const { apiKey } = { apiKey: 'azure-secret-key' }

describe.each([
  ['v1', () => ({ baseUrl: upstream.origin, apiKey }), '/openai/v1/chat/completions'],
  [
    'v1, as the portal shows it',
    () => ({ baseUrl: `${upstream.origin}/openai/v1/`, apiKey }),
    '/openai/v1/chat/completions',
  ],
  [
    'v1 in preview',
    () => ({ baseUrl: upstream.origin, apiKey, apiVersion: 'preview' }),
    '/openai/v1/chat/completions?api-version=preview',
  ],
  [
    'deployments',
    () => ({ baseUrl: `${upstream.origin}/openai`, apiKey, apiVersion }),
    `/openai/deployments/my%20chat/chat/completions?api-version=${apiVersion}`,
  ],
  ['a token', () => ({ baseUrl: upstream.origin, authToken: apiKey }), '/openai/v1/chat/completions'],
])('by %s', (_name, options, path) => {
  describeChatProvider('AzureOpenAiProvider', () => ({
    provider: new AzureOpenAiProvider({ name: 'azure', ...options() }),
    silent: new AzureOpenAiProvider({ name: 'silent', ...options(), baseUrl: silent.origin }),
    call: call('say one two three'),
  }))

  it('chats, embeds and lists, with the filters’ results', async () => {
    const provider = new AzureOpenAiProvider({ name: 'azure', ...options() })
    const { body, reportedModel } = await provider.complete(call('say hi'), never)
    expect(upstream.requests.at(-1)?.path).toBe(path)
    expect(body).toMatchObject({ prompt_filter_results: [{ prompt_index: 0 }] })
    expect(reportedModel).toBe('my chat-2026-08-01')
    const events: ChatEvent[] = []
    for await (const event of provider.stream(call('say hi'), never)) events.push(event)
    expect(events[0]).toMatchObject({ type: 'metadata', chunk: { choices: [], prompt_filter_results: [{}] } })
    const embedded = await provider.embed({ upstreamModel: 'my-embedding', input: ['a', 'b'], dimensions: 4 }, never)
    expect(embedded.embeddings.map((vector) => vector.length)).toEqual([4, 4])
    expect((await provider.probe(never)).models).toContain('my chat')
    await provider.close()
  })
})

describe('a fault', () => {
  let provider: AzureOpenAiProvider
  beforeAll(() => {
    provider = new AzureOpenAiProvider({ name: 'azure', baseUrl: upstream.origin, apiKey })
  })
  afterAll(() => provider.close())

  it('of the content filter says what was filtered', async () => {
    const error: unknown = await provider
      .complete(call('say forbidden things'), never)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'upstream_rejected',
      upstreamError: { code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } },
    })
  })

  it('of the deployment or the key is told as such', async () => {
    await expect(provider.complete(call('say a', 'gone'), never)).rejects.toMatchObject({
      code: 'upstream_rejected',
      upstreamError: { code: 'DeploymentNotFound' },
    })
    const stranger = new AzureOpenAiProvider({ name: 'azure', baseUrl: upstream.origin, apiKey: 'another-key' })
    await expect(stranger.complete(call('say a'), never)).rejects.toMatchObject({ code: 'upstream_auth' })
    await stranger.close()
  })
})

it('is the same server to the vendor’s SDK', async () => {
  const sdk = new AzureOpenAI({ endpoint: upstream.origin, apiKey, apiVersion, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'say hello there' }]
  const whole = await sdk.chat.completions.create({ model: 'my chat', messages })
  const streamed = await sdk.chat.completions.stream({ model: 'my chat', messages }).finalChatCompletion()
  expect(whole.choices[0]?.message.content).toBe('hello there')
  expect(streamed.choices[0]?.message.content).toBe('hello there')
  await expect(
    sdk.chat.completions.create({ model: 'my chat', messages: [{ role: 'user', content: 'forbidden' }] }),
  ).rejects.toMatchObject({ status: 400, code: 'content_filter' })
})
