import { describe, expect, it } from 'vitest'
import { deviationsAt, estimateFromProbes, type ProbeRows, type UniversalBasis } from './universal-estimators.ts'

const basis: UniversalBasis = {
  scales: [1, 2],
  clusterShares: Float64Array.of(1, 0.25, 0.75),
  baseMeans: Float64Array.of(0.5, 0.7),
  noiseVariance: 0.2,
  level: { mean: 0.6, variance: 0.1, slope: 0, logCost: 0 },
}

/** Four labels, all of the second scale's first cluster. */
const probes: ProbeRows = {
  assignment: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0),
  base: Float64Array.of(0.4, 0.8, 0.6, 0.6, 0.5, 0.7, 0.5, 0.7),
  anchors: Float64Array.of(0, 1, 1, 1, 0, 1, 1, 0),
  quality: Float64Array.of(1, 1, 1, 0),
}

const at = (estimates: ReturnType<typeof estimateFromProbes>, assignment: number[], base: number[]): number[] => {
  const out = new Float64Array(3)
  deviationsAt(basis, estimates, Int32Array.from(assignment), Float64Array.from(base), out)
  return [...out]
}

describe('the estimators of an unseen LLM', () => {
  it('draws the level to the training LLMs’ and clusters to the level, by hand', () => {
    const { levels, clusterDeviations, labels } = estimateFromProbes(basis, probes)
    expect(labels).toBe(4)
    // λ_b = .2/.1 = 2: (3 + 2·.6)/6 = .7; a cluster with all labels (3 + 10·.7)/14, one without any .7.
    const labelled = 10 / 14
    const centre = 0.25 * labelled + 0.75 * 0.7
    expect(levels[0]).toBeCloseTo((labelled + centre) / 2, 12)
    expect(clusterDeviations[0]).toBeCloseTo(0, 12)
    expect(clusterDeviations[1]).toBeCloseTo(labelled - centre, 12)
    expect(clusterDeviations[2]).toBeCloseTo(0.7 - centre, 12)
  })

  it('has every deviation average to 0 over the training prompts', () => {
    const estimates = estimateFromProbes(basis, probes)
    const inFirst = at(estimates, [0, 0], [0.5, 0.7])
    const inSecond = at(estimates, [0, 1], [0.5, 0.7])
    expect(0.25 * inFirst[0]! + 0.75 * inSecond[0]!).toBeCloseTo(0, 12)
    // The fold-ins are linear in the base, which is at its mean.
    expect(inFirst[1]).toBeCloseTo(0, 12)
    expect(inFirst[2]).toBeCloseTo(0, 12)
  })

  it('follows the training LLM that was right where the newcomer was', () => {
    const estimates = estimateFromProbes(basis, { ...probes, quality: Float64Array.of(1, 1, 1, 0) })
    const second = at(estimates, [0, 0], [0.4, 0.8])
    const first = at(estimates, [0, 0], [0.6, 0.6])
    expect(second[2]).toBeGreaterThan(first[2]!)
  })

  it('is the plain fold-in where no anchor is known', () => {
    const estimates = estimateFromProbes(basis, { ...probes, anchors: new Float64Array(8).fill(Number.NaN) })
    expect(estimates.anchored).toEqual(estimates.foldIn)
    expect(estimates.levels[2]).toBe(estimates.levels[1])
  })

  it('takes unknown labels for no labels', () => {
    const holed = { ...probes, quality: Float64Array.of(1, 1, Number.NaN, Number.NaN) }
    const half: ProbeRows = {
      assignment: probes.assignment.slice(0, 4),
      base: probes.base.slice(0, 4),
      anchors: probes.anchors.slice(0, 4),
      quality: probes.quality.slice(0, 2),
    }
    expect(estimateFromProbes(basis, holed)).toEqual(estimateFromProbes(basis, half))
  })

  it('is the mean training LLM without any label', () => {
    const none: ProbeRows = {
      assignment: new Int32Array(0),
      base: new Float64Array(0),
      anchors: new Float64Array(0),
      quality: new Float64Array(0),
    }
    const estimates = estimateFromProbes(basis, none)
    for (const level of estimates.levels) expect(level).toBeCloseTo(0.6, 12)
    const [clusters, predicted, anchored] = at(estimates, [0, 1], [0.7, 0.9])
    expect(clusters).toBeCloseTo(0, 12)
    expect(predicted).toBeCloseTo(0.2, 12)
    expect(anchored).toBeCloseTo(0.2, 12)
  })

  it('expects more of what costs more where the training LLMs do, by hand', () => {
    const sloped: UniversalBasis = {
      ...basis,
      level: { mean: 0.6, variance: 0.1, slope: 0.05, logCost: Math.log(0.01) },
    }
    const none = {
      assignment: new Int32Array(0),
      base: new Float64Array(0),
      anchors: new Float64Array(0),
      quality: new Float64Array(0),
    }
    const dear = estimateFromProbes(sloped, { ...none, costUsd: 0.1 })
    for (const level of dear.levels) expect(level).toBeCloseTo(0.6 + 0.05 * Math.log(10), 12)
    // Unknown, and free: nothing is made of it.
    for (const costUsd of [undefined, 0]) {
      for (const level of estimateFromProbes(sloped, { ...none, costUsd }).levels) expect(level).toBeCloseTo(0.6, 12)
    }
    // Beyond the costs it was fitted on the nearest counts, and no level leaves [0, 1].
    const held = { ...sloped, level: { ...sloped.level, costRange: [Math.log(0.001), Math.log(0.05)] as const } }
    const dearest = estimateFromProbes(held, { ...none, costUsd: 100 })
    for (const level of dearest.levels) expect(level).toBeCloseTo(0.6 + 0.05 * Math.log(5), 12)
    expect(estimateFromProbes(sloped, { ...none, costUsd: 1e9 }).levels[0]).toBe(1)
    // Four labels against two pseudo-labels of the prior.
    const labelled = estimateFromProbes(sloped, { ...probes, costUsd: 0.1 })
    const plain = estimateFromProbes(basis, probes)
    expect(labelled.levels[0]! - plain.levels[0]!).toBeGreaterThan(0)
    expect(labelled.levels[0]! - plain.levels[0]!).toBeLessThan(0.05 * Math.log(10))
  })

  it('makes do with clusters where there is no training LLM', () => {
    const alone: UniversalBasis = { ...basis, baseMeans: new Float64Array(0) }
    const estimates = estimateFromProbes(alone, { ...probes, base: new Float64Array(0), anchors: new Float64Array(0) })
    expect(estimates.foldIn).toEqual([])
    expect(Number.isFinite(estimates.levels[0])).toBe(true)
  })
})
