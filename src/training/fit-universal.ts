import { type RandomSource, SeededRandom } from '../routing/numeric/random-source.ts'
import { stackWeights } from '../routing/prediction/stack-weights.ts'
import { estimatorNames } from '../routing/prediction/universal/universal-estimators.ts'
import { type EpisodeFit, UniversalModel } from '../routing/prediction/universal/universal-model.ts'
import { chooseUniversalTrust, weighted } from './choose-universal-trust.ts'
import { basisOf, type UniversalRows, type UniversalTraining, universalTraining } from './universal-basis.ts'
import { playEpisode, type UniversalEpisode } from './universal-episodes.ts'

export interface FitUniversalOptions {
  readonly seed: number
  /** Rehearsals per number of labels. Default 6. */
  readonly draws?: number
  /** Awaited between rehearsals, which take up to 100 ms each for 50 LLMs: the place to let other work through. */
  readonly pause?: () => Promise<void>
}

/** N of the rehearsals; those that would leave less than as many prompts to ask are left out. */
const labelCounts = [25, 50, 100, 200, 400] as const
const defaultDraws = 6

/** With fewer families there is nothing to rehearse with: hiding one leaves too few to learn from. */
const fewestBases = 4

/** Of the most labels that any LLM has: with fewer an LLM is described beside being fitted. */
export const fewLabelsShare = 0.5

/** n₀ is looked for from 1 to 2,000 in steps of a tenth of its logarithm to base 10. */
const ownLabelsGrid = Array.from({ length: 34 }, (_, step) => 10 ** (step / 10))

/** Of σ²: rehearsals among LLMs that are alike must not make a level look certain. */
const leastLevelShare = 0.25

/** n₀ where nothing was rehearsed. */
const defaultOwnLabels = 200

/**
 * Fits what describes LLMs never seen in training (mathematics §19). Weights, κ and n₀ come from episodes in which training LLMs of one base after
 * the other play the newcomer. Works with few training LLMs, or none: then clusters do it alone. Deterministic.
 *
 * @param rows complete or not; LLMs with few labels are better left out. @param base out of fold, row-major.
 */
export async function fitUniversal(source: UniversalRows, options: FitUniversalOptions): Promise<UniversalModel> {
  const { seed, draws = defaultDraws, pause } = options
  const training = universalTraining(source, seed)
  const { rows, clusters } = training
  const basis = basisOf(training, [...rows.llms.keys()])
  const episodes = await rehearse(training, draws, new SeededRandom(seed), pause)
  const fits: EpisodeFit[] = []
  for (const drawn of episodes) {
    await pause?.()
    fits.push(fitEpisodes(training, drawn, new SeededRandom(seed)))
  }
  const played = episodes.flatMap((drawn, index) => drawn.map((episode) => ({ episode, fit: fits[index]! })))
  return new UniversalModel({
    llms: [...rows.llms],
    basis,
    clusters,
    episodes: fits,
    levelDeviation:
      played.length === 0 ? Math.sqrt(basis.noiseVariance) : levelDeviation(training, played, basis.noiseVariance),
    ownLabels: played.length === 0 ? defaultOwnLabels : ownLabels(played),
    ...(rows.llms.length === 0 ? {} : { fullLabels: fewLabelsShare * Math.max(...training.quality.counts) }),
  })
}

/** Episodes by number of labels. */
async function rehearse(
  training: UniversalTraining,
  draws: number,
  random: RandomSource,
  pause: (() => Promise<void>) | undefined,
): Promise<UniversalEpisode[][]> {
  const prompts = training.rows.contexts.length
  if (new Set(training.bases).size < fewestBases) return []
  const episodes: UniversalEpisode[][] = []
  for (const labels of labelCounts) {
    if (2 * labels > prompts) break
    const drawn: UniversalEpisode[] = []
    for (let draw = 0; draw < draws; draw++) {
      await pause?.()
      drawn.push(playEpisode(training, labels, random))
    }
    episodes.push(drawn)
  }
  return episodes
}

function fitEpisodes(
  training: UniversalTraining,
  episodes: readonly UniversalEpisode[],
  random: RandomSource,
): EpisodeFit {
  const predictions = estimatorNames.map((_, j) => {
    return concatenate(episodes.map(({ levels, deviations }) => withLevels(deviations[j]!, levels[j]!)))
  })
  const raw = stackWeights(
    predictions,
    concatenate(episodes.map(({ quality }) => quality)),
    episodes[0]!.newcomers.length,
  )
  const sum = raw.reduce((total, weight) => total + weight, 0)
  const weights = Array.from(raw, (weight) => weight / sum)
  return {
    labels: episodes[0]!.labels,
    weights,
    trust: chooseUniversalTrust(training, episodes, weights, random),
  }
}

interface PlayedEpisode {
  readonly episode: UniversalEpisode
  readonly fit: EpisodeFit
}

/** Root mean square of √N·(level − mean quality); the mean itself is of the prompts the N were drawn from. */
function levelDeviation(
  { rows, quality }: UniversalTraining,
  played: readonly PlayedEpisode[],
  noiseVariance: number,
): number {
  const { means, counts } = quality
  let sum = 0
  let known = 0
  for (const { episode, fit } of played) {
    weighted(episode.levels, fit.weights).forEach((level, place) => {
      const llm = episode.newcomers[place]!
      if (counts[llm]! === 0) return
      const drawn = 1 - episode.labels / rows.contexts.length
      sum += (episode.labels * (level - means[llm]!) ** 2) / drawn
      known++
    })
  }
  return known === 0 ? Math.sqrt(noiseVariance) : Math.sqrt(Math.max(noiseVariance * leastLevelShare, sum / known))
}

/** n₀ of v = n/(n + n₀): the one that leaves the least squared error over the rehearsals of all N together. */
function ownLabels(played: readonly PlayedEpisode[]): number {
  const sums = new Map<number, { square: number; product: number }>()
  for (const { episode, fit } of played) {
    const levels = weighted(episode.levels, fit.weights)
    const described = weighted(episode.deviations, fit.weights)
    const sum = sums.get(episode.labels) ?? { square: 0, product: 0 }
    sums.set(episode.labels, sum)
    episode.quality.forEach((value, cell) => {
      if (Number.isNaN(value)) return
      const universal = levels[cell % levels.length]! + fit.trust * described[cell]!
      const difference = episode.own[cell]! - universal
      sum.square += difference ** 2
      sum.product += difference * (value - universal)
    })
  }
  let best = { labels: defaultOwnLabels as number, error: Number.POSITIVE_INFINITY }
  for (const candidate of ownLabelsGrid) {
    let error = 0
    for (const [labels, { square, product }] of sums) {
      const share = labels / (labels + candidate)
      error += share ** 2 * square - 2 * share * product
    }
    if (error < best.error) best = { labels: candidate, error }
  }
  return best.labels
}

function withLevels(deviations: Float64Array, levels: Float64Array): Float64Array {
  return deviations.map((value, cell) => levels[cell % levels.length]! + value)
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
