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
import { candidateEnd, candidateFailure, finishReasonOf } from './gemini-finish.ts'
import { annotationsOf, billedToolsOf, citesSources } from './gemini-grounding.ts'
import { logprobsOf } from './gemini-logprobs.ts'
import { parseGeminiUsage } from './gemini-usage.ts'
import { StrayLines } from './stray-lines.ts'

/**
 * Turns the bytes of `streamGenerateContent?alt=sse` into neutral chat events; the same ones however the bytes are cut.
 *
 * Each event there is a whole response with what is new; there is no event for the end. An answer is whole when the bytes
 * end and every candidate that began has its finish reason, or the prompt was blocked. Only then do the choices end: some
 * models give a reason early, and go on. A lost connection is an end only where all candidates asked for had theirs and
 * none went on. Usage grows: it rides on the last event of each response, and the closing usage chunk has the last one.
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
    if (!isLostConnection(cause)) throw cause
    if (!stream.wholeThoughLost) throw stream.strayError() ?? cause
    yield* stream.close()
    return
  }
  yield* stream.end(decoder.decode())
}

interface Choice {
  readonly reader: CandidateReader
  /** Pieces of the candidate that name sources. */
  readonly citing: JsonObject[]
  /** Why it ended, as far as is known. */
  reason: string | undefined
  /** It gave a reason, and said more. */
  wentOn: boolean
}

class ResponseReader {
  readonly #errors: UpstreamErrors
  readonly #asked: AskedOfGemini
  readonly #messages: EventSourceMessage[] = []
  readonly #parser = createParser({ onEvent: (message) => this.#messages.push(message) })
  readonly #stray = new StrayLines()
  readonly #choices = new Map<number, Choice>()
  readonly #billedTools = new Set<string>()
  #head: AnswerHead | undefined
  #reportedModel: string | undefined
  #usage: TokenUsage | undefined
  #failure: ProviderError | undefined
  #blocked = false

  constructor(errors: UpstreamErrors, asked: AskedOfGemini) {
    this.#errors = errors
    this.#asked = asked
  }

  /** Whether something was answered and nothing of it is missing, if the bytes end here. */
  get whole(): boolean {
    if (this.#blocked) return true
    return this.#choices.size > 0 && [...this.#choices.values()].every(({ reason }) => reason !== undefined)
  }

  /** The same, if they end because the connection was lost. */
  get wholeThoughLost(): boolean {
    if (this.#blocked) return true
    const choices = [...this.#choices.values()]
    return this.whole && choices.length >= this.#asked.candidates && !choices.some(({ wentOn }) => wentOn)
  }

  /** Lazily, so that what came before a bad event is still seen. */
  *feed(text: string): Generator<ChatEvent, void, undefined> {
    this.#stray.feed(text)
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
    if (!this.whole) {
      throw this.strayError() ?? new ProviderError('upstream_cut', 'The stream ended before the answer was finished')
    }
    yield* this.close()
  }

  /** What an error says that was written into the stream as no event. */
  strayError(): ProviderError | undefined {
    try {
      const body: unknown = JSON.parse(this.#stray.text)
      const root: unknown = Array.isArray(body) ? body[0] : body
      if (isJsonObject(root) && isJsonObject(root.error)) return this.#errors.fromErrorObject(root.error)
    } catch {
      // No JSON: nothing that we could tell.
    }
    return undefined
  }

  /** The closing events of a whole answer. */
  *close(): Generator<ChatEvent, void, undefined> {
    const head = this.#head
    if (head !== undefined) {
      for (const [index, { reader, citing, reason = '' }] of this.#choices) {
        const annotations = annotationsOf(citing, reader.text)
        if (annotations.length > 0) yield { type: 'content', chunk: chunk(head, index, { annotations }) }
        yield metadata(chunk(head, index, {}, candidateEnd(reason, reader.hasCalls)), this.#reportedModel)
      }
      const usage = this.#usage
      if (usage !== undefined) yield { type: 'metadata', chunk: usageChunkBody(head, usage), usage }
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

  /** The events of one response, the last with its usage; one without any that has usage gets an empty one. */
  *#withUsage(body: JsonObject): Generator<ChatEvent, void, undefined> {
    this.#head ??= answerHead(body, this.#asked)
    this.#reportedModel = modelVersion(body) ?? this.#reportedModel
    let last: ChunkEvent | undefined
    for (const event of this.#eventsOf(body, this.#head)) {
      if (last !== undefined) yield last
      last = event
    }
    const usage = parseGeminiUsage(body.usageMetadata, {
      tools: [...this.#billedTools],
      serviceTier: this.#asked.serviceTier,
    })
    // An earlier count is no longer true when a later one cannot be read.
    if (body.usageMetadata !== undefined) this.#usage = usage
    if (usage !== undefined) yield { ...(last ?? this.#silence(this.#head)), usage }
    else if (last !== undefined) yield last
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Says nothing, for a choice that has begun. */
  #silence(head: AnswerHead): ChunkEvent {
    const [index] = this.#choices.keys()
    const body = index === undefined ? { ...chunkBody(head, {}), choices: [] } : chunk(head, index, {})
    return metadata(body, this.#reportedModel)
  }

  *#eventsOf(body: JsonObject, head: AnswerHead): Generator<ChunkEvent, void, undefined> {
    const reportedModel = this.#reportedModel
    const candidates = candidatesOf(body)
    for (const [position, candidate] of candidates.entries()) {
      yield* this.#candidateEvents(candidate, indexOf(candidate, position), head)
    }
    const reason = candidates.length === 0 && this.#choices.size === 0 ? blockReason(body) : undefined
    if (reason === undefined || this.#blocked) return
    this.#blocked = true
    yield metadata(chunk(head, 0, { role: 'assistant', content: '' }), reportedModel)
    yield { type: 'content', chunk: chunk(head, 0, { refusal: blockedRefusal(reason) }) }
    yield metadata(chunk(head, 0, {}, blockedEnd(reason)), reportedModel)
  }

  *#candidateEvents(candidate: JsonObject, index: number, head: AnswerHead): Generator<ChunkEvent, void, undefined> {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      const reader = new CandidateReader(head.id, index, this.#asked.onlyFirstCall)
      choice = { reader, citing: [], reason: undefined, wentOn: false }
      this.#choices.set(index, choice)
      yield metadata(chunk(head, index, { role: 'assistant', content: '' }), this.#reportedModel)
    }
    const { reader, citing } = choice
    const logprobs = logprobsOf(candidate.logprobsResult)
    for (const tool of billedToolsOf(candidate.groundingMetadata)) this.#billedTools.add(tool)
    let carried = logprobs
    for (const piece of reader.read(candidate)) {
      if (choice.reason !== undefined) choice.wentOn = true
      yield pieceEvent(head, index, piece, piece.kind === 'text' ? carried : null)
      if (piece.kind === 'text') carried = null
    }
    if (citesSources(candidate)) citing.push(candidate)
    choice.reason = finishReasonOf(candidate) ?? choice.reason
    this.#failure ??= candidateFailure(candidate.finishReason, candidate.finishMessage)
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
