import type { ChatProvider } from './chat-provider.ts'
import type { UpstreamOptions } from './http/upstream-http.ts'
import { OpenAiCompatibleProvider } from './openai-compatible/openai-compatible-provider.ts'
import type { OpenAiDialect } from './openai-compatible/openai-dialect.ts'
import type { ProviderKind } from './provider-kind.ts'

/** Where an upstream is and how it knows us, whatever API it speaks; each kind takes what it has a use for. */
export interface UpstreamSettings extends Omit<UpstreamOptions, 'baseUrl'> {
  readonly kind: ProviderKind
  /** Undefined for Bedrock alone, where the region tells it. */
  readonly baseUrl: string | undefined
  /** Of chat completions. */
  readonly dialect?: OpenAiDialect | undefined
  readonly apiKey?: string | undefined
  readonly authToken?: string | undefined
  readonly apiVersion?: string | undefined
  readonly region?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  readonly sessionToken?: string | undefined
  readonly bearerToken?: string | undefined
}

/** A provider of the kind. Each API's code is loaded when something speaks it. */
export async function openUpstream(settings: UpstreamSettings): Promise<ChatProvider> {
  const { kind, baseUrl, dialect, apiKey } = settings
  const required = { ...settings, baseUrl: baseUrl ?? '' }
  switch (kind) {
    case 'openai-responses': {
      const { OpenAiResponsesProvider } = await import('./openai-responses/openai-responses-provider.ts')
      return new OpenAiResponsesProvider(required)
    }
    case 'azure-openai': {
      const { AzureOpenAiProvider } = await import('./azure-openai/azure-openai-provider.ts')
      return new AzureOpenAiProvider(required)
    }
    case 'anthropic': {
      const { AnthropicProvider } = await import('./anthropic/anthropic-provider.ts')
      return new AnthropicProvider(required)
    }
    case 'gemini': {
      const { GeminiProvider } = await import('./gemini/gemini-provider.ts')
      return new GeminiProvider(required)
    }
    case 'bedrock': {
      const { BedrockProvider } = await import('./bedrock/bedrock-provider.ts')
      if (settings.region === undefined) throw new Error(`The provider ${settings.name} needs a region`)
      return new BedrockProvider({ ...required, region: settings.region })
    }
    case 'openai-compatible':
      return new OpenAiCompatibleProvider({ ...required, apiKey, dialect: dialect ?? {} })
  }
}
