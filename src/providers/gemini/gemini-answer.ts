import { type ChatCompletion, isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { type AnswerHead, type ChoiceEnd, completionBody } from '../neutral/neutral-answer.ts'
import type { NeutralAssistantMessage, NeutralToolCall } from '../neutral/neutral-message.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'
import { CandidateReader } from './gemini-candidate.ts'
import { candidateEnd, candidateFailure, finishReasonOf } from './gemini-finish.ts'
import { annotationsOf, billedToolsOf } from './gemini-grounding.ts'
import { logprobsOf } from './gemini-logprobs.ts'
import { parseGeminiUsage } from './gemini-usage.ts'

/** What reading an answer takes beside the answer. */
export interface AskedOfGemini {
  /** For an answer that has no id or does not say which model it is from. */
  readonly fallbackId: string
  readonly upstreamModel: string
  /** Seconds since the epoch. */
  readonly created: number
  /** `parallel_tool_calls: false`. */
  readonly onlyFirstCall: boolean
  readonly serviceTier: string | undefined
  /** `n`. */
  readonly candidates: number
}

/**
 * A whole `GenerateContentResponse` in the neutral form, a choice per candidate.
 *
 * A prompt that was blocked is answered, not refused: with a refusal that names the reason and `content_filter`, as the
 * call is counted and another attempt would end the same.
 *
 * @throws {ProviderError} `upstream_invalid_response` without candidates, with one that has not ended or is unusable.
 */
export function geminiCompletion(body: JsonObject, asked: AskedOfGemini, errors: UpstreamErrors): ChatCompletion {
  const candidates = candidatesOf(body)
  const head = answerHead(body, asked)
  const blocked = candidates.length === 0 ? blockReason(body) : undefined
  if (candidates.length === 0 && blocked === undefined) throw errors.invalid('The answer has no candidates')
  const choices =
    blocked === undefined
      ? candidates.map((candidate, position) => choiceOf(candidate, position, head, asked, errors))
      : [choice(head, 0, blockedMessage(blocked), blockedEnd(blocked), null)]
  const usage = parseGeminiUsage(body.usageMetadata, {
    tools: candidates.flatMap((candidate) => billedToolsOf(candidate.groundingMetadata)),
    serviceTier: asked.serviceTier,
  })
  const message: NeutralAssistantMessage = { role: 'assistant', content: null }
  const frame = completionBody(head, message, { finishReason: 'stop', nativeFinishReason: 'STOP' }, usage)
  return { body: { ...frame, choices }, usage, reportedModel: modelVersion(body) }
}

/** The candidates that can be read as such. */
export function candidatesOf(body: JsonObject): readonly JsonObject[] {
  return Array.isArray(body.candidates) ? body.candidates.filter(isJsonObject) : []
}

/** Zero is left out of JSON. */
export function indexOf(candidate: JsonObject, position: number): number {
  return typeof candidate.index === 'number' ? candidate.index : position
}

export function answerHead(body: JsonObject, asked: AskedOfGemini): AnswerHead {
  return {
    id: typeof body.responseId === 'string' && body.responseId !== '' ? body.responseId : asked.fallbackId,
    model: modelVersion(body) ?? asked.upstreamModel,
    created: asked.created,
  }
}

export function modelVersion(body: JsonObject): string | undefined {
  const { modelVersion: version } = body
  return typeof version === 'string' && version !== '' ? version : undefined
}

/** Why the prompt was not even read; undefined when it was. */
export function blockReason(body: JsonObject): string | undefined {
  const feedback = body.promptFeedback
  const reason = isJsonObject(feedback) ? feedback.blockReason : undefined
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}

export function blockedRefusal(reason: string): string {
  return `Google blocked the prompt: ${reason}`
}

export function blockedEnd(reason: string): ChoiceEnd {
  return { finishReason: 'content_filter', nativeFinishReason: reason }
}

function blockedMessage(reason: string): NeutralAssistantMessage {
  return { role: 'assistant', content: null, refusal: blockedRefusal(reason) }
}

function choiceOf(
  candidate: JsonObject,
  position: number,
  head: AnswerHead,
  asked: AskedOfGemini,
  errors: UpstreamErrors,
): JsonObject {
  const index = indexOf(candidate, position)
  const failure = candidateFailure(candidate.finishReason, candidate.finishMessage)
  if (failure !== undefined) throw failure
  const reason = finishReasonOf(candidate)
  if (reason === undefined) throw errors.invalid('The answer has no finish reason')
  const reader = new CandidateReader(head.id, index, asked.onlyFirstCall)
  const message = messageOf(reader, candidate)
  return choice(head, index, message, candidateEnd(reason, reader.hasCalls), logprobsOf(candidate.logprobsResult))
}

function choice(
  head: AnswerHead,
  index: number,
  message: NeutralAssistantMessage,
  end: ChoiceEnd,
  logprobs: JsonObject | null,
): JsonObject {
  const [first] = completionBody(head, message, end, undefined).choices as [JsonObject]
  return { ...first, index, logprobs }
}

function messageOf(reader: CandidateReader, candidate: JsonObject): NeutralAssistantMessage {
  const details: ReasoningDetail[] = []
  const calls: NeutralToolCall[] = []
  const images: JsonObject[] = []
  let reasoning = ''
  for (const piece of reader.read(candidate)) {
    if (piece.kind === 'reasoning') {
      reasoning += piece.text
      addDetail(details, piece.detail)
    } else if (piece.kind === 'call') calls.push(piece.call)
    else if (piece.kind === 'image') images.push(piece.image)
  }
  const annotations = annotationsOf([candidate], reader.text)
  const wordless = reader.text === '' && calls.length > 0
  return {
    role: 'assistant',
    content: wordless ? null : reader.text,
    refusal: null,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(images.length === 0 ? {} : { images }),
    ...(annotations.length === 0 ? {} : { annotations }),
  }
}

/** Thoughts of one index are one. */
function addDetail(details: ReasoningDetail[], detail: ReasoningDetail): void {
  const last = details.at(-1)
  const continues = last?.type === 'reasoning.text' && detail.type === 'reasoning.text' && last.index === detail.index
  if (!continues) {
    details.push(detail)
    return
  }
  details[details.length - 1] = { ...last, ...detail, text: `${last.text ?? ''}${detail.text ?? ''}` }
}
