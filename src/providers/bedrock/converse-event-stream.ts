import { type ChatEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isLostConnection } from '../http/lost-connection.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import type { AnswerContext } from './converse-answer.ts'
import { ConverseChunks } from './converse-chunks.ts'
import { answerFailure } from './converse-stop.ts'
import { type Frame, framesOf } from './event-stream-frames.ts'

/** Statuses of the faults that a stream may end with, as they have outside of one. */
const statusByException: { readonly [type: string]: number } = {
  internalServerException: 500,
  modelStreamErrorException: 424,
  serviceUnavailableException: 503,
  throttlingException: 429,
  validationException: 400,
}

/** What an answer that has ended may not go on with. */
const sayMore: ReadonlySet<string> = new Set([
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
])

/**
 * Turns the bytes of a streamed Converse answer into chat events; the same ones however the bytes are cut.
 *
 * An answer is whole once `messageStop` said why it ended. Usage comes behind that: where the stream breaks off in between, nothing
 * of the answer is missing, and its usage is not known.
 *
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what an exception in the stream says.
 */
export async function* converseEventsOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
  context: AnswerContext,
): AsyncGenerator<ChatEvent, void, undefined> {
  const chunks = new ConverseChunks(context)
  let whole = false
  let failure: ProviderError | undefined
  try {
    for await (const frame of framesOf(bytes, errors)) {
      const { type, event } = eventOf(frame, errors)
      if (whole && sayMore.has(type)) throw errors.invalid('The stream goes on behind its end')
      // What it cost comes behind.
      if (type === 'messageStop') failure = answerFailure(event)
      if (failure === undefined || type === 'metadata') yield* chunks.of(type, event)
      whole ||= type === 'messageStop' && typeof event.stopReason === 'string'
      if (whole && type === 'metadata') break
    }
  } catch (cause) {
    const broke = isLostConnection(cause) || (cause instanceof ProviderError && cause.code === 'upstream_cut')
    if (!whole || !broke) throw cause
  }
  if (failure !== undefined) throw failure
  if (!whole) throw new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
  yield { type: 'finished' }
}

function eventOf({ headers, payload }: Frame, errors: UpstreamErrors): { type: string; event: JsonObject } {
  const kind = headers[':message-type']
  if (kind === 'error') {
    throw errors.fromErrorObject({ code: 500, type: headers[':error-code'], message: headers[':error-message'] })
  }
  const event = parsed(payload, errors)
  if (kind === 'exception') throw exceptionError(headers[':exception-type'] ?? '', event, errors)
  return { type: headers[':event-type'] ?? '', event }
}

function exceptionError(name: string, { message, originalMessage }: JsonObject, errors: UpstreamErrors): ProviderError {
  const code = Object.hasOwn(statusByException, name) ? statusByException[name] : 500
  // Outside of streams their names begin with a capital.
  const type = name.charAt(0).toUpperCase() + name.slice(1)
  return errors.fromErrorObject({ code, type, message: message ?? originalMessage })
}

function parsed(payload: string, errors: UpstreamErrors): JsonObject {
  let event: unknown
  try {
    event = JSON.parse(payload)
  } catch (cause) {
    throw errors.invalid('The stream holds an event that is not JSON', cause)
  }
  if (!isJsonObject(event)) throw errors.invalid('The stream holds an event that is not a JSON object')
  return event
}
