import type { ProviderKind } from '../provider-kind.ts'
import type { MessageDialect, MessageFields, OpenAiDialect } from './openai-dialect.ts'
import {
  deepSeekParameters,
  deepSeekReasoningParameters,
  groqParameters,
  mistralParameters,
  ollamaParameters,
  openAiParameters,
  openAiReasoningParameters,
  openAiTakenUnthinking,
  openModelParameters,
  openRouterParameters,
  xAiParameters,
  xAiReasoningParameters,
} from './openai-parameters.ts'

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
  /** What those clients put behind that address themselves. */
  readonly pathBehindVariable?: string
  /** Runs on one's own machine, where a token has no list price. */
  readonly local: boolean
  readonly dialect: OpenAiDialect
}

type PresetTable = Readonly<
  Record<string, Omit<ProviderPreset, 'name' | 'local' | 'kind'> & Partial<Pick<ProviderPreset, 'local' | 'kind'>>>
>

/** Servers of open models read their own thinking back, and templates know the role `system` alone. */
const openModelMessages: MessageDialect = { keeps: ['reasoning_content', 'reasoning'] }

/** Of Mistral's OpenAPI document; what else a message holds is a 422, also where it says nothing: `refusal: null`. */
const mistralFields: MessageFields = {
  system: new Set(['role', 'content']),
  user: new Set(['role', 'content']),
  assistant: new Set(['role', 'content', 'tool_calls', 'prefix']),
  tool: new Set(['role', 'content', 'tool_call_id', 'name']),
}

/** Of Groq's API reference; what else a message holds is a 400. Its `name` is there and refused all the same. */
const groqFields: MessageFields = {
  system: new Set(['role', 'content']),
  user: new Set(['role', 'content']),
  assistant: new Set(['role', 'content', 'tool_calls', 'function_call']),
  tool: new Set(['role', 'content', 'tool_call_id']),
  function: new Set(['role', 'content', 'name']),
}

const table = {
  openai: {
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    keyVariable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    // Its reasoning models refuse `max_tokens`; all models take the newer name.
    dialect: {
      outputCapParameter: 'max_completion_tokens',
      parameters: openAiParameters,
      reasoningParameters: openAiReasoningParameters,
      takenUnthinking: openAiTakenUnthinking,
      messages: { keeps: [], developerRole: true, toolCallIds: 'short' },
    },
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
    baseUrlVariable: 'GOOGLE_GEMINI_BASE_URL',
    pathBehindVariable: '/v1beta',
    dialect: {},
  },
  openrouter: {
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariable: 'OPENROUTER_API_KEY',
    dialect: {
      parameters: openRouterParameters,
      thinkingAsReasoning: true,
      messages: {
        keeps: ['reasoning_details', 'reasoning_content', 'reasoning', 'cache_control'],
        developerRole: true,
        files: 'url_as_data',
      },
    },
  },
  groq: {
    title: 'Groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    keyVariable: 'GROQ_API_KEY',
    dialect: { parameters: groqParameters, messages: { keeps: [], fields: groqFields } },
  },
  deepseek: {
    title: 'DeepSeek',
    baseUrl: 'https://api.deepseek.com/v1',
    keyVariable: 'DEEPSEEK_API_KEY',
    // Its own thinking goes back with a tool loop, under the name it gave it.
    dialect: {
      outputCapParameter: 'max_tokens',
      parameters: deepSeekParameters,
      reasoningParameters: deepSeekReasoningParameters,
      messages: { keeps: ['reasoning_content'] },
    },
  },
  mistral: {
    title: 'Mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    keyVariable: 'MISTRAL_API_KEY',
    // Unknown fields are a 422 there: github.com/BerriAI/litellm/issues/9583 and 8978.
    dialect: {
      outputCapParameter: 'max_tokens',
      refusesStreamOptions: true,
      parameters: mistralParameters,
      renamed: { seed: 'random_seed', dimensions: 'output_dimension' },
      contentChunks: true,
      messages: {
        keeps: [],
        fields: mistralFields,
        toolCallIds: 'nine_alphanumerics',
        toolParts: true,
        files: 'document_url',
      },
    },
  },
  together: {
    title: 'Together AI',
    baseUrl: 'https://api.together.xyz/v1',
    keyVariable: 'TOGETHER_API_KEY',
    dialect: { outputCapParameter: 'max_tokens', parameters: openModelParameters, messages: openModelMessages },
  },
  fireworks: {
    title: 'Fireworks AI',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    keyVariable: 'FIREWORKS_API_KEY',
    dialect: { outputCapParameter: 'max_tokens', parameters: openModelParameters, messages: openModelMessages },
  },
  xai: {
    title: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    keyVariable: 'XAI_API_KEY',
    dialect: {
      parameters: xAiParameters,
      reasoningParameters: xAiReasoningParameters,
      messages: { keeps: [], developerRole: true },
    },
  },
  ollama: {
    title: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434/v1',
    keyVariable: undefined,
    local: true,
    dialect: { outputCapParameter: 'max_tokens', parameters: ollamaParameters, messages: openModelMessages },
  },
  vllm: {
    title: 'vLLM',
    baseUrl: 'http://127.0.0.1:8000/v1',
    keyVariable: undefined,
    local: true,
    dialect: { parameters: openModelParameters, messages: openModelMessages },
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
