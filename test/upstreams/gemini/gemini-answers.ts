import { type FixtureAnswer, sse } from '../fixture-upstream.ts'
import { pieces, type ReferenceAnswer } from '../reference-llm.ts'
import type { Json } from './gemini-refusal.ts'
import type { GeminiQuestion } from './gemini-request-rules.ts'
import { signatureOf } from './gemini-turn-rules.ts'

/** What is answered, and as whom. */
export interface GeminiThought extends ReferenceAnswer {
  readonly question: GeminiQuestion
  readonly responseId: string
  readonly modelVersion: string
  /** Gemini 3 and later: calls have ids, answers are signed. */
  readonly signs: boolean
  readonly cachedTokens: number
}

/** Streams are of several responses; the call of a function is never cut. */
export function generateAnswer(thought: GeminiThought, streamed: boolean): FixtureAnswer {
  const blocked = blockedAnswer(thought)
  if (blocked !== undefined) return streamed ? events([blocked]) : { status: 200, json: blocked }
  if (!streamed) {
    const parts = [...thoughtParts(thought), ...wholeParts(thought)]
    return { status: 200, json: response(thought, parts, true, thought.text) }
  }
  const steps: Json[] = thoughtParts(thought).map((part) => response(thought, [part], false, ''))
  let said = ''
  for (const text of pieces(thought.text)) {
    said += text
    steps.push(response(thought, [{ text }], false, said, text))
  }
  const calls = callParts(thought)
  if (calls.length > 0) steps.push(response(thought, calls, false, said))
  // The signature of a text comes on an empty part behind it.
  const last = thought.signs && calls.length === 0 ? [{ text: '', thoughtSignature: signatureOf(thought.text) }] : []
  return events([...steps, response(thought, last, true, said, '')])
}

export function usageOf(thought: GeminiThought, said: string): Json {
  const { inputTokens, reasoningTokens, cachedTokens, question, toolCalls } = thought
  const visible = (pieces(said).length + 5 * toolCalls.length) * question.candidates
  return {
    promptTokenCount: inputTokens,
    ...(visible === 0 ? {} : { candidatesTokenCount: visible }),
    totalTokenCount: inputTokens + visible + reasoningTokens,
    ...(cachedTokens === 0 ? {} : { cachedContentTokenCount: cachedTokens }),
    ...(cachedTokens === 0 ? {} : { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cachedTokens }] }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
    ...(reasoningTokens === 0 ? {} : { thoughtsTokenCount: reasoningTokens }),
  }
}

function events(responses: readonly Json[]): FixtureAnswer {
  // Google ends its lines with CRLF.
  const written = responses.map((body) => sse(body).replaceAll('\n', '\r\n'))
  return { contentType: 'text/event-stream', pieces: written }
}

function response(
  thought: GeminiThought,
  parts: readonly Json[],
  ended: boolean,
  said: string,
  newText: string = said,
): Json {
  const { question, modelVersion, responseId } = thought
  const candidates = Array.from({ length: question.candidates }, (_, index) => ({
    ...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
    ...(ended ? ending(thought) : {}),
    ...(index === 0 ? {} : { index }),
    ...(question.logprobs === undefined || newText === ''
      ? {}
      : { logprobsResult: logprobs(newText, question.logprobs) }),
    ...(ended && question.searches ? { groundingMetadata: grounding(said) } : {}),
  }))
  return { candidates, usageMetadata: usageOf(thought, said), modelVersion, responseId }
}

function ending({ end, question }: GeminiThought): Json {
  if (question.userText.startsWith('filter ')) return { finishReason: 'SAFETY' }
  if (question.userText.startsWith('garble ')) {
    return { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed function call: print(' }
  }
  return { finishReason: end === 'length' ? 'MAX_TOKENS' : 'STOP' }
}

function thoughtParts({ reasoning, question }: GeminiThought): readonly Json[] {
  return reasoning === '' || !question.includeThoughts ? [] : [{ text: reasoning, thought: true }]
}

function wholeParts(thought: GeminiThought): readonly Json[] {
  const { text, signs } = thought
  const signature = signs && thought.toolCalls.length === 0 ? { thoughtSignature: signatureOf(text) } : {}
  return [...(text === '' ? [] : [{ text, ...signature }]), ...callParts(thought)]
}

/** Of calls made together only the first is signed. */
function callParts({ toolCalls, signs, responseId }: GeminiThought): readonly Json[] {
  return toolCalls.map((call, index) => ({
    functionCall: {
      ...(signs ? { id: `${responseId}${index}` } : {}),
      name: call.name,
      args: JSON.parse(call.arguments) as unknown,
    },
    ...(signs && index === 0 ? { thoughtSignature: signatureOf(call.name) } : {}),
  }))
}

function blockedAnswer(thought: GeminiThought): Json | undefined {
  const { question, modelVersion, responseId, inputTokens } = thought
  if (!question.userText.startsWith('block ')) return undefined
  const usageMetadata = { promptTokenCount: inputTokens, totalTokenCount: inputTokens }
  return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata, modelVersion, responseId }
}

function logprobs(text: string, alternatives: number): Json {
  const chosen = pieces(text).map((token) => ({ token, tokenId: token.length, logProbability: -0.25 }))
  return {
    chosenCandidates: chosen,
    topCandidates: chosen.map((token) => ({
      candidates: [token, { token: 'other', tokenId: 1, logProbability: -2 }].slice(0, alternatives),
    })),
  }
}

function grounding(text: string): Json {
  return {
    webSearchQueries: ['reference'],
    groundingChunks: [{ web: { uri: 'https://example.com/source', title: 'example.com' } }],
    groundingSupports: [
      {
        segment: { endIndex: Buffer.byteLength(text), text },
        groundingChunkIndices: [0],
      },
    ],
  }
}
