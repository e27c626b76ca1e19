import { describe, expect, it } from 'vitest'
import { choleskyInPlace, solveCholeskyInPlace } from '../../routing/numeric/cholesky.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from '../online/__fixtures__/sample-knowledge.ts'
import { ContextTable } from '../online/context-table.ts'
import { fitMetaLlm, MetaLlm, warmMetaLlmArms } from './metallm.ts'

const random = new SeededRandom(1)

/** LLM 1 is better for positive embeddings by .4, LLM 0 for negative ones; LLM 1 bills ten times as much. */
function twoSided() {
  const draws = new SeededRandom(9)
  const embeddings = Array.from({ length: 90 }, () => [Math.sign(nextNormal(draws)) || 1])
  return sampleKnowledge({
    embeddings,
    quality: embeddings.flatMap(([side]) => [0.5 - 0.2 * side!, 0.5 + 0.2 * side!]),
    costUsd: embeddings.flatMap(() => [0.001, 0.01]),
    prices: [1, 10],
  })
}

describe('MetaLLM', () => {
  it('chooses by θᵀx + α·√(xᵀA⁻¹x) as inverting A gives it', () => {
    const knowledge = twoSided()
    const features = new ContextTable(2, ({ embedding }, x) => {
      x[0] = embedding[0]!
      x[1] = 1
    })
    const arms = warmMetaLlmArms(knowledge, 0.7, features)
    const bound = (llm: number, x: readonly number[], costPrice: number, width: number) => {
      const a = Float64Array.of(0.7, 0, 0, 0.7)
      const b = new Float64Array(2)
      knowledge.rows.contexts.forEach(({ embedding }, row) => {
        const seen = [embedding[0]!, 1]
        const cell = row * 2 + llm
        const reward = knowledge.rows.quality[cell]! - costPrice * knowledge.rows.costUsd[cell]!
        for (let i = 0; i < 2; i++) {
          b[i]! += reward * seen[i]!
          for (let j = 0; j < 2; j++) a[i * 2 + j]! += seen[i]! * seen[j]!
        }
      })
      choleskyInPlace(a, 2)
      solveCholeskyInPlace(a, 2, b)
      const solved = Float64Array.from(x)
      solveCholeskyInPlace(a, 2, solved)
      return b[0]! * x[0]! + b[1]! * x[1]! + width * Math.sqrt(solved[0]! * x[0]! + solved[1]! * x[1]!)
    }
    for (const [side, costPrice] of [
      [1, 1],
      [-1, 1],
      [1, 60],
    ] as const) {
      const policy = new MetaLlm(arms, costPrice, 0.3, features)
      const expected = [0, 1].map((llm) => bound(llm, [side, 1], costPrice, 0.3))
      const request = sampleRequest([side], [0, 1])
      expected.forEach((value, llm) => {
        expect(policy.bound(llm, features.row(request.context))).toBeCloseTo(value, 10)
      })
      expect(policy.choose(request)).toBe(expected[1]! > expected[0]! ? 1 : 0)
    }
  })

  it('weighs cost by the goal: λ, or what spends the budget offline', () => {
    const fitted = fitMetaLlm(twoSided())
    const positive = sampleRequest([1], [0, 1])
    const start = (goal: { lambda?: number; budgetUsd?: number }) =>
      fitted.start({ lambda: goal.lambda, budgetUsd: goal.budgetUsd, costReferenceUsd: 0.01 })
    expect(start({ lambda: 100 }).choose(positive, random)).toBe(1)
    expect(start({ lambda: 0.5 }).choose(positive, random)).toBe(0)
    expect(start({ budgetUsd: 0.1 }).choose(positive, random)).toBe(1)
    expect(start({ budgetUsd: 0.0011 }).choose(positive, random)).toBe(0)
  })

  it('counts what its choices were billed, not what its shrunken arms expect', () => {
    const knowledge = sampleKnowledge({
      embeddings: Array.from({ length: 90 }, () => [1]),
      quality: Array.from({ length: 90 }, () => [0.2, 0.9]).flat(),
      costUsd: Array.from({ length: 90 }, () => [0.001, 0.01]).flat(),
      prices: [1, 10],
    })
    // The ridge expects a little under .01 of the dear one, which this budget would seem to allow.
    const goal = { lambda: undefined, budgetUsd: 0.0099999, costReferenceUsd: 0.01 }
    expect(
      fitMetaLlm(knowledge)
        .start(goal)
        .choose(sampleRequest([1], [0, 1]), random),
    ).toBe(0)
  })

  it('sees a price change at once, and a loss of quality by and by', () => {
    const policy = fitMetaLlm(twoSided()).start({ lambda: 5, budgetUsd: undefined, costReferenceUsd: 0.01 })
    const positive = sampleRequest([1], [0, 1])
    expect(policy.choose(positive, random)).toBe(1)
    policy.priceChanged(1, 20)
    expect(policy.choose(positive, random)).toBe(0)
    policy.priceChanged(1, 1 / 20)
    expect(policy.choose(positive, random)).toBe(1)
    for (let i = 0; i < 400; i++) policy.learn(positive, { llm: 1, quality: 0, satisfied: undefined, costUsd: 0.01 })
    expect(policy.choose(positive, random)).toBe(0)
  })
})
