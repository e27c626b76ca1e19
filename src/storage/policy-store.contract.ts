import { expect, it } from 'vitest'
import type { Storage } from './storage.ts'

/** Policy versions, embedders and learned states. */
export function describePolicies(use: () => Storage): void {
  const version = (id: string, createdAtMs: number) => ({
    id,
    createdAtMs,
    embedderId: 'hashed-ngram-1',
    description: `Fitted as ${id}`,
    snapshot: { formatVersion: 1, weights: Float64Array.of(createdAtMs, Number.NaN, -0), llms: ['a', 'b'] },
  })

  it('keeps versions and knows the latest', async () => {
    expect(await use().policies.latestVersion()).toBeUndefined()
    expect(await use().policies.version('v1')).toBeUndefined()
    for (const [id, createdAtMs] of [
      ['v2', 2000],
      ['v3', 3000],
      ['v1', 1000],
    ] as const) {
      await use().policies.saveVersion(version(id, createdAtMs))
    }
    expect(await use().policies.latestVersion()).toEqual(version('v3', 3000))
    expect(await use().policies.version('v1')).toEqual(version('v1', 1000))
    const { snapshot: _, ...summary } = version('v1', 1000)
    const listed = await use().policies.listVersions()
    expect(listed.map(({ id }) => id)).toEqual(['v1', 'v2', 'v3'])
    expect(listed[0]).toEqual(summary)
  })

  it('never changes a version', async () => {
    await use().policies.saveVersion(version('v1', 1000))
    await expect(use().policies.saveVersion(version('v1', 2000))).rejects.toMatchObject({ code: 'storage_conflict' })
    expect(await use().policies.version('v1')).toEqual(version('v1', 1000))
  })

  it('keeps an embedder once', async () => {
    expect(await use().policies.embedder('e')).toBeUndefined()
    await use().policies.saveEmbedder('e', { rows: Int8Array.of(-128, 127) })
    await use().policies.saveEmbedder('e', { rows: Int8Array.of(1) })
    expect(await use().policies.embedder('e')).toEqual({ rows: Int8Array.of(-128, 127) })
  })

  it('keeps the learned state of most labels per version', async () => {
    expect(await use().policies.learnedState('unfitted')).toBeUndefined()
    await use().policies.saveLearnedState('unfitted', 5, Float64Array.of(5))
    await use().policies.saveLearnedState('v1', 9, Float64Array.of(9))
    await use().policies.saveLearnedState('unfitted', 7, Float64Array.of(7))
    await use().policies.saveLearnedState('unfitted', 6, Float64Array.of(6))
    expect(await use().policies.learnedState('unfitted')).toEqual({ sequence: 7, state: Float64Array.of(7) })
    await use().policies.saveLearnedState('unfitted', 7, Float64Array.of(8))
    expect(await use().policies.learnedState('unfitted')).toEqual({ sequence: 7, state: Float64Array.of(8) })
    expect(await use().policies.learnedState('v1')).toEqual({ sequence: 9, state: Float64Array.of(9) })
  })

  it('keeps a snapshot of many megabytes', async () => {
    const snapshot = { rows: Float32Array.from({ length: 1_500_000 }, (_, i) => Math.sin(i)) }
    await use().policies.saveEmbedder('large', snapshot)
    expect(await use().policies.embedder('large')).toEqual(snapshot)
  })
}
