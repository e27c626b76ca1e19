import { type RandomSource, SeededRandom } from '../../../routing/numeric/random-source.ts'
import { type ServedRequest, WaitingTimes } from '../../mixllm/waiting-time.ts'
import type { OnlineFeedback, OnlineRequest } from '../../online/online-policy.ts'
import type { StreamCase } from './stream-case.ts'
import {
  refreshMs as paperRefreshMs,
  requestsPerSecond,
  type StreamFeedback,
  satisfyingMs,
  satisfyingQuality,
} from './stream-setting.ts'

/** A request with the time of its arrival. */
export interface StreamRequest extends OnlineRequest {
  readonly nowMs: number
}

/** What the caller of an LLM sees of one call, whether or not anybody gives feedback. */
export interface StreamCall {
  readonly llm: number
  /** Undefined where load is not simulated. */
  readonly served: ServedRequest | undefined
  /** From the request's arrival, as a stream shows it; undefined where only whole times were measured. */
  readonly timeToFirstTokenMs: number | undefined
  /** Undefined where it is not known. */
  readonly outputTokens: number | undefined
  /** The bill, USD; undefined where it is not known. */
  readonly costUsd: number | undefined
}

/** What a policy of this protocol must do; every `OnlinePolicy` can. */
export interface StreamPolicy {
  choose(request: StreamRequest, random: RandomSource): number | Promise<number>
  /** @param request the object that was chosen for. */
  learn(request: StreamRequest, feedback: OnlineFeedback): void
  /** Times, length and bill of a call, seen by whoever sent it; before the next choice. */
  called?(call: StreamCall, nowMs: number): void
}

/** Simulated load; see `WaitingTimes`. */
export interface StreamLoad {
  /** τ. */
  readonly timeLimitMs: number
  /** Multiple of the protocol's ten requests a second. Default 1. */
  readonly factor?: number
  /** Default: every 10 s. */
  readonly refreshMs?: number
}

export interface ReplayOptions {
  readonly load: StreamLoad | undefined
  /** `none`: the policy hears of nothing. */
  readonly feedback: StreamFeedback
  /** LLMs in the pool, indices. Default: all. */
  readonly candidates?: readonly number[]
  /** Row whose outcome of the same LLM is fed back instead of the request's own; for controls. */
  readonly feedbackFrom?: ReadonlyMap<number, number>
}

/** What happened, in the order of the rows. */
export interface StreamRecord {
  /** Row of each request in the data set. */
  readonly rows: readonly number[]
  /** The LLM that answered. */
  readonly answered: readonly number[]
  /** Positions of the answers that came after τ. */
  readonly late: readonly number[]
}

/** Feedback on its way: under load it comes when the answer is complete. */
interface PendingFeedback {
  readonly atMs: number
  readonly request: StreamRequest
  readonly feedback: OnlineFeedback
}

/**
 * Sends rows through a policy in their order, at even intervals, and gives it the feedback that belongs to each answer: when the
 * simulated call ends, at the end of the stream at the latest; at once where load is not simulated.
 */
export async function replayStream(
  from: StreamCase,
  rows: readonly number[],
  policy: StreamPolicy,
  options: ReplayOptions,
): Promise<StreamRecord> {
  const { load, feedback } = options
  const candidates = options.candidates ?? from.data.llms.map((_, llm) => llm)
  const times = load && new WaitingTimes({ slots: from.slots, refreshMs: load.refreshMs ?? paperRefreshMs })
  const intervalMs = 1000 / (requestsPerSecond * (load?.factor ?? 1))
  const random = new SeededRandom(Math.imul(from.seed, 0x85ebca6b) ^ rows.length)
  const answered: number[] = []
  const late: number[] = []
  let pending: PendingFeedback[] = []
  for (const [position, row] of rows.entries()) {
    const nowMs = position * intervalMs
    pending = deliver(pending, nowMs, policy)
    const request = { ...requestOf(from, row, candidates), nowMs, waitMs: times?.seenAt(nowMs) }
    const choice = policy.choose(request, random)
    const llm = typeof choice === 'number' ? choice : await choice
    const cell = row * from.data.llms.length + llm
    const served = times?.serve(llm, nowMs, from.service.serviceMs[cell]!)
    answered.push(llm)
    if (served !== undefined && served.completionMs > load!.timeLimitMs) late.push(position)
    policy.called?.(callOf(from, cell, llm, served), nowMs)
    if (feedback === 'none') continue
    const source = options.feedbackFrom?.get(row) ?? row
    const heard = feedbackOf(from, source * from.data.llms.length + llm, llm, feedback, served)
    if (served === undefined) policy.learn(request, heard)
    else pending.push({ atMs: nowMs + served.completionMs, request, feedback: heard })
  }
  deliver(pending, Number.POSITIVE_INFINITY, policy)
  return { rows, answered, late }
}

/** Hands over what is due, in the order of the completions; returns what is not. */
function deliver(pending: PendingFeedback[], nowMs: number, policy: StreamPolicy): PendingFeedback[] {
  const due = pending.filter(({ atMs }) => atMs <= nowMs)
  if (due.length === 0) return pending
  due.sort((a, b) => a.atMs - b.atMs)
  for (const { request, feedback } of due) policy.learn(request, feedback)
  return pending.filter(({ atMs }) => atMs > nowMs)
}

function callOf(from: StreamCase, cell: number, llm: number, served: ServedRequest | undefined): StreamCall {
  const firstTokenMs = known(from.service.firstTokenMs[cell]!)
  return {
    llm,
    served,
    timeToFirstTokenMs: served === undefined || firstTokenMs === undefined ? undefined : served.waitMs + firstTokenMs,
    outputTokens: known(from.service.outputTokens[cell]!),
    costUsd: known(from.data.costUsd[cell]!),
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}

/** A row as a policy sees it before the call. */
export function requestOf(from: StreamCase, row: number, candidates: readonly number[]): OnlineRequest {
  return {
    prompt: row,
    context: from.contexts[row]!,
    text: from.data.prompts[row]!.text,
    inputTokens: from.inputTokens[row]!,
    candidates,
  }
}

/** The refined label is the answer's quality even where it came late; the thumb sees both. */
function feedbackOf(
  from: StreamCase,
  cell: number,
  llm: number,
  kind: 'refined' | 'binary',
  served: ServedRequest | undefined,
): OnlineFeedback {
  const quality = known(from.data.quality[cell]!)
  const inTime = served === undefined || served.completionMs < satisfyingMs
  return {
    llm,
    quality: kind === 'refined' ? quality : undefined,
    satisfied: kind === 'binary' && quality !== undefined ? quality > satisfyingQuality && inTime : undefined,
    costUsd: from.data.costUsd[cell]!,
    outputTokens: known(from.service.outputTokens[cell]!),
  }
}
