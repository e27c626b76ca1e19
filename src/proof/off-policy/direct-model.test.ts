import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { directCost, directQuality } from './direct-model.ts'
import { labelRates } from './label-rates.ts'
import { type OffPolicyLog, OffPolicyLogBuilder } from './off-policy-log.ts'

/** @param outcome of row i: estimate, quality, cost of the one LLM there is. */
function oneLlm(rows: number, outcome: (i: number) => { q: number; quality: number; c: number; costUsd: number }) {
  const builder = new OffPolicyLogBuilder()
  for (let i = 0; i < rows; i++) {
    const { q, quality, c, costUsd } = outcome(i)
    builder.add({
      cluster: `d${i}`,
      llms: ['a'],
      logging: [1],
      qualityEstimate: [q],
      costEstimate: [c],
      drawn: 0,
      propensity: 1,
      quality,
      costUsd,
    })
  }
  return builder.build()
}

describe('the direct model', () => {
  test('learns that estimates are too low and too steep, but for what its priors hold back', () => {
    const log = oneLlm(2000, (i) => {
      const q = 0.2 + (0.6 * (i % 101)) / 100
      return { q, quality: 0.4 + 0.5 * q, c: 0.01, costUsd: 0.02 }
    })
    const quality = directQuality(log)
    const cost = directCost(log)
    for (let i = 0; i < log.rows; i++) {
      expect(Math.abs(quality[i]! - log.quality[i]!)).toBeLessThan(0.01)
      expect(cost[i]).toBeCloseTo(0.02, 3)
    }
  })

  test('no row sees itself: another outcome of one row leaves its own model as it was', () => {
    const outcome = (odd: number) => (i: number) => ({
      q: 0.5,
      quality: i === 7 ? odd : 0.6,
      c: Number.NaN,
      costUsd: i === 7 ? odd : 1,
    })
    const [low, high] = [oneLlm(40, outcome(0)), oneLlm(40, outcome(1))] as const
    expect(directQuality(high)[7]).toBe(directQuality(low)[7])
    expect(directCost(high)[7]).toBe(directCost(low)[7])
    expect(directQuality(high)[8]).not.toBe(directQuality(low)[8])
  })

  test('turns of one conversation do not see one another', () => {
    const builder = (odd: number): OffPolicyLog => {
      const rows = new OffPolicyLogBuilder()
      for (let i = 0; i < 40; i++) {
        rows.add({
          cluster: `c${i >> 1}`,
          llms: ['a'],
          logging: [1],
          qualityEstimate: [0.5],
          costEstimate: [1],
          drawn: 0,
          propensity: 1,
          quality: i === 6 ? odd : 0.6,
          costUsd: 1,
        })
      }
      return rows.build()
    }
    expect(directQuality(builder(1))[7]).toBe(directQuality(builder(0))[7])
  })

  test('where nothing is known it is what was logged', () => {
    const log = oneLlm(10, () => ({ q: 0.7, quality: Number.NaN, c: 0.003, costUsd: Number.NaN }))
    expect([...directQuality(log)]).toEqual(new Array(10).fill(0.7))
    expect([...directCost(log)]).toEqual(new Array(10).fill(0.003))
  })
})

describe('label rates', () => {
  test('are 1, exactly, where all is known, and about the share that is else', () => {
    const random = new SeededRandom(8)
    const all = oneLlm(100, () => ({ q: 0.5, quality: 1, c: 1, costUsd: 1 }))
    expect([...labelRates(all, all.quality)]).toEqual(new Array(100).fill(1))
    const some = oneLlm(5000, () => ({ q: 0.5, quality: random.next() < 0.2 ? 1 : Number.NaN, c: 1, costUsd: 1 }))
    for (const rate of labelRates(some, some.quality)) expect(Math.abs(rate - 0.2)).toBeLessThan(0.02)
  })
})
