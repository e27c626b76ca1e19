import type { PreparedData } from '../../evaluation-data.ts'
import { baseNumbers } from './run-trial.ts'
import type { TrialTable } from './trial-table.ts'

/** What a reader must know of the protocol, and the terms of the excess risk in figures. */
export function unseenNotes(
  table: TrialTable,
  prepared: PreparedData,
  probes: readonly number[],
  reference: number,
): string[] {
  const bases = new Set(baseNumbers(prepared)).size
  const first = table.trials[0]
  const size =
    first === undefined
      ? ''
      : ` In the first, ${first.trainPrompts} training prompts, ${probes.at(-1)} probes, ${first.testPrompts} test prompts, ${first.seenLlms} training LLMs and ${first.unseenLlms} unseen ones.`
  const free =
    table.freeTrials === 0
      ? []
      : [
          `${table.freeTrials} further trials left out: every unseen LLM was free, so that there was nothing to trade off.`,
        ]
  return [
    ...free,
    `${table.trials.length} trials, each with new prompts and LLMs on either side; deployments of one base stay together (${bases} bases).${size}`,
    'Intervals are for other LLMs like these (infinitesimal jackknife over bases); they do not cover other prompts. Comparisons have p-values from them and, beside, from the sign test, which takes trials to be independent.',
    'setting.probes is N_val; null where all training labels of the pool are used (upper bounds, static pool) or none. trainingLlms "none": K and k fixed by rule. clusters: K fixed. cost "per-prompt": predicted bills in the rule, else mean cost on the probes. trainingErrors "probes": LearnedMap taught by errors on the probes. pool "static": all training labels of the pool. shift: tasks routed are not those clustered ("sources"), or are ("none"). control "shuffled": predictions of other test prompts.',
    'Policies are judged by areaRaw: the sweep by rising cost as it runs, from cost 0 to the mean cost of the pool’s dearest LLM, flat beyond its ends; a policy that is one point has none. area, area50, qnc, qncMax, qncReached and peak are the paper’s and are chosen in hindsight: they keep the best of thousands of points by their test quality, which lifts even a policy that knows nothing. They describe and are compared with nothing. QNC is capped at 1, as one may always call the best LLM; qncReached is the share of trials in which the router itself matches it.',
    'The retrained and clairvoyant learners are ours: early-stopped, regularised, and they see the explicit features of a prompt beside its embedding, where clusters, learned maps and K-NN see the embedding alone. The paper’s are not known in detail. Their settings are fixed, not tuned on the training LLMs as K and k are.',
    ...table.riskClusters.map((clusters) => riskNote(table, clusters, reference)),
  ]
}

function riskNote(table: TrialTable, clusters: number, probes: number): string {
  const value = (term: Parameters<TrialTable['risk']>[1], digits: number): string =>
    table.risk(clusters, term).mean.toFixed(digits)
  return (
    `Excess risk at K = ${clusters}, ${probes} probes: within clusters ${value('heterogeneityLow', 3)} (fitted forest for the truth: too little) to ` +
    `${value('heterogeneityHigh', 3)} (labels for the truth: too much); estimation at most ${value('estimationBound', 3)}, measured ` +
    `${value('estimationMeasured', 3)}; smallest cluster ${value('smallestCluster', 1)} labels.`
  )
}
