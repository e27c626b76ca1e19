import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall } from '../embedding-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import type { OpenAiDialect } from './openai-dialect.ts'
import { parseUsage } from './usage.ts'

/** A body of `POST /embeddings`. Numbers are not asked for in base64, which not every server knows; it is read where it comes. */
export function embeddingBody(call: EmbeddingCall, { parameters, renamed }: OpenAiDialect): JsonObject {
  const { upstreamModel: model, input, dimensions, user } = call
  return {
    model,
    input,
    ...(dimensions === undefined ? {} : { [renamed?.dimensions ?? 'dimensions']: dimensions }),
    ...(user === undefined || parameters?.user === 'dropped' ? {} : { user }),
  }
}

/**
 * The vectors of an answer, one per input, in the order of the inputs.
 *
 * @throws {ProviderError} `upstream_invalid_response` where one is missing, double, or not a vector.
 */
export function embeddingAnswerOf(body: JsonObject, count: number, errors: UpstreamErrors): EmbeddingAnswer {
  const { data, usage, model } = body
  if (!Array.isArray(data) || data.length !== count) {
    const found = Array.isArray(data) ? data.length : 'none'
    throw errors.invalid(`${count} embeddings were asked for; the answer holds ${found}`)
  }
  const embeddings: (readonly number[] | undefined)[] = Array.from({ length: count }, () => undefined)
  for (const [position, entry] of data.entries()) {
    if (!isJsonObject(entry)) throw errors.invalid(`Embedding ${position} is not an object`)
    // Some servers leave the index out; then the order counts.
    const index = entry.index ?? position
    if (typeof index !== 'number' || !(index in embeddings) || embeddings[index] !== undefined) {
      throw errors.invalid(`Embedding ${position} has the index ${JSON.stringify(index)}`)
    }
    const vector = vectorOf(entry.embedding)
    if (vector === undefined) throw errors.invalid(`Embedding ${position} is not a vector`)
    embeddings[index] = vector
  }
  return {
    embeddings: embeddings as readonly (readonly number[])[],
    usage: embeddingUsage(usage),
    reportedModel: typeof model === 'string' && model !== '' ? model : undefined,
  }
}

/** Only what was read is billed; servers that count the total alone mean the same. */
function embeddingUsage(usage: unknown): EmbeddingAnswer['usage'] {
  if (!isJsonObject(usage)) return undefined
  return parseUsage({ ...usage, prompt_tokens: usage.prompt_tokens ?? usage.total_tokens, completion_tokens: 0 })
}

function vectorOf(value: unknown): readonly number[] | undefined {
  if (typeof value === 'string') return floatsOf(value)
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.every((item) => typeof item === 'number') ? value : undefined
}

/** Base64 of 32-bit floats, little-endian. */
function floatsOf(base64: string): readonly number[] | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined
  const floats = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
  return floats.every(Number.isFinite) ? floats : undefined
}
