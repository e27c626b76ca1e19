import { type TradeOff, tradeOff } from '../../routing/decision/utility.ts'
import { clusteredMean, type EstimatedMean } from './clustered-mean.ts'
import { guardedMean, residualSquares, type WeightSpread, weightSpread } from './expected-error.ts'
import { type LogVerdict, logVerdict } from './log-verdict.ts'
import type { TargetChoices } from './off-policy-log.ts'
import type { PreparedLog } from './prepare-log.ts'
import { type Estimator, estimators, type RowScores, type TargetScores, targetScores } from './target-scores.ts'
import { type TargetDistance, type TargetSupport, targetDistance, targetSupport } from './target-support.ts'

/** What utility is measured in: the owner's. */
export interface UtilityScale {
  /** λ ≥ 0. */
  readonly lambda: number
  /** C_ref > 0, USD. */
  readonly costReferenceUsd: number
}

/** One outcome under the target, under what served, and the paired difference target − served. */
export interface Comparison {
  readonly target: EstimatedMean
  readonly served: EstimatedMean
  readonly difference: EstimatedMean
}

export interface EstimatorResult {
  readonly estimator: Estimator
  /** [0, 1]; undefined where nothing is labelled. */
  readonly quality: Comparison | undefined
  /** USD per request; undefined where no bill is known. */
  readonly costUsd: Comparison | undefined
  /** λ/(1+λ)·quality − 1/(1+λ)·cost/C_ref; undefined where either is. */
  readonly utility: Comparison | undefined
}

/** What to work out, where not everything is wanted. */
export interface EstimateOptions {
  /** `dr` first: the verdict is by it. Default: all. */
  readonly estimators?: readonly Estimator[] | undefined
  /** Quality and cost by themselves are left out. Default: they are not. */
  readonly utilityOnly?: boolean | undefined
}

/** What a log says of a target. */
export interface TargetEstimate {
  /** In the order of {@link EstimateOptions.estimators}; DR first. */
  readonly results: readonly EstimatorResult[]
  readonly rows: number
  /** Conversations. */
  readonly clusters: number
  readonly distance: TargetDistance
  readonly qualitySupport: TargetSupport
  readonly costSupport: TargetSupport
  /** On utility, by DR. */
  readonly verdict: LogVerdict
}

/**
 * Estimates a target's quality, cost and utility, and the differences to what served, with 95 % intervals clustered by conversation; nothing
 * is clipped (mathematics §26). O(rows × candidates).
 *
 * @param target may be {@link loggingChoices}, and differs by 0 then.
 */
export function estimateTarget(
  prepared: PreparedLog,
  target: TargetChoices,
  scale: UtilityScale,
  options: EstimateOptions = {},
): TargetEstimate {
  const { log, quality, cost } = prepared
  const distance = targetDistance(prepared, target)
  const qualitySupport = targetSupport(prepared, quality, target)
  const costSupport = targetSupport(prepared, cost, target)
  const spread = weightSpread(prepared, target)
  const wanted = options.estimators ?? estimators
  const results = wanted.map((estimator) => estimate(estimator, prepared, target, scale, spread, options))
  const difference = results[0]?.utility?.difference
  const reprices = target.costFactor?.some((factor) => factor !== 1) ?? false
  return {
    results,
    rows: log.rows,
    clusters: log.clusters,
    distance,
    qualitySupport,
    costSupport,
    verdict: logVerdict({ rows: log.rows, distance, qualitySupport, costSupport, reprices, difference }),
  }
}

/** Scores of an outcome, and the residuals that its direct model leaves. */
interface ScoredOutcome extends TargetScores {
  readonly residual: Float64Array
}

function estimate(
  estimator: Estimator,
  prepared: PreparedLog,
  target: TargetChoices,
  scale: UtilityScale,
  spread: WeightSpread,
  { utilityOnly = false }: EstimateOptions,
): EstimatorResult {
  const quality = scored(estimator, prepared, 'quality', target, undefined)
  const cost = scored(estimator, prepared, 'cost', target, target.costFactor)
  const utility =
    quality === undefined || cost === undefined
      ? undefined
      : joined(quality, cost, tradeOff(scale.lambda), scale.costReferenceUsd)
  // Where outcomes are repriced the residuals under the target are not those of the log.
  const expects = target.costFactor === undefined ? spread : undefined
  return {
    estimator,
    quality: utilityOnly ? undefined : quality && compared(prepared, quality, spread),
    costUsd: utilityOnly ? undefined : cost && compared(prepared, cost, expects),
    utility: utility && compared(prepared, utility, expects),
  }
}

function scored(
  estimator: Estimator,
  prepared: PreparedLog,
  outcome: 'quality' | 'cost',
  target: TargetChoices,
  factors: Float64Array | undefined,
): ScoredOutcome | undefined {
  const measure = prepared[outcome]
  if (measure.known === 0) return undefined
  return { ...targetScores(estimator, prepared.log, measure, target, factors), residual: measure.residual }
}

function joined(
  quality: ScoredOutcome,
  cost: ScoredOutcome,
  weights: TradeOff,
  costReferenceUsd: number,
): ScoredOutcome {
  const perDollar = weights.cost / costReferenceUsd
  const join = (q: Float64Array, c: Float64Array) => {
    const both = new Float64Array(q.length)
    for (let i = 0; i < both.length; i++) both[i] = weights.quality * q[i]! - perDollar * c[i]!
    return both
  }
  const joinScores = (q: RowScores, c: RowScores): RowScores => ({
    scores: join(q.scores, c.scores),
    expected: q.expected && c.expected && join(q.expected, c.expected),
  })
  return {
    target: joinScores(quality.target, cost.target),
    served: joinScores(quality.served, cost.served),
    residual: join(quality.residual, cost.residual),
  }
}

function compared(prepared: PreparedLog, outcome: ScoredOutcome, spread: WeightSpread | undefined): Comparison {
  const { log } = prepared
  const { target, served, residual } = outcome
  const sums = new Float64Array(log.clusters)
  const mean = (of: Float64Array) => clusteredMean(of, log.cluster, log.clusters, sums)
  const difference = minus(target.scores, served.scores)
  if (target.expected === undefined || served.expected === undefined || spread === undefined) {
    return { target: mean(target.scores), served: mean(served.scores), difference: mean(difference) }
  }
  const squares = residualSquares(prepared, residual)
  const { expectedShare } = spread
  const own = { scores: target.scores, expected: target.expected }
  const paired = { scores: difference, expected: minus(target.expected, served.expected) }
  return {
    target: guardedMean(prepared, own, spread.target, squares, expectedShare),
    served: mean(served.scores),
    difference: guardedMean(prepared, paired, spread.difference, squares, expectedShare),
  }
}

function minus(values: Float64Array, others: Float64Array): Float64Array {
  const differences = new Float64Array(values.length)
  for (let i = 0; i < differences.length; i++) differences[i] = values[i]! - others[i]!
  return differences
}
