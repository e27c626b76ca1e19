import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'

/** An LLM of the pool, whether it serves or not. */
export interface PoolMember {
  /** At the price that counts. */
  readonly llm: Llm
  /** `added`: taken in while we served; it may leave the same way. */
  readonly source: 'configuration' | 'added'
  readonly paused: boolean
  /** Of configuration and price table; undefined: not known. */
  readonly listPrice: TokenPrice | undefined
  /** Whether `llm.price` was said here, in place of `listPrice`. */
  readonly isRepriced: boolean
}

/** An LLM that was taken in before and cannot serve now. */
export interface BrokenMember {
  readonly id: LlmId
  readonly reason: string
}

/** Takes LLMs into the pool and out of it while we serve, and remembers them over restarts. */
export interface PoolEditor {
  /**
   * @param model LiteLLM's `model_name`, `litellm_params` and `model_info`, not yet checked.
   * @returns the LLM, which serves from now on, and what of the model serves differently here, or not at all.
   * @throws {GatewayError} `invalid_request`, `store_unavailable`
   */
  add(model: unknown): Promise<{ readonly llm: Llm; readonly notes: readonly string[] }>
  /**
   * @param added an entry of the configuration's `llms`, not yet checked; its `provider` may be an entry of `providers`.
   * @param paused whether it has to wait until it is resumed.
   * @throws {GatewayError} `invalid_request`, `store_unavailable`
   */
  addOwn(added: unknown, paused: boolean): Promise<Llm>
  /**
   * @returns false: no LLM of that id was taken in this way.
   * @throws {GatewayError} `store_unavailable`
   */
  remove(id: LlmId): Promise<boolean>
  /** Whether an LLM was taken in this way, and may leave by it. */
  has(id: LlmId): boolean
  /**
   * Serves nobody until it is resumed; false: there is none of that id.
   * @throws {GatewayError} `store_unavailable`
   */
  setPaused(id: LlmId, paused: boolean): Promise<boolean>
  /**
   * From the next decision on. False: there is none of that id.
   * @param price as an entry of `llms` says it, not yet checked; undefined: its list price again.
   * @throws {GatewayError} `invalid_request`, `store_unavailable`
   */
  setPrice(id: LlmId, price: unknown): Promise<boolean>
  /** All, the paused ones too, in pool order. */
  members(): readonly PoolMember[]
  member(id: LlmId): PoolMember | undefined
  broken(): readonly BrokenMember[]
}
