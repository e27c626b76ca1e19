import { describe, expect, it } from 'vitest'
import { sweepChoices } from './sweep-choices.ts'

describe('sweepChoices', () => {
  it('trades quality against cost, prompt by prompt', () => {
    const predictedQuality = Float64Array.of(0.5, 0.9, 0.5, 0.6)
    const predictedCostUsd = Float64Array.of(1, 3, 1, 3)
    const { settings, answeredBy } = sweepChoices({ llmCount: 2, predictedQuality, predictedCostUsd }, [0, 0.1, 1])
    expect(settings).toBe(3)
    // Paying 2 more is worth it while w·2 is below the gain in quality: .4 for the first prompt, .1 for the second.
    expect([...answeredBy]).toEqual([1, 1, 1, 0, 0, 0])
  })

  it('gives ties to the cheaper, whatever the order', () => {
    const choose = (costs: number[]) =>
      sweepChoices(
        {
          llmCount: 2,
          predictedQuality: Float64Array.of(0.5, 0.5),
          predictedCostUsd: Float64Array.from(costs),
        },
        [0],
      ).answeredBy[0]
    expect(choose([2, 1])).toBe(1)
    expect(choose([1, 2])).toBe(0)
  })

  it('does not choose what has no estimate, unless nothing has a cost', () => {
    const choose = (quality: number[], costs: number[]) =>
      sweepChoices(
        {
          llmCount: 3,
          predictedQuality: Float64Array.from(quality),
          predictedCostUsd: Float64Array.from(costs),
        },
        [0],
      ).answeredBy[0]
    expect(choose([0.9, 0.5, Number.NaN], [Number.NaN, 1, 1])).toBe(1)
    expect(choose([Number.NaN, 0.3, 0.5], [Number.NaN, Number.NaN, Number.NaN])).toBe(2)
  })
})
