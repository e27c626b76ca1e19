import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from '../online/__fixtures__/sample-knowledge.ts'
import { ContextTable } from '../online/context-table.ts'
import { LinearArm } from '../online/linear-arm.ts'
import type { OnlineGoal } from '../online/online-policy.ts'
import { UnitPrices } from '../online/unit-prices.ts'
import { fitParetoBandit, normalisedCost, ParetoBandit, warmParetoBanditArm } from './paretobandit.ts'

const random = new SeededRandom(1)
const goal: OnlineGoal = { lambda: undefined, budgetUsd: 0.01, costReferenceUsd: 1 }

/** x = [1]: the arms are discounted means. Unit prices 1e-4, 1e-3 and 1e-2 USD per 1,000 tokens. */
function levelPolicy(means: readonly number[], setting = { costWeight: 0, ceiling: false }, aim: OnlineGoal = goal) {
  const knowledge = sampleKnowledge({
    embeddings: [[1]],
    quality: means,
    costUsd: means.map(() => 0.01),
    prices: [0.1, 1, 10].slice(0, means.length),
  })
  const arms = means.map((mean) => {
    const arm = new LinearArm(1, 1)
    for (let i = 0; i < 999; i++) arm.update(Float64Array.of(1), (mean * 1000) / 999)
    return arm
  })
  const features = new ContextTable(1, (_, x) => x.fill(1))
  return new ParetoBandit(arms, new UnitPrices(knowledge), features, setting, aim)
}

const feedback = (llm: number, quality: number, costUsd = 0.01) => ({ llm, quality, satisfied: undefined, costUsd })

describe('ParetoBandit', () => {
  it('places unit prices between 1e-4 and .1 USD on a log scale', () => {
    expect(normalisedCost(1e-4)).toBe(0)
    expect(normalisedCost(0.1)).toBe(1)
    expect(normalisedCost(1e-3)).toBeCloseTo(1 / 3, 12)
    expect(normalisedCost(1e-6)).toBe(0)
    expect(normalisedCost(5)).toBe(1)
  })

  it('takes c̃ at its fixed weight off the bound', () => {
    const request = sampleRequest([1], [0, 1])
    // θ differ by .1, c̃ by 1/3
    expect(levelPolicy([0.5, 0.6]).choose(request)).toBe(1)
    expect(levelPolicy([0.5, 0.6], { costWeight: 0.29, ceiling: false }).choose(request)).toBe(1)
    expect(levelPolicy([0.5, 0.6], { costWeight: 0.31, ceiling: false }).choose(request)).toBe(0)
  })

  it('paces by c̄ and λ_t as worked by hand', () => {
    const policy = levelPolicy([0.5])
    const request = sampleRequest([1], [0])
    policy.choose(request)
    policy.billed(request, { llm: 0, costUsd: 0.05 })
    // c̄ = .01 + .05·.04 = .012
    expect(policy.dual).toBeCloseTo(0.05 * 0.2, 12)
    policy.learn(request, feedback(0, 0.5, 0.05))
    expect(policy.dual).toBeCloseTo(0.05 * 0.2, 12)
    for (let i = 0; i < 2000; i++) {
      policy.choose(request)
      policy.learn(request, feedback(0, 0.5, 1))
    }
    expect(policy.dual).toBe(5)
  })

  it('excludes what is dearer than p_max/(1 + λ_t) while it overspends, where the ceiling is in force', () => {
    const request = sampleRequest([1], [0, 1, 2])
    for (const [ceiling, expected] of [
      [true, 1],
      [false, 2],
    ] as const) {
      const policy = levelPolicy([0.2, 0.5, 0.9], { costWeight: 0, ceiling })
      policy.choose(request)
      policy.billed(request, { llm: 2, costUsd: 0.1 })
      expect(policy.choose(request)).toBe(expected)
    }
  })

  it('forgets at .997 a step of the stream', () => {
    const policy = levelPolicy([0.5, 0.4])
    const both = sampleRequest([1], [0, 1])
    // Ten answers of quality 0 after 999 of .5: A = 1000·γ^10 + Σ, b likewise; its mean stays above the other's .4.
    for (let i = 0; i < 10; i++) {
      policy.choose(both)
      policy.learn(both, feedback(0, 0))
    }
    expect(policy.choose(both)).toBe(0)
    // With γ = .997 the mean is .5·.997^n/(…): under .4 after about 75 zeros, as Σγ^i = (1 − γ^n)/(1 − γ).
    let zeros = 10
    while (policy.choose(both) === 0 && zeros < 1000) {
      policy.learn(both, feedback(0, 0))
      zeros++
    }
    const old = (n: number) => 1000 * 0.997 ** n
    const mean = (n: number) => (0.5 * old(n)) / (old(n) + (1 - 0.997 ** n) / (1 - 0.997))
    expect(mean(zeros - 6)).toBeGreaterThan(0.4)
    expect(mean(zeros + 6)).toBeLessThan(0.4)
  })

  it('gives a newcomer its first 20 requests, and drops them when it leaves', () => {
    const policy = levelPolicy([0.9, 0, 0])
    policy.llmAdded(1, { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 1 })
    const all = sampleRequest([1], [0, 1])
    for (let i = 0; i < 20; i++) {
      expect(policy.choose(all)).toBe(1)
      policy.learn(all, feedback(1, 0.1))
    }
    expect(policy.choose(all)).toBe(0)
    policy.llmAdded(2, undefined)
    policy.llmRemoved(2)
    expect(policy.choose(all)).toBe(0)
  })

  it('starts warm: n_eff rows of offline evidence and the offline mean', () => {
    const arm = warmParetoBanditArm([Float64Array.of(1), Float64Array.of(1)], [0.25, 0.75], 1)
    // A = 1164 + 1; θ_off = 1/3, b = 1164·.5 + 1/3
    expect(arm.variance(Float64Array.of(1))).toBeCloseTo(1 / 1165, 9)
    expect(arm.mean(Float64Array.of(1))).toBeCloseTo((1164 * 0.5 + 1 / 3) / 1165, 9)
  })

  it('fits from offline knowledge and keeps to the pool', () => {
    const embeddings = Array.from({ length: 60 }, (_, row) => [row % 2, (row % 5) / 5, (row % 7) / 7])
    const knowledge = sampleKnowledge({
      embeddings,
      quality: embeddings.flatMap(() => [0.5, 0.9]),
      costUsd: embeddings.flatMap(() => [0.0001, 0.02]),
      prices: [0.1, 10],
    })
    const policy = fitParetoBandit(knowledge).start({ lambda: 200, budgetUsd: undefined, costReferenceUsd: 0.02 })
    expect(policy.choose(sampleRequest([0, 0, 0], [0, 1]), random)).toBe(1)
    expect(policy.choose(sampleRequest([0, 0, 0], [0]), random)).toBe(0)
  })
})
