import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterErrors } from './cluster-errors.ts'
import { estimationBound, measuredEstimationError, withinClusterHeterogeneity } from './excess-risk.ts'

/** Prompts are equally likely; γ* and costs at random; the rule sees the cluster alone. */
function excessOverBound(values: readonly number[], clusters: number, costWeight: number): number {
  const llmCount = 3
  const prompts = 12
  const errors = Float64Array.from({ length: prompts * llmCount }, (_, i) => values[i]!)
  const costs = values.slice(36, 39)
  const assignment = Int32Array.from({ length: prompts }, (_, i) => i % clusters)
  const psi = clusterErrors(
    assignment,
    clusters,
    errors.map((error) => 1 - error),
    llmCount,
  )
  let routed = 0
  let best = 0
  for (let row = 0; row < prompts; row++) {
    const risk = (of: Float64Array, start: number): number[] =>
      costs.map((cost, llm) => of[start + llm]! + costWeight * cost)
    const real = risk(errors, row * llmCount)
    const seen = risk(psi.errors, assignment[row]! * llmCount)
    routed += real[seen.indexOf(Math.min(...seen))]! / prompts
    best += Math.min(...real) / prompts
  }
  return routed - best - withinClusterHeterogeneity(assignment, clusters, errors, llmCount)
}

describe('excess risk', () => {
  it('of hard clusters is at most their heterogeneity, with constant 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 39, maxLength: 39 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (values, clusters, costWeight) => excessOverBound(values, clusters, costWeight) <= 1e-9,
      ),
      { numRuns: 200 },
    )
  })

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
