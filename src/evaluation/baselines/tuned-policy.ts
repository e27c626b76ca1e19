import {
  averageImprovementInQuality,
  type CostQualityPoint,
  fixedLlmPoints,
} from '../../routing/decision/cost-quality-hull.ts'
import { selectMatrixRows } from '../../routing/numeric/matrix.ts'
import { selectTrainingRows, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import { callSize } from '../../training/predict-costs.ts'
import { anchoredPoints, type StaticScale, scaleLlms, staticScale } from '../metrics/static-metrics.ts'
import type { PolicyName } from '../policy-names.ts'
import type {
  FittedStaticPolicy,
  StaticChoices,
  StaticPolicy,
  StaticPrompts,
  StaticTraining,
} from '../protocols/static/static-policy.ts'
import { simulatedVerifier } from './simulated-verifier.ts'

/** A baseline with hyper-parameters. Every one has the same budget for choosing them. */
export interface TunedBaseline<Setting> {
  readonly name: PolicyName
  /** At least one, at most {@link mostCandidates}. */
  candidates(training: StaticTraining): readonly Setting[]
  /**
   * Fits what settings share, and returns what finishes the fit for one setting. Must not rely on the folds of `training`:
   * it may be the rows of some folds only. Every setting of the knob keeps its place whatever the rows.
   *
   * @param isTrial whether the fit only helps to choose a setting: it may then be a cheaper one that ranks settings alike.
   */
  fit(training: StaticTraining, isTrial: boolean): (setting: Setting) => FittedStaticPolicy
}

/** The validation budget of a baseline: hyper-parameter combinations tried out of fold. */
export const mostCandidates = 12

/** Folds that settings are compared on, the same for every baseline: three of five hold out 60 % of the rows. */
const foldsTried = 3

/** The baseline with the candidate of largest out-of-fold AIQ on the training rows, fitted on all of them. */
export function tunedPolicy<Setting>(baseline: TunedBaseline<Setting>): StaticPolicy {
  return {
    name: baseline.name,
    async fit(training) {
      const candidates = baseline.candidates(training)
      if (candidates.length > mostCandidates) {
        throw new RangeError(`${baseline.name} tries ${candidates.length} combinations, more than the others may`)
      }
      return baseline.fit(training, false)(bestCandidate(baseline, candidates, training))
    },
  }
}

/** The candidate of largest out-of-fold AIQ; of equals the earliest. @param candidates at least one. */
export function bestCandidate<Setting>(
  baseline: Pick<TunedBaseline<Setting>, 'fit'>,
  candidates: readonly Setting[],
  training: StaticTraining,
): Setting {
  if (candidates.length === 1) return candidates[0]!
  const areas = outOfFoldAreas(baseline, candidates, training)
  return candidates[areas.indexOf(Math.max(...areas))]!
}

/**
 * AIQ of each candidate over the training rows of the first folds, each routed by a fit that has not seen its fold, joined
 * to the cheapest LLM as the metric of the test prompts is.
 */
export function outOfFoldAreas<Setting>(
  baseline: Pick<TunedBaseline<Setting>, 'fit'>,
  candidates: readonly Setting[],
  training: StaticTraining,
): number[] {
  const all = training.texts.map((_, row) => row)
  const sweeps = candidates.map(() => new SweepSums(training))
  for (let fold = 0; fold < Math.min(foldsTried, training.folds); fold++) {
    const heldOut = all.filter((row) => row % training.folds === fold)
    const others = all.filter((row) => row % training.folds !== fold)
    const finish = baseline.fit(selectTraining(training, others), true)
    const prompts = trainingPrompts(training, heldOut)
    candidates.forEach((candidate, index) => {
      sweeps[index]!.add(finish(candidate).choose(prompts), heldOut)
    })
  }
  const scale = trainingScale(training.rows)
  return sweeps.map((sweep) => averageImprovementInQuality(anchoredPoints(sweep.points(), scale), scale.maxCostUsd))
}

/** What the fixed LLMs cost and yield on the training rows. */
function trainingScale({ quality, costUsd, llms }: TrainingRows): StaticScale {
  const fixed: CostQualityPoint[] = []
  for (const point of fixedLlmPoints(quality, costUsd, llms.length)) fixed[point.llmIndex] = point
  return staticScale(fixed, scaleLlms(quality, costUsd, llms.length))
}

/** Training rows as a policy would meet them before the call, priced and verified out of fold. */
export function trainingPrompts(training: StaticTraining, indices: readonly number[]): StaticPrompts {
  const { rows, texts, outOfFoldCostUsd } = training
  const width = rows.llms.length
  const chosenTexts = indices.map((row) => texts[row]!)
  return {
    contexts: indices.map((row) => rows.contexts[row]!),
    texts: chosenTexts,
    predictedCostUsd: selectMatrixRows(outOfFoldCostUsd, indices, width),
    inputTokens: Float64Array.from(indices, (row) => callSize(rows, row).inputTokens),
    verifierConfidence: simulatedVerifier(chosenTexts, selectMatrixRows(rows.quality, indices, width), width),
  }
}

/** The same training on some of its rows. */
export function selectTraining(training: StaticTraining, indices: readonly number[]): StaticTraining {
  return {
    ...training,
    rows: selectTrainingRows(training.rows, indices),
    texts: indices.map((row) => training.texts[row]!),
    sources: indices.map((row) => training.sources[row]!),
    outOfFoldCostUsd: selectMatrixRows(training.outOfFoldCostUsd, indices, training.rows.llms.length),
  }
}

/** What each setting of the knob came to, summed over folds. */
class SweepSums {
  readonly #training: StaticTraining
  readonly #costs: number[] = []
  readonly #qualities: number[] = []
  readonly #known: number[] = []

  constructor(training: StaticTraining) {
    this.#training = training
  }

  add({ settings, answeredBy, alsoCalled }: StaticChoices, indices: readonly number[]): void {
    const { quality, costUsd, llms } = this.#training.rows
    for (let setting = 0; setting < settings; setting++) {
      this.#costs[setting] ??= 0
      this.#qualities[setting] ??= 0
      this.#known[setting] ??= 0
      indices.forEach((row, i) => {
        const choice = setting * indices.length + i
        const cell = row * llms.length + answeredBy[choice]!
        let cost = costUsd[cell]!
        for (const llm of alsoCalled?.[choice] ?? []) cost += costUsd[row * llms.length + llm]!
        if (Number.isNaN(cost) || Number.isNaN(quality[cell]!)) return
        this.#costs[setting]! += cost
        this.#qualities[setting]! += quality[cell]!
        this.#known[setting]!++
      })
    }
  }

  points(): CostQualityPoint[] {
    return this.#known.flatMap((known, setting) =>
      known === 0 ? [] : [{ costUsd: this.#costs[setting]! / known, quality: this.#qualities[setting]! / known }],
    )
  }
}
