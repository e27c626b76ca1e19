import type { Label } from '../outcome.ts'

/** Scores that never missed a fitted estimate still may: without a floor the first one that does would be believed whole. */
const smallestScoreVariance = 0.01

/** A thumb is a draw from {0, 1}; near certainty its variance would vanish and one thumb would outweigh everything. */
const smallestThumbVariance = 0.05

/** As sure as anybody may declare to be: a deviation of .01. */
const smallestDeclaredVariance = 1e-4

/**
 * σ² of what a label says, quality units squared, before its source and its weight (mathematics §7): what was declared with it wins.
 *
 * @param offline q̂ of the LLM. @param noise standard deviation of its scores at the fit.
 */
export function observationVariance(said: Pick<Label, 'kind' | 'noise'>, offline: number, noise: number): number {
  if (said.noise !== undefined) return Math.max(smallestDeclaredVariance, said.noise ** 2)
  if (said.kind === 'score') return Math.max(smallestScoreVariance, noise * noise)
  return Math.max(smallestThumbVariance, offline * (1 - offline))
}
