import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type ChatEvent, type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isLostConnection } from '../http/lost-connection.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import type { AnswerContext } from './messages-answer.ts'
import { MessagesChunks } from './messages-chunks.ts'
import { UsageSoFar } from './usage-so-far.ts'

/** How the answer is to be told: as the upstream wrote it, or in the neutral form. */
export type MessagesForm = 'native' | AnswerContext

/**
 * Turns the bytes of a streamed Messages answer into chat events; the same ones however the bytes are cut.
 *
 * An answer is whole once its stop reason was said and every block was closed, at `message_stop`. Where that is missing, the
 * end of the bytes or a lost connection is taken for it: nothing of the answer can be missing then. `message_stop` alone does
 * not make it whole: proxies send it after an upstream of theirs broke off.
 *
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what an error event says.
 */
export async function* messagesEventsOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
  form: MessagesForm,
): AsyncGenerator<ChatEvent, void, undefined> {
  const decoder = new TextDecoder()
  const stream = new MessagesReader(errors, form)
  try {
    for await (const piece of bytes) {
      for (const event of stream.feed(decoder.decode(piece, { stream: true }))) {
        yield event
        if (event.type === 'finished') return
      }
    }
  } catch (cause) {
    if (!stream.whole || !isLostConnection(cause)) throw cause
    yield* stream.close()
    return
  }
  yield* stream.end(decoder.decode())
}

class MessagesReader {
  readonly #errors: UpstreamErrors
  readonly #messages: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (message) => this.#messages.push(message) })
  readonly #usage = new UsageSoFar()
  readonly #chunks: MessagesChunks | undefined
  readonly #open = new Set<unknown>()
  #stopReason = false

  constructor(errors: UpstreamErrors, form: MessagesForm) {
    this.#errors = errors
    this.#chunks = form === 'native' ? undefined : new MessagesChunks(form, this.#usage)
  }

  /** Whether nothing of the answer can be missing, whatever becomes of the connection. */
  get whole(): boolean {
    return this.#stopReason && this.#open.size === 0
  }

  /** Lazily, so that what came before a bad event is still seen. */
  *feed(text: string): Generator<ChatEvent, void, undefined> {
    this.#parser.feed(text)
    for (const message of this.#messages.splice(0)) {
      const event = this.#parse(message)
      if (event === undefined) continue
      this.#note(event)
      if (event.type === 'error') throw this.#errors.fromErrorObject(event.error ?? event)
      if (this.#chunks === undefined) yield this.#native(event)
      else yield* this.#chunks.of(event)
      if (event.type !== 'message_stop') continue
      if (!this.whole) throw cutError()
      yield* this.close()
      return
    }
  }

  /** What is left at the end of the bytes: perhaps an event without its empty line, then the end itself. */
  *end(rest: string): Generator<ChatEvent, void, undefined> {
    try {
      for (const event of this.feed(`${rest}\n\n`)) {
        yield event
        if (event.type === 'finished') return
      }
    } catch (cause) {
      if (cause instanceof ProviderError && cause.code !== 'upstream_invalid_response') throw cause
      if (!this.whole) throw new ProviderError('upstream_cut', 'The stream broke off inside an event', { cause })
    }
    if (!this.whole) throw cutError()
    yield* this.close()
  }

  /** The end of a whole answer. */
  *close(): Generator<ChatEvent, void, undefined> {
    const closing = this.#chunks?.closing()
    if (closing !== undefined) yield closing
    yield { type: 'finished' }
  }

  #note(event: JsonObject): void {
    this.#usage.take(event)
    if (event.type === 'content_block_start') this.#open.add(event.index)
    else if (event.type === 'content_block_stop') this.#open.delete(event.index)
    else if (event.type === 'message_delta' && isJsonObject(event.delta)) {
      this.#stopReason ||= typeof event.delta.stop_reason === 'string'
    }
  }

  #native(event: JsonObject): ChunkEvent {
    if (isContent(event)) return { type: 'content', chunk: event, dialect: 'messages' }
    const usage = event.type === 'message_delta' ? this.#usage.tokens : undefined
    const model = event.type === 'message_start' && isJsonObject(event.message) ? event.message.model : undefined
    return {
      type: 'metadata',
      chunk: event,
      dialect: 'messages',
      ...(usage === undefined ? {} : { usage }),
      ...(typeof model === 'string' && model !== '' ? { reportedModel: model } : {}),
    }
  }

  /** Undefined for what says nothing of the answer: a ping without JSON, and the end mark of chat completions. */
  #parse({ event: name, data }: EventSourceMessage): JsonObject | undefined {
    // Some proxies of this API send it.
    if (data === '[DONE]') return undefined
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch (cause) {
      if (name === 'ping') return undefined
      throw this.#errors.invalid('The stream holds an event that is not JSON', cause)
    }
    if (!isJsonObject(event)) throw this.#errors.invalid('The stream holds an event that is not a JSON object')
    // The name on the line above says the same, and some proxies rely on that.
    return event.type === undefined && name !== undefined ? { ...event, type: name } : event
  }
}

function cutError(): ProviderError {
  return new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
}

/** Whether an event carries something the caller can see or act on: not the frame of an empty text or thought. */
function isContent(event: JsonObject): boolean {
  if (event.type === 'content_block_delta') return true
  if (event.type !== 'content_block_start' || !isJsonObject(event.content_block)) return false
  const { type, text, thinking } = event.content_block
  if (type === 'text') return typeof text === 'string' && text !== ''
  return type === 'thinking' ? typeof thinking === 'string' && thinking !== '' : true
}
