import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { ForestQualityPredictor } from '../../routing/prediction/forest-quality-predictor.ts'
import { KnnQualityPredictor } from '../../routing/prediction/knn-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from '../../routing/prediction/matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from '../../routing/prediction/mlp-quality-predictor.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { PolicyName } from '../policy-names.ts'
import { dearestMeanCost } from '../protocols/static/predictor-policy.ts'
import type { FittedStaticPolicy, StaticPolicy, StaticTraining } from '../protocols/static/static-policy.ts'
import { sweepChoices } from '../protocols/static/sweep-choices.ts'
import { bestCandidate, type TunedBaseline, tunedPolicy } from './tuned-policy.ts'

/** A predictor with hyper-parameters. */
export interface TunedPredictor<Setting> {
  readonly name: PolicyName
  /** At most `mostCandidates`. */
  readonly settings: readonly Setting[]
  /** @param isTrial as in {@link TunedBaseline.fit}. */
  fit(rows: TrainingRows, setting: Setting, seed: number, isTrial: boolean): QualityPredictor
}

/**
 * A predictor as a router, argmax q̂ − μ·ĉ/c_max, with hyper-parameters chosen by out-of-fold AIQ as those of every other
 * baseline are: {@link tunedPolicy}.
 */
export function tunedRouter<Setting>(predictor: TunedPredictor<Setting>): StaticPolicy {
  const { name, settings } = predictor
  return tunedPolicy<Setting>({ name, candidates: () => settings, fit: routerFit(predictor) })
}

/** Of a fit on all rows, the predictor alone, its setting chosen as {@link tunedRouter} would on `tuning`. */
export function tunedFit<Setting>(
  predictor: TunedPredictor<Setting>,
  rows: TrainingRows,
  tuning: StaticTraining,
): QualityPredictor {
  const setting = bestCandidate({ fit: routerFit(predictor) }, predictor.settings, tuning)
  return predictor.fit(rows, setting, tuning.seed, false)
}

function routerFit<Setting>(predictor: TunedPredictor<Setting>): TunedBaseline<Setting>['fit'] {
  return ({ rows, seed }, isTrial) => {
    const maxCostUsd = dearestMeanCost(rows)
    return (setting) => predictorRouter(predictor.fit(rows, setting, seed, isTrial), maxCostUsd)
  }
}

function predictorRouter(predictor: QualityPredictor, maxCostUsd: number): FittedStaticPolicy {
  const llmCount = predictor.llms.length
  const costWeights = sweepCostWeights().map((weight) => weight / maxCostUsd)
  return {
    choose: ({ contexts, predictedCostUsd }) => {
      const predictedQuality = new Float64Array(contexts.length * llmCount)
      contexts.forEach((context, row) => {
        predictor.predict(context, predictedQuality.subarray(row * llmCount, (row + 1) * llmCount))
      })
      return sweepChoices({ llmCount, predictedQuality, predictedCostUsd }, costWeights)
    },
  }
}

/** k ∈ {10, 20, 40, 80, 160}, over all training rows, where a router at work keeps a sample. */
export const knnPredictor: TunedPredictor<number> = {
  name: 'knn',
  settings: [10, 20, 40, 80, 160],
  fit: (rows, neighbours, seed) =>
    KnnQualityPredictor.fit(rows, { seed, neighbours, maxRows: Math.max(1, rows.contexts.length) }),
}

/** Trees grown while leaf sizes are compared: their mean error falls alike for both. */
const trialTrees = 25

/** Leaves of 5 or 15; the other settings stay at their defaults. */
export const forestPredictor: TunedPredictor<number> = {
  name: 'forest',
  settings: [5, 15],
  fit: (rows, leaf, seed, isTrial) =>
    ForestQualityPredictor.fit(rows, { seed, leaf, ...(isTrial ? { trees: trialTrees } : {}) }),
}

/** Members of an ensemble while settings are compared; more even out the draw of their weights, not the setting. */
const trialMembers = 1

export interface MlpSetting {
  readonly hidden: readonly number[]
  readonly weightDecay: number
}

/** Two widths, at a weak and a strong decay of weights. */
export const mlpPredictor: TunedPredictor<MlpSetting> = {
  name: 'mlp',
  settings: [32, 64].flatMap((width) => [0.03, 3].map((weightDecay) => ({ hidden: [width], weightDecay }))),
  fit: (rows, setting, seed, isTrial) =>
    MlpQualityPredictor.fit(rows, { seed, ...setting, ...(isTrial ? { members: trialMembers } : {}) }),
}

export interface FactorisationSetting {
  readonly rank: number
  readonly weightDecay: number
}

/** Two ranks, at a weak and a strong decay of weights. */
export const factorisationPredictor: TunedPredictor<FactorisationSetting> = {
  name: 'matrix-factorisation',
  settings: [8, 32].flatMap((rank) => [0.03, 3].map((weightDecay) => ({ rank, weightDecay }))),
  fit: (rows, setting, seed, isTrial) =>
    MatrixFactorisationQualityPredictor.fit(rows, {
      seed,
      ...setting,
      ...(isTrial ? { members: trialMembers } : {}),
    }),
}
