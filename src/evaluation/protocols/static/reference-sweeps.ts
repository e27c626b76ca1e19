import { costQualityHull, fixedLlmPoints, sweepCostWeights } from '../../../routing/decision/cost-quality-hull.ts'
import { summariseColumns, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { SettingValue } from '../../evaluation-result.ts'
import { scaleLlms } from '../../metrics/static-metrics.ts'
import type { PolicyName } from '../../policy-names.ts'
import { fixedChoices, type RealisedSweep, realise } from './realised-sweep.ts'
import type { StaticCase, TestOutcomes } from './static-case.ts'
import { sweepChoices } from './sweep-choices.ts'

/** The rows that mark the scale, in the order of the tables. */
export const referencePolicies = [
  'random',
  'cheapest',
  'best-single',
  'zero-router',
  'task-oracle',
  'oracle',
] as const satisfies readonly PolicyName[]

export interface ReferenceSweep {
  readonly policy: (typeof referencePolicies)[number]
  readonly setting: Readonly<Record<string, SettingValue>>
  readonly sweep: RealisedSweep
}

/** Marks the row of `zero-router` whose LLMs were picked on the training prompts. */
export const trainHull = { hull: 'train' } as const

/**
 * The reference rows. `cheapest` and `best-single` are picked on the training prompts, as someone without a router would.
 * `zero-router` is the hull of the fixed LLMs as they turn out on the test prompts, a bound no one can pick beforehand;
 * with `{hull: 'train'}` it is the LLMs on the hull of the training prompts. `task-oracle` knows each task's means on the
 * test prompts, and is left out where there are fewer than two tasks; `oracle` knows every outcome.
 */
export function referenceSweeps({ training, test }: StaticCase): ReferenceSweep[] {
  const { rows } = training
  const prompts = test.rows.length
  const { cheapest, best } = scaleLlms(rows.quality, rows.costUsd, test.llmCount)
  const fixed = (llms: readonly number[]): RealisedSweep => realise(fixedChoices(llms, prompts), test)
  const all = Array.from({ length: test.llmCount }, (_, llm) => llm)
  const sweeps: ReferenceSweep[] = [
    { policy: 'random', setting: {}, sweep: evenChoice(test) },
    { policy: 'cheapest', setting: {}, sweep: fixed([cheapest]) },
    { policy: 'best-single', setting: {}, sweep: fixed([best]) },
    { policy: 'zero-router', setting: {}, sweep: fixed(all) },
    { policy: 'zero-router', setting: trainHull, sweep: fixed(llmsOnTrainHull(rows)) },
  ]
  if (new Set(test.sources).size > 1) {
    const quality = taskMeans(test.quality, test)
    sweeps.push({ policy: 'task-oracle', setting: {}, sweep: told(quality, taskMeans(test.costUsd, test), test) })
  }
  sweeps.push({ policy: 'oracle', setting: {}, sweep: told(test.quality, test.costUsd, test) })
  return sweeps
}

/** Indices of the LLMs on the hull of the training prompts, by rising cost. */
export function llmsOnTrainHull({ quality, costUsd, llms }: TrainingRows): number[] {
  return costQualityHull(fixedLlmPoints(quality, costUsd, llms.length)).map((point) => point.llmIndex)
}

/** The sweep of a router that is told these qualities and costs. */
function told(quality: Float64Array, costUsd: Float64Array, test: TestOutcomes): RealisedSweep {
  const { llmCount } = test
  const dearest = Math.max(...fixedLlmPoints(test.quality, test.costUsd, llmCount).map((point) => point.costUsd))
  const weights = sweepCostWeights().map((weight) => weight / dearest)
  return realise(sweepChoices({ llmCount, predictedQuality: quality, predictedCostUsd: costUsd }, weights), test)
}

/** The mean over all LLMs, prompt by prompt: what choosing evenly at random comes to. */
function evenChoice({ llmCount, rows, quality, costUsd }: TestOutcomes): RealisedSweep {
  const means = (cells: Float64Array): Float64Array =>
    Float64Array.from(rows, (_, prompt) => {
      let sum = 0
      let known = 0
      for (let cell = prompt * llmCount; cell < (prompt + 1) * llmCount; cell++) {
        if (Number.isNaN(quality[cell]!) || Number.isNaN(costUsd[cell]!)) continue
        sum += cells[cell]!
        known++
      }
      return known === 0 ? Number.NaN : sum / known
    })
  return { settings: 1, costUsd: means(costUsd), quality: means(quality) }
}

/** Each prompt gets the means of its task, taken over the test prompts themselves. */
function taskMeans(cells: Float64Array, { sources, llmCount }: TestOutcomes): Float64Array {
  const means = new Float64Array(cells.length)
  for (const source of new Set(sources)) {
    const members = sources.flatMap((other, prompt) => (other === source ? [prompt] : []))
    const taskCells = new Float64Array(members.length * llmCount)
    members.forEach((prompt, i) => {
      taskCells.set(cells.subarray(prompt * llmCount, (prompt + 1) * llmCount), i * llmCount)
    })
    const { means: taskMean } = summariseColumns(taskCells, llmCount)
    for (const prompt of members) means.set(taskMean, prompt * llmCount)
  }
  return means
}
