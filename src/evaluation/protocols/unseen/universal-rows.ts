import { estimatorNames } from '../../../routing/prediction/universal/universal-estimators.ts'
import { firstRows, labelledProbes, type TrialData } from './trial-data.ts'
import type { TrialRows } from './trial-rows.ts'
import type { TrialUniversal } from './trial-universal.ts'
import { promptCosts } from './trial-variants.ts'

/** `universal` with the labels of the first `probes` prompts of S_val, and the mean cost on them, as for all. */
export function addUniversal(rows: TrialRows, trial: TrialData, universal: TrialUniversal, probes: number): void {
  const { meanCostUsd } = labelledProbes(firstRows(trial.probes, probes))
  rows.add('universal', { probes }, () => ({ predictedQuality: universal.predict(probes), costUsd: meanCostUsd }))
}

/** Each estimator alone, κ of 0 (levels alone) and 1 (none), no training LLM; and with the cost of each prompt predicted. */
export function addUniversalVariants(
  rows: TrialRows,
  trial: TrialData,
  universal: TrialUniversal,
  probes: number,
): void {
  const { rows: labelled, meanCostUsd } = labelledProbes(firstRows(trial.probes, probes))
  estimatorNames.forEach((name, index) => {
    const weights = estimatorNames.map((_, j) => (j === index ? 1 : 0))
    rows.add('universal', { probes, estimator: settingWords[name] }, () => ({
      predictedQuality: universal.predict(probes, { weights }),
      costUsd: meanCostUsd,
    }))
  })
  for (const trust of [0, 1]) {
    rows.add('universal', { probes, trust }, () => ({
      predictedQuality: universal.predict(probes, { trust }),
      costUsd: meanCostUsd,
    }))
  }
  rows.add('universal', { probes, trainingLlms: 'none' }, () => ({
    predictedQuality: universal.predictAlone(probes),
    costUsd: meanCostUsd,
  }))
  rows.add('universal', { probes, cost: 'per-prompt' }, () => ({
    predictedQuality: universal.predict(probes),
    costUsd: promptCosts(labelled, trial, meanCostUsd),
  }))
}

const settingWords = { clusters: 'clusters', foldIn: 'fold-in', anchored: 'anchored' } as const
