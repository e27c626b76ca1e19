import { createHash } from 'node:crypto'
import type { OutcomeData } from '../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../routing/embedding/fit-hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { ClusterMap } from '../../routing/prediction/cluster-map.ts'
import { matchNames, parseModelName } from '../../routing/starter/model-name.ts'
import {
  type StarterLlm,
  type StarterModel,
  type StarterSet,
  snapshotStarter,
} from '../../routing/starter/starter-model.ts'
import { fitContexts } from '../fit-contexts.ts'
import { abilityCells } from './ability-cells.ts'
import { type Abilities, fitAbilities, logistic } from './fit-abilities.ts'
import { clusterPrompts, fitEaseMap } from './fit-ease-map.ts'
import { fitVerbosity } from './fit-verbosity.ts'
import { packSnapshot } from './packed-snapshot.ts'
import { type PooledData, poolSets, withoutNear } from './starter-data.ts'

/** Outcomes to build from, with what tells them apart under any name. */
export interface StarterSource {
  readonly data: OutcomeData
  /** SHA-256 of the files. */
  readonly sha256: string
}

export interface FitStarterOptions {
  readonly seed: number
  /** A set that the starter is to be tried on: prompts equal or nearly equal to one of its own are left out. */
  readonly withheld?: StarterSource | undefined
  readonly onStep?: (step: string) => void
}

/** Deployments of one line start from half of what they have over their price in common; pairs that this guess counts for. */
const priorSiblingShare = 0.5
const priorSiblingPairs = 10

const smallestDeviation = 1e-6

/** Fits a starter (mathematics §22). The same sources in the same order and the same seed give the same model, bit for bit. */
export async function fitStarter(sources: readonly StarterSource[], options: FitStarterOptions): Promise<StarterModel> {
  const { seed, withheld, onStep = () => undefined } = options
  const sets = sources.map(({ data }) => data)
  const pooled = poolSets(withheld === undefined ? sets : withoutNear(sets, withheld.data), seed)
  onStep(`projection of ${pooled.texts.length} prompts`)
  const embedder = await fitHashedNgramEmbedder(pooled.texts, { seed })
  const prompts = pooled.texts.map((text) => ({ id: '', source: '', text, extra: {} }))
  const contexts = await fitContexts(embedder, prompts)
  onStep('clusters')
  const clusters = clusterPrompts(contexts, pooled.setOf, seed)
  onStep('abilities')
  const { cells, units } = abilityCells(pooled, clusters)
  const prices = Float64Array.from(pooled.llms, ({ outputPrice }) => Math.log10(outputPrice))
  const abilities = fitAbilities(cells, prices, units)
  const known = prices.filter((price) => !Number.isNaN(price))
  const centre = known.length === 0 ? 0 : known.reduce((sum, price) => sum + price, 0) / known.length
  const { deviation, transferDeviation } = abilities
  const map = fitEaseMap(pooled, clusters, abilities)
  const errors = modelErrors(pooled, contexts, abilities, map)
  const body: Omit<StarterModel, 'id'> = {
    sets: sources.map(describeSource),
    withheld: withheld === undefined ? null : describeSource(withheld),
    embedder: embedder.snapshot(),
    llms: describeLlms(pooled, abilities),
    // The fit centres the prices.
    priceLine: { intercept: abilities.intercept - abilities.slope * centre, slope: abilities.slope, deviation, centre },
    siblingShare: siblingShare(pooled, abilities, prices, centre),
    transferDeviation,
    ...errors,
    map,
  }
  const bytes = packSnapshot(snapshotStarter({ id: '', ...body }))
  return { id: `starter-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`, ...body }
}

function describeSource({ data, sha256 }: StarterSource): StarterSet {
  return { name: data.name, sha256, prompts: data.prompts.length, llms: data.llms.length }
}

function modelErrors(
  pooled: PooledData,
  contexts: readonly RoutingContext[],
  { ability }: Abilities,
  map: ClusterMap,
): Pick<StarterModel, 'noise' | 'meanEase'> {
  const width = pooled.llms.length
  const at = new Float64Array(map.columns)
  const sets = new Map<number, { squares: number; ease: number; cells: number; rows: number }>()
  contexts.forEach((context, row) => {
    map.predict(context, at)
    const sums = sets.get(pooled.setOf[row]!) ?? { squares: 0, ease: 0, cells: 0, rows: 0 }
    sets.set(pooled.setOf[row]!, sums)
    sums.ease += at[0]!
    sums.rows++
    for (let llm = 0; llm < width; llm++) {
      const quality = pooled.quality[row * width + llm]!
      if (Number.isNaN(quality)) continue
      sums.squares += (quality - logistic(ability[llm]! + at[0]!)) ** 2
      sums.cells++
    }
  })
  // Every set counts as much: nobody knows which the traffic will be like.
  const all = [...sets.values()]
  const mean = (of: (sums: (typeof all)[number]) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length
  return {
    noise: Math.sqrt(mean(({ squares, cells }) => squares / cells)),
    meanEase: mean(({ ease, rows }) => ease / rows),
  }
}

function describeLlms(pooled: PooledData, { ability }: Abilities): StarterLlm[] {
  const width = pooled.llms.length
  const verbosity = fitVerbosity(pooled.outputTokens, width)
  return pooled.llms.map(({ name, outputPrice }, llm) => {
    const scores = pooled.setOf.reduce<number[]>((known, _, row) => {
      const quality = pooled.quality[row * width + llm]!
      if (!Number.isNaN(quality)) known.push(quality)
      return known
    }, [])
    return {
      name,
      ability: ability[llm]!,
      outputPrice,
      verbosity: verbosity[llm]!,
      labels: scores.length,
      meanQuality: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    }
  })
}

/** Regression through 0 of an LLM's lead over its price on a sibling's, towards a half. */
function siblingShare(pooled: PooledData, abilities: Abilities, prices: Float64Array, centre: number): number {
  const { ability, intercept, slope, deviation } = abilities
  const lead = ability.map((value, llm) => {
    const x = Number.isNaN(prices[llm]!) ? 0 : prices[llm]! - centre
    return value - intercept - slope * x
  })
  const names = pooled.llms.map(({ name }) => parseModelName(name))
  const variance = Math.max(smallestDeviation, deviation) ** 2
  let products = priorSiblingPairs * priorSiblingShare * variance
  let pairs = priorSiblingPairs
  for (let a = 0; a < names.length; a++) {
    for (let b = 0; b < a; b++) {
      if (matchNames(names[a]!, names[b]!) === 'other') continue
      products += lead[a]! * lead[b]!
      pairs++
    }
  }
  return Math.min(0.9, Math.max(0, products / (pairs * variance)))
}
