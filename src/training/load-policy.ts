import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Embedder } from '../routing/embedding/embedder.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import { RoutingError } from '../routing/errors.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { PolicyStore, PolicyVersionSummary, StoredPolicyVersion } from '../routing/policy-store.ts'
import { type FittedPolicy, restorePolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { type LearningOptions, RoutingPolicy } from '../routing/routing-policy.ts'
import type { StarterModel } from '../routing/starter/starter-model.ts'
import { type NamesOf, starterPolicy } from '../routing/starter/starter-policy.ts'
import { embedderOfMostLabels, labelsByEmbedder } from './label-embedders.ts'
import { servingVersionId } from './rollout.ts'
import { RolloutError } from './rollout-error.ts'

const fitCommand = 'pointsman fit <folder of outcomes>'

/** What to begin with where nothing was ever fitted. */
export interface StarterOptions {
  readonly starter?: StarterModel | undefined
  readonly namesOf?: NamesOf | undefined
  /** The label log: where most of its labels were given under another embedder, that one is kept until something is fitted. */
  readonly feedback?: Pick<FeedbackStore, 'labelsAfter'> | undefined
}

/**
 * The version that serves by the rollout, without what was learned since; when nothing was ever fitted, or by a rollback nothing fitted is to
 * serve, the starter, where one is given that knows LLMs of the pool, else an unfitted policy. A change of the pool must not make labels
 * worthless: while most were given under one embedder it stays, whether the starter serves or not.
 *
 * @throws {RoutingError} `unknown_snapshot_format`, `embedder_mismatch` (its embedder is not in the store)
 */
export async function loadServingPolicy(
  store: PolicyStore,
  pool: readonly Llm[],
  options: Partial<LearningOptions> = {},
  start: StarterOptions = {},
): Promise<RoutingPolicy> {
  const [rollout, versions] = await Promise.all([store.rollout(), store.listVersions()])
  const id = servingVersionId(rollout, versions)
  if (id === undefined) return startingPolicy(store, pool, options, start)
  return loadPolicyVersion(store, id, pool, options)
}

/**
 * Any saved version, without what was learned since. Decoding the version and building its embedder are pieces of work of their own, between which
 * requests get their turn.
 *
 * @param embedders at hand already: one of the version's id is shared instead of built anew, as an id stands for one projection.
 * @throws {RolloutError} `unknown_version`; {RoutingError} as {@link loadServingPolicy}
 */
export async function loadPolicyVersion(
  store: PolicyStore,
  id: string,
  pool: readonly Llm[],
  options: Partial<LearningOptions> = {},
  embedders: readonly Embedder[] = [],
): Promise<RoutingPolicy> {
  const version = await store.version(id)
  if (version === undefined) {
    throw new RolloutError(
      'unknown_version',
      `There is no policy version ${id}: \`pointsman policies list\` names them`,
    )
  }
  const atHand = embedders.find((embedder) => embedder.id === version.embedderId)
  const embedder = atHand ?? (await embedderOf(version, store))
  await nextTurn()
  return new RoutingPolicy({ embedder, fitted: readPolicy(version), pool, options })
}

/** What serves where nothing fitted does. */
export async function startingPolicy(
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
