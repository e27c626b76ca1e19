import { describe, expect, it } from 'vitest'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { shuffledGains, shuffleLabels } from './shuffled-control.ts'
import type { StaticCase } from './static-case.ts'
import type { StaticTraining } from './static-policy.ts'
import { sweepChoices } from './sweep-choices.ts'

const rowCount = 40
const contexts = Array.from({ length: rowCount }, (_, row) => ({ row })) as unknown as TrainingRows['contexts']
/** Even prompts need the dear LLM, odd ones do not. */
const quality = Float64Array.from({ length: 2 * rowCount }, (_, cell) => (cell % 4 === 0 ? 0 : 1))
const costUsd = Float64Array.from({ length: 2 * rowCount }, (_, cell) => (cell % 2 === 0 ? 1 : 3))
const rows: TrainingRows = {
  llms: ['cheap', 'dear'],
  contexts,
  quality,
  costUsd,
  inputTokens: quality,
  outputTokens: quality,
}
const training = { rows, seed: 1 } as unknown as StaticTraining
const bench = {
  training,
  prompts: { contexts, predictedCostUsd: costUsd },
  test: { llmCount: 2, quality, costUsd, sources: [], rows: contexts.map((_, row) => row) },
} as unknown as StaticCase

/** Remembers labels by row and sweeps over them; `honest` learns nothing but the means. */
function policy(honest: boolean, told?: Float64Array) {
  return {
    setting: {},
    weight: 1,
    policy: {
      name: 'ridge' as const,
      fit: async (seen: StaticTraining) => ({
        choose: ({ predictedCostUsd }: { readonly predictedCostUsd: Float64Array }) => {
          const means = [0.5, 1]
          const predictedQuality = honest
            ? Float64Array.from({ length: 2 * rowCount }, (_, cell) => means[cell % 2]!)
            : (told ?? seen.rows.quality)
          return sweepChoices({ llmCount: 2, predictedQuality, predictedCostUsd }, [0, 0.3, 1])
        },
      }),
    },
  }
}

describe('shuffledGains', () => {
  it('is 0 for a router that knows the means, and shows a leak', async () => {
    const honest = await shuffledGains(policy(true), bench, 3)
    for (const gain of [...honest.blind, ...honest.priced]) expect(gain).toBeCloseTo(0, 12)
    const leaking = await shuffledGains(policy(false, quality), bench, 3)
    // It has the true labels of the test prompts: from quality .5 at cost 1 to 1 at cost 2, where the hull has .75; over 3.
    for (const gain of leaking.blind) expect(gain).toBeCloseTo(0.125 / 3, 12)
  })

  it('does not gain where labels are only shuffled', async () => {
    const { blind } = await shuffledGains(policy(false), bench, 30)
    const mean = blind.reduce((sum, gain) => sum + gain, 0) / blind.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(new Set(blind).size).toBeGreaterThan(1)
  })
})

describe('shuffleLabels', () => {
  it('keeps labels of a prompt together and every LLM at its mean', () => {
    const shuffled = shuffleLabels(training, 5).rows.quality
    const pairs = (cells: Float64Array) =>
      contexts.map((_, row) => cells.subarray(2 * row, 2 * row + 2).join(',')).sort()
    expect(pairs(shuffled)).toEqual(pairs(quality))
    expect([...shuffled]).not.toEqual([...quality])
  })
})
