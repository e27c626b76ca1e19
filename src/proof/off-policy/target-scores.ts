import type { OffPolicyLog, TargetChoices } from './off-policy-log.ts'
import type { PreparedMeasure } from './prepare-log.ts'

export const estimators = ['dr', 'snips', 'ips'] as const

/** `dr`: doubly robust. `snips`: self-normalised inverse propensities. `ips`: inverse propensities. */
export type Estimator = (typeof estimators)[number]

/** Scores by row: their mean over rows is the estimate, their clustered spread its error. */
export interface RowScores {
  readonly scores: Float64Array
  /** Of dr: what the direct model alone expects of the target, Σ_a π(a)·r̂(a). */
  readonly expected?: Float64Array | undefined
}

export interface TargetScores {
  readonly target: RowScores
  /** Of the policy that served, by the same estimator. */
  readonly served: RowScores
}

/**
 * Scores of one outcome by one estimator (mathematics §26), w = π(a)/p(a) of the LLM drawn, ŵ = w/ℓ where the outcome r is known, else 0:
 *
 * - ips: ŵ·r
 * - snips: linearised around its value v = Σŵr/Σŵ: v + ŵ·(r − v)·n/Σŵ; their mean is v
 * - dr: Σ_a π(a)·r̂(a) + ŵ·(r − r̂)
 *
 * `served` is the same with π = p, so that a target that chooses as was chosen differs by 0 in every row.
 *
 * Horvitz and Thompson 1952; Swaminathan and Joachims 2015 ("The Self-Normalized Estimator for Counterfactual Learning"); Dudík, Langford, Li 2011
 * (arXiv:1103.4601), Eq. 2. Unlike there nothing is clipped, and missing outcomes are weighed by ℓ.
 *
 * @param factors by place: what the outcome is multiplied with under the target; undefined: nothing.
 */
export function targetScores(
  estimator: Estimator,
  log: OffPolicyLog,
  measure: PreparedMeasure,
  target: TargetChoices,
  factors?: Float64Array,
): TargetScores {
  const score = scoring[estimator]
  return {
    target: score(log, measure, target.probability, factors),
    served: score(log, measure, log.logging, undefined),
  }
}

const scoring: Record<Estimator, typeof doublyRobust> = { dr: doublyRobust, snips: selfNormalised, ips: weighted }

/** π(a)/p(a) of the LLM drawn. The policy that served has 1, exactly, whatever rounding did to what was stored. */
export function drawWeight(log: OffPolicyLog, probability: Float64Array, row: number): number {
  return probability === log.logging ? 1 : probability[log.drawn[row]!]! / log.propensity[row]!
}

function doublyRobust(
  log: OffPolicyLog,
  { model, residual }: PreparedMeasure,
  probability: Float64Array,
  factors: Float64Array | undefined,
): RowScores {
  const { rows, offsets } = log
  const scores = new Float64Array(rows)
  const expected = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    let mass = 0
    for (let place = offsets[i]!; place < offsets[i + 1]!; place++) {
      const p = probability[place]!
      sum += factors === undefined ? p * model[place]! : p * factors[place]! * model[place]!
      mass += p
    }
    // Of a large pool the least useful candidates are not stored; what they had of the probability is spread over the others.
    expected[i] = mass > 0 && mass < 1 - 1e-9 ? sum / mass : sum
    scores[i] = expected[i]! + drawWeight(log, probability, i) * factorOf(log, factors, i) * residual[i]!
  }
  return { scores, expected }
}

function weighted(
  log: OffPolicyLog,
  { outcome, knownWeight }: PreparedMeasure,
  probability: Float64Array,
  factors: Float64Array | undefined,
): RowScores {
  const scores = new Float64Array(log.rows)
  for (let i = 0; i < log.rows; i++) {
    if (knownWeight[i] === 0) continue
    scores[i] = drawWeight(log, probability, i) * knownWeight[i]! * factorOf(log, factors, i) * outcome[i]!
  }
  return { scores }
}

function selfNormalised(
  log: OffPolicyLog,
  measure: PreparedMeasure,
  probability: Float64Array,
  factors: Float64Array | undefined,
): RowScores {
  const { outcome, knownWeight } = measure
  const { scores } = weighted(log, measure, probability, factors)
  let sum = 0
  let weights = 0
  for (let i = 0; i < log.rows; i++) {
    sum += scores[i]!
    if (knownWeight[i]! > 0) weights += drawWeight(log, probability, i) * knownWeight[i]!
  }
  const value = weights > 0 ? sum / weights : Number.NaN
  for (let i = 0; i < log.rows; i++) {
    const isKnown = knownWeight[i]! > 0
    const weight = isKnown ? drawWeight(log, probability, i) * knownWeight[i]! : 0
    const deviation = isKnown ? factorOf(log, factors, i) * outcome[i]! - value : 0
    scores[i] = value + (weight * deviation * log.rows) / weights
  }
  return { scores }
}

function factorOf(log: OffPolicyLog, factors: Float64Array | undefined, row: number): number {
  return factors === undefined ? 1 : factors[log.drawn[row]!]!
}
