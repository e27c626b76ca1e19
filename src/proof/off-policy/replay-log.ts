import type { DecisionStore, LoggedDecision } from '../../routing/decision-store.ts'
import { estimateTarget, type TargetEstimate, type UtilityScale } from './estimate-target.ts'
import { loggedChoice } from './logged-choice.ts'
import { OffPolicyLogBuilder } from './off-policy-log.ts'
import { prepareLog } from './prepare-log.ts'
import type { TargetChoice, TargetPolicy } from './target-policy.ts'

export interface ReplayOptions {
  readonly decisions: Pick<DecisionStore, 'logged'>
  readonly targets: readonly TargetPolicy[]
  readonly scale: UtilityScale
  /** Decisions made before are left out, milliseconds since the epoch. Default: none. */
  readonly sinceMs?: number | undefined
  /** Of no decision made since `sinceMs`: reading begins behind it. Default: at the oldest. */
  readonly afterId?: string | undefined
  /** Told after each page of the log: decisions read so far, and when the last of them was made. */
  readonly onPage?: ((read: number, atMs: number) => void) | undefined
  /** Lets others have the thread, between pages and between targets. */
  readonly pause?: (() => Promise<void>) | undefined
}

/** What of a log could be used. */
export interface ReplayedLog {
  readonly decisions: number
  /** Their caller named the LLM. */
  readonly named: number
  /** Still under way, or lost with the process that made them. */
  readonly unsettled: number
  /** With somebody's word on the answer; failed calls, whose quality is 0, among them. */
  readonly labelled: number
  readonly billed: number
  /** Milliseconds since the epoch; undefined where nothing was read. */
  readonly firstAtMs: number | undefined
  readonly lastAtMs: number | undefined
}

export interface ReplayReport {
  readonly log: ReplayedLog
  readonly scale: UtilityScale
  /** In the order asked for; undefined where no decision may judge the target. */
  readonly targets: readonly { readonly name: string; readonly estimate: TargetEstimate | undefined }[]
}

/** Small enough that a page of estimates from contexts holds the thread for some milliseconds only. */
const pageSize = 200

/** Reads the log in pages and judges every target by it. Keeps probabilities and outcomes of each decision, no contexts. */
export async function replayLog(options: ReplayOptions): Promise<ReplayReport> {
  const { decisions, targets, scale, sinceMs = 0, onPage, pause } = options
  const shared = new OffPolicyLogBuilder()
  const tracks = targets.map((target) => new TargetTrack(target))
  const counts = new LogCounts()
  let read = 0
  for (let { afterId = '' } = options; ; ) {
    const page = await decisions.logged(afterId, pageSize)
    for (const logged of page) if (logged.decision.createdAtMs >= sinceMs) take(logged, shared, tracks, counts)
    read += page.length
    const last = page.at(-1)
    if (last === undefined) break
    onPage?.(read, last.decision.createdAtMs)
    afterId = last.decision.id
    await pause?.()
  }
  const prepared = shared.rows === 0 ? undefined : prepareLog(shared.build())
  const judged: ReplayReport['targets'][number][] = []
  for (const track of tracks) {
    await pause?.()
    const own = track.ownLog()
    const log = own === undefined ? prepared : own.rows === 0 ? undefined : prepareLog(own)
    const estimate = log && estimateTarget(log, track.choices(), scale)
    judged.push({ name: track.target.name, estimate })
  }
  return { log: counts.summary(), scale, targets: judged }
}

function take(
  logged: LoggedDecision,
  shared: OffPolicyLogBuilder,
  tracks: readonly TargetTrack[],
  counts: LogCounts,
): void {
  const choice = loggedChoice(logged)
  counts.add(logged, choice)
  if (choice === undefined) return
  shared.add(choice)
  for (const track of tracks) track.add(logged, choice)
}

/** What one target would have done, row by row; with rows of its own where not all decisions may judge it. */
class TargetTrack {
  readonly target: TargetPolicy
  readonly #own: OffPolicyLogBuilder | undefined
  readonly #probability: number[] = []
  readonly #factors: number[] = []
  readonly #unsupported: number[] = []
  #hasFactors = false

  constructor(target: TargetPolicy) {
    this.target = target
    this.#own = target.judgedBy === undefined ? undefined : new OffPolicyLogBuilder()
  }

  add({ decision }: LoggedDecision, choice: Parameters<OffPolicyLogBuilder['add']>[0]): void {
    if (this.target.judgedBy?.(decision) === false) return
    this.#own?.add(choice)
    const { probability, unsupported, costFactor }: TargetChoice = this.target.targetProbabilities(decision)
    for (const value of probability) this.#probability.push(value)
    for (let i = 0; i < probability.length; i++) this.#factors.push(costFactor?.[i] ?? 1)
    if (costFactor !== undefined) this.#hasFactors = true
    this.#unsupported.push(unsupported)
  }

  ownLog() {
    return this.#own?.build()
  }

  choices() {
    return {
      probability: Float64Array.from(this.#probability),
      unsupported: Float64Array.from(this.#unsupported),
      costFactor: this.#hasFactors ? Float64Array.from(this.#factors) : undefined,
    }
  }
}

class LogCounts {
  #decisions = 0
  #named = 0
  #unsettled = 0
  #labelled = 0
  #billed = 0
  #firstAtMs: number | undefined
  #lastAtMs: number | undefined

  add({ decision, settlement }: LoggedDecision, choice: ReturnType<typeof loggedChoice>): void {
    this.#decisions++
    this.#firstAtMs ??= decision.createdAtMs
    this.#lastAtMs = decision.createdAtMs
    if (decision.pinned) this.#named++
    else if (settlement === undefined) this.#unsettled++
    if (choice === undefined) return
    if (!Number.isNaN(choice.quality)) this.#labelled++
    if (!Number.isNaN(choice.costUsd)) this.#billed++
  }

  summary(): ReplayedLog {
    return {
      decisions: this.#decisions,
      named: this.#named,
      unsettled: this.#unsettled,
      labelled: this.#labelled,
      billed: this.#billed,
      firstAtMs: this.#firstAtMs,
      lastAtMs: this.#lastAtMs,
    }
  }
}
