import { describe, expect, it } from 'vitest'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { AmountRegression } from './amount-regression.ts'

const dimension = 6

const nothingEmbedded: RoutingContext = {
  embedderId: 'test',
  embedding: new Float32Array(0),
  explicit: new Float32Array(0),
}

function randomContexts(count: number, random: SeededRandom, length = dimension): RoutingContext[] {
  return Array.from({ length: count }, () => {
    const embedding = Float32Array.from({ length }, () => nextNormal(random))
    const norm = Math.hypot(...embedding)
    return { embedderId: 'test', embedding: embedding.map((x) => x / norm), explicit: new Float32Array(1) }
  })
}

/** Two LLMs whose amounts go by the first coordinate, with a log-normal tail; the second charges 1000 times as much. */
function tailedAmounts(contexts: readonly RoutingContext[], random: SeededRandom, effect: number): Float64Array {
  return Float64Array.from({ length: 2 * contexts.length }, (_, cell) => {
    const context = contexts[Math.floor(cell / 2)]!
    return (cell % 2 === 0 ? 1 : 1000) * Math.exp(effect * context.embedding[0]! + 0.8 * nextNormal(random))
  })
}

/** 1 − squared error / squared error of the training mean, and mean prediction / training mean − 1; of each column. */
function judge(
  fitted: AmountRegression,
  means: readonly number[],
  contexts: readonly RoutingContext[],
  amounts: Float64Array,
): { skill: number; bias: number; covered: number }[] {
  const mean = new Float64Array(2)
  const p90 = new Float64Array(2)
  const sums = means.map(() => ({ own: 0, byMean: 0, predicted: 0, covered: 0 }))
  contexts.forEach((context, row) => {
    fitted.predict(context, mean, p90)
    sums.forEach((sum, column) => {
      const amount = amounts[2 * row + column]!
      sum.own += (amount - mean[column]!) ** 2
      sum.byMean += (amount - means[column]!) ** 2
      sum.predicted += mean[column]!
      sum.covered += amount <= p90[column]! ? 1 / contexts.length : 0
    })
  })
  return sums.map(({ own, byMean, predicted, covered }, column) => ({
    skill: 1 - own / byMean,
    bias: predicted / contexts.length / means[column]! - 1,
    covered,
  }))
}

function columnMeans(amounts: Float64Array): number[] {
  const mean = (column: number): number => {
    const own = amounts.filter((_, cell) => cell % 2 === column)
    return own.reduce((sum, amount) => sum + amount, 0) / own.length
  }
  return [mean(0), mean(1)]
}

describe('AmountRegression', () => {
  it('beats the mean where prompts tell, keeps sums right and covers nine in ten', () => {
    const random = new SeededRandom(3)
    const contexts = randomContexts(1200, random)
    const amounts = tailedAmounts(contexts, random, 2)
    const fresh = randomContexts(4000, random)
    const judged = judge(
      AmountRegression.fit(contexts, amounts, 2),
      columnMeans(amounts),
      fresh,
      tailedAmounts(fresh, random, 2),
    )
    for (const { skill, bias, covered } of judged) {
      expect(skill).toBeGreaterThan(0.2)
      // The means of both samples have a standard error of 2.5 %.
      expect(Math.abs(bias)).toBeLessThan(0.06)
      expect(Math.abs(covered - 0.9)).toBeLessThan(0.03)
    }
  })

  it('falls back on the mean where prompts tell nothing, however few there are', () => {
    for (const count of [25, 60, 600]) {
      for (let seed = 1; seed <= 5; seed++) {
        const random = new SeededRandom(seed)
        const contexts = randomContexts(count, random)
        const amounts = tailedAmounts(contexts, random, 0)
        const fresh = randomContexts(1000, random)
        const judged = judge(
          AmountRegression.fit(contexts, amounts, 2),
          columnMeans(amounts),
          fresh,
          tailedAmounts(fresh, random, 0),
        )
        for (const { skill } of judged) expect(skill).toBeGreaterThan(-0.03)
      }
    }
  })

  it('gives each column’s mean where nothing was embedded, and NaN where fewer than 20 are known', () => {
    const random = new SeededRandom(4)
    const contexts = randomContexts(60, random)
    const amounts = tailedAmounts(contexts, random, 1).map((amount, cell) =>
      cell % 2 === 1 && cell > 2 * 18 ? Number.NaN : amount,
    )
    const fitted = AmountRegression.fit(contexts, amounts, 2)
    expect(fitted.isComplete).toBe(false)
    const mean = new Float64Array(2)
    const p90 = new Float64Array(2)
    for (const context of [nothingEmbedded, contexts[0]!]) {
      fitted.predict(context, mean, p90)
      expect(mean[1]).toBeNaN()
      expect(p90[1]).toBeNaN()
      expect(p90[0]).toBeGreaterThanOrEqual(mean[0]!)
    }
    fitted.predict(nothingEmbedded, mean)
    expect(mean[0]).toBeCloseTo(columnMeans(amounts)[0]!, 12)
  })

  it('predicts a free LLM free, a constant one constant, and nothing beyond the range seen', () => {
    const random = new SeededRandom(5)
    const contexts = randomContexts(100, random)
    const amounts = Float64Array.from({ length: 200 }, (_, cell) => (cell % 2 === 0 ? 0 : 7))
    const fitted = AmountRegression.fit(contexts, amounts, 2)
    const mean = new Float64Array(2)
    const p90 = new Float64Array(2)
    fitted.predict(contexts[0]!, mean, p90)
    expect([mean[0], p90[0]]).toEqual([0, 0])
    expect(mean[1]).toBeCloseTo(7, 12)
    const tailed = tailedAmounts(contexts, random, 4)
    const wide = AmountRegression.fit(contexts, tailed, 2)
    const far = { ...contexts[0]!, embedding: Float32Array.from({ length: dimension }, () => 9) }
    for (const context of [far, { ...far, embedding: far.embedding.map((x) => -x) }]) {
      wide.predict(context, mean)
      for (const column of [0, 1]) {
        const own = tailed.filter((_, cell) => cell % 2 === column)
        expect(mean[column]).toBeGreaterThanOrEqual(Math.min(...own) * (1 - 1e-12))
        expect(mean[column]).toBeLessThanOrEqual(Math.max(...own) * (1 + 1e-12))
      }
    }
  })

  it('leaves a column that is known in one fold alone to its mean', () => {
    const random = new SeededRandom(8)
    const contexts = randomContexts(300, random)
    const amounts = tailedAmounts(contexts, random, 2).map((amount, cell) =>
      cell % 2 === 1 && Math.floor(cell / 2) % 3 !== 0 ? Number.NaN : amount,
    )
    const fitted = AmountRegression.fit(contexts, amounts, 2)
    const mean = new Float64Array(2)
    fitted.predict(contexts[5]!, mean)
    const known = amounts.filter((amount, cell) => cell % 2 === 1 && !Number.isNaN(amount))
    expect(mean[1]).toBeCloseTo(known.reduce((sum, amount) => sum + amount, 0) / known.length, 9)
  })

  it('trusts nothing that only near-duplicates prove, when they share the caller’s folds', () => {
    // Ten copies of each prompt, all in one of five folds, with an amount that goes by the prompt alone and by nothing that prompts share.
    const trustIn = (folds: number) => {
      let sum = 0
      for (let seed = 1; seed <= 5; seed++) {
        const random = new SeededRandom(seed)
        const prompts = randomContexts(35, random, 60)
        const effects = prompts.map(() => Math.exp(nextNormal(random)))
        const places = Array.from({ length: 350 }, (_, row) => (row % 5) + 5 * (Math.floor(row / 5) % 7))
        const amounts = Float64Array.from(places, (place) => effects[place]!)
        const contexts = places.map((place) => prompts[place]!)
        const { trust } = AmountRegression.fit(contexts, amounts, 1, folds).snapshot() as { trust: Float64Array }
        sum += trust[0]! / 5
      }
      return sum
    }
    expect(trustIn(5)).toBeLessThan(0.35)
    expect(trustIn(3)).toBeGreaterThan(0.7)
  })

  it('does not mind the unit', () => {
    const random = new SeededRandom(6)
    const contexts = randomContexts(200, random)
    const amounts = tailedAmounts(contexts, random, 1)
    const inDollars = AmountRegression.fit(contexts, amounts, 2)
    const inCents = AmountRegression.fit(
      contexts,
      amounts.map((amount) => 100 * amount),
      2,
    )
    const dollars = new Float64Array(2)
    const cents = new Float64Array(2)
    inDollars.predict(contexts[3]!, dollars)
    inCents.predict(contexts[3]!, cents)
    for (const column of [0, 1]) expect(cents[column]! / dollars[column]!).toBeCloseTo(100, 8)
  })

  it('restores to bit-identical amounts', () => {
    const random = new SeededRandom(7)
    const contexts = randomContexts(90, random)
    const fitted = AmountRegression.fit(contexts, tailedAmounts(contexts, random, 1), 2)
    const restored = AmountRegression.restore(structuredClone(fitted.snapshot()))
    const [a, b, c, d] = Array.from({ length: 4 }, () => new Float64Array(2))
    for (const context of [contexts[0]!, nothingEmbedded]) {
      fitted.predict(context, a!, b)
      restored.predict(context, c!, d)
      expect([c, d]).toEqual([a, b])
    }
  })
})
