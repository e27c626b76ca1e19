/** The caller's control over the trade-off, after every layer (key, model name, header, body) was joined. */
export interface RoutingPreference {
  /** λ ≥ 0, willingness to pay: quality weighs λ/(1+λ), cost 1/(1+λ). */
  readonly lambda: number
  /** Ceiling on the predicted cost of one answer, USD. */
  readonly maxCostUsd: number | undefined
  /** Ceiling on the predicted completion time; also τ of the latency penalty. */
  readonly maxLatencyMs: number | undefined
  /** Floor on the predicted quality, [0, 1]. */
  readonly minQuality: number | undefined
  /** Every list must admit an LLM: one list per layer that gave one. Entries are patterns. */
  readonly allow: readonly (readonly string[])[]
  /** An LLM that any entry matches is out. */
  readonly deny: readonly string[]
}

/** MixLLM's headline setting (arXiv:2502.18482, §4.2). */
export const defaultLambda = 1.4

export const defaultPreference: RoutingPreference = {
  lambda: defaultLambda,
  maxCostUsd: undefined,
  maxLatencyMs: undefined,
  minQuality: undefined,
  allow: [],
  deny: [],
}
