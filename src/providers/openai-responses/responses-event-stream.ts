import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { type ChatEvent, type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import type { StreamDecoder } from '../http/upstream-http.ts'
import { ProviderError } from '../provider-error.ts'
import { modelOf } from './responses-answer.ts'
import { ResponsesChunks } from './responses-chunks.ts'
import { responsesUsage } from './responses-usage.ts'

/**
 * Turns the bytes of a streamed response into chat events in the neutral form; the same ones however the bytes are cut.
 * The answer is whole after `response.completed` or `response.incomplete`, and not before.
 *
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what `response.failed` or `error` says.
 */
export const neutralResponsesEvents: StreamDecoder = (bytes, errors) => {
  const chunks = new ResponsesChunks()
  return responsesEvents(bytes, errors, {
    events: (event, ended) => [...chunks.of(event), ...(ended === undefined ? [] : chunks.end(ended))],
    failed: (_event, usage) => chunks.spent(usage),
  })
}

/** The same for a call in this dialect: each event as it came. */
export const nativeResponsesEvents: StreamDecoder = (bytes, errors) =>
  responsesEvents(bytes, errors, {
    events: (event, ended) => [nativeEvent(event, ended)],
    failed: (chunk, usage) => ({ type: 'metadata', chunk, dialect: 'responses', usage }),
  })

interface Translation {
  /** @param ended the whole response, with the event that ends the stream. */
  readonly events: (event: JsonObject, ended: JsonObject | undefined) => readonly ChunkEvent[]
  /** What a response that failed has cost all the same: told before the failure is thrown. */
  readonly failed: (event: JsonObject, usage: TokenUsage) => ChunkEvent
}

async function* responsesEvents(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
  translate: Translation,
): AsyncGenerator<ChatEvent, void, undefined> {
  const decoder = new TextDecoder()
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message) })
  function* read(text: string): Generator<ChatEvent, boolean, undefined> {
    parser.feed(text)
    for (const message of messages.splice(0)) {
      if (message.data.trim() === '[DONE]') continue
      const event = parse(message, errors)
      const spent = spentInVain(event)
      if (spent !== undefined) yield translate.failed(event, spent)
      const ended = endedResponse(event, errors)
      yield* translate.events(event, ended)
      if (ended === undefined) continue
      yield { type: 'finished' }
      return true
    }
    return false
  }
  for await (const piece of bytes) if (yield* read(decoder.decode(piece, { stream: true }))) return
  try {
    // Perhaps an event without its empty line.
    if (yield* read(`${decoder.decode()}\n\n`)) return
  } catch (cause) {
    if (cause instanceof ProviderError && cause.code !== 'upstream_invalid_response') throw cause
    throw new ProviderError('upstream_cut', 'The stream broke off inside an event', { cause })
  }
  throw new ProviderError('upstream_cut', 'The stream ended before the response was complete')
}

function parse(message: EventSourceMessage, errors: UpstreamErrors): JsonObject {
  let event: unknown
  try {
    event = JSON.parse(message.data)
  } catch (cause) {
    throw errors.invalid('The stream holds an event that is not JSON', cause)
  }
  if (!isJsonObject(event)) throw errors.invalid('The stream holds an event that is not a JSON object')
  return event
}

function spentInVain({ type, response }: JsonObject): TokenUsage | undefined {
  return type === 'response.failed' && isJsonObject(response) ? responsesUsage(response) : undefined
}

/** The response of an event that ends the stream well; throws where it ends it badly. */
function endedResponse(event: JsonObject, errors: UpstreamErrors): JsonObject | undefined {
  const { type, response } = event
  if (type === 'error' || (isJsonObject(event.error) && type === undefined)) {
    // Without its own type, which says nothing of the fault.
    const { type: _, ...fault } = event
    throw errors.fromErrorObject(isJsonObject(event.error) ? event.error : fault)
  }
  if (type === 'response.failed') throw errors.fromErrorObject(isJsonObject(response) ? response.error : undefined)
  if (type !== 'response.completed' && type !== 'response.incomplete') return undefined
  if (!isJsonObject(response)) throw errors.invalid('The last event of the stream holds no response')
  return response
}

function nativeEvent(event: JsonObject, ended: JsonObject | undefined): ChunkEvent {
  const dialect = 'responses' as const
  if (ended !== undefined) {
    const usage = responsesUsage(ended)
    return { type: 'metadata', chunk: event, dialect, ...(usage === undefined ? {} : { usage }), ...reported(ended) }
  }
  if (saysSomething(event)) return { type: 'content', chunk: event, dialect }
  return { type: 'metadata', chunk: event, dialect, ...(isJsonObject(event.response) ? reported(event.response) : {}) }
}

function reported(response: JsonObject): { readonly reportedModel?: string } {
  const reportedModel = modelOf(response)
  return reportedModel === undefined ? {} : { reportedModel }
}

/** Text of any kind, and calls, of hosted tools too: these can be seen, and have begun to cost. */
function saysSomething({ type, item }: JsonObject): boolean {
  if (typeof type !== 'string') return false
  if (type.endsWith('.delta')) return true
  const quiet = isJsonObject(item) && (item.type === 'message' || item.type === 'reasoning')
  return type === 'response.output_item.added' && !quiet
}
