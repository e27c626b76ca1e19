import { expect, it } from 'vitest'
import type { PolicyRollout, RolloutEvent, StoredPolicyVersion } from '../routing/policy-store.ts'
import { sampleDecision } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Where versions come from, which serves, which is on trial, and which are kept. */
export function describeRollouts(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const nothing: PolicyRollout = { servingId: undefined, candidate: undefined, trials: 0 }
  const event = (version: string, kind: RolloutEvent['kind'], atMs = 1000): RolloutEvent => ({
    ...{ version, kind, atMs },
    detail: `${version} ✓`,
  })
  const trial = (id: string, evidence?: object): PolicyRollout => ({
    servingId: 'v1',
    candidate: { id, phase: 'shadow', sinceMs: 5000, reason: undefined, trial: 1, evidence: evidence as undefined },
    trials: 1,
  })
  const version = (
    id: string,
    createdAtMs: number,
    fields: Partial<StoredPolicyVersion> = {},
  ): StoredPolicyVersion => ({
    ...{ id, createdAtMs, embedderId: 'e1', description: id, snapshot: [id] },
    ...fields,
  })
  const conflict = { code: 'storage_conflict' }

  it('keeps where a version came from', async () => {
    const refit = version('v2', 2000, { origin: 'refit', parentId: 'v1', throughSequence: 0 })
    await use().policies.saveVersion(version('v1', 1000))
    await use().policies.saveVersion(refit)
    expect(await use().policies.version('v2')).toEqual(refit)
    expect((await use().policies.listVersions()).map(({ origin }) => origin)).toEqual([undefined, 'refit'])
  })

  it('keeps the rollout and what happened, newest first, also after it was opened anew', async () => {
    expect(await use().policies.rollout()).toEqual(nothing)
    const evidence = { sums: Float64Array.of(0.1 + 0.2, Number.NaN), events: 12, parts: [{ b: 1, a: -0 }] }
    const canary: PolicyRollout = {
      servingId: 'v1',
      candidate: { id: 'v2', phase: 'canary', sinceMs: 7000, reason: 'Waits', trial: 1, evidence },
      trials: 1,
    }
    await use().policies.changeRollout(nothing, trial('v2'), event('v2', 'shadow'))
    await use().policies.changeRollout(trial('v2'), canary, event('v2', 'canary', 900))
    const other = await openAgain()
    expect(await other.policies.rollout()).toEqual(canary)
    expect(await other.policies.rolloutEvents(9)).toEqual([event('v2', 'canary', 900), event('v2', 'shadow')])
    expect(await other.policies.rolloutEvents(1)).toEqual([event('v2', 'canary', 900)])
    const promoted: PolicyRollout = { servingId: 'v2', candidate: undefined, trials: 1 }
    await other.policies.changeRollout(await other.policies.rollout(), promoted, event('v2', 'promoted'))
    await other.close()
    expect(await use().policies.rollout()).toEqual(promoted)
  })

  it('lets evidence grow without an event, whatever the order of its fields', async () => {
    await use().policies.changeRollout(nothing, trial('v2', { a: 1, b: { c: 2, d: 3 } }), event('v2', 'shadow'))
    const grown = trial('v2', { a: 2, b: { c: 2, d: 3 } })
    await use().policies.changeRollout(trial('v2', { b: { d: 3, c: 2 }, a: 1 }), grown, undefined)
    expect(await use().policies.rollout()).toEqual(grown)
    expect(await use().policies.rolloutEvents(9)).toHaveLength(1)
  })

  it('changes nothing when somebody else did meanwhile', async () => {
    await use().policies.changeRollout(nothing, trial('v2', { n: 1 }), event('v2', 'shadow'))
    const others = [
      nothing,
      trial('v3', { n: 1 }),
      trial('v2', { n: 2 }),
      trial('v2'),
      { ...trial('v2', { n: 1 }), trials: 2 },
    ]
    for (const expected of others) {
      await expect(use().policies.changeRollout(expected, nothing, event('v2', 'held'))).rejects.toMatchObject(conflict)
    }
    expect(await use().policies.rollout()).toEqual(trial('v2', { n: 1 }))
    expect(await use().policies.rolloutEvents(9)).toHaveLength(1)
  })

  it('lets one of two processes change it', async () => {
    const other = await openAgain()
    const ends = await Promise.allSettled([
      use().policies.changeRollout(nothing, trial('v2'), event('v2', 'shadow')),
      other.policies.changeRollout(nothing, trial('v3'), event('v3', 'shadow')),
    ])
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await use().policies.rolloutEvents(9)).toHaveLength(1)
    await other.close()
  })

  it('deletes old versions with what they had learned, but none that is named, serves or is on trial', async () => {
    for (let i = 1; i <= 8; i++) {
      await use().policies.saveVersion(version(`v${i}`, 1000 * i))
      await use().policies.saveLearnedState(`v${i}`, 5, [i])
    }
    await use().policies.changeRollout(nothing, trial('v3'), event('v3', 'shadow'))
    expect(await use().policies.pruneVersions(3, ['v5', 'unknown'])).toEqual(['v2', 'v4'])
    expect((await use().policies.listVersions()).map(({ id }) => id)).toEqual(['v1', 'v3', 'v5', 'v6', 'v7', 'v8'])
    expect(await use().policies.learnedState('v4')).toBeUndefined()
    expect(await use().policies.learnedState('v5')).toEqual({ sequence: 5, state: [5] })
    expect(await use().policies.pruneVersions(3, ['v5'])).toEqual([])
  })

  it('keeps an embedder as long as a version, the training rows or a decision may need it', async () => {
    const ids = ['e1', 'e2', 'e3', 'e4', 'unfitted']
    for (const id of ids) await use().policies.saveEmbedder(id, [id])
    const embedders = async (): Promise<string[]> => {
      const found = await Promise.all(ids.map((id) => use().policies.embedder(id)))
      return ids.filter((_, i) => found[i] !== undefined)
    }
    await use().policies.saveVersion(version('v1', 1000, { embedderId: 'e1' }))
    await use().policies.saveVersion(version('v2', 2000, { embedderId: 'e2' }))
    await use().policies.saveVersion(version('v3', 3000, { embedderId: 'e3' }))
    await use().policies.saveVersion(version('v4', 4000, { embedderId: 'e4' }))
    await use().policies.saveVersion(version('v5', 5000, { embedderId: 'e3' }))
    await use().policies.saveTrainingRows({ embedderId: 'e2', description: 'Rows', data: [] })
    await use().decisions.append(sampleDecision('d1', { createdAtMs: 1000 }), 1)
    await use().policies.pruneVersions(1, [])
    expect(await embedders()).toEqual(ids)
    await use().decisions.append(sampleDecision('d2', { createdAtMs: 2000 }), 1)
    await use().policies.saveEmbedder('e4', ['e4'])
    await use().decisions.prune(1500)
    await use().policies.pruneVersions(1, [])
    expect(await embedders()).toEqual(['e2', 'e3', 'e4', 'unfitted'])
    await use().policies.saveTrainingRows({ embedderId: 'e3', description: 'Rows', data: [] })
    await use().policies.pruneVersions(1, [])
    expect(await embedders()).toEqual(['e3', 'e4', 'unfitted'])
  })

  it('keeps one set of training rows, bit for bit', async () => {
    expect(await use().policies.trainingRows()).toBeUndefined()
    const data = { rows: Float32Array.from({ length: 200_000 }, (_, i) => Math.sin(i)), llms: ['a', 'b'] }
    await use().policies.saveTrainingRows({ embedderId: 'e1', description: 'First', data: [] })
    await use().policies.saveTrainingRows({ embedderId: 'e2', description: 'Second', data })
    expect(await use().policies.trainingRows()).toEqual({ embedderId: 'e2', description: 'Second', data })
  })
}
