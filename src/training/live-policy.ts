import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Embedder } from '../routing/embedding/embedder.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyRollout, PolicyStore } from '../routing/policy-store.ts'
import type { Router } from '../routing/router.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import { loadPolicyVersion, type StarterOptions, startingPolicy } from './load-policy.ts'
import { isOnTrial, servingVersionId, unfittedVersion } from './rollout.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

export interface LivePolicyOptions extends Partial<Omit<TrainerOptions, 'onError'>>, Pick<TrainerOptions, 'onError'> {
  /** What serves after a rollback to before anything was fitted. */
  readonly start?: StarterOptions | undefined
}

/** Bills that a version learns from before other work gets its turn. */
const billsPerTurn = 32

/** About 1 MB each: that of the serving version, of one on trial, and of one before. */
const keptEmbedders = 3

/** A version that is kept up to date. */
interface Taught {
  /** Undefined: nothing fitted. */
  readonly id: string | undefined
  readonly policy: RoutingPolicy
  readonly trainer: Trainer
}

/** The version on trial, as far as this process has it. */
export interface LiveCandidate {
  readonly id: string
  /** With the same labels folded in as the serving one; undefined: it cannot be loaded. */
  readonly policy: RoutingPolicy | undefined
  /** Why not. */
  readonly fault: unknown
}

/**
 * Keeps a router on the version that the rollout names: teaches it every label, and moves it on, or back, when a release, a promotion or a
 * rollback has changed that, in this process or another, without a pause. The other version first folds the whole label log, then takes
 * over. While a candidate is on trial it is taught the same labels.
 */
export class LivePolicy {
  readonly #router: Router
  readonly #stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore }
  readonly #options: LivePolicyOptions
  #serving: Taught
  #candidate: Taught | undefined
  #candidateFault: { readonly id: string; readonly fault: unknown } | undefined
  /** A version while it catches up. */
  #coming: Trainer | undefined
  #refreshing: Promise<string | undefined> | undefined
  /** Of the versions served or tried last, the latest first: building one takes longer than all else about a version. */
  #embedders: readonly Embedder[] = []
  #closed = false

  constructor(
    router: Router,
    stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore },
    options: LivePolicyOptions,
  ) {
    this.#router = router
    this.#stores = stores
    this.#options = options
    const { policy } = router
    const isFitted = policy.fitted !== undefined && !policy.fitted.isStarter
    this.#serving = this.#taught(isFitted ? policy.version : undefined, policy)
  }

  /** Labels folded and known to be folded, for metrics. */
  get labelSequence(): number {
    return this.#serving.trainer.sequence
  }

  /** The version on trial; undefined while there is none, or it is still catching up. */
  candidatePolicy(): LiveCandidate | undefined {
    if (this.#candidate !== undefined) {
      return { id: this.#candidate.id!, policy: this.#candidate.policy, fault: undefined }
    }
    return this.#candidateFault === undefined ? undefined : { ...this.#candidateFault, policy: undefined }
  }

  /** Resolves when every committed label is learned. */
  async start(onProgress?: (folded: number) => void): Promise<void> {
    await this.#serving.trainer.start(onProgress)
    await this.#followCandidate(await this.#stores.policies.rollout())
  }

  /** Takes one committed label; never throws. */
  accept(label: Label): void {
    this.#serving.trainer.accept(label)
    this.#candidate?.trainer.accept(label)
    this.#coming?.accept(label)
  }

  /** A label with that number is in the store; reads it where it never came here. Never throws. */
  nudge(sequence: number): void {
    for (const taught of [this.#serving, this.#candidate]) {
      if (taught !== undefined && sequence > taught.trainer.sequence) void taught.trainer.catchUp()
    }
  }

  /**
   * Does as the rollout says now; calls that overlap share one move.
   *
   * @returns the id of the version that now serves (`unfitted`: none), or undefined when that has not changed.
   */
  refresh(): Promise<string | undefined> {
    this.#refreshing ??= this.#follow().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Follows a rollout that was changed just now: unlike {@link refresh} it never shares a move that began before. */
  async follow(): Promise<string | undefined> {
    await this.#refreshing?.catch(() => undefined)
    return this.refresh()
  }

  /** Saves what was learned. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#refreshing?.catch(this.#options.onError)
    await this.#serving.trainer.close()
    await this.#candidate?.trainer.close()
  }

  async #follow(): Promise<string | undefined> {
    const { policies } = this.#stores
    await Promise.all([this.#serving.trainer.catchUp(), this.#candidate?.trainer.catchUp()])
    const rollout = await policies.rollout()
    const id = servingVersionId(rollout, await policies.listVersions())
    if (this.#closed) return undefined
    const moved = id !== this.#serving.id
    if (moved) await this.#serve(id)
    await this.#followCandidate(rollout)
    return moved ? (id ?? unfittedVersion) : undefined
  }

  async #serve(id: string | undefined): Promise<void> {
    // A candidate that is let in has learned everything already.
    const coming = id !== undefined && id === this.#candidate?.id ? this.#candidate : await this.#caughtUp(id)
    if (coming === this.#candidate) this.#candidate = undefined
    const previous = this.#serving
    this.#serving = coming
    this.#router.load(coming.policy)
    await previous.trainer.close()
  }

  async #followCandidate({ candidate }: PolicyRollout): Promise<void> {
    const id = isOnTrial(candidate) && candidate.id !== this.#serving.id ? candidate.id : undefined
    if (this.#closed || id === this.#candidate?.id) return
    const previous = this.#candidate
    this.#candidate = undefined
    await previous?.trainer.close()
    if (id === undefined) this.#candidateFault = undefined
    if (id === undefined || id === this.#candidateFault?.id) return
    try {
      this.#candidate = await this.#caughtUp(id)
      this.#candidateFault = undefined
    } catch (fault) {
      // Serving goes on without it; whoever runs the trial is told, once.
      this.#candidateFault = { id, fault }
      this.#options.onError(fault)
    }
  }

  /** That version with the label log behind it. Labels that come meanwhile reach it too. */
  async #caughtUp(id: string | undefined): Promise<Taught> {
    const { policies } = this.#stores
    const pool = this.#router.pool.list()
    const { options } = this.#router.policy
    const policy =
      id === undefined
        ? await startingPolicy(policies, pool, options, this.#options.start ?? {})
        : await loadPolicyVersion(policies, id, pool, options, this.#embedders)
    const taught = this.#taught(id, policy)
    this.#coming = taught.trainer
    try {
      await taught.trainer.start()
      await taught.trainer.settled()
      await this.#teachBills(policy)
      return taught
    } finally {
      this.#coming = undefined
    }
  }

  /** What bills taught the version before, this one learns from them by its own predictions. */
  async #teachBills(policy: RoutingPolicy): Promise<void> {
    const { bills, policy: before } = this.#router
    const latest = bills.list()
    for (let i = 0; i < latest.length; i++) {
      if (i % billsPerTurn === 0) await nextTurn()
      bills.teach(latest[i]!, before, policy)
    }
  }

  #taught(id: string | undefined, policy: RoutingPolicy): Taught {
    const { embedder } = policy
    this.#embedders = [embedder, ...this.#embedders.filter(({ id }) => id !== embedder.id)].slice(0, keptEmbedders)
    const learner = { policy, learn: (label: Label) => policy.learn(label) }
    return { id, policy, trainer: new Trainer(learner, this.#stores, this.#options) }
  }
}
