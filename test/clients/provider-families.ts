import { AnthropicUpstream } from '../upstreams/anthropic-upstream.ts'
import { AzureOpenAiUpstream } from '../upstreams/azure-openai-upstream.ts'
import { BedrockUpstream } from '../upstreams/bedrock-upstream.ts'
import type { FixtureUpstream } from '../upstreams/fixture-upstream.ts'
import { GeminiUpstream } from '../upstreams/gemini-upstream.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'

/** An API that upstreams speak, with a fixture server that keeps to it. */
export interface ProviderFamily {
  readonly name: FamilyName
  /** For people. */
  readonly title: string
  readonly createUpstream: () => FixtureUpstream
  /** The entry under `providers` of `pointsman.yaml`. */
  readonly provider: (origin: string) => Readonly<Record<string, unknown>>
  /** What its key variable holds. */
  readonly environment: Readonly<Record<string, string>>
  /** Names of models at the fixture server: one that answers at once, and one that thinks before. */
  readonly model: string
  readonly thinkingModel: string
  /** One that embeds, where the API has embeddings. */
  readonly embeddingModel?: string
}

export const familyNames = ['openai', 'responses', 'azure', 'anthropic', 'gemini', 'bedrock'] as const

export type FamilyName = (typeof familyNames)[number]

/** In the order of the columns of the published matrix. */
export const providerFamilies: readonly ProviderFamily[] = [
  {
    name: 'openai',
    title: 'OpenAI chat completions',
    createUpstream: () => new OpenAiUpstream(),
    provider: (origin) => ({ preset: 'openai', base_url: `${origin}/v1`, api_key: 'env:FIXTURE_OPENAI_KEY' }),
    environment: { FIXTURE_OPENAI_KEY: 'sk-reference' },
    model: 'ref-chat',
    thinkingModel: 'ref-reasoning',
    embeddingModel: 'ref-embedding',
  },
  {
    name: 'responses',
    title: 'OpenAI Responses',
    createUpstream: () => new OpenAiUpstream(),
    provider: (origin) => ({
      kind: 'openai-responses',
      preset: 'openai',
      base_url: `${origin}/v1`,
      api_key: 'env:FIXTURE_OPENAI_KEY',
    }),
    environment: { FIXTURE_OPENAI_KEY: 'sk-reference' },
    model: 'ref-chat',
    thinkingModel: 'ref-reasoning',
    embeddingModel: 'ref-embedding',
  },
  {
    name: 'azure',
    title: 'Azure OpenAI',
    createUpstream: () => new AzureOpenAiUpstream(),
    provider: (origin) => ({ kind: 'azure-openai', base_url: origin, api_key: 'env:FIXTURE_AZURE_KEY' }),
    environment: { FIXTURE_AZURE_KEY: 'sk-reference' },
    model: 'ref-chat',
    thinkingModel: 'ref-reasoning',
    embeddingModel: 'ref-embedding',
  },
  {
    name: 'anthropic',
    title: 'Anthropic Messages',
    createUpstream: () => new AnthropicUpstream(),
    provider: (origin) => ({ preset: 'anthropic', base_url: origin, api_key: 'env:FIXTURE_ANTHROPIC_KEY' }),
    environment: { FIXTURE_ANTHROPIC_KEY: 'sk-ant-reference' },
    model: 'claude-haiku-4-5',
    thinkingModel: 'claude-sonnet-4-6',
  },
  {
    name: 'gemini',
    title: 'Google Gemini',
    createUpstream: () => new GeminiUpstream(),
    provider: (origin) => ({ preset: 'gemini', base_url: `${origin}/v1beta`, api_key: 'env:FIXTURE_GEMINI_KEY' }),
    environment: { FIXTURE_GEMINI_KEY: 'AIza-reference' },
    model: 'gemini-2.5-flash',
    thinkingModel: 'gemini-3.8-flash',
    embeddingModel: 'gemini-embedding-001',
  },
  {
    name: 'bedrock',
    title: 'Amazon Bedrock Converse',
    createUpstream: () => new BedrockUpstream(),
    provider: (origin) => ({
      kind: 'bedrock',
      base_url: origin,
      region: 'us-east-1',
      access_key_id: 'env:FIXTURE_AWS_ID',
      secret_access_key: 'env:FIXTURE_AWS_SECRET',
      session_token: 'env:FIXTURE_AWS_SESSION',
    }),
    environment: {
      FIXTURE_AWS_ID: 'AKIAREFERENCE',
      FIXTURE_AWS_SECRET: 'reference/secret+key',
      FIXTURE_AWS_SESSION: 'reference//session+token==',
    },
    model: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    thinkingModel: 'anthropic.claude-opus-4-6-v1',
  },
]

/** The ids under which callers name a family's LLMs. */
export function llmOf(family: FamilyName): string {
  return `via-${family}`
}

export function thinkingLlmOf(family: FamilyName): string {
  return `thinking-via-${family}`
}

export function embeddingModelOf(family: FamilyName): string {
  return `embedding-via-${family}`
}
