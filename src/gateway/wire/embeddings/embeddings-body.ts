import type { EmbeddingAnswer } from '../../../providers/embedding-provider.ts'

/** OpenAI's list of embeddings, with our own part beside it. */
export interface EmbeddingsBody {
  readonly object: 'list'
  readonly data: readonly {
    readonly object: 'embedding'
    readonly index: number
    readonly embedding: readonly number[] | string
  }[]
  readonly model: string
  /** Left out where the upstream counted nothing. */
  readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number; readonly cost?: number }
  readonly pointsman: {
    readonly llm: string
    /** Null: not known. */
    readonly cost_usd: number | null
  }
}

/** @param base64 each vector as base64 of its 32-bit floats, little-endian, as OpenAI writes it. */
export function toEmbeddingsBody(
  answer: EmbeddingAnswer,
  model: string,
  costUsd: number | undefined,
  base64: boolean,
): EmbeddingsBody {
  const { usage, embeddings } = answer
  const tokens = usage?.inputTokens ?? 0
  const cost = costUsd === undefined ? {} : { cost: costUsd }
  return {
    object: 'list',
    data: embeddings.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? toBase64(vector) : vector,
    })),
    model,
    ...(usage === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens, ...cost } }),
    pointsman: { llm: model, cost_usd: costUsd ?? null },
  }
}

function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(4 * vector.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < vector.length; i++) view.setFloat32(4 * i, vector[i]!, true)
  return bytes.toString('base64')
}
