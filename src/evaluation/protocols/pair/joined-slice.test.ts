import { describe, expect, it } from 'vitest'
import { drawSeeds } from '../../metrics/seed-draw.ts'
import type { PolicyName } from '../../policy-names.ts'
import { intervalOf, intervalsOf, type JoinedSlice, joinSlices } from './joined-slice.ts'
import { pairComparisons } from './pair-comparisons.ts'
import type { PairOutput, PairSlice } from './run-pair-unit.ts'

const replicateCount = 100

/** A slice whose replicates lie evenly around its APGR. */
function sliceOf(source: string | null, apgr: number | null, spread = 0): PairSlice {
  const around = Array.from(
    { length: replicateCount },
    (_, b) => (apgr ?? 0) + spread * (b / (replicateCount - 1) - 0.5),
  )
  return { source, prompts: 30, metrics: [apgr, 0.4, 0.7], replicates: [around, around, around], curve: [0, 0.6, 1] }
}

function outputOf(policies: Readonly<Partial<Record<PolicyName, readonly PairSlice[]>>>): PairOutput {
  return {
    weak: 'w',
    strong: 's',
    trainPrompts: 100,
    testPrompts: 30,
    policies: Object.entries(policies).map(([policy, slices]) => ({ policy: policy as PolicyName, slices })),
    shuffled: [],
    seconds: 1,
  }
}

describe('joinSlices', () => {
  it('takes means over seeds, of the figures and of every replicate', () => {
    const { slices, leftOut } = joinSlices(
      [outputOf({ ridge: [sliceOf(null, 0.6, 0.2)] }), outputOf({ ridge: [sliceOf(null, 0.7, 0.4)] })],
      2,
    )
    expect(leftOut).toEqual([])
    expect(slices).toHaveLength(1)
    const { apgr } = intervalsOf(slices[0]!)
    expect(apgr!.mean).toBeCloseTo(0.65, 12)
    // Replicate b of the seeds is .6 + .2·t and .7 + .4·t; it averages two draws of them.
    slices[0]!.metrics.apgr.replicates.forEach((value, b) => {
      const t = b / (replicateCount - 1) - 0.5
      const drawn = drawSeeds(2, b).map((seed) => [0.6 + 0.2 * t, 0.7 + 0.4 * t][seed]!)
      expect(value).toBeCloseTo((drawn[0]! + drawn[1]!) / 2, 12)
    })
    expect(slices[0]!.curve).toEqual([0, 0.6, 1])
  })

  it('leaves out and names what a seed lacks', () => {
    const first = outputOf({ ridge: [sliceOf(null, 0.6), sliceOf('mt-bench', 0.5), sliceOf('gsm8k', 0.6)] })
    const second = outputOf({ ridge: [sliceOf(null, 0.6), sliceOf('mt-bench', null)] })
    const { slices, leftOut } = joinSlices([first, second], 2)
    expect(slices.map(({ source }) => source)).toEqual([null])
    expect([...leftOut].sort()).toEqual(['gsm8k', 'mt-bench'])
  })

  it('gives no interval where too many replicates have no gap', () => {
    const replicates = Array.from({ length: 100 }, (_, b) => (b < 6 ? Number.NaN : 0.5))
    expect(intervalOf(0.5, replicates)).toEqual({ mean: 0.5, low: null, high: null })
    expect(intervalOf(0.5, replicates.slice(1))).toMatchObject({ low: null })
    expect(intervalOf(0.5, replicates.slice(2))).toEqual({ mean: 0.5, low: 0.5, high: 0.5 })
  })
})

describe('pairComparisons', () => {
  const join = (policies: Parameters<typeof outputOf>[0]): readonly JoinedSlice[] =>
    joinSlices([outputOf(policies)], 1).slices

  it('pairs replicates and corrects over the policies held against one', () => {
    const slices = join({
      pointsman: [sliceOf(null, 0.7, 0.1)],
      ridge: [sliceOf(null, 0.6, 0.1)],
      knn: [sliceOf(null, 0.71, 0.2)],
      random: [sliceOf(null, 0.5)],
      oracle: [sliceOf(null, 0.9)],
    })
    const found = pairComparisons(slices).filter(({ metric }) => metric === 'apgr')
    expect(found.map(({ policy, against }) => `${policy}-${against}`)).toEqual([
      'ridge-pointsman',
      'knn-pointsman',
      'random-pointsman',
      'pointsman-random',
      'ridge-random',
      'knn-random',
    ])
    const [ridge, knn] = found
    // Their replicates move together: the difference does not move at all.
    expect(ridge!.difference.mean).toBeCloseTo(-0.1, 12)
    expect(ridge!.difference.low).toBeCloseTo(-0.1, 9)
    expect(ridge!.p).toBeCloseTo(2 / 101, 12)
    expect(ridge!.pHolm).toBeCloseTo(6 / 101, 12)
    expect(knn!.p).toBeGreaterThan(0.5)
    expect(knn!.pHolm).toBe(knn!.p)
  })

  it('compares APGR alone by source, where both have it', () => {
    const slices = join({
      pointsman: [sliceOf(null, 0.7), sliceOf('gsm8k', 0.6)],
      ridge: [sliceOf(null, 0.6), sliceOf('gsm8k', 0.6)],
    })
    const bySource = pairComparisons(slices).filter(({ setting }) => setting.source === 'gsm8k')
    expect(bySource.map(({ policy, metric }) => [policy, metric])).toEqual([['ridge', 'apgr']])
    expect(bySource[0]!.p).toBe(1)
  })
})
