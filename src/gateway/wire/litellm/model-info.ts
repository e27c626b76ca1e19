import type { EmbeddingModel } from '../../../routing/registry/embedding-model.ts'
import type { Llm } from '../../../routing/registry/llm.ts'
import type { LlmAlias } from '../../../routing/registry/llm-aliases.ts'
import type { TokenPrice } from '../../../routing/registry/token-price.ts'

/** An LLM as LiteLLM's `/model/info` lists it. What is not known is null; where and with which key it is called is not told. */
export function toModelInfo(llm: Llm, aliases: readonly LlmAlias[], isRuntime: boolean) {
  const { capabilities, price } = llm
  return {
    model_name: groupOf(llm.id, aliases),
    litellm_params: { model: `${serviceOf(llm)}/${llm.upstreamModel}` },
    model_info: {
      id: llm.id,
      db_model: isRuntime,
      mode: 'chat' as const,
      key: llm.upstreamModel,
      litellm_provider: serviceOf(llm),
      max_tokens: capabilities.maxOutputTokens ?? null,
      max_input_tokens: capabilities.contextWindowTokens ?? null,
      max_output_tokens: capabilities.maxOutputTokens ?? null,
      ...pricesOf(price),
      supports_function_calling: capabilities.tools ?? null,
      supports_vision: capabilities.vision ?? null,
      supports_audio_input: capabilities.audio ?? null,
      supports_pdf_input: capabilities.files ?? null,
      supports_response_schema: capabilities.jsonSchema ?? null,
      supports_reasoning: capabilities.reasoning ?? null,
    },
  }
}

export function toEmbeddingInfo(model: EmbeddingModel) {
  return {
    model_name: model.id,
    litellm_params: { model: `${model.provider}/${model.upstreamModel}` },
    model_info: {
      id: model.id,
      db_model: false,
      mode: 'embedding' as const,
      key: model.upstreamModel,
      litellm_provider: model.provider,
      input_cost_per_token: perToken(model.price?.inputPerMillionTokensUsd),
      output_vector_size: model.dimensions ?? null,
    },
  }
}

/** The provider's name; of one that joined while we served, without the part that only we have use for. */
export function serviceOf({ provider }: Llm): string {
  return provider.split('/', 1)[0] ?? provider
}

/** The name that stands for a choice among LLMs with this one; else its own. */
function groupOf(id: string, aliases: readonly LlmAlias[]): string {
  return aliases.find(([, , among]) => among?.includes(id) === true)?.[0] ?? id
}

function pricesOf(price: TokenPrice | undefined) {
  const tiers = (price?.tiers ?? []).flatMap((tier) => [
    [`input_cost_per_token_above_${tierName(tier.aboveInputTokens)}`, perToken(tier.inputPerMillionTokensUsd)] as const,
    [
      `output_cost_per_token_above_${tierName(tier.aboveInputTokens)}`,
      perToken(tier.outputPerMillionTokensUsd),
    ] as const,
  ])
  return {
    input_cost_per_token: perToken(price?.inputPerMillionTokensUsd),
    output_cost_per_token: perToken(price?.outputPerMillionTokensUsd),
    cache_read_input_token_cost: perToken(price?.cachedInputPerMillionTokensUsd),
    cache_creation_input_token_cost: perToken(price?.cacheWritePerMillionTokensUsd),
    output_cost_per_reasoning_token: perToken(price?.reasoningPerMillionTokensUsd),
    ...Object.fromEntries(tiers),
  }
}

function tierName(aboveInputTokens: number): string {
  return aboveInputTokens % 1_000 === 0 ? `${aboveInputTokens / 1_000}k_tokens` : `${aboveInputTokens}_tokens`
}

/** Without the noise of binary fractions. */
function perToken(perMillion: number | undefined): number | null {
  return perMillion === undefined ? null : Number((perMillion / 1e6).toPrecision(12))
}
