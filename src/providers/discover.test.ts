import { describe, expect, it } from 'vitest'
import { discoverProviders, type FoundKey, starterModels } from './discover.ts'
import { type ProviderPreset, providerPresets } from './openai-compatible/presets.ts'
import { loadPriceBook } from './price-book.ts'
import { ProviderError } from './provider-error.ts'
import { ManualTimers } from './scripted/manual-timers.ts'
import { ScriptedProvider } from './scripted/scripted-provider.ts'

const book = await loadPriceBook(Date.UTC(2026, 10, 22))
const never = new AbortController().signal

/** A world in which some providers list models, and the others do not answer. */
function world(listed: Record<string, readonly string[] | Error>) {
  const contacted: ({ readonly preset: ProviderPreset } & FoundKey)[] = []
  const opened: ScriptedProvider[] = []
  const open = (preset: ProviderPreset, { apiKey, authToken }: FoundKey) => {
    contacted.push({ preset, apiKey, authToken })
    const provider = new ScriptedProvider({ answers: [] })
    const models = listed[preset.name]
    provider.probe = async (signal?: AbortSignal) => {
      if (models instanceof Error) throw models
      if (models !== undefined) return { models }
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      throw new ProviderError('aborted', 'aborted')
    }
    opened.push(provider)
    return provider
  }
  return { open, contacted, opened }
}

describe('discoverProviders', () => {
  it('contacts nobody beyond this machine without a key', async () => {
    const { open, contacted, opened } = world({})
    const timers = new ManualTimers()
    const pending = discoverProviders({ OPENAI_API_KEY: ' ' }, book, never, { open, timers })
    await timers.advance(300)
    expect(await pending).toEqual({ providers: [], unusable: [] })
    expect(contacted.map(({ preset }) => new URL(preset.baseUrl).hostname)).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(opened.every((provider) => provider.closed)).toBe(true)
    expect(timers.pendingCount).toBe(0)
  })

  it('finds starter models of providers with a key, and whatever chats on local servers', async () => {
    const { open, contacted } = world({
      openai: ['gpt-5-mini', 'gpt-6-sol', 'text-embedding-3-small', 'something-new'],
      ollama: ['llama3.2:3b', 'nomic-embed-text'],
      vllm: new ProviderError('upstream_unreachable', 'refused'),
    })
    const { providers } = await discoverProviders({ OPENAI_API_KEY: 'sk-1' }, book, never, { open })
    expect(providers.flatMap(({ llms }) => llms.map((llm) => llm.id))).toEqual([
      'openai/gpt-5-mini',
      'openai/gpt-6-sol',
      'ollama/llama3.2:3b',
    ])
    expect(providers[0]?.llms[0]).toMatchObject({ provider: 'openai', upstreamModel: 'gpt-5-mini' })
    expect(providers[0]?.llms[0]?.price?.outputPerMillionTokensUsd).toBe(2)
    expect(providers[1]?.llms[0]?.price?.outputPerMillionTokensUsd).toBe(0)
    expect(contacted.find(({ preset }) => preset.name === 'openai')?.apiKey).toBe('sk-1')
  })

  it('says why a key is of no use', async () => {
    const timers = new ManualTimers()
    const { open } = world({ groq: new ProviderError('upstream_auth', 'groq answered 401'), mistral: ['old-model'] })
    const environment = { GROQ_API_KEY: 'a', MISTRAL_API_KEY: 'b', XAI_API_KEY: 'c' }
    const pending = discoverProviders(environment, book, never, { open, timers })
    await timers.advance(3000)
    const { providers, unusable } = await pending
    expect(providers).toEqual([])
    expect(unusable.map(({ preset, reason }) => [preset.name, reason])).toEqual([
      ['groq', 'groq answered 401'],
      ['mistral', 'it lists none of the models we start with'],
      ['xai', 'it did not answer within 3000 ms'],
    ])
  })

  it('sends a key where the environment says, not where the preset does', async () => {
    const { open, contacted } = world({ openai: [], ollama: [], vllm: [] })
    const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://proxy.example/v1' }
    await discoverProviders(environment, book, never, { open })
    expect(contacted[0]?.preset.baseUrl).toBe('https://proxy.example/v1')
  })

  it('sends a key to nobody where the environment names an address that is none', async () => {
    const { open, contacted } = world({ ollama: [], vllm: [] })
    const environment = {
      ...{ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'localhost:8000/v1' },
      ...{ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: '//proxy' },
    }
    const { unusable } = await discoverProviders(environment, book, never, { open })
    expect(contacted.map(({ preset }) => preset.name)).toEqual(['ollama', 'vllm'])
    const why = 'is set and cannot be used: it must be a URL that begins with http:// or https://'
    expect(unusable.map(({ reason }) => reason)).toEqual([`OPENAI_BASE_URL ${why}`, `ANTHROPIC_BASE_URL ${why}`])
  })

  it("finds the vendors' own variables: another name for a key, a token, another address", async () => {
    const { open, contacted } = world({
      anthropic: ['claude-haiku-4-5', 'claude-sonnet-4-5-20250929'],
      gemini: ['gemini-2.5-flash', 'gemini-embedding-001'],
      ollama: [],
      vllm: [],
    })
    const environment = {
      ...{ ANTHROPIC_AUTH_TOKEN: 'bearer', ANTHROPIC_BASE_URL: 'https://proxy.example', GOOGLE_API_KEY: 'g-1' },
    }
    const { providers } = await discoverProviders(environment, book, never, { open })
    expect(contacted[0]).toMatchObject({
      ...{ apiKey: undefined, authToken: 'bearer' },
      preset: { kind: 'anthropic', baseUrl: 'https://proxy.example', keyVariable: 'ANTHROPIC_AUTH_TOKEN' },
    })
    expect(contacted[1]).toMatchObject({ apiKey: 'g-1', preset: { kind: 'gemini', keyVariable: 'GOOGLE_API_KEY' } })
    expect(providers.flatMap(({ llms }) => llms.map((llm) => llm.id))).toEqual([
      'anthropic/claude-haiku-4-5',
      'anthropic/claude-sonnet-4-5',
      'gemini/gemini-2.5-flash',
    ])
  })

  it('ends at an abort', async () => {
    const caller = new AbortController()
    const pending = discoverProviders({}, book, caller.signal, { open: world({}).open, timers: new ManualTimers() })
    caller.abort(new Error('stop'))
    await expect(pending).rejects.toThrow('stop')
  })
})

it('starts with models whose price the book knows, for every cloud preset', () => {
  for (const preset of providerPresets.filter(({ local }) => !local)) {
    const models = starterModels[preset.name] ?? []
    expect([preset.name, models.length >= 2]).toEqual([preset.name, true])
    for (const model of models) expect([model, book.lookUp(preset.name, model).price]).not.toEqual([model, undefined])
  }
})
