import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import { RoutingError } from '../routing/errors.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { Label } from '../routing/outcome.ts'
import type { PolicyStore, PolicyVersionSummary, StoredPolicyVersion } from '../routing/policy-store.ts'
import { type FittedPolicy, restorePolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { Router } from '../routing/router.ts'
import { type LearningOptions, RoutingPolicy } from '../routing/routing-policy.ts'
import type { StarterModel } from '../routing/starter/starter-model.ts'
import { type NamesOf, starterPolicy } from '../routing/starter/starter-policy.ts'
import { embedderOfMostLabels, labelsByEmbedder } from './label-embedders.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

const fitCommand = 'pointsman fit <folder of outcomes>'

/** What to begin with where nothing was ever fitted. */
export interface StarterOptions {
  readonly starter?: StarterModel | undefined
  readonly namesOf?: NamesOf | undefined
  /** The label log: where most of its labels were given under another embedder, that one is kept until something is fitted. */
  readonly feedback?: Pick<FeedbackStore, 'labelsAfter'> | undefined
}

/**
 * The newest fitted version without what was learned since; when nothing was ever fitted the starter, where one is given that
 * knows LLMs of the pool, else an unfitted policy. A change of the pool must not make labels worthless: while most were
 * given under one embedder it stays, whether the starter serves or not.
 *
 * @throws {RoutingError} `unknown_snapshot_format`, `embedder_mismatch` (its embedder is not in the store)
 */
export async function loadLatestPolicy(
  store: PolicyStore,
  pool: readonly Llm[],
  options: Partial<LearningOptions> = {},
  start: StarterOptions = {},
): Promise<RoutingPolicy> {
  const newest = await store.latestVersion()
  if (newest === undefined) return startingPolicy(store, pool, options, start)
  const embedder = await embedderOf(newest, store)
  return new RoutingPolicy({ embedder, fitted: readPolicy(newest), pool, options })
}

async function startingPolicy(
  store: PolicyStore,
  pool: readonly Llm[],
  options: Partial<LearningOptions>,
  { starter, namesOf, feedback }: StarterOptions,
): Promise<RoutingPolicy> {
  const start = starter === undefined ? undefined : starterPolicy(starter, pool, namesOf)
  const own = start?.embedder instanceof HashedNgramEmbedder ? start.embedder : new HashedNgramEmbedder()
  const counts = feedback === undefined ? new Map<string, number>() : await labelsByEmbedder(feedback)
  const embedder = await embedderOfMostLabels(counts, own, store, starter)
  // The starter's own map reads no other embedder's vectors.
  const fitted = embedder.id === start?.embedder.id ? start.policy : undefined
  return new RoutingPolicy({ embedder, fitted, pool, options })
}

/** Keeps the embedder of a policy that was not fitted, so that its labels can teach another starter, or none. */
export async function keepEmbedder({ embedder, fitted }: RoutingPolicy, store: PolicyStore): Promise<void> {
  const isOwn = fitted !== undefined && !fitted.isStarter
  if (isOwn || !(embedder instanceof HashedNgramEmbedder) || embedder.id === new HashedNgramEmbedder().id) return
  if ((await store.embedder(embedder.id)) === undefined) await store.saveEmbedder(embedder.id, embedder.snapshot())
}

/** What is worse about a version than if it were fitted now, for people; undefined: nothing. */
export function shortcomingOf({ version, cost }: RoutingPolicy): string | undefined {
  if (cost.isByMeans !== true) return undefined
  return `costs of policy version ${version} are means until it is fitted anew: ${fitCommand}`
}

/** @throws {RoutingError} `unknown_snapshot_format`, which names the version and what to do. */
function readPolicy({ id, snapshot }: StoredPolicyVersion): FittedPolicy {
  try {
    return restorePolicy(snapshot)
  } catch (error) {
    if (!(error instanceof RoutingError)) throw error
    const message = `Policy version ${id} cannot be read (${error.message}): fit a new one, ${fitCommand}`
    throw new RoutingError(error.code, message, { cause: error })
  }
}

async function embedderOf(version: PolicyVersionSummary, store: PolicyStore): Promise<HashedNgramEmbedder> {
  const embedder = await store.embedder(version.embedderId)
  if (embedder === undefined) {
    throw new RoutingError('embedder_mismatch', `The embedder of policy version ${version.id} is not in the database`)
  }
  return HashedNgramEmbedder.restore(embedder)
}

export type LivePolicyOptions = Partial<TrainerOptions> & Pick<TrainerOptions, 'onError'>

/**
 * Keeps a router on the newest version: teaches it every label, and moves it on when another process has fitted one,
 * without a pause. The new version first folds the whole label log, then takes over.
 */
export class LivePolicy {
  readonly #router: Router
  readonly #stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore }
  readonly #options: LivePolicyOptions
  #trainer: Trainer
  /** The next version's trainer while it catches up. */
  #coming: Trainer | undefined
  #refreshing: Promise<string | undefined> | undefined
  #closed = false

  constructor(
    router: Router,
    stores: { readonly feedback: FeedbackStore; readonly policies: PolicyStore },
    options: LivePolicyOptions,
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

  /** A label with that number is in the store; reads it where it never came here. Never throws. */
  nudge(sequence: number): void {
    if (sequence > this.#trainer.sequence) void this.#trainer.catchUp()
  }

  /**
   * Moves on to a newer version if there is one; calls that overlap share one move.
   *
   * @returns the id of the version that now serves, or undefined when there was no newer one.
   */
  refresh(): Promise<string | undefined> {
    this.#refreshing ??= this.#moveOn().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Saves what was learned. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#refreshing?.catch(this.#options.onError)
    await this.#trainer.close()
  }

  async #moveOn(): Promise<string | undefined> {
    await this.#trainer.catchUp()
    const newest = (await this.#stores.policies.listVersions()).at(-1)
    if (this.#closed || newest === undefined || newest.id === this.#router.policy.version) return undefined
    const policy = await loadLatestPolicy(this.#stores.policies, this.#router.pool.list(), this.#router.policy.options)
    const coming = this.#trainerFor(policy)
    this.#coming = coming
    try {
      await coming.start()
      await coming.settled()
      const previous = this.#trainer
      this.#trainer = coming
      this.#router.load(policy)
      await previous.close()
    } finally {
      this.#coming = undefined
    }
    return policy.version
  }

  #trainerFor(policy: RoutingPolicy): Trainer {
    return new Trainer({ policy, learn: (label) => policy.learn(label) }, this.#stores, this.#options)
  }
}
