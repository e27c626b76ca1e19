import type { Grader } from '../grading/grader.ts'
import type { Clock } from '../routing/clock.ts'
import type { ProbeOutcome, ProbeStore } from '../routing/probe-store.ts'
import { askProbe, dearestNanoUsd, type ProbedLlm, type ProbeReply, withOutputCap } from './ask-probe.ts'
import { earlyRefusal } from './newcomer-verdict.ts'
import { OnboardingError } from './onboarding-error.ts'
import type { Probe } from './probe.ts'
import type { ProbeBooks, ProbeCallEnd } from './probe-books.ts'
import { ProbeBudget } from './probe-budget.ts'
import { type ProbeProgress, type ProbeTally, tallyOf } from './probe-tally.ts'

/** A probe and who grades its answer. */
export interface GradableProbe {
  readonly probe: Probe
  readonly grader: Grader
}

export interface ProbeRunOptions {
  /** Of the set, see `ProbeSet`. */
  readonly probeSet: string
  /** Calls under way at the same time. Default 8. */
  readonly concurrency?: number | undefined
  /** USD for the whole set, what an interrupted run has spent included. Undefined: none but the gateway's own. */
  readonly capUsd?: number | undefined
  readonly onProgress?: ((progress: ProbeProgress) => void) | undefined
}

export interface ProbeRunParts {
  readonly store: Pick<ProbeStore, 'outcomes' | 'saveOutcome'>
  readonly books: ProbeBooks
  readonly clock: Clock
}

/** Why the asking ended. */
export type ProbeRunEnd =
  /** Everything was asked. */
  | { readonly kind: 'asked' }
  /** By its owner, or by a cap of the gateway; asking goes on where it was. */
  | { readonly kind: 'stopped'; readonly reason: string }
  /** What is left of the run's own cap does not suffice for another call. */
  | { readonly kind: 'capped' }
  /** There is no sense in going on. */
  | { readonly kind: 'hopeless'; readonly reason: string }

export interface ProbeRunResult {
  readonly end: ProbeRunEnd
  readonly tally: ProbeTally
  readonly spentUsd: number
}

const defaultProbeConcurrency = 8

/** A call that did not come to an end of its own. */
const cutShort: ProbeCallEnd = {
  status: 'aborted',
  reportedModel: undefined,
  usage: undefined,
  costNanoUsd: undefined,
}

/** ETA from fewer answers would jump about. */
const answersUntilEta = 5

/**
 * Asks one LLM every probe it has no graded outcome of, and commits each outcome at once: a run that was stopped or killed goes on where
 * it was. What failed is tried once more at the end. Never begins a call that may cost more than what is left of the cap; calls that
 * were under way when the process was killed are in the books, not in the cap.
 */
export class ProbeAsking {
  readonly #parts: ProbeRunParts
  readonly #target: ProbedLlm
  readonly #probes: readonly GradableProbe[]
  readonly #options: ProbeRunOptions
  readonly #outcomes = new Map<string, ProbeOutcome>()
  /** Those of this run: what failed before may have been mended since. */
  readonly #own = new Map<string, ProbeOutcome>()
  readonly #stop = new AbortController()
  #budget = new ProbeBudget(undefined, 0)
  #end: ProbeRunEnd | undefined
  #lastError: string | undefined
  /** Some probe was left out, as what is left of the cap does not suffice for it. */
  #isCapped = false
  /** What is asked again failed before: that all of it fails is no news. */
  #isRetrying = false
  #asked = 0
  #toAsk = 0
  #startMs = 0

  /** @throws {OnboardingError} `unknown_price`, `no_usable_probe` */
  constructor(parts: ProbeRunParts, target: ProbedLlm, probes: readonly GradableProbe[], options: ProbeRunOptions) {
    const { llm } = target
    if (options.capUsd !== undefined && llm.price === undefined) {
      const message = `The price of ${llm.id} is not known, so that no cap in USD can be kept: say it (--price-input and --price-output, or price), or leave the cap out`
      throw new OnboardingError('unknown_price', message)
    }
    if (probes.length === 0) {
      throw new OnboardingError(
        'no_usable_probe',
        `No probe of ${options.probeSet} can be asked of ${llm.id} and graded`,
      )
    }
    this.#parts = parts
    this.#target = target
    this.#probes = probes
    this.#options = options
  }

  get progress(): ProbeProgress {
    const tally = tallyOf(this.#outcomes.values())
    const msLeft =
      this.#asked < answersUntilEta
        ? undefined
        : ((this.#parts.clock.now() - this.#startMs) / this.#asked) * (this.#toAsk - this.#asked)
    return { ...tally, total: this.#probes.length, costUsd: this.#budget.spentUsd, msLeft }
  }

  /**
   * Once. Faults of the LLM are outcomes; those of the store reject.
   *
   * @param signal its abort ends the calls under way, which are then asked anew by the next run; a text as its reason is told.
   */
  async run(signal: AbortSignal): Promise<ProbeRunResult> {
    const { probeSet, capUsd } = this.#options
    const known = await this.#parts.store.outcomes(probeSet, this.#target.llm.id)
    const probes = new Map(this.#probes.map(({ probe }) => [probe.id, probe]))
    let spent = 0
    for (const outcome of known) {
      const probe = probes.get(outcome.probeId)
      spent += outcome.costNanoUsd ?? (probe === undefined ? 0 : this.#dearest(probe))
      if (probe !== undefined) this.#outcomes.set(outcome.probeId, outcome)
    }
    this.#budget = new ProbeBudget(capUsd, spent)
    this.#startMs = this.#parts.clock.now()
    const aborted = () => {
      const said: unknown = signal.reason
      this.#finish({ kind: 'stopped', reason: typeof said === 'string' ? said : 'stopped by its owner' })
    }
    signal.addEventListener('abort', aborted, { once: true })
    if (signal.aborted) aborted()
    try {
      const fresh = this.#probes.filter(({ probe }) => !this.#outcomes.has(probe.id))
      await this.#askAll(fresh)
      this.#isRetrying = true
      await this.#askAll(this.#probes.filter(({ probe }) => this.#outcomes.get(probe.id)?.quality === undefined))
    } finally {
      signal.removeEventListener('abort', aborted)
    }
    const end = this.#end ?? { kind: this.#isCapped ? 'capped' : 'asked' }
    return { end, tally: tallyOf(this.#outcomes.values()), spentUsd: this.#budget.spentUsd }
  }

  async #askAll(probes: readonly GradableProbe[]): Promise<void> {
    if (this.#end !== undefined || probes.length === 0) return
    this.#toAsk = this.#asked + probes.length
    this.#report()
    let next = 0
    const worker = async (): Promise<void> => {
      while (this.#end === undefined && next < probes.length) await this.#ask(probes[next++]!)
    }
    const { concurrency = defaultProbeConcurrency } = this.#options
    const workers = Array.from({ length: Math.max(1, Math.min(concurrency, probes.length)) }, worker)
    const results = await Promise.allSettled(workers.map((running) => running.catch((error) => this.#fail(error))))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** One worker's fault ends the others' calls too, before it is told. */
  #fail(error: unknown): never {
    this.#finish({ kind: 'stopped', reason: 'it failed' })
    throw error
  }

  async #ask({ probe, grader }: GradableProbe): Promise<void> {
    const { llm } = this.#target
    const request = withOutputCap(probe.request, llm)
    const reserved = this.#dearest(probe)
    if (!(await this.#budget.reserve(reserved))) {
      this.#isCapped = true
      return
    }
    let spent = 0
    try {
      if (this.#end !== undefined) return
      const settle = await this.#parts.books.open(llm.id, reserved)
      if (settle === undefined) {
        const reason = 'the daily cap of the gateway is used up; probing goes on by the same call tomorrow'
        return this.#finish({ kind: 'stopped', reason }, false)
      }
      // It may have waited for others.
      if (this.#end !== undefined) return await settle({ ...cutShort, costNanoUsd: 0 })
      spent = reserved
      const reply = await askProbe(this.#target, request, grader, this.#stop.signal).catch(async (error: unknown) => {
        await settle(cutShort)
        throw error
      })
      await settle(reply.end)
      spent = (reply.end.costNanoUsd ?? reserved) + Math.round(reply.gradingUsd * 1e9)
      // Who was cut off by us did not fail.
      if (reply.quality === undefined && this.#stop.signal.aborted) return
      await this.#keep(probe, reply)
    } finally {
      this.#budget.settle(reserved, spent)
    }
    this.#judge()
  }

  #dearest(probe: Probe): number {
    const { llm } = this.#target
    return llm.price === undefined ? 0 : dearestNanoUsd(llm.price, withOutputCap(probe.request, llm))
  }

  async #keep(probe: Probe, { end, quality, error, completionMs }: ProbeReply): Promise<void> {
    const outcome: ProbeOutcome = {
      llm: this.#target.llm.id,
      probeSet: this.#options.probeSet,
      probeId: probe.id,
      atMs: Math.floor(this.#parts.clock.now()),
      quality,
      costNanoUsd: end.costNanoUsd,
      inputTokens: end.usage?.inputTokens,
      outputTokens: end.usage?.outputTokens,
      completionMs: Math.round(completionMs),
      error: error?.slice(0, 500),
    }
    await this.#parts.store.saveOutcome(outcome)
    this.#outcomes.set(probe.id, outcome)
    this.#own.set(probe.id, outcome)
    this.#asked++
    this.#lastError = outcome.error ?? this.#lastError
  }

  #judge(): void {
    this.#report()
    const reason = this.#isRetrying ? undefined : earlyRefusal(tallyOf(this.#own.values()), this.#lastError)
    if (reason !== undefined) this.#finish({ kind: 'hopeless', reason })
    else if (this.#budget.isOverdrawn) this.#finish({ kind: 'capped' })
  }

  /** @param cut whether the calls under way are cut off; else their outcomes are waited for. */
  #finish(end: ProbeRunEnd, cut = end.kind !== 'capped'): void {
    this.#end ??= end
    if (cut) this.#stop.abort()
  }

  #report(): void {
    this.#options.onProgress?.(this.progress)
  }
}
