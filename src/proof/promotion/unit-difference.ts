import type { OutcomeModel } from './outcome-model.ts'
import type { TrialUnit } from './trial-unit.ts'
import { realisedUtility, type UtilityScale, utilityRange } from './utility-scale.ts'

export interface UnitDifference {
  /** D: what the unit says of the candidate's utility over the serving version's, summed over its turns with outcomes. */
  readonly difference: number
  /** Weight of the outcomes in it. */
  readonly outcomes: number
}

/**
 * D of one unit (mathematics §25). Over turns t with history h_t, arms A ∈ {s, c} drawn once per unit with c's share ε,
 *
 *     D = Σ_t Σ_a (ρᶜ_t·π_c(a) − ρˢ_t·π_s(a))·r̂(a) + (ρᶜ_{t+1} − ρˢ_{t+1})·(r_t − r̂(a_t))        ρᴬ_t = Π_{u<t} π_A(a_u)/q_u(a_u)
 *     q_t(a) = (1 − ε)·ρˢ_t·π_s(a) + ε·ρᶜ_t·π_c(a)
 *
 * where ρᴬ_t is how much likelier the answers so far are under arm A than under the mixture, and q_t the probability, given them, that the
 * next is a. E[ρᴬ_{t+1}·f] over units = E[f] over units that A serves, so that E D is the difference of the two versions' utilities over whole
 * conversations, later turns being what the version's own earlier answers led to. It is the arm's weight (1{A=c}/ε − 1{A=s}/(1−ε)) averaged
 * over the arms that could have led here: no weight is larger than max(1/ε, 1/(1−ε)), and where both versions choose alike it is 0.
 * For a unit of one turn it is the doubly robust difference.
 *
 * @param mostOutcomes turns beyond so many outcomes are left out. A rule that looks at what came before only leaves E D a difference of the same kind.
 */
export function unitDifference(
  unit: TrialUnit,
  model: OutcomeModel,
  scale: UtilityScale,
  mostOutcomes: number,
): UnitDifference {
  const { share } = unit
  const { meanUtility } = model
  let difference = 0
  let outcomes = 0
  let counted = 0
  let ratioServing = 1
  let ratioCandidate = 1
  for (const turn of unit.turns) {
    if (counted === mostOutcomes) break
    const { serving, candidate, drawn, outcome } = turn
    const expected = new Float64Array(turn.llms.length)
    model.predict(turn, expected)
    let direct = 0
    for (let i = 0; i < expected.length; i++) {
      direct += (ratioCandidate * candidate[i]! - ratioServing * serving[i]!) * expected[i]!
    }
    const underServing = ratioServing * serving[drawn]!
    const underCandidate = ratioCandidate * candidate[drawn]!
    const drawnWith = (1 - share) * underServing + share * underCandidate
    ratioServing = underServing / drawnWith
    ratioCandidate = underCandidate / drawnWith
    if (outcome === undefined) continue
    const { quality, costUsd = model.costOf(turn.llms[drawn]!), weight } = outcome
    const surprise = realisedUtility(quality, costUsd, scale) - meanUtility - expected[drawn]!
    difference += weight * (direct + (ratioCandidate - ratioServing) * surprise)
    outcomes += weight
    counted++
  }
  return { difference, outcomes }
}

/** |D| is never above it: a weight of at most max(1/ε, 1/(1−ε)) on |r − r̂| ≤ R, and as much on |r̂| ≤ R/4. */
export function differenceBound(share: number, mostOutcomes: number, scale: UtilityScale): number {
  return mostOutcomes * 1.25 * utilityRange(scale) * Math.max(1 / share, 1 / (1 - share))
}
