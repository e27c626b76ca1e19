import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'

/** What the trainer teaches: a router, or anything that folds labels into its policy. */
export interface LabelLearner {
  readonly policy: RoutingPolicy
  learn(label: Label): boolean
}

export interface TrainerOptions {
  /** Labels between two saved states; a restart folds at most about this many again. */
  readonly saveEvery: number
  /** Labels folded before other work gets its turn. */
  readonly batch: number
  /** Runs a piece of work after the present one; `setImmediate` in service. */
  readonly defer: (work: () => void) => void
  /** Learning must never fail an answer: faults end up here. */
  readonly onError: (error: unknown) => void
}

export const defaultTrainerOptions: Omit<TrainerOptions, 'onError'> = {
  saveEvery: 256,
  batch: 16,
  defer: (work) => {
    setImmediate(work)
  },
}

const pageSize = 512

const unfittedEmbedderId = new HashedNgramEmbedder().id

/**
 * The one place where labels become knowledge: folds them in the order of their sequence numbers, off the request path
 * (mathematics §7), and saves the state now and then. State after a restart = saved state + the labels since, folded again.
 */
export class Trainer {
  readonly #learner: LabelLearner
  readonly #feedback: FeedbackStore
  readonly #policies: PolicyStore
  readonly #options: TrainerOptions
  /** Labels that arrived ahead of their turn, by sequence. */
  readonly #waiting = new Map<number, Label>()
  #next = 1
  #savedAt = 0
  #folded = 0
  #scheduled = false
  #reading: Promise<void> | undefined
  #saving: Promise<void> = Promise.resolve()
  #closed = false

  constructor(
    learner: LabelLearner,
    stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore },
    options: Partial<TrainerOptions> & Pick<TrainerOptions, 'onError'>,
  ) {
    this.#learner = learner
    this.#feedback = stores.feedback
    this.#policies = stores.policies
    this.#options = { ...defaultTrainerOptions, ...options }
  }

  /** The last label folded in. */
  get sequence(): number {
    return this.#next - 1
  }

  /** Labels folded by this process since it started. */
  get folded(): number {
    return this.#folded
  }

  /** Brings the policy to where the log is. Resolves when every committed label is in. */
  async start(onProgress?: (folded: number) => void): Promise<void> {
    const { policy } = this.#learner
    const saved = await this.#policies.learnedState(stateNameOf(policy))
    if (saved !== undefined) {
      policy.restoreLearnedState(saved.state)
      this.#next = saved.sequence + 1
      this.#savedAt = saved.sequence
    }
    await this.#readOn(onProgress)
  }

  /** Takes one committed label; never throws, never waits. */
  accept(label: Label): void {
    if (this.#closed || label.sequence < this.#next) return
    this.#waiting.set(label.sequence, label)
    this.#schedule()
  }

  /**
   * Asks the store whether it has labels that never came here: accepted by another process, committed after the caller
   * had given up, or not to be read when they were needed. Faults go to `onError`.
   */
  async catchUp(): Promise<void> {
    if (this.#closed) return
    try {
      if ((await this.#feedback.latestSequence()) < this.#next) return
    } catch (error) {
      this.#options.onError(error)
      return
    }
    this.#reading ??= this.#readMissing()
    await this.#reading
  }

  /** Resolves when everything accepted so far is folded, or the store could not be read, which `onError` was told. */
  async settled(): Promise<void> {
    while (this.#scheduled || this.#reading !== undefined) {
      await this.#reading
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
    }
  }

  /** Folds what is waiting and saves the state. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.settled()
    this.#closed = true
    this.#save()
    await this.#saving
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.defer(() => {
      this.#scheduled = false
      this.#foldWaiting()
    })
  }

  #foldWaiting(): void {
    if (this.#foldBatch()) this.#schedule()
    // A number is missing: another process numbered it, or its receipt is still under way. The store knows.
    else if (this.#waiting.size > 0) this.#reading ??= this.#readMissing()
  }

  #readMissing(): Promise<void> {
    return this.#readOn()
      .catch(this.#options.onError)
      .finally(() => {
        this.#reading = undefined
        if (this.#waiting.has(this.#next)) this.#schedule()
      })
  }

  /** @returns whether the next label is there already. */
  #foldBatch(): boolean {
    for (let i = 0; i < this.#options.batch; i++) {
      const label = this.#waiting.get(this.#next)
      if (label === undefined) return false
      this.#fold(label)
    }
    return this.#waiting.has(this.#next)
  }

  async #readOn(onProgress?: (folded: number) => void): Promise<void> {
    for (;;) {
      const page = await this.#feedback.labelsAfter(this.#next - 1, pageSize)
      const first = page[0]
      // The store numbers without gaps: what is missing at the front was taken away by retention.
      if (first !== undefined && first.sequence > this.#next) this.#next = first.sequence
      for (const label of page) if (label.sequence >= this.#next) this.#waiting.set(label.sequence, label)
      while (this.#foldBatch()) await new Promise<void>((resolve) => this.#options.defer(resolve))
      onProgress?.(this.#folded)
      if (page.length < pageSize) return
    }
  }

  #fold(label: Label): void {
    this.#waiting.delete(label.sequence)
    this.#next = label.sequence + 1
    this.#folded++
    try {
      this.#learner.learn(label)
    } catch (error) {
      this.#options.onError(error)
    }
    if (label.sequence - this.#savedAt >= this.#options.saveEvery) this.#save()
  }

  /** The state is taken now; only writing it waits. */
  #save(): void {
    const sequence = this.#next - 1
    if (sequence === this.#savedAt) return
    const { policy } = this.#learner
    const state = policy.learnedState()
    const name = stateNameOf(policy)
    this.#savedAt = sequence
    this.#saving = this.#saving
      .then(() => this.#policies.saveLearnedState(name, sequence, state))
      .catch(this.#options.onError)
  }
}

/** Unfitted policies differ in their embedder alone, and what was learned under one means nothing under another. */
function stateNameOf({ version, fitted, embedder }: RoutingPolicy): string {
  return fitted !== undefined || embedder.id === unfittedEmbedderId ? version : `${version}-${embedder.id}`
}
