import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider } from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../embedding-provider.ts'
import type { UpstreamOptions } from '../http/upstream-http.ts'
import { OpenAiCompatibleProvider, type OpenAiOperation } from '../openai-compatible/openai-compatible-provider.ts'
import type { OpenAiDialect } from '../openai-compatible/openai-dialect.ts'
import { openAiTakenUnthinking } from '../openai-compatible/openai-parameters.ts'
import { azureOpenAiParameters, azureOpenAiReasoningParameters } from './azure-openai-parameters.ts'

export interface AzureOpenAiOptions extends UpstreamOptions {
  /** Sent as `api-key`. */
  readonly apiKey?: string | undefined
  /** A token of Microsoft Entra, sent as a bearer token; its renewal is its owner's business. */
  readonly authToken?: string | undefined
  /**
   * A dated version, such as `2024-10-21`, means the paths by deployment. Undefined, `v1`, `latest` or `preview`: the paths
   * of `/openai/v1`, which need none; `latest` and `preview` are sent along.
   */
  readonly apiVersion?: string | undefined
}

const dialect: OpenAiDialect = {
  // Its reasoning models refuse `max_tokens`; all models take the newer name.
  outputCapParameter: 'max_completion_tokens',
  parameters: azureOpenAiParameters,
  reasoningParameters: azureOpenAiReasoningParameters,
  takenUnthinking: openAiTakenUnthinking,
  messages: { keeps: [], developerRole: true, toolCallIds: 'short' },
}

/**
 * OpenAI's models on Azure: OpenAI's chat completions and embeddings at other paths and with another header. A model's name
 * upstream is that of its deployment. Results of content filters stay in the answers, where Azure puts them.
 */
export class AzureOpenAiProvider implements ChatProvider, EmbeddingProvider {
  readonly #openAi: OpenAiCompatibleProvider

  /** @param options `baseUrl` is the resource's address, with `/openai` or `/openai/v1` behind it or without. */
  constructor(options: AzureOpenAiOptions) {
    const { apiKey, authToken, apiVersion, baseUrl, ...upstream } = options
    this.#openAi = new OpenAiCompatibleProvider({
      ...upstream,
      headers: {
        ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
        ...(authToken === undefined ? {} : { authorization: `Bearer ${authToken}` }),
        ...options.headers,
      },
      baseUrl: baseUrl.replace(/\/+$/, '').replace(/\/openai(?:\/v1)?$/, ''),
      dialect,
      pathOf: pathsOf(apiVersion),
    })
  }

  complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    return this.#openAi.complete(call, signal)
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return this.#openAi.stream(call, signal)
  }

  embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer> {
    return this.#openAi.embed(call, signal)
  }

  /** The models of the resource; its deployments are listed to its administrators alone. */
  probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    return this.#openAi.probe(signal)
  }

  close(): Promise<void> {
    return this.#openAi.close()
  }
}

function pathsOf(apiVersion: string | undefined): (operation: OpenAiOperation, deployment: string) => string {
  if (apiVersion === undefined || apiVersion === 'v1') return (operation) => `/openai/v1${operation}`
  const version = `?api-version=${encodeURIComponent(apiVersion)}`
  if (!/^\d{4}-/.test(apiVersion)) return (operation) => `/openai/v1${operation}${version}`
  return (operation, deployment) =>
    operation === '/models'
      ? `/openai/models${version}`
      : `/openai/deployments/${encodeURIComponent(deployment)}${operation}${version}`
}
