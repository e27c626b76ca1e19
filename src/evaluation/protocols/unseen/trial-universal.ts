import { ClusterQualityPredictor } from '../../../routing/prediction/cluster-quality-predictor.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { RidgeQualityPredictor } from '../../../routing/prediction/ridge-quality-predictor.ts'
import { selectTrainingRows, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { EstimatorFit, UniversalModel } from '../../../routing/prediction/universal/universal-model.ts'
import { fitUniversal } from '../../../training/fit-universal.ts'
import { predictAll } from './probe-policies.ts'
import { firstRows, labelledProbes, type TrialData } from './trial-data.ts'

/** Near-duplicates share their position mod 5. */
const folds = 5

interface FittedUniversal {
  readonly model: UniversalModel
  /** q̂ of the training LLMs on the probes and the test prompts, row-major. */
  readonly probes: Float64Array
  readonly test: Float64Array
}

/** `universal` in one trial, shared by all sizes of S_val. */
export class TrialUniversal {
  readonly #trial: TrialData
  readonly #fitted: FittedUniversal
  readonly #alone: FittedUniversal

  private constructor(trial: TrialData, fitted: FittedUniversal, alone: FittedUniversal) {
    this.#trial = trial
    this.#fitted = fitted
    this.#alone = alone
  }

  static async fit(trial: TrialData): Promise<TrialUniversal> {
    const fitted = await fitOn(trial, trial.seenTrain, trial.seenBases)
    return new TrialUniversal(trial, fitted, await fitOn(trial, withoutLlms(trial.seenTrain), []))
  }

  /**
   * q̂ of the test prompts, row-major [test × pool], each LLM described by its labels on the first `probes` of S_val.
   * @param changed what an ablation replaces.
   */
  predict(probes: number, changed: Partial<EstimatorFit> = {}): Float64Array {
    return this.#predictWith(this.#fitted, this.#trial.seenProbes, probes, changed)
  }

  /** The same without any training LLM: training prompts are clustered, and that is all. */
  predictAlone(probes: number): Float64Array {
    return this.#predictWith(this.#alone, withoutLlms(this.#trial.seenProbes), probes, {})
  }

  #predictWith(
    { model, probes: base, test: testBase }: FittedUniversal,
    seenProbes: TrainingRows,
    probes: number,
    changed: Partial<EstimatorFit>,
  ): Float64Array {
    const { probes: labelled, test } = this.#trial
    const pool = test.llms.length
    const { meanCostUsd } = labelledProbes(firstRows(labelled, probes))
    const width = model.llms.length
    const descriptions = test.llms.map((_, llm) => {
      const labels = {
        contexts: labelled.contexts.slice(0, probes),
        quality: Float64Array.from({ length: probes }, (_, row) => labelled.quality[row * pool + llm]!),
        base: base.subarray(0, probes * width),
        anchors: seenProbes.quality.subarray(0, probes * width),
        costUsd: meanCostUsd[llm],
      }
      return model.describe(labels, changed)
    })
    const predicted = new Float64Array(test.quality.length)
    test.contexts.forEach((context, row) => {
      model.prepare(context, testBase.subarray(row * width, (row + 1) * width))
      descriptions.forEach((description, llm) => {
        predicted[row * pool + llm] = model.quality(description)
      })
    })
    return predicted
  }
}

/** The mean of ridge and shrunk clusters for the training LLMs, out of fold for the rehearsals and on all training prompts for the rest. */
async function fitOn(
  { seed, probes, test }: TrialData,
  train: TrainingRows,
  bases: readonly string[],
): Promise<FittedUniversal> {
  const width = train.llms.length
  const base = new Float64Array(train.quality.length)
  const all = [...train.contexts.keys()]
  for (let fold = 0; fold < folds && width > 0; fold++) {
    const inside = selectTrainingRows(
      train,
      all.filter((row) => row % folds !== fold),
    )
    const heldOut = all.filter((row) => row % folds === fold)
    const predicted = predictBase(inside, seed, selectTrainingRows(train, heldOut))
    heldOut.forEach((row, index) => {
      base.set(predicted.subarray(index * width, (index + 1) * width), row * width)
    })
  }
  return {
    model: await fitUniversal({ rows: train, base, bases }, { seed }),
    probes: width === 0 ? base : predictBase(train, seed, { ...train, contexts: probes.contexts }),
    test: width === 0 ? base : predictBase(train, seed, { ...train, contexts: test.contexts }),
  }
}

function predictBase(train: TrainingRows, seed: number, asked: TrainingRows): Float64Array {
  const members: QualityPredictor[] = [RidgeQualityPredictor.fit(train), ClusterQualityPredictor.fit(train, { seed })]
  const mean = new Float64Array(asked.contexts.length * train.llms.length)
  for (const member of members) {
    predictAll(member, asked).forEach((value, cell) => {
      mean[cell]! += value / members.length
    })
  }
  return mean
}

function withoutLlms(rows: TrainingRows): TrainingRows {
  const none = new Float64Array(0)
  return { ...rows, llms: [], quality: none, costUsd: none, inputTokens: none, outputTokens: none }
}
