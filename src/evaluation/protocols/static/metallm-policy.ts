import {
  averageImprovementInQuality,
  fixedLlmPoints,
  sweepCostWeights,
} from '../../../routing/decision/cost-quality-hull.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { selectTrainingRows, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { anchoredPoints } from '../../metrics/static-metrics.ts'
import { LinearArm } from '../../online/linear-arm.ts'
import { dearestMeanCost } from './predictor-policy.ts'
import { realise } from './realised-sweep.ts'
import type { StaticChoices, StaticPolicy } from './static-policy.ts'
import { meanPoints } from './static-scorer.ts'

interface MetaLlmSetting {
  /** α, width of the confidence bound. */
  readonly explorationWidth: number
  /** λ₀ of the ridge. */
  readonly penalty: number
}

/** Of equally good ones the first is taken: one that explores. */
const candidates: readonly MetaLlmSetting[] = [0.1, 1].flatMap((penalty) =>
  [0.05, 0.2, 0].map((explorationWidth) => ({ explorationWidth, penalty })),
)

/** The LSA orders directions by how much text they explain; a bandit's confidence grows dear with d². */
const embeddingDirections = 32

/** Every fourth μ of the full sweep, 31 in all: each takes a pass over the training prompts. */
const stride = 4
/** Every twentieth while settings are compared. */
const strideWhileChoosing = 20

/**
 * MetaLLM (arXiv:2407.10834) in a static pool, re-implemented from its description: for each price p of cost, LinUCB with
 * disjoint arms plays once through the training prompts and hears of the LLM it chose alone, reward r = quality − p·cost; then it
 * chooses greedily, argmax θᵀx, and learns no more. The only policy of the protocol that is not told what every LLM
 * answered.
 *
 * Deviations: x is the leading 32 directions of our embedding with a bias instead of Sentence-BERT's; the knob is p, which the paper picks by hand; α
 * and λ₀ are the pair of six with the best AIQ on the last fold after a pass over the others (one fold where other baselines have three, as a pass is as dear
 * as a fit and each price takes one); the prompts arrive in an order drawn by the seed.
 */
export const metaLlmPolicy: StaticPolicy = {
  name: 'metallm',
  async fit({ rows, folds, seed }) {
    const maxCostUsd = dearestMeanCost(rows)
    const setting = chooseSetting(rows, { folds, maxCostUsd, seed })
    const stream = inArrivalOrder(rows, seed)
    const played = costPrices(stride, maxCostUsd).map((price) => playThrough(stream, setting, price))
    return { choose: ({ contexts }) => chooseGreedily(played, contexts) }
  },
}

function costPrices(every: number, maxCostUsd: number): number[] {
  return [...sweepCostWeights()].filter((_, index) => index % every === 0).map((weight) => weight / maxCostUsd)
}

/** The rows as a stream: folds order them by the size of their groups. */
function inArrivalOrder(rows: TrainingRows, seed: number): TrainingRows {
  const order = rows.contexts.map((_, row) => row)
  shuffle(order, new SeededRandom(seed))
  return selectTrainingRows(rows, order)
}

interface Choosing {
  readonly folds: number
  readonly maxCostUsd: number
  readonly seed: number
}

function chooseSetting(rows: TrainingRows, { folds, maxCostUsd, seed }: Choosing): MetaLlmSetting {
  const all = rows.contexts.map((_, row) => row)
  const isHeldOut = (row: number): boolean => row % folds === folds - 1
  const others = all.filter((row) => !isHeldOut(row))
  const train = inArrivalOrder(selectTrainingRows(rows, others), seed)
  const heldOut = selectTrainingRows(rows, all.filter(isHeldOut))
  const test = {
    llmCount: rows.llms.length,
    quality: heldOut.quality,
    costUsd: heldOut.costUsd,
    sources: [],
    rows: heldOut.contexts.map((_, row) => row),
  }
  const fixed = fixedLlmPoints(heldOut.quality, heldOut.costUsd, rows.llms.length)
  const cheapest = fixed.reduce((least, point) => (point.costUsd < least.costUsd ? point : least))
  const areas = candidates.map((setting) => {
    const played = costPrices(strideWhileChoosing, maxCostUsd).map((price) => playThrough(train, setting, price))
    const points = meanPoints(realise(chooseGreedily(played, heldOut.contexts), test))
    return points.length === 0 ? 0 : averageImprovementInQuality(anchoredPoints(points, { cheapest }), maxCostUsd)
  })
  return candidates[areas.indexOf(Math.max(...areas))]!
}

/**
 * One pass of LinUCB: argmax θᵀx + α·√(xᵀA⁻¹x), ties to the earlier; only the chosen cell is read. A cell that is unknown
 * teaches nothing.
 *
 * @param costPrice p, quality per USD.
 * @returns the arms, one per LLM.
 */
export function playThrough(rows: TrainingRows, setting: MetaLlmSetting, costPrice: number): LinearArm[] {
  const { explorationWidth, penalty } = setting
  const dimension = Math.min(embeddingDirections, rows.contexts[0]!.embedding.length) + 1
  const arms = rows.llms.map(() => new LinearArm(dimension, penalty))
  const x = new Float64Array(dimension)
  rows.contexts.forEach((context, row) => {
    writeFeatures(context, x)
    const bound = (arm: LinearArm): number =>
      arm.mean(x) + (explorationWidth > 0 ? explorationWidth * Math.sqrt(Math.max(0, arm.variance(x))) : 0)
    const chosen = indexOfLargest(arms, bound)
    const cell = row * arms.length + chosen
    const reward = rows.quality[cell]! - costPrice * rows.costUsd[cell]!
    if (!Number.isNaN(reward)) arms[chosen]!.update(x, reward)
  })
  return arms
}

function chooseGreedily(played: readonly (readonly LinearArm[])[], contexts: TrainingRows['contexts']): StaticChoices {
  const answeredBy = new Uint16Array(played.length * contexts.length)
  const x = new Float64Array(played[0]![0]!.dimension)
  contexts.forEach((context, prompt) => {
    writeFeatures(context, x)
    played.forEach((arms, setting) => {
      answeredBy[setting * contexts.length + prompt] = indexOfLargest(arms, (arm) => arm.mean(x))
    })
  })
  return { settings: played.length, answeredBy }
}

/** x = [e₁…e₃₂ ‖ 1]. */
function writeFeatures({ embedding }: TrainingRows['contexts'][number], x: Float64Array): void {
  for (let i = 0; i < x.length - 1; i++) x[i] = embedding[i]!
  x[x.length - 1] = 1
}

function indexOfLargest(arms: readonly LinearArm[], value: (arm: LinearArm) => number): number {
  let best = 0
  let largest = value(arms[0]!)
  for (let i = 1; i < arms.length; i++) {
    const own = value(arms[i]!)
    if (own > largest) {
      best = i
      largest = own
    }
  }
  return best
}
