import type { EmbeddingModel } from '../../routing/registry/embedding-model.ts'
import type { Llm } from '../../routing/registry/llm.ts'
import type { LlmAlias } from '../../routing/registry/llm-aliases.ts'
import type { TokenPrice, TokenRates } from '../../routing/registry/token-price.ts'

/** An entry of `/v1/models`: OpenAI's fields, and `pointsman` with what the router knows; null is not known. */
export type ModelBody =
  | ReturnType<typeof toEmbeddingModelBody>
  | ReturnType<typeof toModelBody>
  | ReturnType<typeof toAutoModelBody>
  | ReturnType<typeof toAliasModelBody>

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
        reasons_unasked: capabilities.reasonsUnasked ?? null,
      },
      reasoning_effort: llm.reasoningEffort ?? null,
      tags: llm.tags,
    },
  }
}

export function toEmbeddingModelBody(model: EmbeddingModel, createdSeconds: number) {
  const { id, provider, upstreamModel, price, dimensions } = model
  return {
    id,
    object: 'model' as const,
    created: createdSeconds,
    owned_by: provider,
    pointsman: {
      kind: 'embedding' as const,
      upstream_model: upstreamModel,
      price: price === undefined ? null : { input_per_million_tokens_usd: price.inputPerMillionTokensUsd },
      dimensions: dimensions ?? null,
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

/** Another name for an LLM or a form of `auto`, or for a choice among some LLMs: patterns, `null` where it is among all. */
export function toAliasModelBody([name, target, among]: LlmAlias, createdSeconds: number) {
  return {
    id: name,
    object: 'model' as const,
    created: createdSeconds,
    owned_by: 'pointsman',
    pointsman: { kind: 'alias' as const, stands_for: target, among: among ?? null },
  }
}

function toPriceBody(price: TokenPrice) {
  return {
    ...toRatesBody(price),
    tiers: (price.tiers ?? []).map((tier) => ({ above_input_tokens: tier.aboveInputTokens, ...toRatesBody(tier) })),
  }
}

function toRatesBody(rates: TokenRates) {
  return {
    input_per_million_tokens_usd: rates.inputPerMillionTokensUsd,
    output_per_million_tokens_usd: rates.outputPerMillionTokensUsd,
    cached_input_per_million_tokens_usd: rates.cachedInputPerMillionTokensUsd ?? null,
    cache_write_per_million_tokens_usd: rates.cacheWritePerMillionTokensUsd ?? null,
    cache_write_1h_per_million_tokens_usd: rates.cacheWrite1hPerMillionTokensUsd ?? null,
    reasoning_per_million_tokens_usd: rates.reasoningPerMillionTokensUsd ?? null,
    audio_input_per_million_tokens_usd: rates.audioInputPerMillionTokensUsd ?? null,
    cached_audio_input_per_million_tokens_usd: rates.cachedAudioInputPerMillionTokensUsd ?? null,
    audio_output_per_million_tokens_usd: rates.audioOutputPerMillionTokensUsd ?? null,
  }
}
