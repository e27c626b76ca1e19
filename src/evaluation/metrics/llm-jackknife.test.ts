import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import { studentQuantile975 } from '../../routing/numeric/student-quantile.ts'
import { type LlmTrial, llmJackknife } from './llm-jackknife.ts'
import { signTestPValue } from './sign-test.ts'

function subsets(n: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]]
  const found: number[][] = []
  for (let first = from; first <= n - size; first++) {
    for (const rest of subsets(n, size - 1, first + 1)) found.push([first, ...rest])
  }
  return found
}

function meanOf(effects: readonly number[], members: readonly number[]): number {
  return members.reduce((sum, member) => sum + effects[member]!, 0) / members.length
}

describe('llmJackknife', () => {
  it('gives the mean of LLM effects its textbook variance s²/n when every subset is a trial', () => {
    const effects = [0.1, 0.5, 0.2, 0.9, 0.4, 0.7, 0.3, 0.6, 0.8, 0.15]
    const n = effects.length
    const size = 4
    const trials = subsets(n, size).map((unseen): LlmTrial => ({ unseen, value: meanOf(effects, unseen) }))
    const mean = meanOf(effects, [...effects.keys()])
    const classical = effects.reduce((sum, effect) => sum + (effect - mean) ** 2, 0) / (n - 1) / n
    const v = trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / trials.length
    // With all 210 subsets nothing is due to chance, but the corrections for it stay: both are known.
    const expected = classical - ((size * (n - 1)) / (n - size)) * (v / 210) + v / 210
    const { interval } = llmJackknife(trials, n)
    expect(interval.mean).toBeCloseTo(mean, 12)
    expect(interval.high! - interval.mean).toBeCloseTo(studentQuantile975(n - 1) * Math.sqrt(expected), 10)
  })

  it.each([6, 11, 30])(
    'covers the true mean of %i normal LLM effects about 95 times in 100 with a hundred trials',
    (n) => {
      const random = new SeededRandom(7)
      const drawn = Math.round(n / 3)
      const runs = 400
      let covered = 0
      for (let run = 0; run < runs; run++) {
        const effects = Array.from({ length: n }, () => nextNormal(random))
        const order = Int32Array.from({ length: n }, (_, i) => i)
        const trials = Array.from({ length: 100 }, (): LlmTrial => {
          shuffle(order, random)
          const unseen = [...order.subarray(0, drawn)]
          return { unseen, value: meanOf(effects, unseen) + 0.2 * nextNormal(random) }
        })
        const { interval, p } = llmJackknife(trials, n)
        const isCovered = interval.low! <= 0 && interval.high! >= 0
        if (isCovered) covered++
        if (Math.abs(p! - 0.05) > 1e-3) expect(p! > 0.05).toBe(isCovered)
      }
      expect(covered / runs).toBeGreaterThan(0.92)
      expect(covered / runs).toBeLessThan(0.985)
    },
  )

  it('is wider than the spread over trials says, as trials share their LLMs', () => {
    const random = new SeededRandom(8)
    const effects = Array.from({ length: 12 }, () => nextNormal(random))
    const order = Int32Array.from(effects.keys())
    const trials = Array.from({ length: 400 }, (): LlmTrial => {
      shuffle(order, random)
      return { unseen: [...order.subarray(0, 4)], value: meanOf(effects, [...order.subarray(0, 4)]) }
    })
    const { mean, high } = llmJackknife(trials, 12).interval
    const spread = Math.sqrt(trials.reduce((sum, { value }) => sum + (value - mean) ** 2, 0)) / 400
    expect(high! - mean).toBeGreaterThan(3 * 1.96 * spread)
  })

  it('claims no interval from few trials or when every LLM is in every pool', () => {
    const trial = { unseen: [0, 1], value: 1 }
    expect(llmJackknife(new Array<LlmTrial>(49).fill(trial), 3)).toEqual({
      interval: { mean: 1, low: null, high: null },
      p: null,
    })
    expect(llmJackknife(new Array<LlmTrial>(50).fill(trial), 2).p).toBeNull()
  })
})

describe('signTestPValue', () => {
  it('counts binomial tails and leaves out zeros', () => {
    // 9 of 10 above: 2·(1 + 10)/1024.
    expect(signTestPValue([1, 1, 1, 1, 1, 1, 1, 1, 1, -1, 0, 0])).toBeCloseTo(22 / 1024, 12)
    expect(signTestPValue([1, -1])).toBe(1)
    expect(signTestPValue([0, 0])).toBe(1)
  })
})
