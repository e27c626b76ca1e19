import { afterEach, describe, expect, test } from 'vitest'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { type Harness, type HarnessOptions, startHarness, userMessage } from './gateway-harness.ts'

let harness: Harness
afterEach(() => harness.gateway.close())

const answering = () => new ScriptedProvider({ answers: [{ completion: scriptedCompletion('four') }] })

async function start(options: Partial<HarnessOptions> = {}) {
  const providers = { small: answering(), 'openai/large': answering(), other: answering() }
  const llm = (id: string, provider: string, upstreamModel: string) => ({
    ...{ ...unknownLlmProperties, id, provider, upstreamModel },
    price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
  })
  harness = await startHarness({
    providers,
    llms: [
      llm('other', 'groq', 'gpt-4o'),
      llm('small', 'openai', 'gpt-4o-mini'),
      llm('openai/large', 'openai', 'gpt-4o'),
    ],
    ...options,
  })
}

const chat = (model: string, headers: Record<string, string> = {}) =>
  harness.post('/v1/chat/completions', { ...userMessage(), model }, headers)

describe("Portkey's headers", () => {
  test.each([
    ['gpt-4o', { 'x-portkey-provider': 'openai' }, 'openai/large'],
    ['gpt-4o', { 'x-portkey-provider': '@groq' }, 'other'],
    ['small', { 'x-portkey-provider': 'openai' }, 'small'],
    ['gpt-4o-mini', { 'x-portkey-virtual-key': 'openai' }, 'small'],
    ['@openai/gpt-4o', {}, 'openai/large'],
    ['@groq/gpt-4o', { 'x-portkey-provider': 'openai' }, 'other'],
    [
      'auto',
      { 'x-portkey-provider': 'openai', 'x-portkey-trace-id': 't', 'x-portkey-metadata': '{"_user":"u"}' },
      'other',
    ],
  ])('place the model %s with %j', async (model, headers: Record<string, string>, served) => {
    await start()
    const response = await chat(model, headers)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-pointsman-llm')).toBe(served)
    expect(response.headers.get('x-litellm-model-group')).toBe(model)
  })

  test('do so in every API', async () => {
    await start()
    const header = { 'x-portkey-provider': 'openai' }
    const messages = { model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
    const served = await harness.post('/v1/messages', messages, header)
    expect(served.headers.get('x-pointsman-llm')).toBe('openai/large')
    const response = await harness.post('/v1/responses', { model: 'gpt-4o', input: 'hi' }, header)
    expect(response.headers.get('x-pointsman-llm')).toBe('openai/large')
    const preview = await harness.post('/v1/route', { ...userMessage(), model: 'gpt-4o' }, header)
    expect(await preview.json()).toMatchObject({ llm: 'openai/large' })
  })

  test.each([
    ['/v1/messages/count_tokens', { messages: [{ role: 'user', content: 'hi' }] }],
    ['/v1/responses/input_tokens', { input: 'hi' }],
  ])('place what %s counts, and are refused there as elsewhere', async (path, body) => {
    await start()
    expect((await harness.post(path, { ...body, model: '@openai/gpt-4o' })).status).toBe(200)
    const elsewhere = { 'x-portkey-custom-host': 'https://evil.example' }
    expect((await harness.post(path, { ...body, model: 'small' }, elsewhere)).status).toBe(400)
  })

  test.each([
    [
      'gpt-4o',
      { 'x-portkey-custom-host': 'https://evil.example' },
      400,
      'put it in the configuration, under providers',
    ],
    ['gpt-4o', { 'x-portkey-config': 'pc-1' }, 400, 'configs of Portkey are not read'],
    ['gpt-4o', { 'x-portkey-provider': 'mistral' }, 404, "'mistral' is not in the pool; known: groq, openai"],
    ['gpt-5', { 'x-portkey-provider': 'openai' }, 404, "serves no model 'gpt-5' here"],
    ['small', { 'x-portkey-request-timeout': 'soon' }, 400, 'must be a number above 0'],
    ['small', { 'x-litellm-timeout': '-1' }, 400, 'must be a number above 0'],
  ])('%s with %j is refused', async (model, headers: Record<string, string>, status, message) => {
    await start()
    const response = await chat(model, headers)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
  })

  test('that choose an address are refused for embeddings too', async () => {
    await start()
    const response = await harness.post(
      '/v1/embeddings',
      { model: 'e', input: 'a' },
      { 'x-portkey-custom-host': 'https://a.b' },
    )
    expect(response.status).toBe(400)
  })

  test("the gateway's key may come as Portkey's or LiteLLM's, beside a provider's", async () => {
    await start({ keys: [{ id: 'k', scopes: ['inference'] }] })
    const key = harness.secrets.get('k') ?? ''
    for (const own of [key, `Bearer ${key}`]) {
      const both = { 'x-litellm-api-key': own, authorization: 'Bearer sk-of-openai' }
      expect((await chat('small', both)).status).toBe(200)
    }
    expect((await chat('small', { 'x-litellm-api-key': 'other', authorization: `Bearer ${key}` })).status).toBe(401)
    const headers = { 'x-portkey-api-key': key, authorization: 'Bearer sk-of-openai' }
    expect((await chat('small', headers)).status).toBe(200)
    expect((await chat('small', { authorization: 'Bearer sk-of-openai' })).status).toBe(401)
    expect((await chat('small', { ...headers, 'x-portkey-api-key': 'other' })).status).toBe(401)
  })
})

test.each([
  ['x-litellm-timeout', '0.05'],
  ['x-portkey-request-timeout', '50'],
])('%s bounds the time of an answer', async (header, value) => {
  const providers = {
    other: new ScriptedProvider({ answers: [{ hang: true }] }),
    small: answering(),
    'openai/large': answering(),
  }
  await start({ providers })
  const response = await chat('other', { [header]: value })
  expect(response.status).toBe(504)
  expect(await response.json()).toMatchObject({ error: { code: 'upstream_timeout' } })
})

test('what changes keys and the pool takes an admin, also where nobody else needs a key', async () => {
  await start()
  expect((await chat('small')).status).toBe(200)
  for (const route of ['/model/new', '/model/delete', '/key/generate', '/key/delete']) {
    const response = await harness.post(route, {})
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('pointsman keys create') },
    })
  }
})
