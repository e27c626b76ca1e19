import type {
  PolicyRollout,
  PolicyStore,
  PolicyVersionSummary,
  RolloutCandidate,
  RolloutEvent,
} from '../routing/policy-store.ts'
import { RolloutError } from './rollout-error.ts'

/** What serves where nothing fitted does, the starter or priors alone; `servingId` holds it once that was decided rather than found. */
export const unfittedVersion = 'unfitted'

/** Who changes a rollout, when and why. */
export interface RolloutStep {
  readonly atMs: number
  /** For people; shown with the event. */
  readonly detail: string
}

/** A step of a rollout: what is to be written, or undefined when it is so already. */
type RolloutChange = (
  rollout: PolicyRollout,
) => Promise<{ next: PolicyRollout; event: RolloutEvent | undefined } | undefined>

/** Others may change the rollout between our reading and writing it; this often we look again. */
const attempts = 8

/** Events that tell which versions served before: a rollback further than this many steps names its target. */
const historyLimit = 500

/** Whether decisions are being made by it, or for it. */
export function isOnTrial(candidate: RolloutCandidate | undefined): candidate is RolloutCandidate {
  return candidate !== undefined && candidate.phase !== 'held'
}

/**
 * The version that serves: the one the rollout names, else the newest that is no candidate.
 *
 * @param versions oldest first.
 * @returns undefined: nothing fitted serves.
 */
export function servingVersionId(
  { servingId, candidate }: Pick<PolicyRollout, 'servingId' | 'candidate'>,
  versions: readonly Pick<PolicyVersionSummary, 'id'>[],
): string | undefined {
  if (servingId !== undefined) return servingId === unfittedVersion ? undefined : servingId
  return versions.findLast(({ id }) => id !== candidate?.id)?.id
}

/**
 * Lets a saved version serve from now on; a candidate becomes the serving version (`promoted`). Another version's candidate is discarded
 * first: what it was compared with is gone.
 *
 * @throws {RolloutError} `unknown_version`, `version_not_loadable`
 */
export async function releaseVersion(store: PolicyStore, id: string, step: RolloutStep): Promise<PolicyRollout> {
  await requireLoadable(store, id)
  const { candidate } = await store.rollout()
  if (candidate !== undefined && candidate.id !== id) await discardCandidate(store, candidate.id, overtaken(id, step))
  return change(store, async (rollout) => {
    if (rollout.servingId === id && rollout.candidate === undefined) return undefined
    const promoted = rollout.candidate?.id === id
    return {
      next: { ...rollout, servingId: id, candidate: undefined },
      event: { ...step, version: id, kind: promoted ? 'promoted' : 'released' },
    }
  })
}

/**
 * Lets an earlier version serve again. Learned state is kept per version: what labels taught meanwhile is folded into it.
 *
 * @param id `unfitted`: the starter or priors alone; undefined: the version that served before the present one.
 * @throws {RolloutError} `unknown_version`, `version_not_loadable`, `already_serving`, `nothing_before`, `candidate_on_trial`
 */
export async function rollbackTo(
  store: PolicyStore,
  id: string | undefined,
  step: RolloutStep,
): Promise<PolicyRollout> {
  return change(store, async (rollout) => {
    requireNoTrial(rollout, 'rolling back')
    const versions = await store.listVersions()
    const serving = servingVersionId(rollout, versions) ?? unfittedVersion
    const target = id ?? versionBefore(serving, versions, await store.rolloutEvents(historyLimit))
    if (target === undefined) {
      throw new RolloutError('nothing_before', `No version served before ${serving}: name the one to go back to`)
    }
    if (target === serving) throw new RolloutError('already_serving', `Version ${target} serves already`)
    if (target !== unfittedVersion) await requireLoadable(store, target)
    // A held candidate that is rolled "back" to has been let in by hand.
    const candidate = rollout.candidate?.id === target ? undefined : rollout.candidate
    return {
      next: { ...rollout, servingId: target, candidate },
      event: { ...step, version: target, kind: 'rolled-back' },
    }
  })
}

/**
 * Puts a saved version on trial, in shadow at first; one that was held before makes room. What serves now is written down, so that the
 * candidate's age decides nothing.
 *
 * @throws {RolloutError} `unknown_version`, `version_not_loadable`, `already_serving`, `candidate_on_trial`
 */
export async function proposeCandidate(store: PolicyStore, id: string, step: RolloutStep): Promise<PolicyRollout> {
  await requireLoadable(store, id)
  return change(store, async (rollout) => {
    const { candidate, trials } = rollout
    if (isOnTrial(candidate) && candidate.id === id) return undefined
    requireNoTrial(rollout, 'proposing another')
    const earlier = (await store.listVersions()).filter((version) => version.id !== id)
    const servingId = servingVersionId(rollout, earlier) ?? unfittedVersion
    if (servingId === id) throw new RolloutError('already_serving', `Version ${id} serves already`)
    const proposed: RolloutCandidate = {
      id,
      phase: 'shadow',
      sinceMs: step.atMs,
      reason: undefined,
      trial: trials + 1,
      evidence: undefined,
    }
    return {
      next: { servingId, candidate: proposed, trials: trials + 1 },
      event: { ...step, version: id, kind: 'shadow' },
    }
  })
}

/** For work that is to end in a candidate: says at its start what {@link proposeCandidate} would at its end. @throws {RolloutError} `candidate_on_trial` */
export async function requireRoomForCandidate(store: PolicyStore): Promise<void> {
  requireNoTrial(await store.rollout(), 'proposing another')
}

/**
 * Takes the candidate away, on trial or held. Its version is kept until it is pruned.
 *
 * @param id whom the caller means; undefined: whoever it is.
 * @throws {RolloutError} `no_candidate` when there is none, or another.
 */
export async function discardCandidate(
  store: PolicyStore,
  id: string | undefined,
  step: RolloutStep,
): Promise<PolicyRollout> {
  return change(store, async (rollout) => {
    const { candidate } = rollout
    if (candidate === undefined) throw new RolloutError('no_candidate', 'No version is on trial, and none is held')
    if (id !== undefined && candidate.id !== id) {
      throw new RolloutError(
        'no_candidate',
        `Version ${id} is not on trial: that is ${candidate.id} (${candidate.phase})`,
      )
    }
    return {
      next: { ...rollout, candidate: undefined },
      event: { ...step, version: candidate.id, kind: 'discarded' },
    }
  })
}

/** Writes down what serves now, where that follows from what was saved last: so that saving a version changes nothing. */
export async function pinServing(store: PolicyStore): Promise<void> {
  await change(store, async (rollout) => {
    if (rollout.servingId !== undefined) return undefined
    const servingId = servingVersionId(rollout, await store.listVersions()) ?? unfittedVersion
    return { next: { ...rollout, servingId }, event: undefined }
  })
}

/** Deletes all but the newest `keep` versions, those in use and what those were made from. @returns the ids that went. */
export async function prunePolicies(store: PolicyStore, keep: number): Promise<readonly string[]> {
  const [rollout, versions, events] = await Promise.all([
    store.rollout(),
    store.listVersions(),
    store.rolloutEvents(historyLimit),
  ])
  const serving = servingVersionId(rollout, versions)
  const before = versionBefore(serving ?? unfittedVersion, versions, events)
  const used = [serving, rollout.candidate?.id, before].filter((id) => id !== undefined)
  const parents = versions.flatMap(({ id, parentId }) =>
    used.includes(id) && parentId !== undefined ? [parentId] : [],
  )
  return store.pruneVersions(keep, [...used, ...parents])
}

/**
 * The version that served before `serving`. Going back takes the later versions off the pile, so that going back twice goes back two.
 *
 * @param versions oldest first: where the events tell nothing, the next older one. @param events newest first.
 */
export function versionBefore(
  serving: string,
  versions: readonly Pick<PolicyVersionSummary, 'id'>[],
  events: readonly Pick<RolloutEvent, 'version' | 'kind'>[],
): string | undefined {
  const pile: string[] = []
  for (const { version, kind } of events.toReversed()) {
    if (kind === 'rolled-back' && pile.includes(version)) pile.length = pile.indexOf(version) + 1
    else if (kind === 'rolled-back' || kind === 'released' || kind === 'promoted') pile.push(version)
  }
  const kept = new Set([unfittedVersion, ...versions.map(({ id }) => id)])
  const before = pile.slice(0, Math.max(0, pile.lastIndexOf(serving)))
  const recorded = before.findLast((id) => id !== serving && kept.has(id))
  if (recorded !== undefined) return recorded
  const own = new Set(events.filter(({ kind }) => kind === 'shadow').map(({ version }) => version))
  const place = versions.findIndex(({ id }) => id === serving)
  return versions.slice(0, Math.max(0, place)).findLast(({ id }) => !own.has(id))?.id
}

async function change(store: PolicyStore, propose: RolloutChange): Promise<PolicyRollout> {
  for (let attempt = 1; ; attempt++) {
    const expected = await store.rollout()
    const changed = await propose(expected)
    if (changed === undefined) return expected
    try {
      await store.changeRollout(expected, changed.next, changed.event)
      return changed.next
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'storage_conflict') throw error
      if (attempt === attempts) {
        throw new RolloutError('rollout_conflict', 'The rollout kept changing meanwhile: try again')
      }
    }
  }
}

async function requireLoadable(store: PolicyStore, id: string): Promise<void> {
  const version = (await store.listVersions()).find((one) => one.id === id)
  if (version === undefined) {
    throw new RolloutError(
      'unknown_version',
      `There is no policy version ${id}: \`pointsman policies list\` names them`,
    )
  }
  if ((await store.embedder(version.embedderId)) === undefined) {
    throw new RolloutError(
      'version_not_loadable',
      `Policy version ${id} cannot serve: its embedder ${version.embedderId} is not in the database`,
    )
  }
}

function requireNoTrial({ candidate }: PolicyRollout, doing: string): void {
  if (!isOnTrial(candidate)) return
  throw new RolloutError(
    'candidate_on_trial',
    `Version ${candidate.id} is on trial (${candidate.phase}): promote or discard it before ${doing}`,
  )
}

function overtaken(id: string, { atMs }: RolloutStep): RolloutStep {
  return { atMs, detail: `version ${id} was released meanwhile` }
}
