import { expect, test } from 'vitest'
import { MemoryPolicyStore } from './__fixtures__/memory-policy-store.ts'
import {
  discardCandidate,
  proposeCandidate,
  releaseVersion,
  requireRoomForCandidate,
  rollbackTo,
  servingVersionId,
  unfittedVersion,
  versionBefore,
} from './rollout.ts'

const step = { atMs: 7, detail: 'a test' }

async function storeOf(...ids: string[]): Promise<MemoryPolicyStore> {
  const store = new MemoryPolicyStore()
  await store.saveEmbedder('e', null)
  for (const id of ids) {
    await store.saveVersion({ id, createdAtMs: 0, embedderId: 'e', description: '', snapshot: null })
  }
  return store
}

test('the newest version serves until something is decided', async () => {
  const store = await storeOf('a', 'b')
  expect(servingVersionId(await store.rollout(), await store.listVersions())).toBe('b')
  expect(servingVersionId(await store.rollout(), [])).toBeUndefined()
})

test('a candidate never serves by being the newest', async () => {
  const store = await storeOf('a', 'b')
  const rollout = await proposeCandidate(store, 'b', step)
  expect(rollout).toMatchObject({ servingId: 'a', trials: 1, candidate: { id: 'b', phase: 'shadow', trial: 1 } })
  expect(await discardCandidate(store, 'b', step)).toEqual({ servingId: 'a', candidate: undefined, trials: 1 })
  expect(store.events.map(({ kind }) => kind)).toEqual(['discarded', 'shadow'])
})

test('of a first version on trial the unfitted policy serves, also once it is discarded', async () => {
  const store = await storeOf('a')
  expect((await proposeCandidate(store, 'a', step)).servingId).toBe(unfittedVersion)
  const rollout = await discardCandidate(store, undefined, step)
  expect(servingVersionId(rollout, await store.listVersions())).toBeUndefined()
})

test('a released candidate is promoted; another release discards it first', async () => {
  const store = await storeOf('a', 'b', 'c')
  await releaseVersion(store, 'a', step)
  await proposeCandidate(store, 'b', step)
  expect(await releaseVersion(store, 'b', step)).toEqual({ servingId: 'b', candidate: undefined, trials: 1 })
  await proposeCandidate(store, 'a', step)
  expect(await releaseVersion(store, 'c', step)).toEqual({ servingId: 'c', candidate: undefined, trials: 2 })
  expect(store.events.map(({ kind, version }) => `${kind} ${version}`)).toEqual([
    'released c',
    'discarded a',
    'shadow a',
    'promoted b',
    'shadow b',
    'released a',
  ])
})

test('one trial at a time: no other candidate, no rollback; a held one makes room', async () => {
  const store = await storeOf('a', 'b', 'c')
  await proposeCandidate(store, 'c', step)
  await expect(proposeCandidate(store, 'a', step)).rejects.toMatchObject({ code: 'candidate_on_trial' })
  await expect(rollbackTo(store, 'a', step)).rejects.toMatchObject({ code: 'candidate_on_trial' })
  const rollout = await store.rollout()
  const held = { ...rollout, candidate: { ...rollout.candidate!, phase: 'held' as const, reason: 'worse' } }
  await store.changeRollout(rollout, held, { ...step, version: 'c', kind: 'held' })
  expect(await proposeCandidate(store, 'a', step)).toMatchObject({ servingId: 'b', trials: 2, candidate: { id: 'a' } })
})

test('going back twice goes back two', async () => {
  const store = await storeOf('a', 'b', 'c')
  for (const id of ['a', 'b', 'c']) await releaseVersion(store, id, step)
  expect((await rollbackTo(store, undefined, step)).servingId).toBe('b')
  expect((await rollbackTo(store, undefined, step)).servingId).toBe('a')
  await expect(rollbackTo(store, undefined, step)).rejects.toMatchObject({ code: 'nothing_before' })
  expect((await rollbackTo(store, unfittedVersion, step)).servingId).toBe(unfittedVersion)
})

test('what went before is found without events too, and never a version that was only on trial', () => {
  const versions = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]
  expect(versionBefore('c', versions, [])).toBe('b')
  expect(versionBefore('c', versions, [{ kind: 'shadow', version: 'b' }])).toBe('a')
  expect(versionBefore('a', versions, [])).toBeUndefined()
})

test('says what is wrong with a version', async () => {
  const store = await storeOf('a')
  await store.saveVersion({ id: 'x', createdAtMs: 0, embedderId: 'gone', description: '', snapshot: null })
  await expect(releaseVersion(store, 'z', step)).rejects.toMatchObject({ code: 'unknown_version' })
  await expect(releaseVersion(store, 'x', step)).rejects.toMatchObject({ code: 'version_not_loadable' })
  await expect(discardCandidate(store, undefined, step)).rejects.toMatchObject({ code: 'no_candidate' })
  await releaseVersion(store, 'a', step)
  await expect(rollbackTo(store, 'a', step)).rejects.toMatchObject({ code: 'already_serving' })
})

test('a change that another made meanwhile is looked at anew', async () => {
  const store = await storeOf('a', 'b')
  const write = store.changeRollout.bind(store)
  let meddled = false
  store.changeRollout = async (expected, next, event) => {
    if (!meddled) {
      meddled = true
      await write(expected, { ...expected, servingId: 'b' }, { ...step, version: 'b', kind: 'released' })
    }
    await write(expected, next, event)
  }
  expect((await releaseVersion(store, 'a', step)).servingId).toBe('a')
  expect(store.events.map(({ version }) => version)).toEqual(['a', 'b'])
})

test('who is to make a candidate learns before the work that another one is on trial', async () => {
  const store = await storeOf('a', 'b')
  await requireRoomForCandidate(store)
  await proposeCandidate(store, 'b', step)
  await expect(requireRoomForCandidate(store)).rejects.toMatchObject({ code: 'candidate_on_trial' })
})
