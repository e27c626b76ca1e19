import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import { staticMetrics, staticScale } from '../../metrics/static-metrics.ts'
import { type RealisedSweep, realise } from './realised-sweep.ts'
import { StaticScorer } from './static-scorer.ts'

const prompts = 30
const random = new SeededRandom(1)
const draw = () => random.next()
// Prompts 10–39 of a set of 60 are the test prompts; two neighbours make a group.
const groups = { groupOf: Int32Array.from({ length: 60 }, (_, row) => row >> 1), count: 30 }
const test = {
  llmCount: 3,
  quality: Float64Array.from({ length: prompts * 3 }, draw),
  costUsd: Float64Array.from({ length: prompts * 3 }, (_, cell) => (1 + (cell % 3)) * (0.5 + draw())),
  sources: Array.from({ length: prompts }, (_, prompt) => (prompt < 12 ? 'a' : 'b')),
  rows: Array.from({ length: prompts }, (_, prompt) => 10 + prompt),
}
const sweep = realise(
  { settings: 4, answeredBy: Uint16Array.from({ length: 4 * prompts }, () => Math.floor(3 * draw())) },
  test,
)

function weightedPoints(of: RealisedSweep, weights: Float64Array) {
  return Array.from({ length: of.settings }, (_, setting) => {
    let cost = 0
    let quality = 0
    let total = 0
    for (let prompt = 0; prompt < prompts; prompt++) {
      const weight = weights[test.rows[prompt]!]!
      const cell = setting * prompts + prompt
      if (Number.isNaN(of.quality[cell]!)) continue
      cost += weight * of.costUsd[cell]!
      quality += weight * of.quality[cell]!
      total += weight
    }
    return { costUsd: cost / total, quality: quality / total }
  })
}

const fixed = realise(
  { settings: 3, answeredBy: Uint16Array.from({ length: 3 * prompts }, (_, i) => Math.floor(i / prompts)) },
  test,
)

describe('StaticScorer', () => {
  const scorer = new StaticScorer(test, groups, [0, 2])

  it('reads every replicate on the scale of the same replicate', () => {
    const scored = scorer.score(sweep)
    const whole = weightedPoints(fixed, new Float64Array(60).fill(1))
    const cheapest = whole.reduce((best, point, llm) => (point.costUsd < whole[best]!.costUsd ? llm : best), 0)
    const best = whole.reduce((top, point, llm) => (point.quality > whole[top]!.quality ? llm : top), 0)
    const dearest = whole.reduce((top, point, llm) => (point.costUsd > whole[top]!.costUsd ? llm : top), 0)
    for (const replicate of [0, 1, bootstrapReplicates - 1]) {
      const weights = bootstrapWeights(groups.groupOf, groups.count, replicate)
      const scale = staticScale(weightedPoints(fixed, weights), { cheapest, best, dearest }, [0, 2])
      const expected = staticMetrics(weightedPoints(sweep, weights), scale)
      expected.forEach((value, metric) => {
        expect(scored.replicates[replicate]![metric]).toBeCloseTo(value, 10)
      })
    }
    expect(scored.replicates).toHaveLength(bootstrapReplicates)
    expect(scored.points).toHaveLength(4)
  })

  it('leaves unknown outcomes out of the means', () => {
    const quality = test.quality.slice()
    const costUsd = test.costUsd.slice()
    quality.fill(Number.NaN, 0, 6)
    const holed = { ...test, quality, costUsd }
    const holedSweep = realise({ settings: 1, answeredBy: new Uint16Array(prompts) }, holed)
    const [point] = new StaticScorer(holed, groups, [0, 2]).score(holedSweep).points
    expect(point).toEqual(weightedPoints(holedSweep, new Float64Array(60).fill(1))[0])
  })

  it('tells quality by task for the mixture that spends a given budget', () => {
    // Two settings: LLM 0 for all, LLM 2 for all; half of each spends half-way between.
    const two = realise(
      { settings: 2, answeredBy: Uint16Array.from({ length: 2 * prompts }, (_, i) => (i < prompts ? 0 : 2)) },
      test,
    )
    const [cheap, dear] = weightedPoints(two, new Float64Array(60).fill(1)) as [
      { costUsd: number; quality: number },
      { costUsd: number; quality: number },
    ]
    const mean = (llm: number) => {
      let sum = 0
      for (let prompt = 0; prompt < 12; prompt++) sum += test.quality[prompt * 3 + llm]!
      return sum / 12
    }
    const [task] = scorer.taskQuality(two, (cheap.costUsd + dear.costUsd) / 2, ['a'])
    const expected = dear.quality > cheap.quality ? (mean(0) + mean(2)) / 2 : mean(0)
    expect(task!.quality).toBeCloseTo(expected, 10)
    expect(task!.prompts).toBe(12)
    expect(scorer.taskQuality(two, 1e9, ['a'])[0]!.quality).toBeCloseTo(
      dear.quality > cheap.quality ? mean(2) : mean(0),
      10,
    )
  })
})
