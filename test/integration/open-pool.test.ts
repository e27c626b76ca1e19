import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type OpenPool, openPool } from '../../src/cli/open-pool.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { UpstreamConfig } from '../../src/config/pointsman-config.ts'

let folder: string
let pool: OpenPool | undefined
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-pool-'))
})
afterEach(async () => {
  await pool?.close()
  pool = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function open(text: string, environment: Record<string, string> = {}): Promise<OpenPool> {
  writeFileSync(path.join(folder, 'pointsman.yaml'), text)
  pool = await openPool(loadConfig({ environment, folder }), environment)
  return pool
}

function loadedProvider(text: string, environment: Record<string, string>): UpstreamConfig {
  writeFileSync(path.join(folder, 'pointsman.yaml'), text)
  return loadConfig({ environment, folder }).providers[0] as UpstreamConfig
}

describe('openPool', () => {
  test('gives each effort its model’s price, names and parameters', async () => {
    const { llms, namesOf } = await open(`
providers: { openai: { preset: openai } }
llms: [{ id: mini, provider: openai, model: gpt-5-mini, efforts: [low, high] }]`)
    expect(llms.map(({ id, reasoningEffort }) => [id, reasoningEffort])).toEqual([
      ['mini@low', 'low'],
      ['mini@high', 'high'],
    ])
    for (const llm of llms) {
      expect(llm.price?.outputPerMillionTokensUsd).toBe(2)
      expect(llm.capabilities).toMatchObject({ reasoning: true, reasonsUnasked: true })
      expect(llm.parameters?.refused).toContain('logprobs')
      expect(namesOf(llm)).toEqual(['gpt-5-mini'])
    }
  })

  test('knows prices and parameters of every kind of provider', async () => {
    const text = `
providers:
  anthropic: { preset: anthropic }
  mine: { kind: anthropic, base_url: "http://127.0.0.1:1" }
  gemini: { kind: gemini }
  azure: { kind: azure-openai, base_url: "https://me.openai.azure.com" }
  responses: { kind: openai-responses, preset: openai }
  house: { base_url: "http://127.0.0.1:1/v1" }
  openai: { base_url: "http://127.0.0.1:1/v1" }
llms:
  - { id: a, provider: anthropic, model: claude-haiku-4-5 }
  - { id: b, provider: mine, model: claude-haiku-4-5 }
  - { id: c, provider: gemini, model: gemini-2.5-flash }
  - { id: d, provider: azure, model: gpt-5-mini }
  - { id: e, provider: responses, model: gpt-5-mini }
  - { id: f, provider: house, model: qwen }
  - { id: g, provider: openai, model: gpt-5-mini }`
    const { llms, providers } = await open(text, { ANTHROPIC_API_KEY: 'k' })
    expect(llms.map(({ id, price, parameters }) => [id, price?.outputPerMillionTokensUsd, parameters?.api])).toEqual([
      ['a', 5, "Anthropic's Messages API"],
      ['b', 5, "Anthropic's Messages API"],
      ['c', 2.5, "Google's Gemini API"],
      ['d', 2, "Azure OpenAI's API"],
      ['e', 2, "OpenAI's Responses API"],
      ['f', undefined, 'chat completions'],
      // A name is no vendor: who is at that address asks prices of their own.
      ['g', undefined, 'chat completions'],
    ])
    expect(providers.map(({ name, hasKey, keyVariable }) => [name, hasKey, keyVariable])).toEqual([
      ['anthropic', true, 'ANTHROPIC_API_KEY'],
      // The vendor's key is not for other addresses.
      ['mine', false, undefined],
      ['gemini', false, 'GEMINI_API_KEY'],
      ['azure', false, 'AZURE_OPENAI_API_KEY'],
      ['responses', false, 'OPENAI_API_KEY'],
      ['house', false, undefined],
      ['openai', false, undefined],
    ])
  })

  test('calls neither a vendor nor itself where the environment names no address, or its own', async () => {
    const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'proxy.internal/v1' }
    const { problems } = await open('', environment)
    expect(problems).toEqual([
      expect.stringContaining('OpenAI (OPENAI_API_KEY is set): not used: OPENAI_BASE_URL is set and cannot be used'),
    ])
    const text = 'providers: { anthropic: { preset: anthropic } }\nllms: [{ id: a, provider: anthropic }]'
    const { baseUrl } = loadedProvider(text, { ANTHROPIC_BASE_URL: 'http://localhost:8400' })
    expect(baseUrl).toBeUndefined()
    expect(loadedProvider(text, { ANTHROPIC_BASE_URL: 'http://localhost:9400' })).toMatchObject({
      ...{ baseUrl: 'http://localhost:9400', addressVariable: 'ANTHROPIC_BASE_URL' },
    })
  })

  test('takes no key of the gateway’s own for a vendor’s, and says so', async () => {
    const environment = { OPENAI_API_KEY: 'pm-your-key', ANTHROPIC_AUTH_TOKEN: `pm-${'a'.repeat(43)}` }
    const { origin, problems } = await open('', environment)
    expect([origin, problems]).toEqual(['simulated', []])
    const said = (name: string) => `${name} is not used: it holds a key of a Pointsman gateway, not of the vendor`
    expect(loadConfig({ environment, folder }).notices).toEqual([said('OPENAI_API_KEY'), said('ANTHROPIC_AUTH_TOKEN')])
    const text = 'providers: { anthropic: { preset: anthropic } }\nllms: [{ id: a, provider: anthropic }]'
    expect(loadedProvider(text, environment).authToken).toBeUndefined()
    expect(loadConfig({ environment, folder }).notices).toEqual([said('ANTHROPIC_AUTH_TOKEN')])
  })

  test('answers to vendors’ names while it is simulated, unless others were given', async () => {
    expect((await open('')).aliases).toEqual([
      ['claude-*', 'auto'],
      ['gpt-*', 'auto'],
    ])
    const { aliases } = await open('aliases: { mine: auto }')
    expect(aliases).toEqual([['mine', 'auto']])
  })

  test('describes LLMs that join later as those of the file', async () => {
    const { describe: describeLlm, llms } = await open(`
providers: { anthropic: { preset: anthropic } }
llms: [{ id: a, provider: anthropic, model: claude-haiku-4-5 }]`)
    const [first] = llms
    expect(describeLlm({ ...first!, price: undefined, capabilities: {} })).toEqual(first)
  })

  test('finds the providers of embeddings, and says which have none', async () => {
    const text = `
providers: { openai: { preset: openai }, anthropic: { preset: anthropic } }
llms: [{ id: a, provider: anthropic, model: claude-haiku-4-5 }]
embeddings: [{ id: e, provider: openai, model: text-embedding-3-small }]`
    const opened = await open(text)
    expect(opened.embeddings[0]?.price?.inputPerMillionTokensUsd).toBe(0.02)
    expect(opened.embeddingProviderFor(opened.embeddings[0]!)).toHaveProperty('embed')
    await expect(open(text.replace('e, provider: openai', 'e, provider: anthropic'))).rejects.toThrow(
      'embeddings: e: anthropic (anthropic) has no embeddings API',
    )
  })
})
