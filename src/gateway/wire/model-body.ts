import type { Llm } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'

/** An entry of `/v1/models`: OpenAI's fields, and `pointsman` with what the router knows; null is not known. */
export type ModelBody = ReturnType<typeof toModelBody> | ReturnType<typeof toAutoModelBody>

export function toModelBody(llm: Llm, createdSeconds: number) {
  const { capabilities } = llm
  return {
    id: llm.id,
    object: 'model' as const,
    created: createdSeconds,
    owned_by: llm.provider,
    pointsman: {
      kind: 'llm' as const,
      upstream_model: llm.upstreamModel,
      price: llm.price === undefined ? null : toPriceBody(llm.price),
      capabilities: {
        context_window_tokens: capabilities.contextWindowTokens ?? null,
        max_output_tokens: capabilities.maxOutputTokens ?? null,
        tools: capabilities.tools ?? null,
        vision: capabilities.vision ?? null,
        audio: capabilities.audio ?? null,
        files: capabilities.files ?? null,
        json_schema: capabilities.jsonSchema ?? null,
        reasoning: capabilities.reasoning ?? null,
      },
      tags: llm.tags,
    },
  }
}

/** One of the names under which the router chooses. */
export function toAutoModelBody(name: string, createdSeconds: number) {
  return {
    id: name,
    object: 'model' as const,
    created: createdSeconds,
    owned_by: 'pointsman',
    pointsman: { kind: 'router' as const },
  }
}

function toPriceBody(price: TokenPrice) {
  return {
    input_per_million_tokens_usd: price.inputPerMillionTokensUsd,
    output_per_million_tokens_usd: price.outputPerMillionTokensUsd,
    cached_input_per_million_tokens_usd: price.cachedInputPerMillionTokensUsd ?? null,
    cache_write_per_million_tokens_usd: price.cacheWritePerMillionTokensUsd ?? null,
    reasoning_per_million_tokens_usd: price.reasoningPerMillionTokensUsd ?? null,
  }
}
