import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { type AbilityCell, fitAbilities, logistic } from './fit-abilities.ts'

/** A world that is as the model says: two sets of units that share two of their LLMs. */
function world(seed: number) {
  const random = new SeededRandom(seed)
  const prices = Float64Array.from([-1, -0.5, 0, 0.3, 0.7, 1, 1.3])
  const ability = prices.map((price) => 0.8 + 0.6 * price + 0.5 * (random.next() - 0.5))
  const ease = Float64Array.from({ length: 16 }, (_, unit) => (unit < 8 ? 1 : -0.5) + random.next())
  const cells: AbilityCell[] = []
  for (let llm = 0; llm < prices.length; llm++) {
    for (let unit = 0; unit < ease.length; unit++) {
      const measured = unit < 8 ? llm < 4 : llm >= 2
      if (!measured) continue
      const mean = logistic(ability[llm]! + ease[unit]!)
      cells.push({
        llm,
        unit,
        count: 400,
        mean: Math.min(1, Math.max(0, mean + 0.04 * (random.next() - 0.5))),
        variance: mean * (1 - mean),
      })
    }
  }
  return { prices, ability, ease, cells }
}

describe('abilities', () => {
  it('finds those that made the data, over two sets of different ease', () => {
    const { prices, ability, ease, cells } = world(3)
    const fit = fitAbilities(cells, prices, ease.length)
    // Levels are shared between ability and ease: only differences are determined.
    const shift = fit.ability[2]! - ability[2]!
    for (let llm = 0; llm < prices.length; llm++) {
      expect(Math.abs(fit.ability[llm]! - shift - ability[llm]!)).toBeLessThan(0.2)
    }
    for (let unit = 0; unit < ease.length; unit++) {
      expect(Math.abs(fit.ease[unit]! + shift - ease[unit]!)).toBeLessThan(0.35)
    }
    expect(fit.slope).toBeGreaterThan(0.35)
    expect(fit.slope).toBeLessThan(0.85)
    expect(fit.transferDeviation).toBeLessThan(0.3)
  })

  it('puts an LLM that nobody measured on the price line', () => {
    const { prices, ease, cells } = world(4)
    const more = Float64Array.from([...prices, 0.5])
    const fit = fitAbilities(cells, more, ease.length)
    const mean = more.reduce((sum, price) => sum + price, 0) / more.length
    expect(fit.ability[7]!).toBeCloseTo(fit.intercept + fit.slope * (0.5 - mean), 2)
  })

  it('without data keeps the slope of the cold start', () => {
    const fit = fitAbilities([], Float64Array.from([-1, 0, 1]), 1)
    expect(fit.slope).toBeCloseTo(0.48, 2)
  })
})
