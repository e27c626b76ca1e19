import type { QualitySource } from '../decision.ts'
import type { Embedder } from '../embedding/embedder.ts'
import { HashedNgramEmbedder } from '../embedding/hashed-ngram-embedder.ts'
import { priorOutputTokens } from '../prediction/bill-corrections.ts'
import { type FittedLlm, type FittedPolicy, fittedPolicy } from '../prediction/fitted-policy.ts'
import { LevelMap } from '../prediction/level-map.ts'
import { priceCostReferenceUsd, qualityAtOneUsd } from '../prediction/price-prior.ts'
import { TokenCostPredictor } from '../prediction/token-cost-predictor.ts'
import type { Llm } from '../registry/llm.ts'
import { isMadeForOneTask, type ModelName, matchNames, parseModelName } from './model-name.ts'
import { abilityBySize } from './size-line.ts'
import type { PriceLine, StarterLlm, StarterModel } from './starter-model.ts'
import { StarterQualityPredictor } from './starter-quality-predictor.ts'

/** A starter made for one pool. */
export interface StarterPolicy {
  readonly policy: FittedPolicy
  readonly embedder: Embedder
}

/** What is believed of one LLM. */
interface Belief {
  readonly source: QualitySource
  readonly ability: number
  readonly deviation: number
  /** Index into the model's LLMs, or −1. */
  readonly measured: number
  /** log of its answers' length over the usual one. */
  readonly verbosity: number
}

/** Below it the price line knows no LLM: a model on one's own machine is free, not hopeless. */
const lowestPrice = 0.05

/** Prices are read that coarsely, so that a small change of a list price is not another belief, and another version. */
const stepsPerDecade = 10

/** Further names of an LLM, such as its canonical one in a price library. */
export type NamesOf = (llm: Llm) => readonly string[]

/**
 * The starter's beliefs about a pool (mathematics §22). An LLM that was measured keeps its ability; one of whose line others
 * were measured stands where its size puts it among them, or, sizes unknown, inherits a share of what they have over their price;
 * any other stands where its price puts it, on the line
 * of the measured LLMs. The owner's own figure comes before all of them. Lengths of answers: the usual one times what
 * is known of the LLM's verbosity.
 *
 * @param namesOf consulted where an LLM's own name speaks of no measured series.
 * @returns undefined when fewer than half of the LLMs are known, themselves or by siblings.
 */
export function starterPolicy(
  model: StarterModel,
  pool: readonly Llm[],
  namesOf: NamesOf = () => [],
): StarterPolicy | undefined {
  const measured = model.llms.map(({ name }) => parseModelName(name))
  const level = trafficLevel(model)
  const beliefs = pool.map((llm) => {
    return believe(model, level, measured, llm, knownName(measured, llm, namesOf))
  })
  if (!knowsHalf(pool, beliefs)) return undefined
  const embedder = HashedNgramEmbedder.restore(model.embedder)
  const lengths = pool.map((llm, i) => [llm.id, priorOutputTokens * Math.exp(beliefs[i]!.verbosity)] as const)
  const quality = new StarterQualityPredictor(
    {
      llms: pool.map(({ id }) => id),
      ability: Float64Array.from(beliefs, ({ ability }) => ability),
      deviation: Float64Array.from(beliefs, ({ deviation }) => deviation),
    },
    model.map,
  )
  const costReferenceUsd = priceCostReferenceUsd(pool)
  const policy = fittedPolicy({
    formatVersion: 1,
    id: `${model.id}-${fingerprint(pool, beliefs, costReferenceUsd)}`,
    createdAtMs: 0,
    description: describe(model, beliefs),
    embedderId: embedder.id,
    costReferenceUsd,
    quality,
    cost: TokenCostPredictor.unfitted(lengths),
    noise: new Float64Array(pool.length).fill(model.noise),
    levels: LevelMap.identity(),
    llms: pool.map((llm, i) => describeLlm(model, llm, beliefs[i]!)),
  })
  return { policy, embedder }
}

/**
 * Measured LLMs and guessed ones stand on one scale only as far as the price line holds, and for other years it does not: among many
 * strangers the known ones gain nothing but their places relative to guesses. The owner's own figures count on neither side.
 */
function knowsHalf(pool: readonly Llm[], beliefs: readonly Belief[]): boolean {
  const open = beliefs.filter((_, i) => pool[i]!.quality === undefined)
  const known = open.filter(({ source }) => source !== 'prior').length
  return known > 0 && 2 * known >= open.length
}

/** An LLM's own name where it speaks of a measured series, even of a model that is none of it; else the first other that is known. */
function knownName(measured: readonly ModelName[], llm: Llm, namesOf: NamesOf): ModelName | undefined {
  const series = new Set(measured.flatMap(({ line }) => line.split(' ')))
  const own = parseModelName(llm.upstreamModel)
  const speaks = isMadeForOneTask(own) || own.line.split(' ').some((word) => series.has(word))
  return (speaks ? [own] : namesOf(llm).map(parseModelName)).find((name) =>
    measured.some((other) => matchNames(name, other) !== 'other'),
  )
}

function believe(
  model: StarterModel,
  level: number,
  measured: readonly ModelName[],
  llm: Llm,
  name: ModelName | undefined,
): Belief {
  const { priceLine: line, transferDeviation, siblingShare } = model
  const byPrice = abilityByPrice(line, llm.price?.outputPerMillionTokensUsd)
  if (llm.quality !== undefined) {
    const held = Math.min(0.99, Math.max(0.01, llm.quality))
    const ability = Math.log(held / (1 - held)) - model.meanEase
    return { source: 'prior', ability, deviation: transferDeviation, measured: -1, verbosity: 0 }
  }
  const same = name === undefined ? undefined : bestMatch(measured, name)
  if (same !== undefined) {
    const { ability, verbosity } = model.llms[same]!
    return {
      source: 'starter',
      ability: level + ability,
      deviation: transferDeviation,
      measured: same,
      verbosity,
    }
  }
  const siblings = model.llms.filter((_, i) => name !== undefined && matchNames(name, measured[i]!) === 'sibling')
  if (siblings.length === 0) {
    const deviation = Math.hypot(transferDeviation, line.deviation)
    return { source: 'prior', ability: level + byPrice, deviation, measured: -1, verbosity: 0 }
  }
  const mean = (of: (sibling: StarterLlm) => number) =>
    siblings.reduce((sum, one) => sum + of(one), 0) / siblings.length
  const inherited = mean((one) => one.ability - abilityByPrice(line, one.outputPrice))
  const bySize = name === undefined ? undefined : abilityBySize(name, measured, model.llms)
  const unexplained = Math.sqrt(1 - siblingShare ** 2) * line.deviation
  return {
    source: 'sibling',
    ability: level + (bySize ?? byPrice + siblingShare * inherited),
    deviation: Math.hypot(transferDeviation, unexplained),
    measured: -1,
    verbosity: siblingShare * mean((one) => one.verbosity),
  }
}

/**
 * What to add to all abilities so that an LLM at one USD stands where the cold start puts it. How hard the traffic will be nobody
 * knows, and sets differ: taken as they are, their levels sent a pool from one LLM to the next, each seeming better than the one
 * that had just been tried.
 */
function trafficLevel({ priceLine, meanEase }: StarterModel): number {
  return Math.log(qualityAtOneUsd / (1 - qualityAtOneUsd)) - priceLine.intercept - meanEase
}

/** Of the measured releases of a model the one with its date, else one without, else that of the highest date. */
function bestMatch(measured: readonly ModelName[], name: ModelName): number | undefined {
  const same = measured.flatMap((one, i) => (matchNames(name, one) === 'same' ? [i] : []))
  const exact = same.find((i) => measured[i]!.date === name.date) ?? same.find((i) => measured[i]!.date === '')
  return exact ?? same.sort((a, b) => (measured[a]!.date < measured[b]!.date ? 1 : -1))[0]
}

/** @param price USD per million output tokens; undefined and NaN are unknown. */
function abilityByPrice(line: PriceLine, price: number | undefined): number {
  const isKnown = price !== undefined && !Number.isNaN(price)
  if (!isKnown) return line.intercept + line.slope * line.centre
  const steps = Math.round(Math.log10(Math.max(lowestPrice, price)) * stepsPerDecade)
  return line.intercept + (line.slope * steps) / stepsPerDecade
}

function describe(model: StarterModel, beliefs: readonly Belief[]): string {
  const count = (source: QualitySource) => beliefs.filter((belief) => belief.source === source).length
  const sets = model.sets.map(({ name }) => name).join(', ')
  const known = count('starter')
  return `starter policy from ${sets}: ${known} ${known === 1 ? 'LLM' : 'LLMs'} known, ${count('sibling')} by siblings, ${count('prior')} by price`
}

function describeLlm(model: StarterModel, llm: Llm, { source, measured, ability }: Belief): FittedLlm {
  return {
    id: llm.id,
    source,
    priceAtFit: llm.price,
    labels: model.llms[measured]?.labels ?? 0,
    // Not of other traffic's labels: on the scale of what is expected here.
    meanQuality: 1 / (1 + Math.exp(-(ability + model.meanEase))),
    meanCostUsd: undefined,
  }
}

/**
 * FNV-1a over the beliefs and C_ref, whatever the order of the pool: what labels taught about others is not taken over, as residuals
 * refer to these.
 */
function fingerprint(pool: readonly Llm[], beliefs: readonly Belief[], costReferenceUsd: number): string {
  const lines = pool.map(({ id }, i) => `${id} ${beliefs[i]!.ability} ${beliefs[i]!.verbosity}`).sort()
  const text = [...lines, costReferenceUsd].join('\n')
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
