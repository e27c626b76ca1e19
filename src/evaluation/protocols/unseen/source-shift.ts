import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { selectTrainingRows } from '../../../routing/prediction/training-rows.ts'
import { fixedClusterCount } from '../../uniroute/choose-cluster-count.ts'
import { clusterErrors, predictByCluster } from '../../uniroute/cluster-errors.ts'
import { fixedNeighbourCount, nearestProbes, predictByNeighbours } from '../../uniroute/nearest-probes.ts'
import { PromptClusters } from '../../uniroute/prompt-clusters.ts'
import { predictByShrunkClusters } from '../../uniroute/shrunk-clusters.ts'
import { zeroRouterPoints } from '../../uniroute/zero-router.ts'
import { shrunkScales } from './probe-policies.ts'
import { testPool } from './score-trial.ts'
import { labelledProbes, type TrialData } from './trial-data.ts'
import { type TrialRow, TrialRows } from './trial-rows.ts'

/** Prompts labelled of the tasks left out. */
export const shiftProbes = 200

/** Fewer prompts to test on, and a division of the tasks says nothing. */
const fewestTests = 50

/** Beside the K of the rule: finer clusters are more the tasks' own. */
const fineClusters = 20

/**
 * Clusters of other tasks than those routed: half of the set's tasks are left out, K-means sees the rest (`shift: 'sources'`)
 * or as many prompts of all tasks (`shift: 'none'`), and both are labelled by and tried on the tasks left out.
 *
 * Deviation: UniRoute's appendix F.3 takes another data set for it; one folder has none. The embedder has read all training
 * prompts, as a general one has read the world.
 *
 * @returns no rows where the tasks do not divide into large enough halves.
 */
export function sourceShiftRows(trial: TrialData, wanted: readonly string[]): TrialRow[] {
  const shifted = divideBySource(trial)
  if (shifted === undefined) return []
  const { hiddenTrain, seed } = trial
  const testRows = selectTrainingRows(trial.test, shifted.test)
  const rows = new TrialRows(testPool(testRows), { wanted, curveProbes: 0, seed })
  const { rows: labelled, meanCostUsd: costUsd } = labelledProbes(selectTrainingRows(hiddenTrain, shifted.labelled))
  const llmCount = labelled.llms.length
  const either = { probes: shiftProbes, shift: 'sources' }
  rows.addCurve('zero-router', either, zeroRouterPoints(labelled, testRows, llmCount))
  rows.add('knn', either, () => {
    const k = fixedNeighbourCount(shiftProbes)
    const neighbours = nearestProbes(testRows.contexts, labelled.contexts, k)
    return { predictedQuality: predictByNeighbours(neighbours, k, labelled.quality, llmCount), costUsd }
  })
  for (const [shift, prompts] of Object.entries(shifted.clustered)) {
    const setting = { probes: shiftProbes, shift }
    const contexts = prompts.map((row) => hiddenTrain.contexts[row]!)
    const cluster = (clusters: number) => {
      const map = PromptClusters.fit(contexts, { clusters, seed, restarts: 1 })
      return { clusters: map.clusters, probes: map.assign(labelled.contexts), test: map.assign(testRows.contexts) }
    }
    const byClusters = (count: number) => () => {
      const { clusters, probes, test } = cluster(count)
      const psi = clusterErrors(probes, clusters, labelled.quality, llmCount)
      return { predictedQuality: predictByCluster(test, psi), costUsd }
    }
    rows.add('uniroute', setting, byClusters(fixedClusterCount(shiftProbes)))
    rows.add('uniroute', { ...setting, clusters: fineClusters }, byClusters(fineClusters))
    rows.add('cluster', setting, () => ({
      predictedQuality: predictByShrunkClusters(shrunkScales.map(cluster), labelled.quality, llmCount),
      costUsd,
    }))
  }
  return rows.rows
}

/** Row numbers; labelled and clustered ones are of training prompts. */
interface SourceDivision {
  readonly labelled: readonly number[]
  readonly test: readonly number[]
  /** By setting `shift`: prompts of other tasks than the labelled ones, and as many of all tasks. */
  readonly clustered: { readonly sources: readonly number[]; readonly none: readonly number[] }
}

function divideBySource({ sources, seed }: TrialData): SourceDivision | undefined {
  const random = new SeededRandom(Math.imul(seed, 0x85ebca6b))
  const out = drawSources(sources.train, random)
  const rowsIn = (list: readonly string[], isOut: boolean): Int32Array =>
    Int32Array.from(list.flatMap((source, row) => (out.has(source) === isOut ? [row] : [])))
  const known = rowsIn(sources.train, false)
  const foreign = rowsIn(sources.train, true)
  const test = rowsIn(sources.test, true)
  if (Math.min(known.length, foreign.length) < shiftProbes || test.length < fewestTests) return undefined
  shuffle(foreign, random)
  const all = Int32Array.from([...known, ...foreign.subarray(shiftProbes)])
  shuffle(all, random)
  return {
    labelled: [...foreign.subarray(0, shiftProbes)],
    test: [...test],
    clustered: { sources: [...known], none: [...all.subarray(0, known.length)] },
  }
}

/** Half of the tasks, rounded down. */
function drawSources(sources: readonly string[], random: SeededRandom): ReadonlySet<string> {
  const names = [...new Set(sources)].sort()
  const order = Int32Array.from(names.keys())
  shuffle(order, random)
  return new Set([...order.subarray(0, Math.floor(names.length / 2))].map((index) => names[index]!))
}
