import type { SnapshotData } from '../../routing/policy-store.ts'
import { numberField, requireSnapshot } from '../../routing/prediction/snapshot-fields.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import type { TrialTurn } from './trial-unit.ts'
import { realisedUtility, type UtilityScale, utilityRange } from './utility-scale.ts'

/** Outcomes of one LLM so far. */
interface LlmTally {
  weight: number
  /** Σ of quality − prior. */
  excess: number
  /** Of those billed: their weight, and Σ of the bills. */
  billed: number
  costUsd: number
  /** Of the others: their weight, and Σ of what the versions that served expected. */
  unbilled: number
  expectedUsd: number
}

const nothing: LlmTally = { weight: 0, excess: 0, billed: 0, costUsd: 0, unbilled: 0, expectedUsd: 0 }

/** Labels' worth of "as all LLMs together" that each LLM begins with. */
const shrinkage = 10

/** Of R: how far r̂ may be from the mean utility. It bounds what a unit can show, and so how much may be bet on it. */
const reach = 0.25

/**
 * r̂: the utility that each LLM's answer is expected to have, learned from the units counted before, never from the one it is used for, and
 * a function of the request alone, not of the arm. It only lowers the variance of what a trial shows: wrong, it biases nothing
 * (mathematics §25).
 */
export class OutcomeModel {
  readonly #scale: UtilityScale
  readonly #llms = new Map<LlmId, LlmTally>()
  #all: LlmTally = { ...nothing }
  #utility = 0
  #quality = 0

  constructor(scale: UtilityScale) {
    this.#scale = scale
  }

  /** The mean utility so far; differences are taken from it. */
  get meanUtility(): number {
    return this.#all.weight === 0 ? 0 : this.#utility / this.#all.weight
  }

  /**
   * What an answer of that LLM costs by the units counted so far, USD, one of the mean cost of all beside; 0 before the first. Of an LLM that was
   * never billed: what the versions that drew it expected of it on average, the same whichever draws it next.
   */
  costOf(llm: LlmId): number {
    const { billed, costUsd, unbilled, expectedUsd } = this.#llms.get(llm) ?? nothing
    if (billed === 0 && unbilled > 0) return expectedUsd / unbilled
    const all = this.#all
    const mean = all.billed > 0 ? all.costUsd / all.billed : meanOf(all.expectedUsd, all.unbilled)
    return (costUsd + mean) / (billed + 1)
  }

  /** r̂ − mean over the LLMs of the turn, within ±R/4. */
  predict({ llms, prior }: TrialTurn, out: Float64Array): void {
    const { meanUtility } = this
    const most = reach * utilityRange(this.#scale)
    for (let i = 0; i < llms.length; i++) {
      const own = this.#llms.get(llms[i]!)
      const weight = own?.weight ?? 0
      const excess =
        ((own?.excess ?? 0) + shrinkage * meanOf(this.#all.excess, this.#all.weight)) / (weight + shrinkage)
      const cost = this.costOf(llms[i]!)
      const quality = Math.max(0, Math.min(1, this.#priorOf(prior[i]!) + excess))
      out[i] = Math.max(-most, Math.min(most, realisedUtility(quality, cost, this.#scale) - meanUtility))
    }
  }

  /** Learns from a turn that was counted. */
  learn({ llms, drawn, prior, outcome }: TrialTurn): void {
    if (outcome === undefined) return
    const { quality, costUsd, expectedUsd = 0, weight } = outcome
    const counted = costUsd ?? this.costOf(llms[drawn]!)
    const own = this.#llms.get(llms[drawn]!) ?? { ...nothing }
    this.#llms.set(llms[drawn]!, own)
    const excess = weight * (quality - this.#priorOf(prior[drawn]!))
    for (const tally of [own, this.#all]) {
      tally.weight += weight
      tally.excess += excess
      if (costUsd === undefined) {
        tally.unbilled += weight
        tally.expectedUsd += weight * expectedUsd
      } else {
        tally.billed += weight
        tally.costUsd += weight * costUsd
      }
    }
    this.#utility += weight * realisedUtility(quality, counted, this.#scale)
    this.#quality += weight * quality
  }

  snapshot(): SnapshotData {
    const llms = [...this.#llms].map(([id, tally]) => ({ id, ...tally }))
    return {
      formatVersion: 1,
      kind: 'trial-outcome-model',
      ...this.#all,
      utility: this.#utility,
      quality: this.#quality,
      llms,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData, scale: UtilityScale): OutcomeModel {
    const fields = requireSnapshot(data, 'trial-outcome-model')
    const model = new OutcomeModel(scale)
    const [weight, excess, costUsd] = (['weight', 'excess', 'costUsd'] as const).map((name) =>
      numberField(fields, name),
    )
    model.#all = tallyOf({ ...fields, weight: weight!, excess: excess!, costUsd: costUsd! })
    model.#utility = numberField(fields, 'utility')
    model.#quality = numberField(fields, 'quality')
    for (const { id, ...tally } of fields['llms'] as unknown as (StoredTally & { id: LlmId })[]) {
      model.#llms.set(id, tallyOf(tally))
    }
    return model
  }

  /** Of an LLM that the serving version was not fitted on: as good as all together. */
  #priorOf(prior: number): number {
    return Number.isNaN(prior) ? meanOf(this.#quality, this.#all.weight) : prior
  }
}

/** Absent from what was written before bills were counted apart: all counted as billed. */
type StoredTally = Pick<LlmTally, 'weight' | 'excess' | 'costUsd'> & Partial<LlmTally>

function tallyOf({ weight, excess, costUsd, billed = weight, unbilled = 0, expectedUsd = 0 }: StoredTally): LlmTally {
  return { weight, excess, billed, costUsd, unbilled, expectedUsd }
}

function meanOf(sum: number, weight: number): number {
  return weight === 0 ? 0 : sum / weight
}
