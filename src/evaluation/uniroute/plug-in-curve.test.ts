import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CostQualityPoint, sweepPoints } from '../../routing/decision/cost-quality-hull.ts'
import { type PlugInTable, plugInCurve } from './plug-in-curve.ts'

/** argmin γ̂ + μ·ĉ on a grid of μ, ties to the cheaper: what the exact breakpoints replace. */
function bruteForce(table: PlugInTable, costWeight: number): CostQualityPoint {
  const { llmCount, predictedQuality, predictedCostUsd, quality, costUsd } = table
  const prompts = quality.length / llmCount
  const sum = { costUsd: 0, quality: 0 }
  for (let prompt = 0; prompt < prompts; prompt++) {
    let best = -1
    for (let llm = 0; llm < llmCount; llm++) {
      const utility = (index: number): number =>
        predictedQuality[prompt * llmCount + index]! - costWeight * predictedCostUsd[index]!
      const isBetter = best === -1 || utility(llm) > utility(best)
      const isCheaper =
        best !== -1 && utility(llm) === utility(best) && predictedCostUsd[llm]! < predictedCostUsd[best]!
      if (isBetter || isCheaper) best = llm
    }
    sum.costUsd += costUsd[prompt * llmCount + best]! / prompts
    sum.quality += quality[prompt * llmCount + best]! / prompts
  }
  return sum
}

function randomTable(prompts: number, values: readonly number[]): PlugInTable {
  const llmCount = 4
  const take = (from: number, length: number): Float64Array =>
    Float64Array.from({ length }, (_, i) => values[(from + i) % values.length]!)
  return {
    llmCount,
    predictedQuality: take(0, prompts * llmCount),
    predictedCostUsd: take(7, llmCount).map((value, i) => 0.1 + value + 0.01 * i),
    quality: take(3, prompts * llmCount),
    costUsd: take(5, prompts * llmCount),
  }
}

describe('plugInCurve', () => {
  it('walks a hand-worked envelope', () => {
    // Prompt 1: .9 at 4 beats .8 at 2 until μ = .05, that beats .2 at 1 until .6. Prompt 2: .5 at 1 is best throughout.
    const points = plugInCurve({
      llmCount: 3,
      predictedQuality: Float64Array.of(0.9, 0.8, 0.2, 0.4, 0.45, 0.5),
      predictedCostUsd: Float64Array.of(4, 2, 1),
      quality: Float64Array.of(1, 0.5, 0, 1, 1, 0.5),
      costUsd: Float64Array.of(40, 20, 10, 44, 22, 12),
    })
    expect(points).toEqual([
      { costUsd: 26, quality: 0.75 },
      { costUsd: 16, quality: 0.5 },
      { costUsd: 11, quality: 0.25 },
    ])
  })

  it('gives what a fine grid of μ gives, and misses none of its points', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 29, maxLength: 29 }),
        (prompts, values) => {
          const table = randomTable(prompts, values)
          const points = plugInCurve(table)
          for (let step = 0; step < 60; step++) {
            const expected = bruteForce(table, step === 0 ? 0 : 10 ** (-3 + step / 10))
            const isThere = points.some(
              (point) =>
                Math.abs(point.costUsd - expected.costUsd) < 1e-9 && Math.abs(point.quality - expected.quality) < 1e-9,
            )
            expect(isThere).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('agrees with the shared sweep when every prompt has its own costs', () => {
    const costUsd = Float64Array.of(3, 1, 5, 2, 4, 1)
    const table = {
      llmCount: 2,
      predictedQuality: Float64Array.of(0.9, 0.3, 0.7, 0.6, 0.8, 0.1),
      predictedCostUsd: costUsd,
      quality: Float64Array.of(1, 0, 1, 1, 0, 0),
      costUsd,
    }
    const points = plugInCurve(table)
    for (const point of sweepPoints(table, 5)) {
      expect(points).toContainEqual({
        costUsd: expect.closeTo(point.costUsd, 9),
        quality: expect.closeTo(point.quality, 9),
      })
    }
  })

  it('leaves a prompt out of the means where the chosen cell is unknown', () => {
    const points = plugInCurve({
      llmCount: 2,
      predictedQuality: Float64Array.of(0.9, 0.5, 0.9, 0.5),
      predictedCostUsd: Float64Array.of(2, 1),
      quality: Float64Array.of(1, 0, Number.NaN, 1),
      costUsd: Float64Array.of(2, 1, 2, 1),
    })
    expect(points).toEqual([
      { costUsd: 2, quality: 1 },
      { costUsd: 1, quality: 0.5 },
    ])
  })

  it('takes the cheaper of equally good and skips dearer ones that are no better', () => {
    const points = plugInCurve({
      llmCount: 3,
      predictedQuality: Float64Array.of(0.8, 0.8, 0.7),
      predictedCostUsd: Float64Array.of(3, 2, 5),
      quality: Float64Array.of(0, 1, 0),
      costUsd: Float64Array.of(3, 2, 5),
    })
    expect(points).toEqual([{ costUsd: 2, quality: 1 }])
  })
})
