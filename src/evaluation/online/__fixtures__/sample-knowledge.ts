import type { OfflineKnowledge, OnlineRequest } from '../online-policy.ts'

/** Offline knowledge by hand, for tests: one embedding, and one quality and one bill per LLM, for each row. */
export function sampleKnowledge(sample: {
  readonly embeddings: readonly (readonly number[])[]
  /** Row-major, rows × LLMs. */
  readonly quality: readonly number[]
  readonly costUsd: readonly number[]
  /** USD per million tokens, the same for input and output; one per LLM. */
  readonly prices: readonly number[]
  readonly texts?: readonly string[]
  readonly newcomers?: readonly number[]
}): OfflineKnowledge {
  const { embeddings, quality, costUsd, prices, texts, newcomers = [] } = sample
  return {
    rows: {
      llms: prices.map((_, llm) => `llm-${llm}`),
      contexts: embeddings.map(sampleContext),
      quality: Float64Array.from(quality),
      costUsd: Float64Array.from(costUsd),
      inputTokens: new Float64Array(quality.length).fill(Number.NaN),
      outputTokens: new Float64Array(quality.length).fill(Number.NaN),
    },
    texts: texts ?? embeddings.map((_, row) => `prompt ${row}`),
    prices: prices.map((price) => ({ inputPerMillionTokensUsd: price, outputPerMillionTokensUsd: price })),
    newcomers,
    seed: 1,
  }
}

export function sampleContext(embedding: readonly number[]): OnlineRequest['context'] {
  return { embedderId: 'sample', embedding: Float32Array.from(embedding), explicit: new Float32Array(21) }
}

export function sampleRequest(
  embedding: readonly number[],
  candidates: readonly number[],
  text = 'a prompt',
): OnlineRequest {
  return { prompt: 0, context: sampleContext(embedding), text, inputTokens: 10, candidates }
}
