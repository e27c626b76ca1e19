import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { type ChatEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isLostConnection } from '../http/lost-connection.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { ProviderError } from '../provider-error.ts'
import { withServiceTier } from '../service-tier.ts'
import { citesPages, withSearchFee } from './search-fees.ts'
import { parseUsage } from './usage.ts'

/** How long a stream whose choices have all ended may stay silent, before usage or `[DONE]`, and still be waited for. */
const graceMs = 2_000

/**
 * Turns the bytes of a `text/event-stream` answer into chat events; the same ones however the bytes are cut.
 *
 * An answer is whole when every choice that began has its finish reason. Then it ends with `finished`, be it at `[DONE]`,
 * at the end of the bytes (some upstreams leave `[DONE]` out), where the connection is lost or falls silent. `[DONE]` alone
 * does not make it whole: proxies send it after an upstream of theirs broke off. OpenAI's own SDK asks for finish reasons
 * too, so no dialect is excused. Reads one piece of bytes at a time, only when asked for more.
 *
 * @param searches the request asks for a search, which is billed beside the tokens.
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what an error event says.
 */
export async function* chatEventsOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
  searches = false,
): AsyncGenerator<ChatEvent, void, undefined> {
  const decoder = new TextDecoder()
  const stream = new ChunkReader(errors, searches)
  const pieces = bytes[Symbol.asyncIterator]()
  let reading = false
  try {
    for (;;) {
      reading = true
      const next = pieces.next()
      const piece = stream.whole ? await withinGrace(next) : await next
      if (piece === undefined) break
      reading = false
      if (piece.done === true) break
      for (const event of stream.feed(decoder.decode(piece.value, { stream: true }))) {
        yield event
        if (event.type === 'finished') return
      }
    }
  } catch (cause) {
    if (!stream.whole || !isLostConnection(cause)) throw cause
    yield { type: 'finished' }
    return
  } finally {
    // While it reads it could not be told to end: whoever opened the connection closes it.
    if (!reading) await pieces.return?.()
  }
  yield* stream.end(decoder.decode())
}

/** Undefined when nothing came in time; what comes later is nobody's. */
function withinGrace<T>(next: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), graceMs)
    next.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

class ChunkReader {
  readonly #errors: UpstreamErrors
  readonly #messages: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (message) => this.#messages.push(message) })
  /** Choices seen, by index, and those of them that have their finish reason. */
  readonly #begun = new Set<number>()
  readonly #ended = new Set<number>()
  /** As the latest chunk that names one says: not every chunk does. */
  #serviceTier: unknown
  /** The latest that could be read. */
  #usage: TokenUsage | undefined
  /** Asked for, or seen by its citations. */
  #searches: boolean

  constructor(errors: UpstreamErrors, searches: boolean) {
    this.#errors = errors
    this.#searches = searches
  }

  /** Whether something was answered and nothing of it can be missing. */
  get whole(): boolean {
    return this.#begun.size > 0 && this.#ended.size === this.#begun.size
  }

  /** Lazily, so that what came before a bad event is still seen. */
  *feed(text: string): Generator<ChatEvent, void, undefined> {
    this.#parser.feed(text)
    const messages = this.#messages.splice(0)
    for (const message of messages) {
      if (message.data.trim() === '[DONE]') {
        if (!this.whole) throw cutError()
        yield { type: 'finished' }
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
      if (!this.whole) throw new ProviderError('upstream_cut', 'The stream broke off inside an event', { cause })
    }
    if (!this.whole) throw cutError()
    yield { type: 'finished' }
  }

  #eventOf(message: EventSourceMessage): ChatEvent {
    const chunk = this.#parse(message.data)
    if (chunk.error !== undefined && chunk.error !== null) throw this.#errors.fromErrorObject(chunk.error)
    if (message.event === 'error') throw this.#errors.fromErrorObject(chunk)
    if (typeof chunk.service_tier === 'string') this.#serviceTier = chunk.service_tier
    const choices: readonly unknown[] = Array.isArray(chunk.choices) ? chunk.choices : []
    let hasContent = false
    let hasEnd = false
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue
      const index = typeof choice.index === 'number' ? choice.index : 0
      this.#begun.add(index)
      // Kept for good: OpenRouter's usage chunk names a choice once more after its end.
      const reason = choice.finish_reason
      if (reason !== undefined && reason !== null && reason !== '') {
        this.#ended.add(index)
        hasEnd = true
      }
      const { delta } = choice
      if (!isJsonObject(delta)) continue
      if (carriesContent(delta)) hasContent = true
      if (delta.annotations !== undefined && citesPages(delta)) this.#searches = true
    }
    const isCounted = chunk.usage !== undefined && chunk.usage !== null
    // The common case, thousands a second.
    if (hasContent && !hasEnd && !isCounted) return { type: 'content', chunk }
    const usage = isCounted ? this.#usageOf(chunk.usage) : undefined
    const { model } = chunk
    return {
      type: hasContent ? 'content' : 'metadata',
      chunk,
      ...(usage === undefined ? {} : { usage }),
      ...(typeof model === 'string' && model !== '' ? { reportedModel: model } : {}),
    }
  }

  #usageOf(usage: unknown): TokenUsage | undefined {
    const counted = withServiceTier(parseUsage(usage), this.#serviceTier)
    this.#usage = counted ?? withoutBill(this.#usage)
    return this.#searches ? withSearchFee(this.#usage) : this.#usage
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

/** Counts that a later one took the place of, which nobody can read: what stood before it is no bill. */
function withoutBill(earlier: TokenUsage | undefined): TokenUsage | undefined {
  if (earlier === undefined) return undefined
  const { costUsd: _, unpriced = [], ...counts } = earlier
  return { ...counts, unpriced: [...unpriced.filter((name) => name !== unreadable), unreadable] }
}

const unreadable = 'unreadable_usage'

function cutError(): ProviderError {
  return new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
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
