import { summariseColumns } from '../../../routing/prediction/training-rows.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import type { StaticCase } from './static-case.ts'
import { type CostSkillOutput, stored } from './static-output.ts'

interface Judged {
  /** By LLM; NaN where its bills do not vary. */
  readonly skills: Float64Array
  readonly skill: number
  readonly sumBias: number
}

/** @param groups of the whole set, as {@link bootstrapWeights} wants them. */
export function costSkill(
  { training, prompts, test }: StaticCase,
  groups: { readonly groupOf: Int32Array; readonly count: number },
): CostSkillOutput {
  const { means } = summariseColumns(training.rows.costUsd, test.llmCount)
  const judge = (weights: Float64Array): Judged => judged(test.costUsd, prompts.predictedCostUsd, means, weights)
  const found = judge(new Float64Array(test.rows.length).fill(1))
  const replicates = Array.from({ length: bootstrapReplicates }, (_, replicate) => {
    const weights = bootstrapWeights(groups.groupOf, groups.count, replicate)
    return judge(Float64Array.from(test.rows, (row) => weights[row]!))
  })
  return {
    llms: training.rows.llms.flatMap((llm, i) =>
      Number.isNaN(found.skills[i]!) ? [] : [{ llm, skill: stored(found.skills[i]!) }],
    ),
    skill: stored(found.skill),
    skillReplicates: replicates.map(({ skill }) => stored(skill)),
    sumBias: stored(found.sumBias),
    sumBiasReplicates: replicates.map(({ sumBias }) => stored(sumBias)),
  }
}

/**
 * @param actual bills, row-major [prompts × LLMs]; NaN unknown, and left out.
 * @param predicted of the same shape; where it is unknown the mean stands in, of skill 0.
 * @param means by LLM. @param weights by prompt.
 */
export function judged(
  actual: Float64Array,
  predicted: Float64Array,
  means: Float64Array,
  weights: Float64Array,
): Judged {
  const width = means.length
  const errors = new Float64Array(width)
  const byMean = new Float64Array(width)
  let came = 0
  let expected = 0
  for (let cell = 0; cell < actual.length; cell++) {
    const weight = weights[Math.floor(cell / width)]!
    const bill = actual[cell]!
    if (weight === 0 || Number.isNaN(bill)) continue
    const mean = means[cell % width]!
    const prediction = Number.isNaN(predicted[cell]!) ? mean : predicted[cell]!
    errors[cell % width]! += weight * (bill - prediction) ** 2
    byMean[cell % width]! += weight * (bill - mean) ** 2
    came += weight * bill
    expected += weight * prediction
  }
  const skills = errors.map((error, llm) => (byMean[llm]! > 0 ? 1 - error / byMean[llm]! : Number.NaN))
  const known = skills.filter((skill) => !Number.isNaN(skill))
  const skill = known.reduce((sum, value) => sum + value, 0) / known.length
  return { skills, skill, sumBias: expected / came - 1 }
}
