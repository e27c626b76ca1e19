import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import { RoutingError } from '../routing/errors.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import { restorePolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { Router } from '../routing/router.ts'
import { type LearningOptions, RoutingPolicy } from '../routing/routing-policy.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

/**
 * The newest fitted version without what was learned since, or an unfitted policy when nothing was ever fitted.
 *
 * @throws {RoutingError} `unknown_snapshot_format`, `embedder_mismatch` (its embedder is not in the store)
 */
export async function loadLatestPolicy(
  store: PolicyStore,
  pool: readonly Llm[],
  options?: Partial<LearningOptions>,
): Promise<RoutingPolicy> {
  const rest = options === undefined ? { pool } : { pool, options }
  const latest = await store.latestVersion()
  if (latest === undefined) return new RoutingPolicy({ embedder: new HashedNgramEmbedder(), ...rest })
  const embedder = await store.embedder(latest.embedderId)
  if (embedder === undefined) {
    throw new RoutingError('embedder_mismatch', `The embedder of policy version ${latest.id} is not in the database`)
  }
  const fitted = restorePolicy(latest.snapshot)
  return new RoutingPolicy({ embedder: HashedNgramEmbedder.restore(embedder), fitted, ...rest })
}

/**
 * Keeps a router on the newest version: teaches it every label, and moves it on when another process has fitted one,
 * without a pause. The new version first folds the whole label log, then takes over.
 */
export class LivePolicy {
  readonly #router: Router
  readonly #stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore }
  readonly #options: Partial<TrainerOptions> & Pick<TrainerOptions, 'onError'>
  #trainer: Trainer
  /** The next version's trainer while it catches up. */
  #coming: Trainer | undefined

  constructor(
    router: Router,
    stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore },
    options: Partial<TrainerOptions> & Pick<TrainerOptions, 'onError'>,
  ) {
    this.#router = router
    this.#stores = stores
    this.#options = options
    this.#trainer = this.#trainerFor(router.policy)
  }

  /** Labels folded and known to be folded, for metrics. */
  get labelSequence(): number {
    return this.#trainer.sequence
  }

  /** Resolves when every committed label is learned. */
  start(onProgress?: (folded: number) => void): Promise<void> {
    return this.#trainer.start(onProgress)
  }

  /** Takes one committed label; never throws. */
  accept(label: Label): void {
    this.#trainer.accept(label)
    this.#coming?.accept(label)
  }

  /** @returns the id of a newer version that now serves, or undefined when there was none. */
  async refresh(): Promise<string | undefined> {
    const newest = (await this.#stores.policies.listVersions()).at(-1)
    if (newest === undefined || newest.id === this.#router.policy.version || this.#coming !== undefined)
      return undefined
    const policy = await loadLatestPolicy(this.#stores.policies, this.#router.pool.list(), this.#router.policy.options)
    this.#coming = this.#trainerFor(policy)
    try {
      await this.#coming.start()
      await this.#coming.settled()
      const previous = this.#trainer
      this.#trainer = this.#coming
      this.#router.load(policy)
      await previous.close()
    } finally {
      this.#coming = undefined
    }
    return policy.version
  }

  /** Saves what was learned. Idempotent. */
  close(): Promise<void> {
    return this.#trainer.close()
  }

  #trainerFor(policy: RoutingPolicy): Trainer {
    const learner = { policy, learn: (label: Label) => policy.learn(label, this.#router.pool.get(label.llm)) }
    return new Trainer(learner, this.#stores, this.#options)
  }
}
