import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { kMeansRestarted } from '../routing/numeric/k-means.ts'
import { type RandomSource, SeededRandom, shuffle } from '../routing/numeric/random-source.ts'
import { summariseColumns } from '../routing/prediction/training-rows.ts'
import { proportionalShares } from './proportional-shares.ts'

/** Prompts that LLMs were tried on, to choose probes from. */
export interface ProbeCandidates {
  readonly contexts: readonly RoutingContext[]
  /** Row-major [contexts × llms], [0, 1]; NaN is unknown. */
  readonly quality: Float64Array
  readonly llms: number
}

export interface ProbeChoiceOptions {
  /** Probes wanted; with fewer candidates all are taken. */
  readonly count: number
  readonly seed: number
  /** τ, what a probe's information is worth beside the match of levels. Default {@link defaultInformationWorth}. 0: match alone. */
  readonly informationWorth?: number
  /** Swaps tried per probe. Default 400; 0 leaves a stratified random sample. */
  readonly swapsPerProbe?: number
}

/** What was chosen, and how well it stands for all candidates. */
export interface ProbeChoice {
  /** Rows of the candidates, ascending. */
  readonly rows: readonly number[]
  readonly clusters: number
  /** Root mean square, over the LLMs, of mean quality on the probes less that on all candidates. */
  readonly levelGap: number
  /** Variance between LLMs on a chosen probe, over that on a candidate, on average. */
  readonly informationRatio: number
}

/** Errors of levels are least near it on both sets looked at (docs/probes.md). */
const defaultInformationWorth = 0.1
const defaultSwapsPerProbe = 400

/** Clusters of which each gets some probes. */
const probesPerCluster = 5
const mostClusters = 32
const clusterRestarts = 4

/**
 * Probes that place an LLM by few labels (mathematics §24): as many of each K-means cluster of the embeddings as its share of the
 * candidates (largest remainder), and within clusters, by swaps, those on which every LLM has the mean quality it has on all candidates,
 * while LLMs differ as much as possible. Prompts chosen by dispute alone exaggerate how far LLMs are apart: whoever is better
 * than the mean looks better still; matching the level of every LLM at once rules that out. Deterministic. O(swaps · LLMs).
 */
export function chooseProbes(candidates: ProbeCandidates, options: ProbeChoiceOptions): ProbeChoice {
  const { count, seed, informationWorth = defaultInformationWorth, swapsPerProbe = defaultSwapsPerProbe } = options
  const random = new SeededRandom(seed)
  const total = candidates.contexts.length
  const wanted = Math.min(count, total)
  const clusters = clusterRows(
    candidates.contexts,
    Math.min(mostClusters, Math.ceil(wanted / probesPerCluster)),
    random,
  )
  const shares = proportionalShares(
    clusters.map((rows) => rows.length),
    wanted,
  )
  const chosen = clusters.map((rows, cluster) => rows.slice(0, shares[cluster]))
  const spare = clusters.map((rows, cluster) => rows.slice(shares[cluster]))
  const terms = candidateTerms(candidates, wanted)
  const swaps = new LevelMatch(terms, chosen.flat(), informationWorth)
  if (wanted < total) improve(swaps, { chosen, spare, tries: swapsPerProbe * wanted, random })
  return {
    rows: chosen.flat().sort((a, b) => a - b),
    clusters: clusters.length,
    levelGap: swaps.levelGap,
    informationRatio: swaps.informationRatio,
  }
}

/** Rows by cluster, shuffled within each; no empty cluster. */
function clusterRows(contexts: readonly RoutingContext[], k: number, random: RandomSource): number[][] {
  const dimension = contexts[0]?.embedding.length ?? 0
  const points = new Float32Array(contexts.length * dimension)
  contexts.forEach(({ embedding }, row) => {
    points.set(embedding, row * dimension)
  })
  const { assignment } = kMeansRestarted(points, contexts.length, dimension, k, random, clusterRestarts)
  const order = Int32Array.from(contexts.keys())
  shuffle(order, random)
  const clusters: number[][] = Array.from({ length: k }, () => [])
  for (const row of order) clusters[assignment[row]!]!.push(row)
  return clusters.filter((rows) => rows.length > 0)
}

interface CandidateTerms {
  /** Quality less the LLM's mean, 0 where unknown; row-major. */
  readonly deviations: Float64Array
  readonly llms: number
  /** Variance between LLMs on a candidate once their levels are taken off, over its mean. */
  readonly information: Float64Array
  /** Mean square of a level's error by a random sample of the size wanted. */
  readonly samplingVariance: number
}

function candidateTerms({ quality, llms }: ProbeCandidates, wanted: number): CandidateTerms {
  const { means } = summariseColumns(quality, llms)
  const deviations = quality.map((value, cell) => (Number.isNaN(value) ? 0 : value - means[cell % llms]!))
  const rows = quality.length / llms
  const information = new Float64Array(rows)
  let squares = 0
  for (let row = 0; row < rows; row++) {
    const own = deviations.subarray(row * llms, (row + 1) * llms)
    const mean = own.reduce((sum, value) => sum + value, 0) / llms
    for (const value of own) {
      information[row]! += (value - mean) ** 2 / llms
      squares += value ** 2
    }
  }
  const scale = information.reduce((sum, value) => sum + value, 0) / rows
  const samplingVariance = squares / quality.length / wanted
  return {
    deviations,
    llms,
    information: scale > 0 ? information.map((value) => value / scale) : information,
    samplingVariance: samplingVariance > 0 ? samplingVariance : 1,
  }
}

/** The objective of a set of probes, kept up to date over swaps. */
class LevelMatch {
  readonly #terms: CandidateTerms
  readonly #worth: number
  readonly #size: number
  /** Of deviations over the probes chosen, shape [llms]. */
  readonly #sums: Float64Array
  #information = 0

  constructor(terms: CandidateTerms, rows: readonly number[], worth: number) {
    this.#terms = terms
    this.#worth = worth
    this.#size = rows.length
    this.#sums = new Float64Array(terms.llms)
    for (const row of rows) {
      this.#information += terms.information[row]!
      for (let llm = 0; llm < terms.llms; llm++) this.#sums[llm]! += terms.deviations[row * terms.llms + llm]!
    }
  }

  get levelGap(): number {
    const { llms } = this.#terms
    return Math.sqrt(this.#sums.reduce((sum, value) => sum + (value / this.#size) ** 2, 0) / llms)
  }

  get informationRatio(): number {
    return this.#information / this.#size
  }

  /** Swaps where that lowers (mean squared gap)/(that of a random sample) − τ·information. @returns whether it did. */
  swap(out: number, into: number): boolean {
    const { deviations, llms, information, samplingVariance } = this.#terms
    let change = 0
    for (let llm = 0; llm < llms; llm++) {
      const step = deviations[into * llms + llm]! - deviations[out * llms + llm]!
      change += step * (2 * this.#sums[llm]! + step)
    }
    const gap = change / (llms * this.#size ** 2 * samplingVariance)
    const gain = (information[into]! - information[out]!) / this.#size
    if (gap - this.#worth * gain >= 0) return false
    for (let llm = 0; llm < llms; llm++) {
      this.#sums[llm]! += deviations[into * llms + llm]! - deviations[out * llms + llm]!
    }
    this.#information += information[into]! - information[out]!
    return true
  }
}

interface SwapSpace {
  /** By cluster; changed. */
  readonly chosen: readonly number[][]
  readonly spare: readonly number[][]
  readonly tries: number
  readonly random: RandomSource
}

function improve(match: LevelMatch, { chosen, spare, tries, random }: SwapSpace): void {
  const open = chosen.flatMap((rows, cluster) =>
    spare[cluster]!.length === 0 ? [] : rows.map((_, place) => [cluster, place] as const),
  )
  if (open.length === 0) return
  const below = (limit: number): number => Math.floor(random.next() * limit)
  for (let attempt = 0; attempt < tries; attempt++) {
    const [cluster, place] = open[below(open.length)]!
    const others = spare[cluster]!
    const other = below(others.length)
    const out = chosen[cluster]![place]!
    if (!match.swap(out, others[other]!)) continue
    chosen[cluster]![place] = others[other]!
    others[other] = out
  }
}
