import type { Figure, Finding, Interval } from '../../evaluation-result.ts'
import { percentileInterval } from '../../metrics/interval.ts'
import { drawSeeds } from '../../metrics/seed-draw.ts'
import { interval, percent } from './finding-words.ts'
import type { CostSkillOutput, StoredNumber } from './static-output.ts'

/**
 * Whether bills are predicted better than by each LLM's mean: confirmed when the interval of the mean skill lies above 0,
 * refuted when below. None without a bill that varies.
 *
 * @param seeds of the shared cost predictor, one entry each.
 */
export function costFindings(seeds: readonly CostSkillOutput[]): Finding[] {
  const skill = joined(seeds.map((seed) => [seed.skill, seed.skillReplicates]))
  const bias = joined(seeds.map((seed) => [seed.sumBias, seed.sumBiasReplicates]))
  if (skill === undefined || bias === undefined) return []
  const llms = llmSkills(seeds)
  const above = llms.filter((llm) => llm.skill > 0)
  const worst = llms.reduce((a, b) => (b.skill < a.skill ? b : a))
  const verdict =
    skill.low !== null && skill.low > 0 ? 'confirmed' : skill.high !== null && skill.high < 0 ? 'refuted' : 'undecided'
  return [
    {
      id: 'static-bills-predicted',
      source: 'pointsman',
      claim: 'The bill of a prompt is predicted better than by the LLM’s mean bill.',
      verdict,
      evidence: `1 − squared error / that of the LLM’s mean on the training prompts, averaged over LLMs: ${interval(skill)}; above 0 for ${above.length} of ${llms.length} LLMs, least for ${worst.llm} (${interval({ mean: worst.skill, low: null, high: null })}). All bills together are predicted ${offBy(bias)}.`,
    },
  ]
}

/** Skill by LLM, from the best to the worst predicted. */
export function costFigures(seeds: readonly CostSkillOutput[]): Figure[] {
  const llms = llmSkills(seeds).sort((a, b) => b.skill - a.skill)
  if (llms.length === 0) return []
  return [
    {
      id: 'bills-predicted',
      kind: 'bars',
      title: 'How well the bills of each LLM are predicted',
      caption:
        '1 − squared error of the predicted bill / that of the LLM’s mean bill on the training prompts: 0 is no better than the mean, 1 is exact. Prompts whose size decides the bill are easy, long answers are hard.',
      x: { label: 'LLM' },
      y: { label: 'Share of the variation predicted' },
      series: [
        {
          name: 'Share of the variation predicted',
          role: 'router',
          points: llms.map(({ llm, skill }) => ({ x: llm, y: skill })),
        },
      ],
    },
  ]
}

/** Mean over the seeds that have the LLM. */
function llmSkills(seeds: readonly CostSkillOutput[]): { readonly llm: string; readonly skill: number }[] {
  const names = [...new Set(seeds.flatMap((seed) => seed.llms.map(({ llm }) => llm)))]
  return names.flatMap((llm) => {
    const values = seeds.flatMap((seed) => seed.llms.find((other) => other.llm === llm)?.skill ?? [])
    return values.length === 0 ? [] : [{ llm, skill: mean(values) }]
  })
}

/** Mean over seeds; each replicate over the seeds that it draws. Undefined where a seed has none. */
function joined(seeds: readonly (readonly [StoredNumber, readonly StoredNumber[]])[]): Interval | undefined {
  const values = seeds.flatMap(([value]) => value ?? [])
  if (values.length === 0 || values.length < seeds.length) return undefined
  const replicates = seeds[0]![1].map((_, replicate) =>
    mean(drawSeeds(seeds.length, replicate).map((seed) => seeds[seed]![1][replicate] ?? Number.NaN)),
  )
  return percentileInterval(mean(values), replicates)
}

function offBy({ mean: bias, low, high }: Interval): string {
  const signed = (share: number): string => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`
  return low === null || high === null
    ? `${signed(bias)} off`
    : `${signed(bias)} [${signed(low)}, ${signed(high)}] off, chance of these test prompts included`
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
