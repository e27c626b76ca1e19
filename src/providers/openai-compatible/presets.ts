import type { ProviderKind } from '../provider-kind.ts'

/** How an upstream departs from OpenAI's chat completions. */
export interface OpenAiDialect {
  /** The one name it knows for the cap on output tokens; the other one is renamed. Both pass when undefined. */
  readonly outputCapParameter?: 'max_tokens' | 'max_completion_tokens'
  /** It refuses `stream_options`; usage comes without asking. */
  readonly refusesStreamOptions?: boolean
}

/** What is known beforehand about a provider. */
export interface ProviderPreset {
  readonly name: string
  /** For people. */
  readonly title: string
  /** The API it speaks; `dialect` is of chat completions alone. */
  readonly kind: ProviderKind
  readonly baseUrl: string
  /** Environment variable that holds its key; undefined: a local server, which needs none. */
  readonly keyVariable: string | undefined
  /** Another variable that may hold the same key, where the vendor's own clients read it too. */
  readonly otherKeyVariable?: string
  /** Variable of a bearer token, which serves where there is no key. */
  readonly tokenVariable?: string
  /** Variable by which the vendor's own clients are sent to another address, and the key with them. */
  readonly baseUrlVariable?: string
  /** Runs on one's own machine, where a token has no list price. */
  readonly local: boolean
  readonly dialect: OpenAiDialect
}

type PresetTable = Readonly<
  Record<string, Omit<ProviderPreset, 'name' | 'local' | 'kind'> & Partial<Pick<ProviderPreset, 'local' | 'kind'>>>
>

const table = {
  openai: {
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    keyVariable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    // Its reasoning models refuse `max_tokens`; all models take the newer name.
    dialect: { outputCapParameter: 'max_completion_tokens' },
  },
  anthropic: {
    title: 'Anthropic',
    kind: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    keyVariable: 'ANTHROPIC_API_KEY',
    tokenVariable: 'ANTHROPIC_AUTH_TOKEN',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    dialect: {},
  },
  gemini: {
    title: 'Google Gemini',
    kind: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    keyVariable: 'GEMINI_API_KEY',
    otherKeyVariable: 'GOOGLE_API_KEY',
    dialect: {},
  },
  openrouter: {
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariable: 'OPENROUTER_API_KEY',
    dialect: {},
  },
  groq: { title: 'Groq', baseUrl: 'https://api.groq.com/openai/v1', keyVariable: 'GROQ_API_KEY', dialect: {} },
  deepseek: {
    title: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com/v1',
    keyVariable: 'DEEPSEEK_API_KEY',
    dialect: { outputCapParameter: 'max_tokens' },
  },
  mistral: {
    title: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    keyVariable: 'MISTRAL_API_KEY',
    // Unknown fields are a 422 there: github.com/BerriAI/litellm/issues/9583 and 8978.
    dialect: { outputCapParameter: 'max_tokens', refusesStreamOptions: true },
  },
  together: {
    title: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    keyVariable: 'TOGETHER_API_KEY',
    dialect: { outputCapParameter: 'max_tokens' },
  },
  fireworks: {
    title: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyVariable: 'FIREWORKS_API_KEY',
    dialect: { outputCapParameter: 'max_tokens' },
  },
  xai: { title: 'xAI', baseUrl: 'https://api.x.ai/v1', keyVariable: 'XAI_API_KEY', dialect: {} },
  ollama: {
    title: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    keyVariable: undefined,
    local: true,
    dialect: { outputCapParameter: 'max_tokens' },
  },
  vllm: {
    title: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000/v1',
    keyVariable: undefined,
    local: true,
    dialect: {},
  },
} as const satisfies PresetTable

/** In the order in which first start looks for their keys. */
export const providerPresets: readonly ProviderPreset[] = Object.entries<PresetTable[string]>(table).map(
  ([name, preset]) => ({ local: false, kind: 'openai-compatible', ...preset, name }),
)

/** @returns undefined for a name that no preset has. */
export function providerPreset(name: string): ProviderPreset | undefined {
  return providerPresets.find((preset) => preset.name === name)
}
