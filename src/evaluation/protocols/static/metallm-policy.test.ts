import { describe, expect, it } from 'vitest'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { metaLlmPolicy, playThrough } from './metallm-policy.ts'
import type { StaticPrompts, StaticTraining } from './static-policy.ts'

/** Embeddings of one entry, a or −a: two kinds of prompt. */
function madeRows(kinds: readonly number[], quality: readonly number[], costUsd: readonly number[]): TrainingRows {
  const unknown = new Float64Array(quality.length).fill(Number.NaN)
  return {
    llms: ['cheap', 'dear'],
    contexts: kinds.map((kind) => ({
      embedderId: 'e',
      embedding: Float32Array.of(kind),
      explicit: new Float32Array(0),
    })),
    quality: Float64Array.from(quality),
    costUsd: Float64Array.from(costUsd),
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

describe('playThrough', () => {
  it('agrees with two steps worked by hand, and hears of its own choice alone', () => {
    // Step 1: both arms at 0, the first is chosen; r = .5 − .1·2 = .3 at x = [1, 1]. A = I + xxᵀ, θ = [.1, .1].
    // Step 2: x = [−1, 1]; both arms at mean 0; bounds √2 each, so again the first; r = 1 − .2 = .8.
    const rows = madeRows([1, -1], [0.5, Number.NaN, 1, Number.NaN], [2, Number.NaN, 2, Number.NaN])
    const [cheap, dear] = playThrough(rows, { explorationWidth: 1, penalty: 1 }, 0.1)
    // x₁ and x₂ are orthogonal: θ = (.3·x₁ + .8·x₂)/3.
    expect(cheap!.theta[0]).toBeCloseTo((0.3 - 0.8) / 3, 12)
    expect(cheap!.theta[1]).toBeCloseTo((0.3 + 0.8) / 3, 12)
    expect([...dear!.theta]).toEqual([0, 0])
  })

  it('turns to what it is less sure of when the bound says so', () => {
    const rows = madeRows([1, 1], [0.1, 0.9, 0.1, 0.9], [0, 0, 0, 0])
    // After r = .1 the first arm is at .067 + .58, the second at 0 + 1.41.
    const [, dear] = playThrough(rows, { explorationWidth: 1, penalty: 1 }, 0)
    expect(dear!.theta[0]).toBeCloseTo(0.3, 12)
    const [, unseen] = playThrough(rows, { explorationWidth: 0, penalty: 1 }, 0)
    expect([...unseen!.theta]).toEqual([0, 0])
  })
})

describe('metaLlmPolicy', () => {
  it('learns which kind of prompt needs the dear LLM, and gives it up as cost weighs more', async () => {
    const kinds = Array.from({ length: 200 }, (_, row) => (row % 3 === 0 ? 1 : -1))
    const rows = madeRows(
      kinds,
      kinds.flatMap((kind) => (kind === 1 ? [0.1, 0.9] : [0.8, 0.8])),
      kinds.flatMap(() => [1, 10]),
    )
    const fitted = await metaLlmPolicy.fit({ rows, folds: 5, seed: 1 } as unknown as StaticTraining)
    const { contexts } = madeRows([1, -1], [], [])
    const { settings, answeredBy } = fitted.choose({ contexts } as unknown as StaticPrompts)
    const seen = Array.from({ length: settings }, (_, setting) => [
      ...answeredBy.subarray(2 * setting, 2 * setting + 2),
    ])
    expect(seen).toContainEqual([1, 0])
    expect(seen.at(-1)).toEqual([0, 0])
  })
})
