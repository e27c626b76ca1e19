import { describe, expect, it } from 'vitest'
import { costFigures, costFindings } from './cost-findings.ts'
import { judged } from './cost-skill.ts'
import type { CostSkillOutput } from './static-output.ts'

describe('judged', () => {
  it('agrees with a case worked by hand', () => {
    // LLM 0: bills 1, 3, 5 (unknown once), mean 3, predicted 2, 3, 4: 1 − 2/8. LLM 1 always charges its mean.
    const actual = Float64Array.of(1, 2, 3, 2, 5, 2, Number.NaN, 2)
    const predicted = Float64Array.of(2, 2, 3, 2, 4, 2, 9, 2)
    const found = judged(actual, predicted, Float64Array.of(3, 2), Float64Array.of(1, 1, 1, 1))
    expect([...found.skills]).toEqual([0.75, Number.NaN])
    expect(found.skill).toBe(0.75)
    expect(found.sumBias).toBeCloseTo(0, 12)
    // The first prompt drawn twice, the last two not at all: 1 − 2·1/(2·4), and 13 predicted where 11 came.
    const drawn = judged(actual, predicted, Float64Array.of(3, 2), Float64Array.of(2, 1, 0, 0))
    expect(drawn.skills[0]).toBeCloseTo(1 - 2 / 8, 12)
    expect(drawn.sumBias).toBeCloseTo(2 / 11, 12)
  })

  it('takes an unknown prediction for the mean', () => {
    const predict = (unknown: number) =>
      judged(Float64Array.of(1, 3, 5), Float64Array.of(2, unknown, 4), Float64Array.of(3), Float64Array.of(1, 1, 1))
    expect(predict(Number.NaN)).toEqual(predict(3))
    const none = judged(
      Float64Array.of(1, 5),
      new Float64Array(2).fill(Number.NaN),
      Float64Array.of(3),
      Float64Array.of(1, 1),
    )
    expect([none.skill, none.sumBias]).toEqual([0, 0])
  })
})

describe('costFindings', () => {
  const seed = (skill: number, worst = skill): CostSkillOutput => ({
    llms: [
      { llm: 'a', skill: 2 * skill - worst },
      { llm: 'b', skill: worst },
    ],
    skill,
    skillReplicates: Array.from({ length: 40 }, (_, b) => skill + 0.05 * Math.sin(b)),
    sumBias: 0.01,
    sumBiasReplicates: Array.from({ length: 40 }, (_, b) => 0.01 + 0.02 * Math.sin(b)),
  })

  it('decides by the interval of the mean skill', () => {
    expect(costFindings([seed(0.3), seed(0.2)])[0]!.verdict).toBe('confirmed')
    expect(costFindings([seed(0.01)])[0]!.verdict).toBe('undecided')
    expect(costFindings([seed(-0.3)])[0]!.verdict).toBe('refuted')
    expect(costFindings([])).toEqual([])
  })

  it('names the worst LLM and draws the best first', () => {
    const seeds = [seed(0.3, -0.1)]
    expect(costFindings(seeds)[0]!.evidence).toContain('above 0 for 1 of 2 LLMs, least for b (−.1000)')
    expect(costFigures(seeds)[0]!.series[0]!.points.map(({ x }) => x)).toEqual(['a', 'b'])
    expect(costFigures([])).toEqual([])
  })
})
