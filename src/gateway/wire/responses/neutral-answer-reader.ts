import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { reasoningDetailsOf } from '../../../providers/neutral/reasoning-details.ts'

/** The first choice of an answer or a chunk, read leniently: this API knows no other. */
export interface AnswerPiece {
  readonly delta: JsonObject
  readonly logprobs: readonly unknown[]
  /** Undefined: not ended. */
  readonly finishReason: string | undefined
  readonly serviceTier: string | undefined
}

/** A whole answer, or one chunk of a stream. */
export function readAnswerPiece(body: JsonObject): AnswerPiece {
  const choices: readonly unknown[] = Array.isArray(body.choices) ? body.choices : []
  const choice = choices.find((each) => isJsonObject(each) && (each.index ?? 0) === 0)
  const { delta, message, logprobs, finish_reason: reason }: JsonObject = isJsonObject(choice) ? choice : {}
  const tokens = isJsonObject(logprobs) ? logprobs.content : undefined
  return {
    delta: isJsonObject(delta) ? delta : isJsonObject(message) ? numbered(message) : {},
    logprobs: Array.isArray(tokens) ? tokens : [],
    finishReason: typeof reason === 'string' && reason !== '' ? reason : undefined,
    serviceTier: typeof body.service_tier === 'string' ? body.service_tier : undefined,
  }
}

/** In a whole message each piece of the thinking is one of its own, also where it has no number. */
function numbered(message: JsonObject): JsonObject {
  const details = reasoningDetailsOf(message)
  if (details.length === 0) return message
  return {
    ...message,
    reasoning_details: details.map((detail, index) => ({ ...detail, index: detail.index ?? index })),
  }
}
