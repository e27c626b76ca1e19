import type { TokenUsage } from '../routing/registry/token-price.ts'

/** JSON as it came, untouched where we do not need it. */
export type JsonObject = { [field: string]: unknown }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One message of a conversation, in our neutral form: OpenAI's chat completions, with the additions of `neutral/`. */
export interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

/** A chat request in the neutral form. Parameters we do not know travel on untouched. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  readonly [parameter: string]: unknown
}

/** APIs that callers speak to us beside chat completions, and that upstreams may speak too. */
export type ForeignDialect = 'messages' | 'responses'

/** A request as its caller wrote it, in another API than chat completions. */
export interface NativeRequest {
  readonly dialect: ForeignDialect
  /** Without `model`, `stream` and our own `pointsman` field. */
  readonly body: JsonObject
  /** Headers of that API that change what a request means, such as `anthropic-beta`. */
  readonly headers: { readonly [name: string]: string }
}

/** What is asked, whoever answers. */
export interface ChatAsk {
  /** Without `model`, `stream` and our own `pointsman` field; the provider sets what its API needs. */
  readonly request: ChatRequest
  /**
   * The same request untranslated. A provider of that API sends it instead, so that nothing of it is lost, and answers in
   * that dialect; all others send their translation of `request`.
   */
  readonly native?: NativeRequest | undefined
  /** Whether the cap on output may be lowered to what the model can write: its API asks for a cap, whatever is needed. */
  readonly outputCapMayFall?: boolean | undefined
}

/** One call of one model at one upstream. */
export interface ChatCall extends ChatAsk {
  /** The model's name at the upstream. */
  readonly upstreamModel: string
  /** The LLM's own effort, which replaces what the request says; undefined: as the request says. */
  readonly reasoningEffort?: string | undefined
  /**
   * Whether the caller named this very LLM: what its model refuses of a `native` request is then for the caller to hear of.
   * Else the request may be fitted to the model, which somebody else chose.
   */
  readonly asWritten?: boolean | undefined
  /** Whether the model reasons, where that is known: OpenAI's take other parameters then. */
  readonly reasons?: boolean | undefined
}

/** A whole answer. */
export interface ChatCompletion {
  /** In the neutral form, or in `dialect`'s. */
  readonly body: JsonObject
  /** Undefined: the neutral form. Else the dialect of the call's `native` request, as the upstream wrote it. */
  readonly dialect?: ForeignDialect | undefined
  readonly usage: TokenUsage | undefined
  /** The model id the upstream says answered. */
  readonly reportedModel: string | undefined
}

/**
 * One event of a streamed answer. `content` carries something the caller can see or act on (text, reasoning, a tool
 * call, a refusal); until the first of them we may still fall back. `metadata` is everything else: the role preamble,
 * the finish reason, usage. A stream that ends without `finished` broke off, whatever the socket says.
 *
 * `chunk` is in the neutral form (`chat.completion.chunk`), or an event of `dialect` as the upstream sent it, each once and in
 * order: none is made up beyond what translation takes. `usage` is what its chunk says and may ride on any of them: on
 * the last (OpenAI), on the last content (Mistral), on each, growing (vLLM with `continuous_usage_stats`). It counts
 * from the start of the call, so that the latest replaces those before, and it is a bill only when `finished` follows.
 * Who owes its caller a usage chunk of its own makes it from the latest.
 */
export type ChatEvent = ChunkEvent | { readonly type: 'finished' }

export type ChunkEvent =
  | {
      readonly type: 'content'
      readonly chunk: JsonObject
      readonly dialect?: ForeignDialect
      readonly usage?: TokenUsage
      /** Where it is easily told; a stream says it at least once, here or with `metadata`. */
      readonly reportedModel?: string
    }
  | {
      readonly type: 'metadata'
      readonly chunk: JsonObject
      readonly dialect?: ForeignDialect
      readonly usage?: TokenUsage
      readonly reportedModel?: string
    }

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
