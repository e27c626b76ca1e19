import { averageImprovementInQuality, type CostQualityPoint } from '../../routing/decision/cost-quality-hull.ts'
import { selectMatrixRows } from '../../routing/numeric/matrix.ts'
import { selectTrainingRows } from '../../routing/prediction/training-rows.ts'
import { callSize } from '../../training/predict-costs.ts'
import type { PolicyName } from '../policy-names.ts'
import { dearestMeanCost } from '../protocols/static/predictor-policy.ts'
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
   */
  fit(training: StaticTraining): (setting: Setting) => FittedStaticPolicy
}

/** The validation budget of a baseline: hyper-parameter combinations tried out of fold. */
export const mostCandidates = 12

/** The baseline with the candidate of largest out-of-fold AIQ on the training rows, fitted on all of them. */
export function tunedPolicy<Setting>(baseline: TunedBaseline<Setting>): StaticPolicy {
  return {
    name: baseline.name,
    async fit(training) {
      const candidates = baseline.candidates(training)
      if (candidates.length > mostCandidates) {
        throw new RangeError(`${baseline.name} tries ${candidates.length} combinations, more than the others may`)
      }
      const areas = candidates.length > 1 ? outOfFoldAreas(baseline, candidates, training) : [0]
      return baseline.fit(training)(candidates[areas.indexOf(Math.max(...areas))]!)
    },
  }
}

/** AIQ of each candidate over all training rows, each routed by a fit that has not seen its fold. */
export function outOfFoldAreas<Setting>(
  baseline: TunedBaseline<Setting>,
  candidates: readonly Setting[],
  training: StaticTraining,
): number[] {
  const all = training.texts.map((_, row) => row)
  const sweeps = candidates.map(() => new SweepSums(training))
  for (let fold = 0; fold < training.folds; fold++) {
    const heldOut = all.filter((row) => row % training.folds === fold)
    const others = all.filter((row) => row % training.folds !== fold)
    const finish = baseline.fit(selectTraining(training, others))
    const prompts = trainingPrompts(training, heldOut)
    candidates.forEach((candidate, index) => {
      sweeps[index]!.add(finish(candidate).choose(prompts), heldOut)
    })
  }
  const maxCostUsd = dearestMeanCost(training.rows)
  return sweeps.map((sweep) => averageImprovementInQuality(sweep.points(), maxCostUsd))
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

function selectTraining(training: StaticTraining, indices: readonly number[]): StaticTraining {
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
