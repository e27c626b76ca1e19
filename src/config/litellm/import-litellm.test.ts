import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { configFileSchema } from '../schema.ts'
import { importLiteLlm } from './import-litellm.ts'

const environment = {
  ...{ OPENAI_API_KEY: 'sk-of-openai', AZURE_API_BASE: 'https://eu.openai.azure.com/', AWS_REGION_NAME: 'eu-north-1' },
}

function read(text: string) {
  const imported = importLiteLlm(parse(text) as { [key: string]: unknown }, environment)
  return { ...imported, said: imported.notes.map(({ path, message }) => `${path.join('.')}: ${message}`) }
}

function one(params: object, info: object = {}) {
  const { value, problems, literals } = importLiteLlm(
    { model_list: [{ model_name: 'm', litellm_params: params, model_info: info }] },
    environment,
  )
  const { providers, llms } = value as { providers: { [name: string]: unknown }; llms: { [key: string]: unknown }[] }
  if (problems.length === 0) configFileSchema.parse(value)
  return { provider: providers, llm: llms[0], problems: problems.map(({ message }) => message), literals }
}

describe('a provider', () => {
  test.each([
    [
      { model: 'openai/gpt-4o', api_key: 'os.environ/KEY' },
      'gpt-4o',
      { openai: { preset: 'openai', api_key: 'env:KEY' } },
    ],
    [{ model: 'gpt-4o' }, 'gpt-4o', { openai: { preset: 'openai' } }],
    [{ model: 'claude-sonnet-4-5' }, 'claude-sonnet-4-5', { anthropic: { preset: 'anthropic' } }],
    [
      { model: 'openai/my/model', api_base: 'http://10.0.0.1:8000/v1/', api_key: 'os.environ/KEY' },
      'my/model',
      { openai: { base_url: 'http://10.0.0.1:8000/v1', api_key: 'env:KEY' } },
    ],
    [
      { model: 'anthropic/claude-x', api_base: 'https://proxy.example/v1', api_key: 'os.environ/KEY' },
      'claude-x',
      { anthropic: { preset: 'anthropic', base_url: 'https://proxy.example', api_key: 'env:KEY' } },
    ],
    [
      { model: 'azure/gpt-4o-eu', api_base: 'os.environ/AZURE_API_BASE', api_version: '2024-10-21' },
      'gpt-4o-eu',
      {
        azure: {
          kind: 'azure-openai',
          base_url: 'https://eu.openai.azure.com',
          api_key: 'env:AZURE_API_KEY',
          api_version: '2024-10-21',
        },
      },
    ],
    [
      { model: 'bedrock/converse/anthropic.claude-v2', aws_region_name: 'us-east-1' },
      'anthropic.claude-v2',
      { bedrock: { kind: 'bedrock', region: 'us-east-1' } },
    ],
    [
      { model: 'bedrock/eu-west-1/anthropic.claude-v2' },
      'anthropic.claude-v2',
      { bedrock: { kind: 'bedrock', region: 'eu-west-1' } },
    ],
    [{ model: 'bedrock/amazon.nova' }, 'amazon.nova', { bedrock: { kind: 'bedrock', region: 'eu-north-1' } }],
    [
      { model: 'openai/x', api_base: 'https://not-openai.com/v1', api_key: 'os.environ/KEY' },
      'x',
      { openai: { base_url: 'https://not-openai.com/v1', api_key: 'env:KEY' } },
    ],
    [
      {
        model: 'azure/x',
        api_base: 'https://a.openai.azure.com/openai/deployments/x/chat/completions?api-version=2024-02-01',
      },
      'x',
      { azure: { kind: 'azure-openai', base_url: 'https://a.openai.azure.com', api_key: 'env:AZURE_API_KEY' } },
    ],
    [{ model: 'gemini/gemini-2.5-pro' }, 'gemini-2.5-pro', { gemini: { preset: 'gemini' } }],
    [{ model: 'groq/llama' }, 'llama', { groq: { preset: 'groq' } }],
    [{ model: 'mistral/m' }, 'm', { mistral: { preset: 'mistral' } }],
    [{ model: 'deepseek/d' }, 'd', { deepseek: { preset: 'deepseek' } }],
    [{ model: 'xai/grok' }, 'grok', { xai: { preset: 'xai' } }],
    [{ model: 'openrouter/a/b:free' }, 'a/b:free', { openrouter: { preset: 'openrouter' } }],
    [{ model: 'together_ai/a/b' }, 'a/b', { together: { preset: 'together' } }],
    [{ model: 'fireworks_ai/accounts/x' }, 'accounts/x', { fireworks: { preset: 'fireworks' } }],
    [
      { model: 'ollama_chat/llama3', api_base: 'http://localhost:11434' },
      'llama3',
      { ollama: { preset: 'ollama', base_url: 'http://localhost:11434/v1' } },
    ],
    [
      { model: 'hosted_vllm/q', api_base: 'http://gpu:8000/v1' },
      'q',
      { vllm: { preset: 'vllm', base_url: 'http://gpu:8000/v1' } },
    ],
    [{ model: 'lm_studio/q', api_base: 'http://gpu:1234/v1' }, 'q', { lm_studio: { base_url: 'http://gpu:1234/v1' } }],
    [
      { model: 'openai/responses/o3-pro', timeout: 30, stream_timeout: '2.5', organization: 'org' },
      'o3-pro',
      {
        'openai-responses': {
          kind: 'openai-responses',
          preset: 'openai',
          headers: { 'OpenAI-Organization': 'org' },
          timeouts: { total_ms: 30_000, first_token_ms: 2_500 },
        },
      },
    ],
  ])('of %j', (params, model, provider) => {
    const read = one(params)
    expect(read.problems).toEqual([])
    expect(read.provider).toEqual(provider)
    expect(read.llm?.model).toBe(model)
  })

  test.each([
    [{ model: 'openai/*' }, 'wildcards are not read'],
    [{ model: 'vertex_ai/gemini-pro' }, "the provider 'vertex_ai' is not known here. Known: openai, anthropic"],
    [{ model: 'perplexity/sonar' }, 'if it speaks the API of OpenAI, give its api_base'],
    [{ model: 'mystery' }, 'does not say its provider; write it before the name, such as openai/mystery'],
    [{ model: 'azure/x' }, 'needs an api_base'],
    [{ model: 'azure/x', api_base: 'os.environ/NOT_SET' }, 'the environment variable NOT_SET is not set'],
    [{}, 'missing; such as openai/gpt-4o'],
    [{ model: 'gpt-4o', timeout: 'soon' }, 'must be a number'],
    [{ model: 'openai/x', api_base: 'https://h/v1?key=sk-literal' }, 'it may hold no query'],
    [{ model: 'lm_studio/x', api_base: 'https://u:sk-literal@h/v1' }, 'it may hold no name or password'],
  ])('is refused of %j', (params, message) => {
    expect(one(params).problems).toEqual([expect.stringContaining(message)])
  })

  test('takes a key that stands in the file under the name of a variable', () => {
    const { provider, literals } = one({ model: 'openai/gpt-4o', api_key: 'sk-literal' })
    expect(provider).toEqual({ openai: { preset: 'openai', api_key: 'env:OPENAI_API_KEY_2' } })
    expect(literals).toEqual({ OPENAI_API_KEY_2: 'sk-literal' })
  })
})

test('prices are per million, with tiers; figures of capabilities are carried over', () => {
  const { llm } = one(
    { model: 'gemini/g', input_cost_per_token: '1e-6' },
    {
      output_cost_per_token: 0.00000015,
      cache_read_input_token_cost: 2.5e-7,
      cache_creation_input_token_cost: 1.25e-6,
      output_cost_per_reasoning_token: 3e-6,
      input_cost_per_token_above_200k_tokens: 2e-6,
      max_input_tokens: 1_000_000,
      max_output_tokens: 65_536,
      supports_vision: true,
      supports_function_calling: false,
    },
  )
  const rates = { input: 1, output: 0.15, cached_input: 0.25, cache_write: 1.25, reasoning: 3 }
  expect(llm?.price).toEqual({ ...rates, tiers: [{ above_input_tokens: 200_000, ...rates, input: 2 }] })
  expect(llm?.capabilities).toEqual({
    context_window_tokens: 1_000_000,
    max_output_tokens: 65_536,
    vision: true,
    tools: false,
  })
})

const file = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: azure/gpt-4o-eu, api_base: os.environ/AZURE_API_BASE, rpm: 6 }
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5 }
  - model_name: embed
    litellm_params: { model: openai/text-embedding-3-small }
    model_info: { mode: embedding, input_cost_per_token: 0.00000002 }
  - model_name: picture
    litellm_params: { model: openai/dall-e-3 }
    model_info: { mode: image_generation }
litellm_settings:
  drop_params: true
  request_timeout: 600
  success_callback: [langfuse]
  fallbacks: [{ gpt-4o: [claude, nobody] }]
router_settings:
  model_group_alias: { gpt-4: gpt-4o, sonnet: claude }
  default_fallbacks: [gpt-4o]
general_settings:
  master_key: sk-1234
  database_url: postgresql://user:secret@host/db
`

describe('a whole file', () => {
  test('becomes settings of ours', () => {
    const { value, literals, problems } = read(file)
    expect(problems).toEqual([])
    expect(literals).toEqual({ LITELLM_MASTER_KEY: 'sk-1234' })
    const timeouts = { total_ms: 600_000 }
    expect(value).toEqual({
      server: { master_key: 'env:LITELLM_MASTER_KEY' },
      providers: {
        azure: {
          kind: 'azure-openai',
          base_url: 'https://eu.openai.azure.com',
          api_key: 'env:AZURE_API_KEY',
          timeouts,
        },
        openai: { preset: 'openai', timeouts },
        anthropic: { preset: 'anthropic', timeouts },
      },
      llms: [
        { id: 'gpt-4o#1', provider: 'azure', model: 'gpt-4o-eu', fallbacks: ['claude'] },
        { id: 'gpt-4o#2', provider: 'openai', model: 'gpt-4o', fallbacks: ['claude'] },
        { id: 'claude', provider: 'anthropic', model: 'claude-sonnet-4-5', fallbacks: ['gpt-4o#1', 'gpt-4o#2'] },
      ],
      embeddings: [{ id: 'embed', provider: 'openai', model: 'text-embedding-3-small', price: { input: 0.02 } }],
      aliases: {
        'gpt-4o': { model: 'auto', allow: ['gpt-4o#1', 'gpt-4o#2'] },
        'gpt-4': { model: 'auto', allow: ['gpt-4o#1', 'gpt-4o#2'] },
        sonnet: 'claude',
      },
    })
    expect(() => configFileSchema.parse(value)).not.toThrow()
  })

  test('leaves nothing out in silence, and says no secret', () => {
    const { said } = read(file)
    expect(said).toEqual([
      'model_list.0.litellm_params.rpm: gpt-4o: not carried over',
      "model_list.4.model_info.mode: picture: the mode 'image_generation' is not served here; left out",
      "litellm_settings.fallbacks.0.gpt-4o.1: 'nobody' is no chat model of model_list; left out",
      'general_settings.master_key: is a secret in the file itself; better an environment variable: os.environ/LITELLM_MASTER_KEY',
      'litellm_settings.success_callback: not carried over: see /metrics and /v1/decisions',
      'general_settings.database_url: not carried over: keys, decisions and feedback are kept in a SQLite file, see database',
    ])
    expect(said.join()).not.toMatch(/sk-1234|secret@/)
  })

  test('says where each setting stood', () => {
    const { places } = read(file)
    expect(places.get('llms[2]')).toEqual(['model_list', 2])
    expect(places.get('providers.anthropic')).toEqual(['model_list', 2, 'litellm_params'])
    expect(places.get('aliases.sonnet')).toEqual(['router_settings', 'model_group_alias', 'sonnet'])
  })

  test('whatever it holds, it is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue(), fc.jsonValue(), (entry, settings, info) => {
        const entries = Array.isArray(entry)
          ? entry
          : [entry, { model_name: 'm', litellm_params: entry, model_info: info }]
        importLiteLlm(
          {
            model_list: entries,
            litellm_settings: settings,
            router_settings: { fallbacks: settings, default_fallbacks: settings, model_group_alias: settings },
            general_settings: { master_key: settings },
            environment_variables: settings,
          },
          environment,
        )
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('what real files hold', () => {
  const said = ({ notes }: { readonly notes: readonly { readonly message: string }[] }) => notes.map((n) => n.message)

  test('credentials by name, with the settings of the model before them', () => {
    const { value, problems } = read(`
model_list:
  - { model_name: a, litellm_params: { model: openai/x, litellm_credential_name: house } }
  - { model_name: b, litellm_params: { model: openai/x, litellm_credential_name: house, api_key: os.environ/OWN } }
credential_list:
  - credential_name: house
    credential_values: { api_key: os.environ/HOUSE_KEY, api_base: "http://house/v1" }`)
    expect(problems).toEqual([])
    expect(value.providers).toEqual({
      openai: { base_url: 'http://house/v1', api_key: 'env:HOUSE_KEY' },
      'openai-2': { base_url: 'http://house/v1', api_key: 'env:OWN' },
    })
    const lost = {
      model_list: [{ model_name: 'a', litellm_params: { model: 'gpt-4o', litellm_credential_name: 'x' } }],
    }
    expect(importLiteLlm(lost, environment).problems.map(({ message }) => message)).toEqual([
      "there is no 'x' in credential_list",
    ])
  })

  test('embedding models without a mode, several of one name, and of services that have none here', () => {
    const imported = read(`
model_list:
  - { model_name: embed, litellm_params: { model: openai/text-embedding-3-small } }
  - { model_name: embed, litellm_params: { model: azure/embedding-eu, api_base: "https://eu.openai.azure.com" } }
  - { model_name: titan, litellm_params: { model: bedrock/amazon.titan-embed-text-v2:0, aws_region_name: us-east-1 } }
  - { model_name: speech, litellm_params: { model: openai/whisper-1 } }
  - { model_name: chat, litellm_params: { model: gpt-4o } }
router_settings: { model_group_alias: { e: embed } }`)
    expect(imported.problems).toEqual([])
    expect(imported.value).toMatchObject({ embeddings: [{ id: 'embed', provider: 'openai' }], llms: [{ id: 'chat' }] })
    expect(said(imported)).toEqual([
      'titan: embeddings of bedrock are not served here; left out',
      "speech: the mode 'audio_transcription' is not served here; left out",
      "'embed' is an embedding model already: the first one of a name serves, this one is left out",
      "'embed' is no chat model of model_list; left out",
    ])
  })

  test('secrets in headers, which move to variables as keys do', () => {
    const { provider, literals } = one({
      ...{ model: 'openai/x', api_base: 'http://h/v1', api_key: '' },
      extra_headers: { 'X-Api-Key': 'sk-literal', 'X-Team': 'blue', authorization: 'os.environ/HEADER' },
    })
    expect(provider).toEqual({
      openai: {
        base_url: 'http://h/v1',
        headers: { 'X-Api-Key': 'env:X_API_KEY_HEADER', 'X-Team': 'blue', authorization: 'env:HEADER' },
      },
    })
    expect(literals).toEqual({ X_API_KEY_HEADER: 'sk-literal' })
  })

  test("the vendor's own address, written out, which gets the vendor's key", () => {
    const { provider } = one({ model: 'openai/gpt-4o', api_base: 'https://api.openai.com/v1/' })
    expect(provider).toEqual({
      openai: { preset: 'openai', base_url: 'https://api.openai.com/v1', api_key: 'env:OPENAI_API_KEY' },
    })
  })

  test('fallbacks of and to other names of a group, and more of them than are taken', () => {
    const names = Array.from({ length: 12 }, (_, index) => `m${index}`)
    const { value, notes } = importLiteLlm(
      {
        model_list: names.map((model_name) => ({ model_name, litellm_params: { model: 'gpt-4o' } })),
        router_settings: { model_group_alias: { first: 'm0', second: { model: 'm1' } } },
        litellm_settings: { fallbacks: [{ first: ['second'] }, { m2: names.slice(1) }] },
      },
      environment,
    )
    const llms = value.llms as readonly { readonly fallbacks?: readonly string[] }[]
    expect(llms[0]?.fallbacks).toEqual(['m1'])
    expect(llms[2]?.fallbacks).toHaveLength(10)
    expect(said({ notes })).toEqual(['m2: only the first 10 LLMs are carried over'])
  })

  test('times without end, which are as long as a timer can be', () => {
    const { provider } = one({ model: 'gpt-4o', timeout: 1e30 })
    expect(provider).toMatchObject({ openai: { timeouts: { total_ms: 2_147_483_647 } } })
  })

  test('fallbacks of everything, where a model has none of its own, whatever the order', () => {
    const { value } = importLiteLlm(
      {
        model_list: ['a', 'b', 'c'].map((model_name) => ({ model_name, litellm_params: { model: 'gpt-4o' } })),
        router_settings: { fallbacks: [{ '*': ['c'] }, { a: ['b'] }, { '*': ['a'] }] },
      },
      environment,
    )
    const llms = value.llms as readonly { readonly fallbacks?: readonly string[] }[]
    expect(llms.map(({ fallbacks }) => fallbacks)).toEqual([['b'], ['c'], undefined])
  })

  test.each([
    [{ model: 'gpt-4o', api_key: 'os.environ/MY-KEY' }, 'names no environment variable'],
    [{ model: 'gpt-4o', litellm_credential_name: 'x' }, "there is no 'x' in credential_list"],
  ])('refuses %j', (params, message) => {
    expect(one(params).problems).toEqual([message])
  })

  test('an empty master key does not open the gateway', () => {
    const file = { model_list: [{ model_name: 'a', litellm_params: { model: 'gpt-4o' } }] }
    const { problems } = importLiteLlm({ ...file, general_settings: { master_key: '' } }, environment)
    expect(problems).toMatchObject([{ path: ['general_settings', 'master_key'] }])
  })
})
