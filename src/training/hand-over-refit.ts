import type { PolicyStore, PolicyVersionSummary, StoredPolicyVersion } from '../routing/policy-store.ts'
import {
  isOnTrial,
  pinServing,
  proposeCandidate,
  prunePolicies,
  type RolloutStep,
  releaseVersion,
  servingVersionId,
  unfittedVersion,
} from './rollout.ts'

export interface HandOverOptions {
  /** `proof`: a refit has to prove itself first. `immediate`: it serves at once. */
  readonly promotion: 'proof' | 'immediate'
  /** Versions kept beside those in use. */
  readonly keepVersions: number
}

/**
 * Saves a refit, and puts it on trial or releases it. The serving version is written down first: a crash in between must not let the newest one serve,
 * and {@link leftBehind} finds what it left.
 */
export async function handOverRefit(
  store: PolicyStore,
  version: StoredPolicyVersion,
  atMs: number,
  options: HandOverOptions,
): Promise<void> {
  await pinServing(store)
  await store.saveVersion(version)
  await takeUp(store, version, { atMs, detail: version.description }, options)
}

/** Lets a saved refit serve, or prove itself. */
export async function takeUp(
  store: PolicyStore,
  { id }: Pick<PolicyVersionSummary, 'id'>,
  step: RolloutStep,
  { promotion, keepVersions }: HandOverOptions,
): Promise<void> {
  if (promotion === 'immediate') await releaseVersion(store, id, step)
  else await proposeCandidate(store, id, step)
  await prunePolicies(store, keepVersions)
}

/**
 * Why what was fitted from `parentId` is not to be handed over: people or a newcomer have moved the rollout on meanwhile, and have the last
 * word. Undefined: nothing.
 */
export async function overtakenBy(store: PolicyStore, parentId: string | undefined): Promise<string | undefined> {
  const [rollout, versions] = await Promise.all([store.rollout(), store.listVersions()])
  if (isOnTrial(rollout.candidate)) return `version ${rollout.candidate.id} was put on trial meanwhile`
  const serving = servingVersionId(rollout, versions)
  return serving === parentId ? undefined : `version ${serving ?? unfittedVersion} came to serve meanwhile`
}

/**
 * The newest version, where it is a refit of the serving one that was saved and never handed over, as its process ended in between: its labels
 * count as fitted on, so that no other refit would come for them. Undefined: none is left behind.
 */
export async function leftBehind(store: PolicyStore): Promise<PolicyVersionSummary | undefined> {
  const version = (await store.listVersions()).at(-1)
  if (version?.origin !== 'refit' || (await overtakenBy(store, version.parentId)) !== undefined) return undefined
  const events = await store.rolloutEvents(eventsLookedThrough)
  return events.some((event) => event.version === version.id) ? undefined : version
}

/** Of the newest version alone: what happened to it is not long ago. */
const eventsLookedThrough = 500
