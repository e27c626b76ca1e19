import { type OnboardingParts, type OnboardingReport, onboardLlm } from '../../probing/onboard-llm.ts'
import { OnboardingError } from '../../probing/onboarding-error.ts'
import type { ProbeSet } from '../../probing/probe.ts'
import { type ProbeProgress, type ProbeTally, tallyOf } from '../../probing/probe-tally.ts'
import type { GraderFactory } from '../../probing/usable-probes.ts'
import type { ChatProvider } from '../../providers/chat-provider.ts'
import { DeadlineProvider } from '../../providers/resilience/deadline-provider.ts'
import { RetryingProvider } from '../../providers/resilience/retrying-provider.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type { ProbeRun } from '../../routing/probe-store.ts'
import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'
import { GatewayError } from '../gateway-error.ts'
import type { PoolEditor } from '../pool-editor.ts'

/** Upstreams that are busy are given time: nobody waits for a probe. */
const mostAttempts = 5
const firstWaitMs = 500
const longestWaitMs = 20_000
const longestRetryAfterMs = 60_000

/** One call with all its attempts. */
const callDeadlineMs = 300_000

/** How soon a run ends after another process has begun to probe the same LLM. */
const lookMs = 2_000

/** Runs looked through for the last one of an LLM. */
const runsRead = 1_000

/** What an onboarding desk works with, beside what one onboarding does. */
export interface OnboardingDeskParts extends Omit<OnboardingParts, 'pool'> {
  readonly editor: PoolEditor
  /** Of now, without looking whether another version has been released. */
  readonly current: () => RoutingPolicy
  readonly providerFor: (llm: Llm) => ChatProvider
  readonly priceOf: (llm: Llm, reportedModel: string | undefined) => TokenPrice | undefined
  /** The set of that name; undefined: the built-in one. @throws what says that there is none. */
  readonly loadSet: (name: string | undefined) => Promise<ProbeSet>
  readonly gradersFor: (set: ProbeSet) => GraderFactory
  /** Where an order says nothing. */
  readonly defaults: { readonly concurrency: number; readonly capUsd: number | undefined }
  readonly random: RandomSource
  readonly newId: () => string
  readonly onError: (error: unknown, llm: LlmId) => void
}

export interface ProbeOrder {
  readonly llm: LlmId
  /** Undefined: the built-in set. */
  readonly set: string | undefined
  readonly capUsd: number | undefined
  readonly concurrency: number | undefined
  /** It was added just now, to be probed first: whatever came of another of its name. */
  readonly isNew?: boolean | undefined
  /** Forgets what it answered before. */
  readonly anew?: boolean | undefined
}

/** A run with how far it is. */
export interface RunView {
  readonly run: ProbeRun
  readonly tally: ProbeTally
  /** While it is under way here. */
  readonly progress: ProbeProgress | undefined
}

interface OpenRun {
  readonly llm: LlmId
  readonly stop: AbortController
  run: ProbeRun
  progress: ProbeProgress | undefined
  readonly ended: Promise<{ readonly run: ProbeRun; readonly report: OnboardingReport }>
}

/** Takes LLMs in while the gateway serves: begins runs, follows and ends them, and lets those admitted serve. */
export class OnboardingDesk {
  readonly #parts: OnboardingDeskParts
  readonly #open = new Map<string, OpenRun>()
  #closed = false

  constructor(parts: OnboardingDeskParts) {
    this.#parts = parts
  }

  /** Runs of a process that is gone go on by another call, not by themselves: nobody's money is spent unasked. */
  async markInterrupted(): Promise<void> {
    const { probes, clock } = this.#parts
    for (const run of await probes.runs(runsRead)) {
      if (run.status !== 'running') continue
      const report = JSON.stringify({ status: 'stopped', reason: 'interrupted; the same call goes on where it was' })
      await probes.saveRun({ ...run, status: 'stopped', endedAtMs: Math.floor(clock.now()), report })
    }
  }

  /**
   * Begins to probe an LLM of the pool; resolves once the first calls are being made. Of an LLM that waits for it, an admission lets it serve.
   *
   * @throws {OnboardingError}; {GatewayError} `model_not_found`, `shutting_down`; what `loadSet` throws
   */
  async start(order: ProbeOrder): Promise<ProbeRun> {
    const { editor, probes, clock, newId, loadSet, defaults } = this.#parts
    const { llm: id } = order
    if (this.#closed) throw new GatewayError('shutting_down', 'The gateway is closing')
    if (editor.member(id) === undefined) throw unknownLlm(id)
    const set = await loadSet(order.set)
    const earlier = await this.lastRun(id)
    this.#requireIdle(id)
    if (order.anew === true) await probes.forget(id)
    // Looked at again: the pool may have changed meanwhile.
    const member = editor.member(id)
    if (member === undefined) throw unknownLlm(id)
    this.#requireIdle(id)
    const run: ProbeRun = {
      id: `run_${newId()}`,
      llm: id,
      probeSet: set.id,
      startedAtMs: Math.floor(clock.now()),
      endedAtMs: undefined,
      status: 'running',
      probes: set.probes.length,
      capUsd: order.capUsd ?? defaults.capUsd,
      report: undefined,
    }
    // Who was paused by hand after an admission stays so.
    const isWaiting = member.paused && (order.isNew === true || earlier?.status !== 'admitted')
    return this.#begin(run, member.llm, set, order.concurrency ?? defaults.concurrency, isWaiting)
  }

  #requireIdle(id: LlmId): void {
    if (![...this.#open.values()].some(({ llm }) => llm === id)) return
    throw new OnboardingError('already_running', `${id} is being probed already`)
  }

  async #begin(
    run: ProbeRun,
    llm: Llm,
    set: ProbeSet,
    concurrency: number | undefined,
    isWaiting: boolean,
  ): Promise<ProbeRun> {
    const stop = new AbortController()
    let resolve = () => {}
    const begun = new Promise<void>((done) => {
      resolve = done
    })
    const onProgress = (progress: ProbeProgress) => {
      // Another process may have taken it out of the pool.
      if (this.#parts.editor.member(run.llm) === undefined) stop.abort('it left the pool')
      open.progress = progress
      open.run = { ...open.run, probes: progress.total }
      resolve()
    }
    const ended = this.#onboard(run, llm, set, { concurrency, onProgress, isWaiting }, stop.signal)
    const open: OpenRun = { llm: run.llm, stop, run, progress: undefined, ended }
    this.#open.set(run.id, open)
    const look = setInterval(() => void this.#giveWay(run, stop), lookMs)
    ended
      .then(undefined, () => undefined)
      .finally(() => {
        clearInterval(look)
        this.#open.delete(run.id)
      })
      .catch(() => undefined)
    // What cannot begin is told to whoever asked for it; all that comes later, to whoever looks.
    await Promise.race([begun, ended])
    ended.catch((error: unknown) => this.#parts.onError(error, run.llm))
    return open.run
  }

  async #onboard(
    run: ProbeRun,
    llm: Llm,
    set: ProbeSet,
    how: {
      readonly concurrency: number | undefined
      readonly onProgress: (progress: ProbeProgress) => void
      readonly isWaiting: boolean
    },
    signal: AbortSignal,
  ) {
    const { editor, providerFor, priceOf, gradersFor } = this.#parts
    const target = {
      llm,
      provider: this.#patient(providerFor(llm)),
      priceOf: (reportedModel: string | undefined) => priceOf(llm, reportedModel),
    }
    const pool = () => editor.members().flatMap((member) => (member.paused ? [] : [member.llm]))
    const graderFor = gradersFor(set)
    const { concurrency, onProgress } = how
    const onAdmitted = async () => how.isWaiting && editor.setPaused(llm.id, false)
    return onboardLlm(
      { ...this.#parts, pool },
      { run, target, set, graderFor, concurrency, onProgress, onAdmitted },
      signal,
    )
  }

  /** The later of two runs goes on, as the earlier may be one of a process that was killed: nothing is asked and paid twice for long. */
  async #giveWay(run: ProbeRun, stop: AbortController): Promise<void> {
    const runs = await this.#parts.probes.runs(runsRead).catch(() => [])
    const isLater = ({ startedAtMs, id }: ProbeRun): boolean =>
      startedAtMs > run.startedAtMs || (startedAtMs === run.startedAtMs && id > run.id)
    if (runs.some((other) => other.llm === run.llm && other.status === 'running' && isLater(other))) {
      stop.abort('another process has begun to probe it')
    }
  }

  /** Ends a run; what was answered is kept. False: there is none of that id under way here. */
  async stop(id: string): Promise<boolean> {
    const open = this.#open.get(id)
    if (open === undefined) return false
    open.stop.abort()
    await open.ended.catch(() => undefined)
    return true
  }

  /** Ends what is under way for an LLM that leaves. */
  async stopOf(llm: LlmId): Promise<void> {
    for (const [id, open] of this.#open) if (open.llm === llm) await this.stop(id)
  }

  /** The end of a run that was begun here. */
  ended(id: string): Promise<{ readonly run: ProbeRun; readonly report: OnboardingReport }> | undefined {
    return this.#open.get(id)?.ended
  }

  progress(id: string): ProbeProgress | undefined {
    return this.#open.get(id)?.progress
  }

  async runs(limit: number): Promise<readonly RunView[]> {
    const runs = await this.#parts.probes.runs(limit)
    return Promise.all(runs.map((run) => this.#view(run)))
  }

  async run(id: string): Promise<RunView | undefined> {
    const run = await this.#parts.probes.run(id)
    return run === undefined ? undefined : this.#view(run)
  }

  /** Of an LLM; undefined: it was never probed. */
  async lastRun(llm: LlmId): Promise<ProbeRun | undefined> {
    return (await this.lastRuns()).get(llm)
  }

  /** Of each LLM that was ever probed. */
  async lastRuns(): Promise<ReadonlyMap<LlmId, ProbeRun>> {
    const latestFirst = await this.#parts.probes.runs(runsRead)
    return new Map(latestFirst.toReversed().map((run) => [run.llm, run]))
  }

  /** What the serving version knows of an LLM; undefined: its price alone. */
  knowledgeOf(llm: LlmId): { readonly source: string; readonly labels: number; readonly quality: number } | undefined {
    const known = this.#parts.current().fitted?.llms.find(({ id }) => id === llm)
    return known && { source: known.source, labels: known.labels, quality: known.meanQuality }
  }

  /** Ends all that is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { stop } of this.#open.values()) stop.abort()
    await Promise.allSettled([...this.#open.values()].map(({ ended }) => ended))
  }

  async #view(run: ProbeRun): Promise<RunView> {
    const progress = this.#open.get(run.id)?.progress
    return { run, progress, tally: progress ?? tallyOf(await this.#parts.probes.outcomes(run.probeSet, run.llm)) }
  }

  #patient(provider: ChatProvider): ChatProvider {
    const retrying = new RetryingProvider(provider, {
      maxAttempts: mostAttempts,
      baseDelayMs: firstWaitMs,
      maxDelayMs: longestWaitMs,
      maxRetryAfterMs: longestRetryAfterMs,
      deadlineMs: callDeadlineMs,
      random: this.#parts.random,
    })
    return new DeadlineProvider(retrying, { totalMs: callDeadlineMs })
  }
}

function unknownLlm(id: LlmId): GatewayError {
  return new GatewayError('model_not_found', `There is no LLM '${id.slice(0, 100)}' in the pool`)
}
