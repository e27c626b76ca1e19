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
    'Probes are the labelled prompts that describe the unseen LLMs (N_val of the paper); a row without a number of them needs none, or has all training labels of the pool (upper bounds, static pool). Variants: training LLMs none, K and k fixed by rule; clusters, K fixed; cost per-prompt, bills predicted for each prompt where all others take the mean cost on the probes; estimator, universal by one of its three estimators alone; trust, κ of universal fixed, 0 being its levels alone; training errors probes, LearnedMap taught by errors on the probes; pool static, fitted on all training labels of the pool; shift sources, clusters that have seen none of the tasks routed, and shift none, as many prompts of all tasks; control shuffled, predictions made for other test prompts.',
    'Policies are judged by the area as it runs: under the sweep by rising cost, from cost 0 to the mean cost of the pool’s dearest LLM, flat beyond its ends; a policy that is one point has none. Area, its part to 50 %, QNC, how often it is reached, and the peak are the paper’s and are chosen in hindsight: they keep the best of thousands of points by their test quality, which lifts even a policy that knows nothing. They describe and are compared with nothing. QNC is capped at 1, as one may always call the best LLM; beside it stands the share of trials in which the router itself matches that LLM.',
    'The retrained and clairvoyant learners are ours: early-stopped, regularised, and they see the explicit features of a prompt beside its embedding, where clusters, learned maps and K-NN see the embedding alone. The paper’s are not known in detail. Their settings are fixed, not tuned on the training LLMs as K and k are.',
    ...riskNote(table, reference),
  ]
}

/** The terms of the excess risk at each K, in one line. */
function riskNote(table: TrialTable, probes: number): string[] {
  if (table.riskClusters.length === 0) return []
  const terms = table.riskClusters.map((clusters) => {
    const value = (term: Parameters<TrialTable['risk']>[1], digits = 3): string =>
      table.risk(clusters, term).mean.toFixed(digits)
    return (
      `K = ${clusters}: ${value('heterogeneityLow')} to ${value('heterogeneityHigh')}; ` +
      `${value('estimationMeasured')}, bound ${value('estimationBound')}; ${value('smallestCluster', 1)}`
    )
  })
  return [
    `Terms of the excess risk with ${probes} probes, mean over trials: what clusters cannot know of their prompts (at least, with a fitted forest for the truth, to at most, with the labels for it); what few labels cannot know of an LLM (measured, and its bound); labels in the smallest cluster. ${terms.join(' | ')}.`,
  ]
}
