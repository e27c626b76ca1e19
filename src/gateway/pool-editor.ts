import type { Llm, LlmId } from '../routing/registry/llm.ts'

/** Takes LLMs into the pool and out of it while we serve, and remembers them over restarts. */
export interface PoolEditor {
  /**
   * @param model LiteLLM's `model_name`, `litellm_params` and `model_info`, not yet checked.
   * @returns the LLM, which serves from now on, and what of the model serves differently here, or not at all.
   * @throws {GatewayError} `invalid_request`, `store_unavailable`
   */
  add(model: unknown): Promise<{ readonly llm: Llm; readonly notes: readonly string[] }>
  /**
   * @returns false: no LLM of that id was taken in this way.
   * @throws {GatewayError} `store_unavailable`
   */
  remove(id: LlmId): Promise<boolean>
  /** Whether an LLM was taken in this way, and may leave by it. */
  has(id: LlmId): boolean
}
