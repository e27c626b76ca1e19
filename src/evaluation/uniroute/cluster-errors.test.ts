import { describe, expect, it } from 'vitest'
import { clusterErrors, predictByMembership } from './cluster-errors.ts'
import { predictByShrunkClusters } from './shrunk-clusters.ts'

describe('clusterErrors', () => {
  it('averages losses per cluster, and takes the overall mean for an empty cluster', () => {
    const psi = clusterErrors(Int32Array.of(0, 0, 2), 3, Float64Array.of(1, 0.5, 0, Number.NaN, 0.5, 0), 2)
    expect([...psi.errors]).toEqual([0.5, 0.5, 0.5, 0.75, 0.5, 1])
    expect([...psi.counts]).toEqual([2, 1, 0, 0, 1, 1])
  })

  it('shrinks to the overall mean by pseudo-labels', () => {
    // Cluster 0: one error of 1 in 2 labels, overall .25 of 4 labels: (1 + 2·.25)/(2 + 2).
    const psi = clusterErrors(Int32Array.of(0, 0, 1, 1), 2, Float64Array.of(0, 1, 1, 1), 1, 2)
    expect([...psi.errors]).toEqual([0.375, 0.125])
  })

  it('keeps γ̂ in [0, 1] under any mixture of clusters', () => {
    const psi = clusterErrors(Int32Array.of(0, 1, 1), 2, Float64Array.of(1, 0, 1), 1)
    expect([...predictByMembership(Float64Array.of(0.25, 0.75, 1, 0), psi)]).toEqual([0.25 + 0.375, 1])
  })
})

describe('predictByShrunkClusters', () => {
  it('averages scales, each drawn to the overall mean by ten pseudo-labels', () => {
    const scale = { clusters: 2, probes: Int32Array.of(0, 1), test: Int32Array.of(1) }
    const other = { clusters: 1, probes: Int32Array.of(0, 0), test: Int32Array.of(0) }
    // Cluster 1: (0 + 10·.5)/11 right; the single cluster .5.
    const [predicted] = predictByShrunkClusters([scale, other], Float64Array.of(1, 0), 1)
    expect(predicted).toBeCloseTo((5 / 11 + 0.5) / 2, 12)
  })
})
