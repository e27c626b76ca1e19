import { expect, it } from 'vitest'
import { sampleKey } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** API keys. */
export function describeKeys(use: () => Storage): void {
  it('lists keys as they were created, oldest first', async () => {
    const plain = sampleKey('k1', {
      createdAtMs: 2000,
      dailyCapUsd: undefined,
      preference: {},
      scopes: ['admin', 'inference'],
    })
    const full = sampleKey('k2', { createdAtMs: 1000, team: 'search', feedbackShare: 0.1 + 0.2 })
    await use().keys.create(plain)
    await use().keys.create(full)
    expect(await use().keys.list()).toEqual([full, plain])
  })

  it('revokes a key once', async () => {
    await use().keys.create(sampleKey('k1'))
    expect(await use().keys.revoke('k2', 5000)).toBe(false)
    expect(await use().keys.revoke('k1', 5000)).toBe(true)
    expect(await use().keys.revoke('k1', 6000)).toBe(false)
    expect(await use().keys.list()).toEqual([sampleKey('k1', { revokedAtMs: 5000 })])
  })

  it('refuses an id or a secret that is there already', async () => {
    await use().keys.create(sampleKey('k1'))
    const conflict = { code: 'storage_conflict' }
    await expect(use().keys.create(sampleKey('k1', { secretHash: 'other' }))).rejects.toMatchObject(conflict)
    await expect(use().keys.create(sampleKey('k2', { secretHash: 'hash-of-k1' }))).rejects.toMatchObject(conflict)
  })
}
