import { MatrixFactorisationQualityPredictor } from '../../../routing/prediction/matrix-factorisation-quality-predictor.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { predictAll } from './probe-policies.ts'
import { firstRows, labelledProbes, type TrialData } from './trial-data.ts'
import type { TrialRows } from './trial-rows.ts'

/** One factorisation takes about as long as the rest of a trial at one N: only the fewest probes and the usual number. */
export const jointProbes: readonly number[] = [50, 200]

/**
 * What is known to `universal`, in one table: the training LLMs on training prompts and probes, the pool on the first `probes` probes; a
 * factorisation of it shares directions of quality between all LLMs. One member, settings as for the retrained one.
 */
export function addJointFactorisation(rows: TrialRows, trial: TrialData, probes: number): void {
  if (!jointProbes.includes(probes)) return
  rows.add('joint-matrix-factorisation', { probes }, () => ({
    predictedQuality: predictJointly(trial, probes),
    costUsd: labelledProbes(firstRows(trial.probes, probes)).meanCostUsd,
  }))
}

function predictJointly(trial: TrialData, probes: number): Float64Array {
  const { seenTrain, test, seed } = trial
  const joint = jointRows(seenTrain, firstRows(trial.seenProbes, probes), firstRows(trial.probes, probes))
  const factorisation = MatrixFactorisationQualityPredictor.fit(joint, { members: 1, seed })
  const all = predictAll(factorisation, { ...test, llms: joint.llms })
  const width = joint.llms.length
  return all.filter((_, cell) => cell % width >= seenTrain.llms.length)
}

/** Training prompts, then probes × training LLMs, then pool; the pool is unknown on training prompts. Costs are left out. */
export function jointRows(seenTrain: TrainingRows, seenProbes: TrainingRows, probes: TrainingRows): TrainingRows {
  const [seen, pool] = [seenTrain.llms.length, probes.llms.length]
  const width = seen + pool
  const contexts = [...seenTrain.contexts, ...probes.contexts]
  const unknown = new Float64Array(contexts.length * width).fill(Number.NaN)
  const quality = unknown.slice()
  const trained = seenTrain.contexts.length
  seenTrain.quality.forEach((value, cell) => {
    quality[Math.floor(cell / seen) * width + (cell % seen)] = value
  })
  seenProbes.quality.forEach((value, cell) => {
    quality[(trained + Math.floor(cell / seen)) * width + (cell % seen)] = value
  })
  probes.quality.forEach((value, cell) => {
    quality[(trained + Math.floor(cell / pool)) * width + seen + (cell % pool)] = value
  })
  return {
    llms: [...seenTrain.llms, ...probes.llms],
    contexts,
    quality,
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}
