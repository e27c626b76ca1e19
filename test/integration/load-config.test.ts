import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { configJsonSchema } from '../../src/config/config-json-schema.ts'
import { type LoadConfigOptions, loadConfig } from '../../src/config/load-config.ts'

const repository = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-config-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function load(text: string | undefined, options: Partial<LoadConfigOptions> = {}) {
  if (text !== undefined) writeFileSync(path.join(folder, 'pointsman.yaml'), text)
  return loadConfig({ environment: {}, folder, ...options })
}

function problemsOf(text: string, options: Partial<LoadConfigOptions> = {}): readonly string[] {
  try {
    load(text, options)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(folder, '').split('\n')
    throw error
  }
  return []
}

describe('loadConfig', () => {
  test('without a file gives every setting its default', () => {
    const config = load(undefined)
    expect(config.file).toBeUndefined()
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8400, allowedHosts: [] })
    expect(config.database.file).toBe(path.join(folder, '.pointsman', 'pointsman.db'))
    expect(config).toMatchObject({ providers: [], llms: [], retentionDays: 30, logLevel: 'info' })
    expect(config.routing).toMatchObject({ lambda: 1.4, exploration: { enabled: true, price: 0.002, floor: 0.02 } })
  })

  test('lets flags win over the environment, and the environment over the file', () => {
    const text = 'server: { port: 1, host: file.test }\nlog_level: debug\nrouting: { lambda: 3 }'
    const environment = { POINTSMAN_PORT: '2', POINTSMAN_HOST: 'environment.test', POINTSMAN_LAMBDA: '' }
    const config = load(text, { environment, flags: { port: 3 } })
    expect(config.server).toMatchObject({ port: 3, host: 'environment.test' })
    expect(config.logLevel).toBe('debug')
    expect(config.routing.lambda).toBe(3)
  })

  test('starts relative paths in the file at the file, others at the working folder', () => {
    const file = path.join(folder, 'pointsman.yaml')
    const folderOf = (options: Partial<LoadConfigOptions>) =>
      load('database: d.db', { folder: tmpdir(), ...options }).database.file
    expect(folderOf({ flags: { config: file } })).toBe(path.join(folder, 'd.db'))
    expect(folderOf({ environment: { POINTSMAN_CONFIG: file, POINTSMAN_DATABASE: 'e.db' } })).toBe(
      path.join(tmpdir(), 'e.db'),
    )
  })

  test('resolves secrets and never shows them', () => {
    const text = `providers:
  a: { preset: openai, api_key: env:KEY }
  b: { base_url: "http://localhost:1/v1", api_key: os.environ/KEY, headers: { x-team: plain, x-key: env:KEY } }`
    const config = load(text, { environment: { KEY: 's3cret' } })
    const [a, b] = config.providers
    if (a?.kind !== 'openai-compatible' || b?.kind !== 'openai-compatible') throw new Error('wrong kind')
    expect(a.apiKey?.reveal()).toBe('s3cret')
    expect(b.apiKey?.reveal()).toBe('s3cret')
    expect(b.headers['x-team']?.reveal()).toBe('plain')
    expect(b.headers['x-key']?.reveal()).toBe('s3cret')
    expect(JSON.stringify(config)).not.toContain('s3cret')
  })

  test("takes a preset's key from its variable, and sends it to no other address", () => {
    const text = `providers:
  a: { preset: openai }
  b: { preset: openai, base_url: "http://elsewhere.test/v1" }
  c: { preset: groq }`
    const { providers } = load(text, { environment: { OPENAI_API_KEY: 's3cret' } })
    const keys = providers.map((provider) => (provider.kind === 'simulated' ? undefined : provider.apiKey?.reveal()))
    expect(keys).toEqual(['s3cret', undefined, undefined])
  })

  test('knows what each kind of provider needs, and its vendor’s variables', () => {
    const text = `providers:
  a: { preset: anthropic }
  b: { kind: anthropic, auth_token: env:TOKEN, base_url: "https://gateway.test" }
  c: { kind: gemini }
  d: { kind: azure-openai, base_url: "https://me.openai.azure.com", api_version: 2024-10-21 }
  e: { kind: bedrock, region: eu-central-1 }
  f: { kind: bedrock, access_key_id: env:ID, secret_access_key: env:TOKEN }
  g: { kind: openai-responses, preset: openai }`
    const environment = {
      ...{ ANTHROPIC_AUTH_TOKEN: 'bearer', TOKEN: 't', GOOGLE_API_KEY: 'g', AZURE_OPENAI_API_KEY: 'az', ID: 'id' },
      ...{ AWS_BEARER_TOKEN_BEDROCK: 'aws', AWS_REGION: 'us-west-2', OPENAI_API_KEY: 'o' },
    }
    const providers = load(text, { environment }).providers.map((provider) => {
      if (provider.kind === 'simulated') return undefined
      const { kind, preset, region, apiKey, authToken, accessKeyId, secretAccessKey, bearerToken } = provider
      const secrets = [apiKey, authToken, accessKeyId, secretAccessKey, bearerToken].map((secret) => secret?.reveal())
      return [kind, preset, region, ...secrets]
    })
    const no = undefined
    expect(providers).toEqual([
      ['anthropic', 'anthropic', no, no, 'bearer', no, no, no],
      ['anthropic', no, no, no, 't', no, no, no],
      ['gemini', 'gemini', no, 'g', no, no, no, no],
      ['azure-openai', no, no, 'az', no, no, no, no],
      ['bedrock', no, 'eu-central-1', no, no, no, no, 'aws'],
      ['bedrock', no, 'us-west-2', no, no, 'id', 't', no],
      ['openai-responses', 'openai', no, 'o', no, no, no, no],
    ])
  })

  test('says what a kind of provider misses, and what it has no use for', () => {
    const text = `providers:
  a: { kind: azure-openai }
  b: { kind: bedrock }
  c: { kind: gemini, region: us-east-1 }
  d: { kind: openai-compatible, preset: anthropic }
  e: { kind: bedrock, region: us-east-1, access_key_id: env:ID }
  f: { preset: anthropic, api_key: env:ID, auth_token: env:ID }
  g: { kind: simulated, api_key: env:ID }
  h: { kind: bedrock, region: Frankfurt }`
    expect(problemsOf(text, { environment: { ID: 'x' } })).toEqual([
      expect.stringMatching(/:2:6: providers\.a: needs a base_url: the address of your Azure resource/),
      expect.stringMatching(/:4:30: providers\.c\.region: not for kind gemini; for bedrock/),
      expect.stringMatching(/:5:14: providers\.d\.kind: the preset anthropic speaks anthropic, not openai-compatible/),
      expect.stringMatching(/:6:6: providers\.e\.secret_access_key: missing/),
      expect.stringMatching(/:7:56: providers\.f\.auth_token: there is an api_key already/),
      expect.stringMatching(/:8:34: providers\.g\.api_key: a simulated provider has no upstream/),
      expect.stringMatching(/:9:31: providers\.h\.region: a region looks like us-east-1/),
    ])
    expect(problemsOf('providers: { b: { kind: bedrock } }')).toEqual([
      expect.stringMatching(/:1:17: providers\.b: needs a region, such as us-east-1, here or in .* AWS_REGION/),
    ])
  })

  test('makes an LLM of each effort, with its own id', () => {
    const text = `providers: { p: { kind: simulated } }
llms:
  - { id: m, provider: p, model: up, efforts: [low, high], price: { input: 1, output: 2 } }
  - { id: fixed, provider: p, reasoning_effort: none }`
    const arms = load(text).llms.map(({ id, upstreamModel, reasoningEffort }) => [id, upstreamModel, reasoningEffort])
    expect(arms).toEqual([
      ['m@low', 'up', 'low'],
      ['m@high', 'up', 'high'],
      ['fixed', 'fixed', 'none'],
    ])
    expect(load(text).llms[0]?.price).toEqual(load(text).llms[1]?.price)
    const wrong = `providers: { p: { kind: simulated } }
llms: [{ id: m, provider: p, efforts: [low, low] }, { id: n, provider: p, efforts: [low], reasoning_effort: low }]`
    expect(problemsOf(wrong)).toEqual([
      expect.stringContaining("llms[0].id: 'm@low' is there twice"),
      expect.stringContaining('llms[1].efforts: there is a reasoning_effort already'),
    ])
  })

  test('reads embeddings and aliases', () => {
    const text = `providers: { p: { kind: simulated } }
llms: [{ id: a, provider: p }]
embeddings: [{ id: e, provider: p, model: text-embedding-3-small, price: { input: 0.02 }, dimensions: 256 }]
aliases: { gpt-4o: auto, claude-*: a, "*": "auto:2" }`
    const config = load(text)
    expect(config.embeddings).toEqual([
      {
        ...{ id: 'e', provider: 'p', upstreamModel: 'text-embedding-3-small', dimensions: 256 },
        price: { inputPerMillionTokensUsd: 0.02, outputPerMillionTokensUsd: 0 },
      },
    ])
    expect(config.aliases).toEqual([
      ['gpt-4o', 'auto'],
      ['claude-*', 'a'],
      ['*', 'auto:2'],
    ])
    const wrong = `providers: { p: { kind: simulated } }
llms: [{ id: a, provider: p }]
embeddings: [{ id: a, provider: q }]
aliases: { a: auto, b: gone, "auto:x": a, c: "auto:much", "d*e": a }`
    expect(problemsOf(wrong)).toEqual([expect.stringContaining('aliases.d*e: an alias has no spaces or commas')])
    expect(problemsOf(wrong.replace(', "d*e": a', ''))).toEqual([
      expect.stringContaining("embeddings[0].id: 'a' is there twice"),
      expect.stringContaining("embeddings[0].provider: there is no provider 'q'"),
      expect.stringContaining('aliases.a: an LLM has this name already'),
      expect.stringContaining("aliases.b: 'gone' is no LLM of llms and no form of auto"),
      expect.stringContaining('aliases.auto:x: auto, auto:… and tag:… have a meaning'),
      expect.stringContaining("aliases.c: 'auto:much' is no LLM"),
    ])
  })

  test('freezes everything', () => {
    const config = load('llms: [{ id: a, provider: p, tags: [x] }]\nproviders: { p: { kind: simulated } }')
    const writable = config as unknown as { server: { port: number }; llms: { tags: string[] }[] }
    expect(() => {
      writable.server.port = 1
    }).toThrow(TypeError)
    expect(() => writable.llms[0]?.tags.push('y')).toThrow(TypeError)
  })

  test('names every fault with its place', () => {
    const text = `server:
  prot: 9
  port: "x"
llms:
  - { id: a, provider: openia, price: { input: 1 } }
  - { id: "auto:x", provider: p }
  - { id: a, provider: p }
providers:
  p: {}
wat: 1
`
    expect(problemsOf(text)).toEqual([
      "/pointsman.yaml:2:3: server.prot: unknown key; did you mean 'port'?",
      '/pointsman.yaml:3:9: server.port: expected number, received string',
      '/pointsman.yaml:5:39: llms[0].price.output: missing; expected number',
      '/pointsman.yaml:6:11: llms[1].id: auto, auto:… and tag:… have a meaning of their own in requests',
      '/pointsman.yaml:9:6: providers.p: needs a preset or a base_url',
      expect.stringMatching(/^\/pointsman.yaml:10:1: wat: unknown key; known here: server, database,/),
    ])
    const references = 'llms: [{ id: a, provider: q }, { id: a, provider: p }]\nproviders: { p: { preset: openai } }'
    expect(problemsOf(references)).toEqual([
      "/pointsman.yaml:1:27: llms[0].provider: there is no provider 'q'",
      "/pointsman.yaml:1:38: llms[1].id: 'a' is there twice",
    ])
  })

  test('does not repeat a key that was written into the file', () => {
    const [problem] = problemsOf('providers: { p: { preset: openai, api_key: sk-live-123 } }')
    expect(problem).toContain('env:NAME')
    expect(problem).not.toContain('sk-live')
  })

  test('names the variable, the flag or the missing secret at fault', () => {
    expect(problemsOf('', { environment: { POINTSMAN_PORT: 'many' } })).toEqual([
      'POINTSMAN_PORT: server.port: expected number, received string',
    ])
    expect(problemsOf('', { flags: { port: 70_000 } })[0]).toMatch(/^--port: server.port: too big/)
    expect(problemsOf('providers: { p: { preset: openai, api_key: env:GONE } }')).toEqual([
      '/pointsman.yaml:1:44: providers.p.api_key: the environment variable GONE is not set',
    ])
  })

  test('is not misled by the variables Kubernetes sets for a service called pointsman', () => {
    expect(load('', { environment: { POINTSMAN_PORT: 'tcp://10.0.0.1:8400' } }).server.port).toBe(8400)
  })

  test('says which named file cannot be read', () => {
    expect(() => load(undefined, { flags: { config: 'gone.yaml' } })).toThrow(/gone\.yaml cannot be read \(ENOENT\)/)
  })
})

test('the configuration in docs/providers.md loads', () => {
  const page = readFileSync(path.join(repository, 'docs', 'providers.md'), 'utf8')
  const [, yaml = ''] = /```yaml\n([\s\S]+?)```/.exec(page) ?? []
  writeFileSync(path.join(folder, 'pointsman.yaml'), yaml)
  const config = loadConfig({ environment: { MY_AZURE_KEY: 'x' }, folder })
  expect(new Set(config.providers.map(({ kind }) => kind)).size).toBe(6)
  expect(config.llms).toHaveLength(7)
})

test('the example configuration loads', () => {
  const environment = { OPENAI_API_KEY: 'x', OPENROUTER_API_KEY: 'y' }
  const config = loadConfig({
    environment,
    folder,
    flags: { config: path.join(repository, 'examples', 'pointsman.yaml') },
  })
  expect(config.llms.length).toBeGreaterThan(2)
  expect(config.providers.length).toBeGreaterThan(1)
})

test('docs/pointsman.schema.json is what the schema says now; `npm run schema` renews it', () => {
  const stored: unknown = JSON.parse(readFileSync(path.join(repository, 'docs', 'pointsman.schema.json'), 'utf8'))
  expect(stored).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
})

test('every setting is described in the JSON schema', () => {
  const undescribed: string[] = []
  const visit = (schema: unknown, at: string) => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties, items, additionalProperties } = schema as { [keyword: string]: unknown }
    for (const [key, property] of Object.entries(properties ?? {})) {
      if (typeof property === 'object' && property !== null && !('description' in property)) undescribed.push(at + key)
      visit(property, `${at}${key}.`)
    }
    visit(items, `${at}[].`)
    visit(additionalProperties, `${at}*.`)
  }
  visit(configJsonSchema(), '')
  expect(undescribed).toEqual([])
})

test('reads fallbacks, choices as aliases, and a master key', () => {
  const file = `
server: { master_key: env:MASTER }
providers: { a: { base_url: http://localhost:1/v1 } }
llms:
  - { id: x, provider: a, fallbacks: [y] }
  - { id: y, provider: a }
aliases:
  both: { allow: [x, y] }
  cheap: { model: auto:cost, allow: [x] }
`
  const config = load(file, { environment: { MASTER: 'sk-1234' } })
  expect(config.llms[0]?.fallbacks).toEqual(['y'])
  expect(config.aliases).toEqual([
    ['both', 'auto', ['x', 'y']],
    ['cheap', 'auto:cost', ['x']],
  ])
  expect(config.server.masterKey?.reveal()).toBe('sk-1234')
  expect(JSON.stringify(config)).not.toContain('sk-1234')
  expect(problemsOf(file)).toEqual([
    expect.stringContaining('server.master_key: the environment variable MASTER is not set'),
  ])
  expect(problemsOf(file.replace('[y]', '[z]').replace('auto:cost', 'x'), { environment: { MASTER: 's' } })).toEqual([
    expect.stringContaining("llms[0].fallbacks[0]: 'z' is no LLM of llms"),
    expect.stringContaining("aliases.cheap.model: 'x' is no form of auto"),
  ])
})

describe('a LiteLLM file', () => {
  const file = `model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: sk-in-the-file
general_settings:
  master_key: os.environ/MASTER
`

  test('is read as it is, keys in it included, with a notice', () => {
    const config = load(file, { environment: { MASTER: 'sk-1234', POINTSMAN_PORT: '4000' } })
    expect(config.server.port).toBe(4000)
    expect(config.server.masterKey?.reveal()).toBe('sk-1234')
    expect(config.llms).toMatchObject([{ id: 'gpt-4o', provider: 'openai', upstreamModel: 'gpt-4o' }])
    expect(config.providers).toMatchObject([{ name: 'openai', preset: 'openai' }])
    const [provider] = config.providers
    expect(provider?.kind !== 'simulated' && provider?.apiKey?.reveal()).toBe('sk-in-the-file')
    expect(config.notices).toEqual([
      expect.stringMatching(/:5:7: model_list\[0\]\.litellm_params\.api_key: is a secret in the file itself/),
      'the master key has 7 characters, which can be guessed; make it 20 or more',
    ])
    expect(JSON.stringify(config)).not.toContain('sk-in-the-file')
  })

  test('names key and line of what is wrong, in its own terms', () => {
    expect(problemsOf(file)).toEqual([
      '/pointsman.yaml:7:15: general_settings.master_key: the environment variable MASTER is not set',
    ])
    const bad = file.replace('gpt-4o\n', 'a, b\n').replace('openai/gpt-4o', 'openai/*')
    expect(problemsOf(bad)).toEqual([
      expect.stringContaining('/pointsman.yaml:4:14: model_list[0].litellm_params.model: wildcards are not read'),
    ])
    expect(problemsOf(file.replace('gpt-4o\n', 'a, b\n'), { environment: { MASTER: 's' } })).toEqual([
      '/pointsman.yaml:2:17: model_list[0].model_name: an id has no spaces, commas or asterisks',
    ])
    expect(problemsOf(`${file}routing: { lambda: 2 }\n`)).toEqual([
      expect.stringContaining('/pointsman.yaml:8:1: routing: model_list makes this a LiteLLM file'),
    ])
  })
})
