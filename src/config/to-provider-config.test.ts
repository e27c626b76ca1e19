import { describe, expect, it } from 'vitest'
import type { UpstreamConfig } from './pointsman-config.ts'
import { providerSchema } from './provider-schema.ts'
import { secretOf } from './secret.ts'
import { toProviderConfig } from './to-provider-config.ts'

function read(entry: object, environment: Record<string, string>) {
  const missing: string[] = []
  const config = toProviderConfig('mine', providerSchema.parse(entry), {
    environment,
    resolve: (reference) => secretOf(environment[reference.slice(4)])!,
    missing: (at, message) => void missing.push(`${at.join('.')}: ${message}`),
  }) as UpstreamConfig
  return { ...config, key: config.apiKey?.reveal(), missing }
}

describe('toProviderConfig', () => {
  it('goes where the environment sends the vendor’s own clients, with the vendor’s key', () => {
    const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://proxy.example/v1' }
    const there = { baseUrl: 'https://proxy.example/v1', addressVariable: 'OPENAI_BASE_URL', key: 'k', missing: [] }
    expect(read({ preset: 'openai' }, environment)).toMatchObject(there)
    expect(read({ preset: 'openai', kind: 'openai-responses' }, environment)).toMatchObject(there)
    const said = read({ preset: 'openai', base_url: 'https://other.example/v1' }, environment)
    expect([said.baseUrl, said.key]).toEqual(['https://other.example/v1', undefined])
    const { baseUrl, missing } = read({ preset: 'groq' }, environment)
    expect([baseUrl, missing]).toEqual([undefined, []])
  })

  it('goes nowhere where the environment names an address that is none', () => {
    const { missing } = read({ preset: 'openai' }, { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'my-proxy.internal/v1' })
    expect(missing).toEqual([
      'providers.mine: OPENAI_BASE_URL is set and cannot be used: it must be a URL that begins with http:// or https://; mend it, or say base_url here',
    ])
  })

  it('takes keys without the line end behind them', () => {
    expect(read({ preset: 'openai' }, { OPENAI_API_KEY: ' sk-1\n' })).toMatchObject({ key: 'sk-1', missing: [] })
    expect(read({ preset: 'openai', api_key: 'env:KEY' }, { KEY: 'sk-2\r\n' })).toMatchObject({ key: 'sk-2' })
    expect(read({ preset: 'openai' }, { OPENAI_API_KEY: '\n' }).key).toBeUndefined()
  })

  it('says which header cannot be sent', () => {
    const headers = { 'x-a': 'env:A', 'x-b': 'b\n', 'x-c': 'env:C' }
    expect(read({ preset: 'ollama', headers }, { A: '1\n', C: '1\r\n2' }).missing).toEqual([
      'providers.mine.headers.x-b: cannot be sent: a line ends within it, or a letter is not Latin',
      'providers.mine.headers.x-c: cannot be sent: a line ends within it, or a letter is not Latin',
    ])
  })

  it('says which key no header can hold, and not the key', () => {
    for (const key of ['sk-1\nsk-2', 'sk-“1”']) {
      expect(read({ preset: 'openai' }, { OPENAI_API_KEY: key }).missing).toEqual([
        'providers.mine: the value of api_key cannot be sent: a line ends within it, or a letter is not Latin',
      ])
    }
  })

  it('takes no key of ours for the vendor’s', () => {
    const key = 'pm-your-key'
    expect(read({ preset: 'openai' }, { OPENAI_API_KEY: key })).toMatchObject({ key: undefined, missing: [] })
    expect(read({ preset: 'anthropic' }, { ANTHROPIC_AUTH_TOKEN: key }).authToken).toBeUndefined()
    expect(read({ preset: 'anthropic' }, { ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_API_KEY: 'sk-1' }).key).toBe('sk-1')
    expect(read({ preset: 'openai', api_key: 'env:KEY' }, { KEY: key }).missing).toEqual([
      'providers.mine.api_key: it is a key of a Pointsman gateway, not of the vendor',
    ])
    const elsewhere = { preset: 'openai', base_url: 'https://gateway.example/v1', api_key: 'env:KEY' }
    expect(read(elsewhere, { KEY: key })).toMatchObject({ key, missing: [] })
  })
})
