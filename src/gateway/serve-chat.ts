import type { ChatAsk } from '../providers/chat-provider.ts'
import { droppedOfCall } from '../providers/parameters/dropped-parameters.ts'
import { ProviderError } from '../providers/provider-error.ts'
import {
  completeWithFallback,
  FallbackError,
  type FallbackOptions,
  type FallbackStream,
  streamWithFallback,
} from '../providers/resilience/fallback.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { TokenUsage } from '../routing/registry/token-price.ts'
import type { RoutingRequest } from '../routing/request.ts'
import { dearCostNanoUsd } from './answer-cost.ts'
import { type AnswerEnd, AnswerLedger } from './answer-ledger.ts'
import type { AnswerTime } from './answer-watch.ts'
import type { AnswerReceipt, AnswerWriter } from './answer-writer.ts'
import type { Caller } from './authenticate.ts'
import type { ChatToServe } from './chat-to-serve.ts'
import { isInternalError } from './error-response.ts'
import { GatewayError } from './gateway-error.ts'
import type { GatewayServices } from './gateway-services.ts'
import { namedFallbacks } from './named-fallbacks.ts'
import { reserveSpend, routeWithinBudget } from './spend-guard.ts'
import { isAsWritten, UpstreamCalls } from './upstream-calls.ts'

/**
 * Serves one chat request: caps, routing, the decision's commit beside the upstream call, fallback, and the settlement's
 * commit before the answer's last byte.
 *
 * @param time its signal goes upstream; it is told when the upstream has ended.
 * @throws {RoutingError | ProviderError | GatewayError} before anything was written; later faults go to `answerWriter.fail`.
 */
export async function serveChat(
  services: GatewayServices,
  caller: Caller,
  chat: ChatToServe,
  answerWriter: AnswerWriter,
  time: AnswerTime,
): Promise<void> {
  const { parts, options } = services
  const { signal } = time
  const request = routingOf(chat)
  const decision = await routeWithinBudget(services, caller, request)
  const listed = namedFallbacks(parts.router, decision, request)
  const fallbacks = listed instanceof Promise ? await listed : listed
  const reservation = reserveSpend(services, caller, decision)
  const writer = services.liveJudge?.watch(answerWriter, decision, chat) ?? answerWriter
  const byAlias = request.pinnedByAlias === true
  const reserveMore = (llm: LlmId): boolean => reservation.extend(dearCostNanoUsd(calls.priced, llm))
  const calls = new UpstreamCalls(parts, decision, options.maxFallbacks, reserveMore, fallbacks, byAlias)
  const ledger = new AnswerLedger(services, decision, reservation, calls, chat, () => time.upstreamEnded())
  const resilience: FallbackOptions = {
    deadlineMs: Math.min(options.maxAnswerMs, chat.deadlineMs ?? Number.POSITIVE_INFINITY),
    ...parts.resilience,
  }
  const { outputCapMayFall } = chat.routing
  const ask: ChatAsk = { request: chat.request, native: chat.native, outputCapMayFall }
  const droppedBy = (answered: LlmId): readonly string[] => {
    const llm = parts.router.pool.get(answered)
    if (llm === undefined) return []
    const { upstreamModel, reasoningEffort, parameters } = llm
    const asWritten = isAsWritten(decision, answered, byAlias)
    return droppedOfCall(parameters, chat.parameters, { ...ask, upstreamModel, reasoningEffort, asWritten })
  }
  if (ledger.mayCall !== undefined) await ledger.mayCall
  try {
    if (chat.stream) {
      const stream = await streamWithFallback(calls.targets, ask, signal, resilience)
      const fault = await relayStream(stream, ledger, writer, droppedBy(stream.answered), signal)
      if (fault !== undefined && isInternalError(fault))
        parts.log.error({ err: fault, decisionId: decision.id }, 'A stream failed')
    } else {
      const answer = await completeWithFallback(calls.targets, ask, signal, resilience)
      const { completion, answered, attempts } = answer
      const { usage, reportedModel } = completion
      const status = 'completed'
      const end = { status, answered, reportedModel, usage, timeToFirstTokenMs: undefined, attempts } as const
      writer.complete(completion, await settledReceipt(ledger, end, answered, droppedBy(answered)))
    }
  } catch (error) {
    // After an answer was settled this changes nothing; the first settlement counts.
    await ledger.settle(unanswered(error, signal))
    throw toldFault(error, signal)
  }
}

/** Returns the fault that cut the stream after it began; undefined when it ended whole. */
async function relayStream(
  stream: FallbackStream,
  ledger: AnswerLedger,
  writer: AnswerWriter,
  dropped: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  const { answered, timeToFirstTokenMs } = stream
  let usage: TokenUsage | undefined
  let reportedModel: string | undefined
  const settle = (status: AnswerEnd['status']) => {
    const end: AnswerEnd = { status, answered, reportedModel, usage, timeToFirstTokenMs, attempts: stream.attempts }
    return settledReceipt(ledger, end, answered, dropped)
  }
  const { decision, overheadMs } = ledger
  writer.open({ decision, answered, droppedParameters: dropped, costUsd: undefined, overheadMs })
  try {
    for await (const event of stream.events) {
      if (event.type === 'finished') continue
      usage = event.usage ?? usage
      reportedModel = event.reportedModel ?? reportedModel
      const drained = writer.chunk(event)
      if (drained !== undefined) await drained
      if (signal.aborted) throw new ProviderError('aborted', 'The caller left')
    }
  } catch (error) {
    await settle(signal.aborted ? 'aborted' : 'cut')
    const fault = toldFault(error, signal)
    writer.fail(fault)
    return fault
  }
  writer.finish(await settle('completed'))
  return undefined
}

/** The request as the router sees it, which may know an API that takes it word for word. */
function routingOf({ routing, native }: ChatToServe): RoutingRequest {
  return native === undefined ? routing : { ...routing, needs: { ...routing.needs, dialect: native.dialect } }
}

async function settledReceipt(
  ledger: AnswerLedger,
  end: AnswerEnd,
  answered: LlmId,
  dropped: readonly string[],
): Promise<AnswerReceipt> {
  const { billedNanoUsd, overheadMs } = await ledger.settle(end)
  const costUsd = billedNanoUsd === undefined ? undefined : billedNanoUsd / 1e9
  return { decision: ledger.decision, answered, droppedParameters: dropped, costUsd, overheadMs }
}

/** An abort of our own has a reason that the caller, who is still there, should hear. */
function toldFault(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && signal.reason instanceof GatewayError ? signal.reason : error
}

function unanswered(error: unknown, signal: AbortSignal): AnswerEnd {
  return {
    status: signal.aborted ? 'aborted' : 'failed',
    answered: undefined,
    reportedModel: undefined,
    usage: undefined,
    timeToFirstTokenMs: undefined,
    attempts: error instanceof FallbackError ? error.attempts : undefined,
  }
}
