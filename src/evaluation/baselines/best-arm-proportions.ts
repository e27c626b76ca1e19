/** What is known of one arm's reward. */
export interface ArmSummary {
  readonly mean: number
  /** Of one reward, > 0. */
  readonly variance: number
}

const bisections = 60

/**
 * Sampling shares under which the least evidence that the leader is ε-best grows fastest, for normal rewards of known
 * variance (Garivier and Kaufmann 2016, arXiv:1602.04589, extended to unequal variances):
 *
 *     max over w of min over i ≠ L of Δ_i²/(2·(σ_L²/w_L + σ_i²/w_i)),    Δ_i = μ_L − μ_i + ε
 *
 * At the optimum all terms are equal, to y say, and Σ_{i≠L} (σ_L²/w_L²)/(σ_i²/w_i²) = 1. With w_L = 1 that makes
 * w_i = σ_i²/(Δ_i²/(2y) − σ_L²), whose sum of squares rises with y: one bisection. A second-order cone solver, which
 * TensorZero uses, finds the same point.
 *
 * @param arms at least one. @param epsilon ε > 0.
 * @returns shares in the order of `arms`, summing to 1.
 */
export function bestArmProportions(arms: readonly ArmSummary[], leader: number, epsilon: number): Float64Array {
  const shares = new Float64Array(arms.length)
  if (arms.length === 1) return shares.fill(1)
  const { mean, variance } = arms[leader]!
  const gaps = arms.map((arm) => mean - arm.mean + epsilon)
  let high = Number.POSITIVE_INFINITY
  arms.forEach((_, i) => {
    if (i !== leader) high = Math.min(high, gaps[i]! ** 2 / (2 * variance))
  })
  const weightOf = (i: number, level: number) => arms[i]!.variance / (gaps[i]! ** 2 / (2 * level) - variance)
  let low = 0
  for (let step = 0; step < bisections; step++) {
    const middle = (low + high) / 2
    let sum = 0
    arms.forEach((arm, i) => {
      if (i !== leader) sum += (weightOf(i, middle) ** 2 * variance) / arm.variance
    })
    if (sum > 1) high = middle
    else low = middle
  }
  let total = 1
  arms.forEach((_, i) => {
    shares[i] = i === leader ? 1 : weightOf(i, low)
    if (i !== leader) total += shares[i]!
  })
  return shares.map((share) => share / total)
}

/**
 * The generalised likelihood ratio's evidence that no other arm is better than the leader by more than ε:
 * min over i ≠ L of Δ_i²/(2·(σ_L²/n_L + σ_i²/n_i)).
 *
 * @param counts observations of each arm, > 0.
 */
export function bestArmEvidence(
  arms: readonly ArmSummary[],
  counts: readonly number[],
  leader: number,
  epsilon: number,
): number {
  let least = Number.POSITIVE_INFINITY
  const { mean, variance } = arms[leader]!
  arms.forEach((arm, i) => {
    if (i === leader) return
    const gap = mean - arm.mean + epsilon
    least = Math.min(least, gap ** 2 / (2 * (variance / counts[leader]! + arm.variance / counts[i]!)))
  })
  return least
}
