import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { EmbeddingCall } from '../embedding-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { resourceName } from './gemini-model.ts'
import { untranslatable } from './untranslatable.ts'

/** Texts in one request of `batchEmbedContents`; more are refused. */
const maxBatch = 100

/**
 * The bodies of `batchEmbedContents` for one call, in order.
 *
 * @throws {ProviderError} `upstream_rejected` for token ids, which Google does not take.
 */
export function embeddingRequests(call: EmbeddingCall): readonly JsonObject[] {
  const model = resourceName(call.upstreamModel)
  const requests = call.input.map((text, index) => {
    if (typeof text !== 'string') throw untranslatable(`input.${index}`, 'must be a text: Gemini takes no token ids')
    return {
      model,
      content: { parts: [{ text }] },
      ...(call.dimensions === undefined ? {} : { outputDimensionality: call.dimensions }),
    }
  })
  const bodies: JsonObject[] = []
  for (let start = 0; start < requests.length; start += maxBatch) {
    bodies.push({ requests: requests.slice(start, start + maxBatch) })
  }
  return bodies
}

/** @throws {ProviderError} `upstream_invalid_response` unless there is one vector of numbers per text. */
export function embeddingsOf(
  body: JsonObject,
  expected: number,
  errors: UpstreamErrors,
): readonly (readonly number[])[] {
  const list: readonly unknown[] = Array.isArray(body.embeddings) ? body.embeddings : []
  const vectors = list.map((embedding) => (isJsonObject(embedding) ? embedding.values : undefined))
  if (vectors.length !== expected || !vectors.every(isVector)) {
    throw errors.invalid(`The answer does not hold ${expected} embeddings`)
  }
  return vectors
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number')
}
