import { type FoldInPenalties, foldIn } from './fold-in.ts'

/** What the three estimators know before the first label of a newcomer. M training LLMs; 0 of them leaves the clusters alone. */
export interface UniversalBasis {
  /** K of each scale. */
  readonly scales: readonly number[]
  /** Share of the training prompts in each cluster, scale after scale, shape [ΣK]; each scale sums to 1. */
  readonly clusterShares: Float64Array
  /** Mean q̂ of each training LLM over the training prompts, shape [M]. */
  readonly baseMeans: Float64Array
  /** σ²: mean square of label − q̂ of the training LLMs, out of fold; > 0. */
  readonly noiseVariance: number
  /** What an LLM's mean quality is taken to be before its first label. */
  readonly level: LevelPrior
}

/** Mean and variance (> 0) of an LLM's level given what it costs, as the training LLMs have it: mean + slope·(log cost − logCost). */
export interface LevelPrior {
  readonly mean: number
  readonly variance: number
  /** Per natural log of USD; 0 where the costs of the training LLMs tell nothing of their levels. */
  readonly slope: number
  readonly logCost: number
  /** Least and most log cost that `slope` was fitted on: beyond, the nearest counts. Undefined: anything goes. */
  readonly costRange?: readonly [number, number] | undefined
}

/** Labelled prompts of one newcomer as the estimators see them; matrices are row-major. */
export interface ProbeRows {
  /** Cluster at each scale, [rows × scales]. */
  readonly assignment: Int32Array
  /** q̂ of the training LLMs, [rows × M]. */
  readonly base: Float64Array
  /** What the training LLMs actually reached, [rows × M]; NaN is unknown. */
  readonly anchors: Float64Array
  /** The newcomer's own, [rows]; NaN is unknown. */
  readonly quality: Float64Array
  /** Its mean cost per call, USD; undefined: unknown. */
  readonly costUsd?: number | undefined
}

/** The estimators in the order of every triple: shrunk clusters, fold-in, anchored fold-in. */
export const estimatorNames = ['clusters', 'foldIn', 'anchored'] as const

/** What the labels say, estimator by estimator. Plain numbers. */
export interface ProbeEstimates {
  readonly labels: number
  /** Mean quality over the training prompts according to each estimator. */
  readonly levels: readonly number[]
  /** Cluster means less the level, scale after scale, shape [ΣK]. */
  readonly clusterDeviations: readonly number[]
  /** w of the fold-in and of the anchored fold-in, shape [M] each. */
  readonly foldIn: readonly number[]
  readonly anchored: readonly number[]
}

/** a: pseudo-labels with which a cluster is drawn to the LLM's level (mathematics §6). */
const clusterShrinkage = 10

/**
 * How much less a newcomer is believed to deviate from the mean LLM, in variance, than the training LLMs do. Between 2 and 10 it
 * hardly matters; 1, which has the least squared error, follows the noise of the best LLMs.
 */
const deviationDiscount = 4

/** λ and λ_b of {@link foldIn}: σ² over the variance of what is estimated. */
export function foldInPenalties({ baseMeans, noiseVariance, level }: UniversalBasis): FoldInPenalties {
  return {
    coefficient: deviationDiscount * Math.max(1, baseMeans.length) * noiseVariance,
    level: noiseVariance / level.variance,
  }
}

/** Mathematics §19. O(rows·M² + M³). */
export function estimateFromProbes(basis: UniversalBasis, probes: ProbeRows): ProbeEstimates {
  const known = [...probes.quality.keys()].filter((row) => !Number.isNaN(probes.quality[row]!))
  const labels = known.map((row) => probes.quality[row]!)
  const prior = foldInPenalties(basis).level
  const sum = labels.reduce((total, label) => total + label, 0)
  const expected = expectedLevel(basis.level, probes.costUsd)
  const mean = (sum + prior * expected) / (labels.length + prior)
  const clusters = clusterDeviations(basis, probes, known, mean)
  const predicted = foldInEstimate(basis, { ...probes, anchors: probes.base }, known, expected)
  const anchored = foldInEstimate(basis, probes, known, expected)
  return {
    labels: labels.length,
    levels: [clusters.level, predicted.level, anchored.level],
    clusterDeviations: clusters.deviations,
    foldIn: predicted.coefficients,
    anchored: anchored.coefficients,
  }
}

/**
 * What each estimator adds to its own level for one request, in the order of {@link estimatorNames}; over the training prompts
 * each averages to 0.
 *
 * @param assignment shape [scales]. @param base q̂ of the training LLMs, shape [M]. @param out shape [3]. O(M), no allocation.
 */
export function deviationsAt(
  basis: UniversalBasis,
  estimates: Pick<ProbeEstimates, 'clusterDeviations' | 'foldIn' | 'anchored'>,
  assignment: Int32Array,
  base: Float64Array,
  out: Float64Array,
): void {
  const { scales, baseMeans } = basis
  let offset = 0
  let clusters = 0
  for (let scale = 0; scale < scales.length; scale++) {
    clusters += estimates.clusterDeviations[offset + assignment[scale]!]! / scales.length
    offset += scales[scale]!
  }
  let mean = 0
  for (let llm = 0; llm < baseMeans.length; llm++) mean += (base[llm]! - baseMeans[llm]!) / baseMeans.length
  let predicted = mean
  let anchored = mean
  for (let llm = 0; llm < baseMeans.length; llm++) {
    const deviation = base[llm]! - baseMeans[llm]! - mean
    predicted += estimates.foldIn[llm]! * deviation
    anchored += estimates.anchored[llm]! * deviation
  }
  out[0] = clusters
  out[1] = predicted
  out[2] = anchored
}

function clusterDeviations(
  { scales, clusterShares }: UniversalBasis,
  { assignment, quality }: ProbeRows,
  known: readonly number[],
  mean: number,
): { readonly level: number; readonly deviations: number[] } {
  const sums = new Float64Array(clusterShares.length)
  const counts = new Float64Array(clusterShares.length)
  for (const row of known) {
    let offset = 0
    scales.forEach((clusters, scale) => {
      const index = offset + assignment[row * scales.length + scale]!
      sums[index]! += quality[row]!
      counts[index]!++
      offset += clusters
    })
  }
  const means = Array.from(sums, (sum, k) => (sum + clusterShrinkage * mean) / (counts[k]! + clusterShrinkage))
  // A cluster that the probes happen to miss, or to hold too many of, must not move the level.
  const level = means.reduce((total, value, k) => total + (value * clusterShares[k]!) / scales.length, 0)
  let offset = 0
  const deviations = scales.flatMap((clusters) => {
    const own = means.slice(offset, offset + clusters)
    const shares = clusterShares.subarray(offset, offset + clusters)
    offset += clusters
    const centre = own.reduce((total, value, k) => total + value * shares[k]!, 0)
    return own.map((value) => value - centre)
  })
  return { level, deviations }
}

/** Of an LLM without labels. @param costUsd undefined, or 0 as of what is free: nothing is made of it. */
function expectedLevel({ mean, slope, logCost, costRange }: LevelPrior, costUsd: number | undefined): number {
  if (costUsd === undefined || !(costUsd > 0)) return mean
  const [least, most] = costRange ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const known = Math.min(most, Math.max(least, Math.log(costUsd)))
  return Math.min(1, Math.max(0, mean + slope * (known - logCost)))
}

/** On the anchors, unknown cells of which take the value in `base`. @param expected the newcomer's level before its first label. */
function foldInEstimate(
  basis: UniversalBasis,
  { anchors, base, quality }: ProbeRows,
  known: readonly number[],
  expected: number,
): { readonly level: number; readonly coefficients: number[] } {
  const llms = basis.baseMeans.length
  if (llms === 0) return { level: expected, coefficients: [] }
  // b is what the level has above the training LLMs' mean: its own prior is for the rest.
  const shift = expected - basis.level.mean
  const deviations = new Float64Array(known.length * llms)
  const targets = new Float64Array(known.length)
  known.forEach((row, index) => {
    const own = deviations.subarray(index * llms, (index + 1) * llms)
    let mean = 0
    for (let llm = 0; llm < llms; llm++) {
      const cell = row * llms + llm
      own[llm] = Number.isNaN(anchors[cell]!) ? base[cell]! : anchors[cell]!
      mean += own[llm]! / llms
    }
    for (let llm = 0; llm < llms; llm++) own[llm]! -= mean
    targets[index] = quality[row]! - mean - shift
  })
  const solution = foldIn({ deviations, targets, llms }, foldInPenalties(basis))
  const mean = basis.baseMeans.reduce((sum, value) => sum + value / llms, 0)
  let level = mean + shift + solution[llms]!
  for (let llm = 0; llm < llms; llm++) level += solution[llm]! * (basis.baseMeans[llm]! - mean)
  return { level, coefficients: Array.from(solution.subarray(0, llms)) }
}
