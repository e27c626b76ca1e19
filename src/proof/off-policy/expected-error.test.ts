import { describe, expect, test } from 'vitest'
import { twoLlmLog } from './__fixtures__/two-llm-log.ts'
import { clusteredMean } from './clustered-mean.ts'
import { guardedMean, residualSquares, weightSpread } from './expected-error.ts'
import { OffPolicyLogBuilder } from './off-policy-log.ts'
import { prepareLog } from './prepare-log.ts'

/** Twelve rows, each of LLM a with p = .9 although b had .1; the target is always b, which nobody drew. */
function unlucky() {
  const builder = new OffPolicyLogBuilder()
  for (let i = 0; i < 12; i++) {
    builder.add({
      cluster: `d${i}`,
      llms: ['a', 'b'],
      logging: [0.9, 0.1],
      qualityEstimate: [0.5, 0.5],
      costEstimate: [0, 0],
      drawn: 0,
      propensity: 0.9,
      quality: i % 2,
      costUsd: 0,
    })
  }
  return prepareLog(builder.build())
}

const alwaysB = Float64Array.from({ length: 24 }, (_, place) => place % 2)

describe('the variance expected', () => {
  test('hand-worked: Σπ²/p and Σ(π − p)²/p by LLM, favourite first', () => {
    const { target, difference } = weightSpread(unlucky(), { probability: alwaysB })
    expect([...target]).toEqual([0, 0, 0, expect.closeTo(12 / 0.1, 9)])
    // (0 − .9)²/.9 = .9 and (1 − .1)²/.1 = 8.1 in each row.
    expect([...difference]).toEqual([expect.closeTo(12 * 0.9, 9), 0, 0, expect.closeTo(12 * 8.1, 9)])
  })

  test('squares of a stratum without draws are those of its LLM, and of an LLM without draws those of all', () => {
    const prepared = unlucky()
    const squares = residualSquares(prepared, new Float64Array(12).fill(0.5))
    for (const square of squares) expect(square).toBeCloseTo(0.25, 12)
  })

  test.each([1 / 3, 1 / 2])(
    'widens the interval of a target whose draws did not happen, by the share told: %d',
    (share) => {
      const prepared = unlucky()
      const { log } = prepared
      const zeros = new Float64Array(12)
      // Nothing was seen to vary: every draw has weight 0.
      expect(clusteredMean(zeros, log.cluster, log.clusters).standardError).toBe(0)
      const spread = weightSpread(prepared, { probability: alwaysB }).target
      const { standardError } = guardedMean(
        prepared,
        { scores: zeros, expected: zeros },
        spread,
        new Float64Array(4).fill(0.25),
        share,
      )
      expect(standardError).toBeCloseTo(Math.sqrt(((120 * 0.25) / 144) * share), 12)
    },
  )

  test('goes half of the way where what served changed along the log, else a third', () => {
    expect(weightSpread(unlucky(), { probability: alwaysB }).expectedShare).toBeCloseTo(1 / 3, 12)
    const log = twoLlmLog(Array.from({ length: 400 }, (_, i) => (i < 100 ? 0.01 : 0.5)))
    const probability = Float64Array.from({ length: 800 }, (_, place) => place % 2)
    expect(weightSpread(prepareLog(log), { probability }).expectedShare).toBe(1 / 2)
  })

  test('leaves an interval alone that is wide enough', () => {
    const prepared = unlucky()
    const { log } = prepared
    const scores = Float64Array.from({ length: 12 }, (_, i) => 10 * (i % 3))
    const seen = clusteredMean(scores, log.cluster, log.clusters)
    const spread = weightSpread(prepared, { probability: log.logging }).target
    const rows = { scores, expected: new Float64Array(12) }
    expect(guardedMean(prepared, rows, spread, new Float64Array(4).fill(0.25), 1 / 3)).toEqual(seen)
  })
})
