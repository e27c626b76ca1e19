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

/** What a log says of a target. */
export interface TargetEstimate {
  /** DR first. */
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
 * is clipped (mathematics §23). O(rows × candidates).
 *
 * @param target may be {@link loggingChoices}, and differs by 0 then.
 */
export function estimateTarget(prepared: PreparedLog, target: TargetChoices, scale: UtilityScale): TargetEstimate {
  const { log, quality, cost } = prepared
  const distance = targetDistance(prepared, target)
  const qualitySupport = targetSupport(prepared, quality, target)
  const costSupport = targetSupport(prepared, cost, target)
  const spread = weightSpread(log, target.probability)
  const results = estimators.map((estimator) => estimate(estimator, prepared, target, scale, spread))
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
    quality: quality && compared(prepared, quality, spread),
    costUsd: cost && compared(prepared, cost, expects),
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
  const join = (q: Float64Array, c: Float64Array) => q.map((value, i) => weights.quality * value - perDollar * c[i]!)
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

function compared({ log }: PreparedLog, outcome: ScoredOutcome, spread: WeightSpread | undefined): Comparison {
  const { target, served, residual } = outcome
  const sums = new Float64Array(log.clusters)
  const mean = (of: Float64Array) => clusteredMean(of, log.cluster, log.clusters, sums)
  const minus = (of: Float64Array, other: Float64Array) => of.map((value, i) => value - other[i]!)
  const difference = minus(target.scores, served.scores)
  if (target.expected === undefined || served.expected === undefined || spread === undefined) {
    return { target: mean(target.scores), served: mean(served.scores), difference: mean(difference) }
  }
  const squares = residualSquares(log, residual)
  return {
    target: guardedMean(log, target.scores, target.expected, spread.target, squares),
    served: mean(served.scores),
    difference: guardedMean(log, difference, minus(target.expected, served.expected), spread.difference, squares),
  }
}
