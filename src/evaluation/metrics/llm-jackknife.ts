import { studentQuantile975 } from '../../routing/numeric/student-quantile.ts'
import type { Interval } from '../evaluation-result.ts'
import { twoSidedStudentP } from './student-tail.ts'

/** One random division of the LLMs, and what was measured in it. */
export interface LlmTrial {
  /** Bases (groups of sibling deployments) drawn into the pool, as indices 0 … bases − 1. */
  readonly unseen: readonly number[]
  /** Finite. */
  readonly value: number
}

export interface LlmEstimate {
  readonly interval: Interval
  /** Of "the mean is 0", two-sided; null where it cannot be told. */
  readonly p: number | null
}

/** Fewer trials, and covariances over them say nothing. */
const fewestTrials = 50

/**
 * The mean over trials with an interval that knows that all trials share the same few LLMs: the infinitesimal jackknife
 * for subsampled statistics (Wager and Athey 2018, arXiv:1510.04342), bases being what is subsampled:
 *
 *     V = (n − 1)/n · (n/(n − s))² · Σ_b Cov_t(N_bt, θ_t)²
 *
 * with n bases, s of them in a trial's pool and N_bt whether b is. From it the part is taken that a finite number B of trials adds
 * (as Wager, Hastie and Efron 2014 do for the bootstrap; without replacement it is s·(n − 1)/(n − s)·v/B, v the variance
 * of θ over trials); and the trials' own error v/B is added. The interval is mean ± t·√V, t Student's with n − 1 degrees of
 * freedom, as V rests on n bases (the theory is for many; ours). What it does not cover is other prompts: those are the set's.
 *
 * @param trials each of about as many bases. With fewer than 50 trials or no base left out there is no interval.
 */
export function llmJackknife(trials: readonly LlmTrial[], bases: number): LlmEstimate {
  const count = trials.length
  const mean = trials.reduce((sum, trial) => sum + trial.value, 0) / count
  const drawn = trials.reduce((sum, trial) => sum + trial.unseen.length, 0) / count
  if (count < fewestTrials || drawn >= bases) return { interval: { mean, low: null, high: null }, p: null }
  const variance = trials.reduce((sum, trial) => sum + (trial.value - mean) ** 2, 0) / count
  const scale = ((bases - 1) / bases) * (bases / (bases - drawn)) ** 2
  const monteCarlo = ((drawn * (bases - 1)) / (bases - drawn)) * (variance / count)
  const sampling = scale * squaredCovariances(trials, bases, mean) - monteCarlo
  const error = Math.sqrt(Math.max(0, sampling) + variance / count)
  const half = studentQuantile975(bases - 1) * error
  return {
    interval: { mean, low: mean - half, high: mean + half },
    p: error > 0 ? twoSidedStudentP(mean / error, bases - 1) : null,
  }
}

/** Σ_b Cov_t(N_bt, θ_t)², covariances with divisor B. */
function squaredCovariances(trials: readonly LlmTrial[], bases: number, mean: number): number {
  const covariance = new Float64Array(bases)
  // Cov(N, θ) = E[N·(θ − θ̄)], as θ − θ̄ has mean 0.
  for (const { unseen, value } of trials) for (const base of unseen) covariance[base]! += (value - mean) / trials.length
  return covariance.reduce((sum, value) => sum + value * value, 0)
}
