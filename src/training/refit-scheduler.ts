import type { Clock } from '../routing/clock.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { PolicyStore, StoredPolicyVersion } from '../routing/policy-store.ts'
import type { Router } from '../routing/router.ts'
import { FitError } from './fit-error.ts'
import { defaultFolds, fewestPromptsPerFold } from './fit-policy.ts'
import type { FitProgress } from './fit-progress.ts'
import { type HandOverOptions, handOverRefit, leftBehind, overtakenBy, takeUp } from './hand-over-refit.ts'
import { type RefitStores, readRefitRequest } from './read-refit-request.ts'
import type { RefitRun } from './refit-in-worker.ts'
import type { RefitRequest } from './refit-policy.ts'
import { type RefitSchedule, type RefitState, refitIsDue, stateOfRefits } from './refit-schedule.ts'
import { isOnTrial } from './rollout.ts'

export interface RefitOptions extends RefitSchedule, HandOverOptions {}

export interface RefitSchedulerParts {
  readonly router: Pick<Router, 'policy' | 'pool'>
  readonly stores: RefitStores & { readonly policies: PolicyStore }
  readonly clock: Clock
  /** `refitInWorker` in service. */
  readonly refit: (request: RefitRequest, run: RefitRun) => Promise<StoredPolicyVersion>
  /** The rollout has changed: whoever serves looks at once. */
  readonly changed: () => Promise<unknown>
  /** A refit ended well, was not possible, or failed. Never throws. */
  readonly onEnd: (end: RefitEnd) => void
}

export type RefitEnd =
  | { readonly status: 'done'; readonly version: string; readonly released: boolean; readonly ms: number }
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'stopped' }

/** The latest refit that ended. */
export interface LastRefit {
  readonly endedMs: number
  readonly end: RefitEnd
}

/** What a refit that runs has come to. */
export interface RefitProgress {
  readonly sinceMs: number
  /** Undefined: the log is being read. */
  readonly progress: FitProgress | undefined
}

/**
 * Fits the serving version anew, from the rows of the last fit by hand and the log, when enough labels or hours have passed; one at a time, on
 * another thread. Until it is saved a refit leaves nothing behind: after a crash the next look at the schedule begins anew; one that was saved and not yet
 * handed over is handed over then.
 */
export class RefitScheduler {
  readonly #parts: RefitSchedulerParts
  readonly #options: RefitOptions
  readonly #startedMs: number
  #abort: AbortController | undefined
  #running: Promise<RefitEnd> | undefined
  #progress: RefitProgress | undefined
  #last: LastRefit | undefined
  /** Labels there were when a refit was last refused: with as many it would be again. */
  #refusedAt: number | undefined
  #baseRows: { readonly version: string; readonly embedderId: string | undefined } | undefined
  #checking = false
  #resumed = false
  #closed = false

  constructor(parts: RefitSchedulerParts, options: RefitOptions) {
    this.#parts = parts
    this.#options = options
    this.#startedMs = parts.clock.now()
  }

  /** The refit that runs; undefined: none. */
  get progress(): RefitProgress | undefined {
    return this.#progress
  }

  /** Since this process began; undefined: none. */
  get last(): LastRefit | undefined {
    return this.#last
  }

  /** Why a refit that began now would be refused, as far as that can be told before the log is read; undefined: it may go well. */
  async foreseenRefusal(): Promise<string | undefined> {
    const { router, stores } = this.#parts
    const [labels, rows] = await Promise.all([stores.feedback.latestSequence(), this.#baseEmbedder()])
    const fewest = defaultFolds * fewestPromptsPerFold
    if (rows === router.policy.embedder.id || labels >= fewest) return undefined
    return `Nothing was fitted by hand under the embedder that serves, and ${labels} labels are too few to fit on alone: at least ${fewest} are needed`
  }

  /** Looks whether a refit is due, and begins it; at first whether one was left behind, and hands that over. Resolves when it has begun or was found not to be due; never throws. */
  async check(): Promise<void> {
    if (this.#checking || this.#running !== undefined || this.#closed) return
    this.#checking = true
    try {
      await this.#resume()
      if (refitIsDue(await this.#state(), this.#options)) void this.run()
    } catch (error) {
      this.#parts.onEnd({ status: 'failed', error })
    } finally {
      this.#checking = false
    }
  }

  /** Begins a refit whether it is due or not, or joins the one that runs; never throws. */
  run(): Promise<RefitEnd> {
    if (this.#closed) return Promise.resolve({ status: 'stopped' })
    this.#running ??= this.#attempt().finally(() => {
      this.#running = undefined
      this.#progress = undefined
    })
    return this.#running
  }

  /** Ends what runs. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#abort?.abort(new Error('The service is closing'))
    await this.#running
  }

  async #state(): Promise<RefitState> {
    const { router, stores, clock } = this.#parts
    const [versions, rollout, labels, rows] = await Promise.all([
      stores.policies.listVersions(),
      stores.policies.rollout(),
      stores.feedback.latestSequence(),
      this.#baseEmbedder(),
    ])
    const { embedder } = router.policy
    return {
      ...stateOfRefits(versions, embedder.id, this.#startedMs),
      nowMs: clock.now(),
      labels,
      refusedAt: this.#refusedAt,
      onTrial: isOnTrial(rollout.candidate),
      hasBaseRows: rows === embedder.id,
    }
  }

  /** Read once per version: the rows are large, and only a fit by hand changes them. */
  async #baseEmbedder(): Promise<string | undefined> {
    const { router, stores } = this.#parts
    const { version } = router.policy
    if (this.#baseRows?.version !== version) {
      this.#baseRows = { version, embedderId: (await stores.policies.trainingRows())?.embedderId }
    }
    return this.#baseRows.embedderId
  }

  async #attempt(): Promise<RefitEnd> {
    const end = await this.#refit().catch((error: unknown): RefitEnd => {
      if (this.#closed) return { status: 'stopped' }
      return error instanceof FitError ? { status: 'refused', reason: error.message } : { status: 'failed', error }
    })
    this.#last = { endedMs: Math.floor(this.#parts.clock.now()), end }
    this.#parts.onEnd(end)
    return end
  }

  async #refit(): Promise<RefitEnd> {
    const { router, stores, clock, refit, changed } = this.#parts
    const startMs = clock.now()
    this.#progress = { sinceMs: Math.floor(startMs), progress: undefined }
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const { policy } = router
    const request = await readRefitRequest(stores, policy, router.pool.list(), startMs, signal)
    // Whatever comes of it, as many labels will not be tried again.
    this.#refusedAt = request.throughSequence
    signal.throwIfAborted()
    const onProgress = (progress: FitProgress) => {
      this.#progress = { sinceMs: Math.floor(startMs), progress }
    }
    const version = await refit(request, { signal, onProgress })
    signal.throwIfAborted()
    const overtaken = await overtakenBy(stores.policies, request.parentId)
    if (overtaken !== undefined) {
      // Nothing was wrong with the log: the next look may begin anew, from what serves then.
      this.#refusedAt = undefined
      return { status: 'refused', reason: overtaken }
    }
    const { embedder } = policy
    if (embedder instanceof HashedNgramEmbedder) await stores.policies.saveEmbedder(embedder.id, embedder.snapshot())
    await handOverRefit(stores.policies, version, Math.floor(clock.now()), this.#options)
    await changed()
    const released = this.#options.promotion === 'immediate'
    return { status: 'done', version: version.id, released, ms: Math.round(clock.now() - startMs) }
  }

  /** Goes on with what a process that was killed had fitted and saved. */
  async #resume(): Promise<void> {
    if (this.#resumed) return
    const { stores, clock, changed, onEnd } = this.#parts
    const startMs = clock.now()
    const left = await leftBehind(stores.policies)
    if (left !== undefined) {
      await takeUp(stores.policies, left, { atMs: Math.floor(startMs), detail: left.description }, this.#options)
      await changed()
      const released = this.#options.promotion === 'immediate'
      onEnd({ status: 'done', version: left.id, released, ms: Math.round(clock.now() - startMs) })
    }
    this.#resumed = true
  }
}
