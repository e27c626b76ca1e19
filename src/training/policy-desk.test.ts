import { expect, test } from 'vitest'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import { MemoryPolicyStore } from './__fixtures__/memory-policy-store.ts'
import { PolicyDesk } from './policy-desk.ts'

test('a version that cannot be read is neither shown nor let in: nothing could serve after a restart', async () => {
  const policies = new MemoryPolicyStore()
  const embedder = new HashedNgramEmbedder()
  await policies.saveEmbedder(embedder.id, embedder.snapshot())
  const broken = { id: 'broken', createdAtMs: 0, embedderId: embedder.id, description: '' }
  await policies.saveVersion({ ...broken, snapshot: { formatVersion: 99 } })
  await policies.changeRollout(
    await policies.rollout(),
    { servingId: 'unfitted', candidate: undefined, trials: 0 },
    undefined,
  )
  const desk = new PolicyDesk({
    policies,
    decisions: { recentSettlements: async () => [] },
    pool: () => [],
    clock: { now: () => 1 },
    changed: async () => undefined,
  })
  const unreadable = { name: 'RolloutError', code: 'version_not_loadable' }
  await expect(desk.show('broken')).rejects.toMatchObject(unreadable)
  await expect(desk.promote('broken', 'by a test')).rejects.toMatchObject(unreadable)
  await expect(desk.rollback('broken', 'by a test')).rejects.toMatchObject(unreadable)
  expect((await policies.rollout()).servingId).toBe('unfitted')
})
