import type { RoutingContext } from '../../embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../../errors.ts'
import type { LlmId } from '../../registry/llm.ts'
import type { TokenPrice } from '../../registry/token-price.ts'
import { type FittedLlm, type FittedPolicy, fittedPolicy } from '../fitted-policy.ts'
import { JoinedQualityPredictor } from '../joined-quality-predictor.ts'
import { summariseColumns } from '../training-rows.ts'
import type { UniversalModel } from './universal-model.ts'

/** Labelled prompts of one LLM that the policy was not fitted on, embedded by the policy's own embedder. */
export interface NewcomerProbes {
  readonly contexts: readonly RoutingContext[]
  /** The LLM's quality on each, [0, 1]; NaN is unknown. */
  readonly quality: Float64Array
  /** What each call was billed, USD; NaN is unknown. */
  readonly costUsd?: Float64Array
  /**
   * What the LLMs of `policy.universal.llms` reached on the same prompts, row-major [contexts × those LLMs]; NaN is unknown. Probes taken from the
   * data the policy was fitted on have them, and a newcomer is placed by fewer labels with them.
   */
  readonly anchors?: Float64Array
}

export interface DescribeOptions {
  /** Of the new version. */
  readonly id: string
  readonly createdAtMs: number
}

/** Labels for which the noise of other LLMs' labels counts in that of the newcomer. */
const noiseShrinkage = 10

/**
 * A version that also knows `llm`, described by its probes (mathematics §19); its quality from the labels, its length from the
 * bills at its price. Nothing is fitted anew, and all other estimates stay as they are, bit for bit. An LLM described before is described anew by these probes alone. A few milliseconds for 200 probes and 50 LLMs.
 *
 * @param policy its `universal` must be there, as in all that `fitPolicy` makes from two LLMs or more; shared with the result.
 * @throws {RoutingError} `invalid_option` when it is not, or when the LLM was fitted on outcomes of its own;
 *   for values out of range, or no label at all; `dimension_mismatch` for the probes.
 */
export function withDescribedLlm(
  policy: FittedPolicy,
  llm: { readonly id: LlmId; readonly price: TokenPrice | undefined },
  probes: NewcomerProbes,
  { id, createdAtMs }: DescribeOptions,
): FittedPolicy {
  const { universal } = policy
  if (universal === undefined) {
    throw new RoutingError('invalid_option', `Policy version ${policy.id} cannot describe LLMs: fit it anew`)
  }
  if (policy.llms.some((known) => known.id === llm.id && known.source === 'fitted')) {
    throw new RoutingError('invalid_option', `${llm.id} is fitted on its own outcomes in ${policy.id} already`)
  }
  requireDimension('The labels', probes.quality.length, probes.contexts.length)
  if (probes.costUsd !== undefined) requireCosts(probes.costUsd, probes.contexts.length)
  const before = joined(policy, universal)
  const base = predictTrainingLlms(before, universal, probes.contexts)
  const description = universal.describe({ ...probes, base, costUsd: knownMean(probes.costUsd) })
  if (description.labels === 0) {
    throw new RoutingError('invalid_option', `${llm.id} has no probe of known quality`)
  }
  const described = [...before.described.filter((known) => known.llm !== llm.id), { llm: llm.id, description }]
  const quality = new JoinedQualityPredictor({ fitted: before.fitted, universal, described })
  const newcomer: FittedLlm = {
    id: llm.id,
    source: 'described',
    priceAtFit: llm.price,
    labels: description.labels,
    meanQuality: description.level,
    levelError: description.levelError,
    meanCostUsd: knownMean(probes.costUsd),
  }
  const known = new Map(policy.llms.map((entry, index) => [entry.id, { entry, noise: policy.noise[index]! }]))
  known.set(llm.id, { entry: newcomer, noise: labelNoise(quality, llm.id, probes, universal.noiseVariance) })
  const ordered = quality.llms.map((name) => known.get(name)!)
  return fittedPolicy({
    ...policy,
    id,
    createdAtMs,
    description: `${policy.description}; ${llm.id} by ${description.labels} probes`,
    quality,
    cost: (probes.costUsd && policy.cost.withBills?.(llm, probes.contexts, probes.costUsd)) ?? policy.cost,
    llms: ordered.map(({ entry }) => entry),
    noise: Float64Array.from(ordered, ({ noise }) => noise),
  })
}

function requireCosts(costUsd: Float64Array, contexts: number): void {
  requireDimension('The bills', costUsd.length, contexts)
  const wrong = costUsd.find((value) => value < 0 || value === Number.POSITIVE_INFINITY)
  if (wrong !== undefined) throw new RoutingError('invalid_option', `A bill must be ≥ 0 and finite, not ${wrong}`)
}

function joined({ quality }: FittedPolicy, universal: UniversalModel): JoinedQualityPredictor {
  if (quality instanceof JoinedQualityPredictor) return quality
  return new JoinedQualityPredictor({ fitted: quality, universal, described: [] })
}

function predictTrainingLlms(
  { fitted }: JoinedQualityPredictor,
  universal: UniversalModel,
  contexts: readonly RoutingContext[],
): Float64Array {
  const width = universal.llms.length
  const places = universal.llms.map((llm) => fitted.llms.indexOf(llm))
  const one = new Float64Array(fitted.llms.length)
  const base = new Float64Array(contexts.length * width)
  contexts.forEach((context, row) => {
    fitted.predict(context, one)
    places.forEach((place, index) => {
      base[row * width + index] = one[place]!
    })
  })
  return base
}

/** Root mean square of label − q̂ on the probes, drawn to that of other LLMs, as the probes have been seen. */
function labelNoise(
  quality: JoinedQualityPredictor,
  llm: LlmId,
  probes: NewcomerProbes,
  noiseVariance: number,
): number {
  const place = quality.llms.indexOf(llm)
  const one = new Float64Array(quality.llms.length)
  let squares = noiseShrinkage * noiseVariance
  let labels = noiseShrinkage
  probes.contexts.forEach((context, row) => {
    if (Number.isNaN(probes.quality[row]!)) return
    quality.predict(context, one)
    squares += (probes.quality[row]! - one[place]!) ** 2
    labels++
  })
  return Math.sqrt(squares / labels)
}

function knownMean(cells: Float64Array | undefined): number | undefined {
  if (cells === undefined) return undefined
  const { means, counts } = summariseColumns(cells, 1)
  return counts[0]! > 0 ? means[0] : undefined
}
