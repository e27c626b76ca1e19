import type { ParameterSupport } from './parameter-support.ts'
import type { ReasoningEffort } from './reasoning-effort.ts'
import type { TokenPrice } from './token-price.ts'

/** The public name of an LLM in the pool; also the key of everything learned about it. */
export type LlmId = string

/** What an LLM can do. `undefined` means not known: it does not exclude. */
export interface LlmCapabilities {
  readonly contextWindowTokens?: number
  readonly maxOutputTokens?: number
  readonly tools?: boolean
  readonly vision?: boolean
  readonly audio?: boolean
  readonly files?: boolean
  readonly jsonSchema?: boolean
  readonly reasoning?: boolean
  /** Thinks although the request does not ask for it. */
  readonly reasonsUnasked?: boolean
}

/** A registered LLM: a model at a provider, as people name it in requests. */
export interface Llm {
  readonly id: LlmId
  /** Name of the provider entry that serves it. */
  readonly provider: string
  /** The model's name at that provider. */
  readonly upstreamModel: string
  /** Undefined: unknown. Never zero unless it is free. */
  readonly price: TokenPrice | undefined
  readonly capabilities: LlmCapabilities
  /** Free words that `allow` and `deny` can name as `tag:<word>`, such as a region or `no-retention`. */
  readonly tags: readonly string[]
  /** The owner's own estimate of mean quality, [0, 1]; used only while nothing is learned. */
  readonly quality: number | undefined
  /** Starting values for the completion-time model, where known. */
  readonly timeToFirstTokenMs: number | undefined
  readonly tokensPerSecond: number | undefined
  /**
   * How hard it thinks, whoever asks: the same upstream model may be in the pool several times, once per effort. Undefined: as
   * each request says.
   */
  readonly reasoningEffort?: ReasoningEffort
  /**
   * Whom to try, in this order, where a caller named this LLM and it fails before its first content. Undefined: nobody, what is
   * named serves or fails. Ids that are not in the pool are passed over.
   */
  readonly fallbacks?: readonly LlmId[]
  /** Undefined: not known; no parameter excludes. */
  readonly parameters?: ParameterSupport
}

/** The fields most callers do not set. */
export const unknownLlmProperties = {
  price: undefined,
  capabilities: {},
  tags: [],
  quality: undefined,
  timeToFirstTokenMs: undefined,
  tokensPerSecond: undefined,
} as const satisfies Partial<Llm>
