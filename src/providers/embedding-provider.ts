import type { TokenUsage } from '../routing/registry/token-price.ts'
import type { ChatCall, ChatProvider } from './chat-provider.ts'

/** One call of one embedding model. */
export interface EmbeddingCall {
  readonly upstreamModel: string
  /** Texts, or token ids of the model's own tokenizer. */
  readonly input: readonly (string | readonly number[])[]
  /** Length of the vectors wished for; undefined: the model's own. */
  readonly dimensions?: number | undefined
  readonly user?: string | undefined
}

export interface EmbeddingAnswer {
  /** One per input, in order. */
  readonly embeddings: readonly (readonly number[])[]
  readonly usage: TokenUsage | undefined
  /** The model id the upstream says answered. */
  readonly reportedModel: string | undefined
}

/** A provider that embeds texts. */
export interface EmbeddingProvider {
  /** @throws {ProviderError} */
  embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer>
}

/** A provider that counts what a request would bill, without answering it. */
export interface TokenCounter {
  /** @throws {ProviderError} */
  countTokens(call: ChatCall, signal: AbortSignal): Promise<number>
}

/** The provider as one that counts; undefined when its API cannot. Wrappers count where what they wrap does. */
export function tokenCounterOf(
  provider: ChatProvider & { readonly countTokens?: TokenCounter['countTokens'] | undefined },
): TokenCounter | undefined {
  const { countTokens } = provider
  if (countTokens === undefined) return undefined
  return { countTokens: (call, signal) => countTokens.call(provider, call, signal) }
}
