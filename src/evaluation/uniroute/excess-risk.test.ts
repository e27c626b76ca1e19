import { describe, expect, it } from 'vitest'
import { estimationBound, measuredEstimationError, withinClusterHeterogeneity } from './excess-risk.ts'

describe('excess risk', () => {
  it('measures heterogeneity by the worst LLM of each prompt', () => {
    // Cluster 0 holds prompts 1 and 2: LLM a .2, .6 around .4; LLM b .5, .5. Prompt 3 is alone.
    const errors = Float64Array.of(0.2, 0.5, 0.6, 0.5, 1, 0)
    expect(withinClusterHeterogeneity(Int32Array.of(0, 0, 1), 2, errors, 2)).toBeCloseTo((0.2 + 0.2 + 0) / 3, 12)
  })

  it('bounds the estimation error by the smallest cluster', () => {
    const expected = 2 * Math.sqrt(Math.log((2 * 2 * 3) / 0.05) / (2 * 40))
    expect(estimationBound([60, 40], 3)).toBeCloseTo(expected, 12)
    expect(estimationBound([60, 0], 3)).toBe(2)
  })

  it('measures the estimation error over prompts, not clusters', () => {
    const psi = (errors: number[]) => ({
      clusters: 2,
      llmCount: 1,
      errors: Float64Array.from(errors),
      counts: Float64Array.of(1, 1),
    })
    expect(measuredEstimationError(Int32Array.of(0, 0, 0, 1), psi([0.5, 0.2]), psi([0.4, 0.6]))).toBeCloseTo(
      (2 * (3 * 0.1 + 0.4)) / 4,
      12,
    )
  })
})
