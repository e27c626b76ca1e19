import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type ChatEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { UpstreamErrors } from './upstream-errors.ts'
import { parseUsage } from './usage.ts'

/**
 * Turns the bytes of a `text/event-stream` answer into chat events; the same ones however the bytes are cut.
 *
 * Ends with `finished` at `[DONE]`, or at the end of a stream that has given every choice its finish reason: some
 * upstreams leave `[DONE]` out. Reads one piece of bytes at a time, only when asked for more.
 *
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what an error event says.
 */
export async function* chatEventsOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
): AsyncGenerator<ChatEvent, void, undefined> {
  const decoder = new TextDecoder()
  const stream = new ChunkReader(errors)
  for await (const piece of bytes) {
    for (const event of stream.feed(decoder.decode(piece, { stream: true }))) {
      yield event
      if (event.type === 'finished') return
    }
  }
  yield* stream.end(decoder.decode())
}

class ChunkReader {
  readonly #errors: UpstreamErrors
  readonly #messages: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (message) => this.#messages.push(message) })
  /** Choices that have begun and not ended, by index. */
  readonly #openChoices = new Set<number>()
  #anyFinished = false
  /** Usage that came inside a content chunk and in no metadata since. */
  #unsaidUsage: JsonObject | undefined

  constructor(errors: UpstreamErrors) {
    this.#errors = errors
  }

  /** Lazily, so that what came before a bad event is still seen. */
  *feed(text: string): Generator<ChatEvent, void, undefined> {
    this.#parser.feed(text)
    const messages = this.#messages.splice(0)
    for (const message of messages) {
      if (message.data === '[DONE]') {
        yield* this.#closing()
        return
      }
      yield this.#eventOf(message)
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
      throw new ProviderError('upstream_cut', 'The stream broke off inside an event', { cause })
    }
    if (!this.#anyFinished || this.#openChoices.size > 0) {
      throw new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
    }
    yield* this.#closing()
  }

  *#closing(): Generator<ChatEvent, void, undefined> {
    if (this.#unsaidUsage !== undefined) yield metadataOf({ ...this.#unsaidUsage, choices: [] })
    yield { type: 'finished' }
  }

  #eventOf(message: EventSourceMessage): ChatEvent {
    const chunk = this.#parse(message.data)
    if (chunk.error !== undefined && chunk.error !== null) throw this.#errors.fromErrorObject(chunk.error)
    if (message.event === 'error') throw this.#errors.fromErrorObject(chunk)
    const choices: readonly unknown[] = Array.isArray(chunk.choices) ? chunk.choices : []
    let hasContent = false
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue
      const index = typeof choice.index === 'number' ? choice.index : 0
      if (choice.finish_reason === undefined || choice.finish_reason === null) this.#openChoices.add(index)
      else {
        this.#openChoices.delete(index)
        this.#anyFinished = true
      }
      if (isJsonObject(choice.delta) && carriesContent(choice.delta)) hasContent = true
    }
    if (!hasContent) {
      if (isJsonObject(chunk.usage)) this.#unsaidUsage = undefined
      return metadataOf(chunk)
    }
    if (isJsonObject(chunk.usage)) this.#unsaidUsage = chunk
    return { type: 'content', chunk }
  }

  #parse(data: string): JsonObject {
    let chunk: unknown
    try {
      chunk = JSON.parse(data)
    } catch (cause) {
      throw this.#errors.invalid('The stream holds an event that is not JSON', cause)
    }
    if (!isJsonObject(chunk)) throw this.#errors.invalid('The stream holds an event that is not a JSON object')
    return chunk
  }
}

function metadataOf(chunk: JsonObject): ChatEvent {
  const usage = parseUsage(chunk.usage)
  const { model } = chunk
  return {
    type: 'metadata',
    chunk,
    ...(usage === undefined ? {} : { usage }),
    ...(typeof model === 'string' && model !== '' ? { reportedModel: model } : {}),
  }
}

/**
 * Whether a delta holds something the caller can see or act on: any field with a value, save the role. Written so that
 * fields we do not know (`reasoning_content`, `reasoning`, `audio`, …) count.
 */
function carriesContent(delta: JsonObject): boolean {
  for (const name in delta) {
    if (name === 'role') continue
    const value = delta[name]
    if (value === null || value === undefined || value === '') continue
    if (Array.isArray(value) && value.length === 0) continue
    return true
  }
  return false
}
