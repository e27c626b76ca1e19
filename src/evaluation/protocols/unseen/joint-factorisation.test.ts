import { describe, expect, it } from 'vitest'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { jointRows } from './joint-factorisation.ts'

const rowsOf = (llms: readonly string[], quality: number[]): TrainingRows => {
  const unknown = new Float64Array(quality.length)
  const contexts = Array.from({ length: quality.length / llms.length }, () => ({
    embedderId: 'test',
    embedding: Float32Array.of(1),
    explicit: Float32Array.of(0),
  }))
  return {
    llms,
    contexts,
    quality: Float64Array.from(quality),
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

describe('jointRows', () => {
  it('has the pool known on the probes alone', () => {
    const seen = ['a', 'b']
    const joint = jointRows(rowsOf(seen, [0.1, 0.2]), rowsOf(seen, [0.3, 0.4, 0.5, 0.6]), rowsOf(['c'], [0.7, 0.8]))
    expect(joint.llms).toEqual(['a', 'b', 'c'])
    expect(joint.contexts.length).toBe(3)
    expect([...joint.quality]).toEqual([0.1, 0.2, Number.NaN, 0.3, 0.4, 0.7, 0.5, 0.6, 0.8])
  })
})
