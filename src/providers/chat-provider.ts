import type { TokenUsage } from '../routing/registry/token-price.ts'

/** JSON as it came, untouched where we do not need it. */
export type JsonObject = { [field: string]: unknown }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One message of a conversation, in the shape of OpenAI's chat completions: our neutral form. */
export interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

/** A chat request in OpenAI's shape. Parameters we do not know travel on untouched. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  readonly [parameter: string]: unknown
}

/** One call of one model at one upstream. */
export interface ChatCall {
  /** The model's name at the upstream. */
  readonly upstreamModel: string
  /** Without `model`, `stream` and our own `pointsman` field; the provider sets what its API needs. */
  readonly request: ChatRequest
}

/** A whole answer, in OpenAI's shape as the upstream wrote it. */
export interface ChatCompletion {
  readonly body: JsonObject
  readonly usage: TokenUsage | undefined
  /** The model id the upstream says answered. */
  readonly reportedModel: string | undefined
}

/**
 * One event of a streamed answer. `content` carries something the caller can see or act on (text, reasoning, a tool
 * call, a refusal); until the first of them we may still fall back. `metadata` is everything else: the role preamble,
 * the finish reason, usage. A stream that ends without `finished` broke off, whatever the socket says.
 *
 * Every chunk is one the upstream sent, once, in its order; none is made up. `usage` is what its chunk says and may ride
 * on any of them: on the last (OpenAI), on the last content (Mistral), on each, growing (vLLM with
 * `continuous_usage_stats`). It counts from the start of the call, so that the latest replaces those before, and it is
 * a bill only when `finished` follows. Who owes its caller a usage chunk of its own makes it from the latest.
 */
export type ChatEvent =
  | { readonly type: 'content'; readonly chunk: JsonObject; readonly usage?: TokenUsage }
  | {
      readonly type: 'metadata'
      readonly chunk: JsonObject
      readonly usage?: TokenUsage
      readonly reportedModel?: string
    }
  | { readonly type: 'finished' }

/** Calls upstream LLMs. Wrappers in `resilience/` are providers too. */
export interface ChatProvider {
  /** @throws {ProviderError} */
  complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion>
  /** Throws {ProviderError} from `next()`; `return()` closes the upstream connection. */
  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent>
  /** Whether the upstream can be reached with the configured credentials; for `doctor` and readiness. */
  probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }>
  /** Idempotent. */
  close(): Promise<void>
}
