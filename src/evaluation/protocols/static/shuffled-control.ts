import { type CostQualityPoint, costQualityHull, fixedLlmPoints } from '../../../routing/decision/cost-quality-hull.ts'
import { selectMatrixRows } from '../../../routing/numeric/matrix.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { summariseColumns } from '../../../routing/prediction/training-rows.ts'
import { sweepGain } from '../../metrics/static-metrics.ts'
import { realise } from './realised-sweep.ts'
import { llmsOnTrainHull } from './reference-sweeps.ts'
import type { StaticCase } from './static-case.ts'
import type { StaticEntrant } from './static-entrant.ts'
import type { StaticTraining } from './static-policy.ts'
import { meanPoints } from './static-scorer.ts'

/** What a router fitted on shuffled labels gains over the LLMs on the hull of the training prompts, for each shuffle. */
export interface ShuffledGains {
  readonly policy: string
  /** Every cost taken as the LLM's mean: nothing is left to be learned. */
  readonly blind: readonly number[]
  /** With the cost predicted for each prompt: the worth of knowing the bills alone. */
  readonly priced: readonly number[]
}

/**
 * The control: fitted on the labels of other prompts, a router must gain nothing.
 *
 * The gain is read on the sweep as it runs ({@link sweepGain}; 0 where it stands still), without hull or running maximum. Both choose on the test prompts which parts
 * of a sweep to keep, and that alone lifts AIQ above the hull for a router that orders the tasks by chance, by .007 on
 * routerbench-0shot. One shuffle is one such chance, so that the spread to set it against is that between shuffles.
 *
 * @param shuffles how many; their seeds follow from `training.seed`.
 */
export async function shuffledGains(
  { policy }: StaticEntrant,
  { training, prompts, test }: StaticCase,
  shuffles: number,
): Promise<ShuffledGains> {
  const { rows, seed } = training
  const means = summariseColumns(rows.costUsd, rows.llms.length).means
  const meanCostUsd = prompts.predictedCostUsd.map((_, cell) => means[cell % rows.llms.length]!)
  const fixed = fixedLlmPoints(test.quality, test.costUsd, test.llmCount)
  const maxCostUsd = Math.max(...fixed.map((point) => point.costUsd))
  const onTrainHull = new Set(llmsOnTrainHull(rows))
  const hull = costQualityHull(fixed.filter((point) => onTrainHull.has(point.llmIndex)))
  const gain = (points: readonly CostQualityPoint[]): number => {
    const area = sweepGain(points, { blindHull: hull, maxCostUsd })
    return Number.isNaN(area) ? 0 : area
  }
  const blind: number[] = []
  const priced: number[] = []
  for (let index = 0; index < shuffles; index++) {
    const fitted = await policy.fit(shuffleLabels(training, seed * 1000 + index))
    const unpriced = await fitted.choose({ ...prompts, predictedCostUsd: meanCostUsd })
    blind.push(gain(meanPoints(realise(unpriced, test))))
    priced.push(gain(meanPoints(realise(await fitted.choose(prompts), test))))
  }
  return { policy: policy.name, blind, priced }
}

/** The same prompts and bills with the labels of other prompts: what an LLM is worth on average stays, nothing else. */
export function shuffleLabels(training: StaticTraining, seed: number): StaticTraining {
  const { rows } = training
  const order = rows.contexts.map((_, row) => row)
  shuffle(order, new SeededRandom(seed))
  return { ...training, rows: { ...rows, quality: selectMatrixRows(rows.quality, order, rows.llms.length) } }
}
