import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { ForestQualityPredictor } from './forest-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from './matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from './mlp-quality-predictor.ts'
import type { QualityPredictor } from './quality-predictor.ts'
import type { TrainingRows } from './training-rows.ts'

/**
 * Two LLMs and two features of ±1: `even` is right where their signs agree, `odd` where they differ, which no linear map of the features
 * tells; and `first`, right where the first is positive, which one does.
 */
function signRows(count: number): TrainingRows {
  const random = new SeededRandom(1)
  const sign = (): number => (random.next() < 0.5 ? -1 : 1)
  const contexts = Array.from({ length: count }, () => ({
    embedderId: 'test',
    embedding: Float32Array.of(sign() * Math.SQRT1_2, sign() * Math.SQRT1_2),
    explicit: new Float32Array(0),
  }))
  const quality = Float64Array.from(
    contexts.flatMap(({ embedding: [a, b] }) => {
      const agree = a! * b! > 0
      return [agree ? 1 : 0, agree ? 0 : 1, a! > 0 ? 1 : 0]
    }),
  )
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  return {
    llms: ['even', 'odd', 'first'],
    contexts,
    quality,
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

/** Mean |q̂ − q| per LLM. */
function errors(predictor: QualityPredictor, rows: TrainingRows): number[] {
  const quality = new Float64Array(3)
  const sums = [0, 0, 0]
  rows.contexts.forEach((context, row) => {
    predictor.predict(context, quality)
    for (let llm = 0; llm < 3; llm++) {
      sums[llm]! += Math.abs(quality[llm]! - rows.quality[3 * row + llm]!) / rows.contexts.length
    }
  })
  return sums
}

describe('predictors that are no linear maps', () => {
  const rows = signRows(400)
  const training = { seed: 1, members: 2, learningRate: 0.01, weightDecay: 0, batch: 32 }

  it('learn what depends on two features together, where a factorisation cannot', () => {
    const mlp = errors(MlpQualityPredictor.fit(rows, { ...training, hidden: [16] }), rows)
    const forest = errors(ForestQualityPredictor.fit(rows, { seed: 1, trees: 30, featureShare: 1 }), rows)
    const factors = errors(MatrixFactorisationQualityPredictor.fit(rows, { ...training, rank: 3 }), rows)
    for (const llm of [0, 1]) {
      expect(mlp[llm]).toBeLessThan(0.15)
      expect(forest[llm]).toBeLessThan(0.15)
      expect(factors[llm]).toBeGreaterThan(0.4)
    }
    expect(factors[2]).toBeLessThan(0.15)
  })

  it('give different seeds different networks, and one seed the same', () => {
    const make = (seed: number): QualityPredictor => MlpQualityPredictor.fit(rows, { ...training, seed, epochs: 3 })
    expect(make(3).snapshot()).toEqual(make(3).snapshot())
    expect(make(3).snapshot()).not.toEqual(make(4).snapshot())
  })

  it('fit a handful of rows without holding any back', () => {
    const few = MlpQualityPredictor.fit(signRows(8), { ...training, hidden: [8], epochs: 300 })
    const [even] = errors(few, signRows(8))
    expect(even).toBeLessThan(0.2)
  })
})
