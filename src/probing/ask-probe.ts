import type { AnswerToGrade, Grader } from '../grading/grader.ts'
import { GradingError } from '../grading/grading-error.ts'
import { type ChatCompletion, type ChatProvider, type ChatRequest, isJsonObject } from '../providers/chat-provider.ts'
import { contentText } from '../providers/neutral/neutral-message.ts'
import { outputCap } from '../providers/neutral/output-cap.ts'
import { mayHaveBeenBilled, ProviderError } from '../providers/provider-error.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { billedNanoUsd } from '../routing/registry/token-bill.ts'
import { ratesFor, type TokenPrice, toNanoUsd } from '../routing/registry/token-price.ts'
import type { ProbeCallEnd } from './probe-books.ts'
import { emptyAnswer } from './probe-tally.ts'

/** Longest answer where a probe sets no limit: none may cost without bound. */
const longestAnswerTokens = 4_096

/** What thinking may take beside the answer. */
const thinkingTokens = 16_384

/** Bytes of a request per token at the least: text in any script stays above, so that money set aside suffices. */
const fewestBytesPerToken = 2

/** An LLM, how to call it, and at what price its bills are. */
export interface ProbedLlm {
  readonly llm: Llm
  /** With its retries and deadlines around it. */
  readonly provider: ChatProvider
  /** The price of an answer, by the model its upstream reports. */
  readonly priceOf: (reportedModel: string | undefined) => TokenPrice | undefined
}

/** What came of one call. */
export interface ProbeReply {
  readonly end: ProbeCallEnd
  /** [0, 1]; undefined: not known. */
  readonly quality: number | undefined
  readonly error: string | undefined
  readonly completionMs: number
  /** USD; of judges. */
  readonly gradingUsd: number
}

/** A probe's request with a limit on its output that leaves room for an LLM that thinks. */
export function withOutputCap(request: ChatRequest, { capabilities, reasoningEffort }: Llm): ChatRequest {
  const thinks = capabilities.reasoning === true || reasoningEffort !== undefined
  const wanted = (outputCap(request) ?? longestAnswerTokens) + (thinks ? thinkingTokens : 0)
  const { max_completion_tokens: _newer, ...rest } = request
  return { ...rest, messages: request.messages, max_tokens: Math.min(wanted, capabilities.maxOutputTokens ?? wanted) }
}

/** The most that call can be expected to be billed, nano-USD: every token of its limit written, at the dearer of the rates for output. */
export function dearestNanoUsd(price: TokenPrice, request: ChatRequest): number {
  const inputTokens = Math.ceil(Buffer.byteLength(JSON.stringify(request)) / fewestBytesPerToken)
  const rates = ratesFor(price, inputTokens)
  const input = Math.max(rates.inputPerMillionTokensUsd, rates.cacheWritePerMillionTokensUsd ?? 0)
  const output = Math.max(rates.outputPerMillionTokensUsd, rates.reasoningPerMillionTokensUsd ?? 0)
  return toNanoUsd((inputTokens * input + (outputCap(request) ?? 0) * output) / 1e6)
}

/**
 * Asks and grades. Never throws but for faults of our own: what the LLM does is its outcome.
 *
 * @param request as it is sent; see {@link withOutputCap}.
 */
export async function askProbe(
  { llm, provider, priceOf }: ProbedLlm,
  request: ChatRequest,
  grader: Grader,
  signal: AbortSignal,
): Promise<ProbeReply> {
  const { upstreamModel, reasoningEffort } = llm
  const startMs = performance.now()
  let completion: ChatCompletion
  try {
    const call = {
      request,
      upstreamModel,
      reasoningEffort,
      reasons: llm.capabilities.reasoning,
      outputCapMayFall: true,
    }
    completion = await provider.complete(call, signal)
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return failedReply(error, performance.now() - startMs, signal)
  }
  const completionMs = performance.now() - startMs
  const { usage, reportedModel } = completion
  const end: ProbeCallEnd = {
    status: 'completed',
    reportedModel: reportedModel?.slice(0, 200),
    usage,
    costNanoUsd: billedNanoUsd(priceOf(reportedModel), usage),
  }
  return { end, completionMs, ...(await gradeOf(completion, request, grader, signal)) }
}

function failedReply(error: ProviderError, completionMs: number, signal: AbortSignal): ProbeReply {
  const end: ProbeCallEnd = {
    status: signal.aborted ? 'aborted' : 'failed',
    reportedModel: undefined,
    usage: undefined,
    costNanoUsd: mayHaveBeenBilled(error.code) ? undefined : 0,
  }
  return { end, quality: undefined, error: `${error.code}: ${error.message}`, completionMs, gradingUsd: 0 }
}

async function gradeOf(
  completion: ChatCompletion,
  request: ChatRequest,
  grader: Grader,
  signal: AbortSignal,
): Promise<Pick<ProbeReply, 'quality' | 'error' | 'gradingUsd'>> {
  const { text, toolCalls } = answerOf(completion)
  if (text.trim() === '' && toolCalls.length === 0) return { quality: undefined, error: emptyAnswer, gradingUsd: 0 }
  try {
    const { quality, costUsd = 0 } = await grader.grade({ request, text, toolCalls }, signal)
    return { quality, error: undefined, gradingUsd: costUsd }
  } catch (error) {
    if (!(error instanceof GradingError) && !signal.aborted) throw error
    return { quality: undefined, error: `not graded: ${(error as Error).message}`, gradingUsd: 0 }
  }
}

/** The first choice's text and tool calls. */
function answerOf({ body }: ChatCompletion): Pick<AnswerToGrade, 'text' | 'toolCalls'> {
  const choice: unknown = Array.isArray(body.choices) ? body.choices[0] : undefined
  const message = isJsonObject(choice) && isJsonObject(choice.message) ? choice.message : {}
  const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : []
  const toolCalls = calls.flatMap((call) => {
    const said = isJsonObject(call) && isJsonObject(call.function) ? call.function : {}
    return typeof said.name === 'string'
      ? [{ name: said.name, arguments: typeof said.arguments === 'string' ? said.arguments : '' }]
      : []
  })
  return { text: contentText(message.content), toolCalls }
}
