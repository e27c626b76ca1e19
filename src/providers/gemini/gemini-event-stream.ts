import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { type ChatEvent, type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { isLostConnection } from '../http/lost-connection.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { type AnswerHead, type ChoiceEnd, chunkBody, usageChunkBody } from '../neutral/neutral-answer.ts'
import { ProviderError } from '../provider-error.ts'
import {
  type AskedOfGemini,
  answerHead,
  blockedEnd,
  blockedRefusal,
  blockReason,
  candidatesOf,
  indexOf,
  modelVersion,
} from './gemini-answer.ts'
import { type AnswerPiece, CandidateReader } from './gemini-candidate.ts'
import { candidateEnd } from './gemini-finish.ts'
import { annotationsOf, billedToolsOf } from './gemini-grounding.ts'
import { logprobsOf } from './gemini-logprobs.ts'
import { parseGeminiUsage } from './gemini-usage.ts'

/**
 * Turns the bytes of `streamGenerateContent?alt=sse` into neutral chat events; the same ones however the bytes are cut.
 *
 * Each event there is a whole response with what is new; there is no event for the end. An answer is whole when every
 * candidate that began has its finish reason, or when the prompt was blocked; then the end of the bytes, or the loss of the
 * connection, is its end. Usage grows: it rides on the last event of each response, and the closing usage chunk has the
 * last one.
 *
 * @throws {ProviderError} `upstream_cut`, `upstream_invalid_response`, or what an error in place of a response says.
 */
export async function* geminiEventsOf(
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
  asked: AskedOfGemini,
): AsyncGenerator<ChatEvent, void, undefined> {
  const decoder = new TextDecoder()
  const stream = new ResponseReader(errors, asked)
  try {
    for await (const piece of bytes) yield* stream.feed(decoder.decode(piece, { stream: true }))
  } catch (cause) {
    if (!stream.whole || !isLostConnection(cause)) throw cause
    yield* stream.close()
    return
  }
  yield* stream.end(decoder.decode())
}

interface Choice {
  readonly reader: CandidateReader
  ended: boolean
}

class ResponseReader {
  readonly #errors: UpstreamErrors
  readonly #asked: AskedOfGemini
  readonly #messages: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (message) => this.#messages.push(message) })
  readonly #choices = new Map<number, Choice>()
  readonly #billedTools = new Set<string>()
  #head: AnswerHead | undefined
  #usage: TokenUsage | undefined
  #blocked = false

  constructor(errors: UpstreamErrors, asked: AskedOfGemini) {
    this.#errors = errors
    this.#asked = asked
  }

  /** Whether something was answered and nothing of it can be missing. */
  get whole(): boolean {
    if (this.#blocked) return true
    return this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.ended)
  }

  /** Lazily, so that what came before a bad event is still seen. */
  *feed(text: string): Generator<ChatEvent, void, undefined> {
    this.#parser.feed(text)
    for (const message of this.#messages.splice(0)) yield* this.#withUsage(this.#parse(message.data))
  }

  /** What is left at the end of the bytes: perhaps an event without its empty line, then the end itself. */
  *end(rest: string): Generator<ChatEvent, void, undefined> {
    try {
      yield* this.feed(`${rest}\n\n`)
    } catch (cause) {
      if (cause instanceof ProviderError && cause.code !== 'upstream_invalid_response') throw cause
      if (!this.whole) throw new ProviderError('upstream_cut', 'The stream broke off inside an event', { cause })
    }
    if (!this.whole) throw new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
    yield* this.close()
  }

  /** The closing events of a whole answer. */
  *close(): Generator<ChatEvent, void, undefined> {
    if (this.#usage !== undefined && this.#head !== undefined) {
      yield { type: 'metadata', chunk: usageChunkBody(this.#head, this.#usage), usage: this.#usage }
    }
    yield { type: 'finished' }
  }

  #parse(data: string): JsonObject {
    let body: unknown
    try {
      body = JSON.parse(data)
    } catch (cause) {
      throw this.#errors.invalid('The stream holds an event that is not JSON', cause)
    }
    if (Array.isArray(body)) body = body[0]
    if (!isJsonObject(body)) throw this.#errors.invalid('The stream holds an event that is not a JSON object')
    if (body.error !== undefined && body.error !== null) throw this.#errors.fromErrorObject(body.error)
    return body
  }

  /** The events of one response, the last with its usage. */
  *#withUsage(body: JsonObject): Generator<ChatEvent, void, undefined> {
    let last: ChunkEvent | undefined
    for (const event of this.#eventsOf(body)) {
      if (last !== undefined) yield last
      last = event
    }
    const usage = parseGeminiUsage(body.usageMetadata, {
      tools: [...this.#billedTools],
      serviceTier: this.#asked.serviceTier,
    })
    this.#usage = usage ?? this.#usage
    if (last !== undefined) yield usage === undefined ? last : { ...last, usage }
  }

  *#eventsOf(body: JsonObject): Generator<ChunkEvent, void, undefined> {
    this.#head ??= answerHead(body, this.#asked)
    const head = this.#head
    const reportedModel = modelVersion(body)
    const candidates = candidatesOf(body)
    for (const [position, candidate] of candidates.entries()) {
      yield* this.#candidateEvents(candidate, indexOf(candidate, position), head, reportedModel)
    }
    const reason = candidates.length === 0 && this.#choices.size === 0 ? blockReason(body) : undefined
    if (reason === undefined || this.#blocked) return
    this.#blocked = true
    yield metadata(chunk(head, 0, { role: 'assistant', content: '' }), reportedModel)
    yield { type: 'content', chunk: chunk(head, 0, { refusal: blockedRefusal(reason) }) }
    yield metadata(chunk(head, 0, {}, blockedEnd(reason)), reportedModel)
  }

  *#candidateEvents(
    candidate: JsonObject,
    index: number,
    head: AnswerHead,
    reportedModel: string | undefined,
  ): Generator<ChunkEvent, void, undefined> {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = { reader: new CandidateReader(head.id, index, this.#asked.onlyFirstCall), ended: false }
      this.#choices.set(index, choice)
      yield metadata(chunk(head, index, { role: 'assistant', content: '' }), reportedModel)
    }
    const { reader } = choice
    const logprobs = logprobsOf(candidate.logprobsResult)
    for (const tool of billedToolsOf(candidate.groundingMetadata)) this.#billedTools.add(tool)
    let carried = logprobs
    for (const piece of reader.read(candidate)) {
      yield pieceEvent(head, index, piece, piece.kind === 'text' ? carried : null)
      if (piece.kind === 'text') carried = null
    }
    const annotations = annotationsOf(candidate.groundingMetadata, reader.text)
    if (annotations.length > 0) yield { type: 'content', chunk: chunk(head, index, { annotations }) }
    const end = candidateEnd(candidate.finishReason, candidate.finishMessage, reader.hasCalls)
    if (end === undefined || choice.ended) return
    choice.ended = true
    yield metadata(chunk(head, index, {}, end), reportedModel)
  }
}

function pieceEvent(head: AnswerHead, index: number, piece: AnswerPiece, logprobs: JsonObject | null): ChunkEvent {
  switch (piece.kind) {
    case 'text':
      return { type: 'content', chunk: chunk(head, index, { content: piece.text }, undefined, logprobs) }
    case 'call':
      return { type: 'content', chunk: chunk(head, index, { tool_calls: [{ index: piece.index, ...piece.call }] }) }
    case 'image':
      return { type: 'content', chunk: chunk(head, index, { images: [{ ...piece.image, index: piece.index }] }) }
    case 'reasoning': {
      const delta = {
        ...(piece.text === '' ? {} : { reasoning_content: piece.text }),
        reasoning_details: [piece.detail],
      }
      // A signature alone is nothing to see.
      return { type: piece.text === '' ? 'metadata' : 'content', chunk: chunk(head, index, delta) }
    }
  }
}

function metadata(body: JsonObject, reportedModel: string | undefined): ChunkEvent {
  return { type: 'metadata', chunk: body, ...(reportedModel === undefined ? {} : { reportedModel }) }
}

function chunk(
  head: AnswerHead,
  index: number,
  delta: JsonObject,
  end?: ChoiceEnd,
  logprobs: JsonObject | null = null,
): JsonObject {
  const body = chunkBody(head, delta, end)
  const [first] = body.choices as [JsonObject]
  return { ...body, choices: [{ ...first, index, ...(logprobs === null ? {} : { logprobs }) }] }
}
