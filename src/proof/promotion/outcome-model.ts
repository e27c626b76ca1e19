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
  costUsd: number
}

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
  #all: LlmTally = { weight: 0, excess: 0, costUsd: 0 }
  #utility = 0
  #quality = 0

  constructor(scale: UtilityScale) {
    this.#scale = scale
  }

  /** The mean utility so far; differences are taken from it. */
  get meanUtility(): number {
    return this.#all.weight === 0 ? 0 : this.#utility / this.#all.weight
  }

  /** What an answer of that LLM costs by the units counted so far, USD, one of the mean cost of all beside; 0 before the first. */
  costOf(llm: LlmId): number {
    const { costUsd = 0, weight = 0 } = this.#llms.get(llm) ?? {}
    return (costUsd + mean(this.#all.costUsd, this.#all.weight)) / (weight + 1)
  }

  /** r̂ − mean over the LLMs of the turn, within ±R/4. */
  predict({ llms, prior }: TrialTurn, out: Float64Array): void {
    const { meanUtility } = this
    const most = reach * utilityRange(this.#scale)
    for (let i = 0; i < llms.length; i++) {
      const own = this.#llms.get(llms[i]!)
      const weight = own?.weight ?? 0
      const excess = ((own?.excess ?? 0) + shrinkage * mean(this.#all.excess, this.#all.weight)) / (weight + shrinkage)
      const cost = this.costOf(llms[i]!)
      const quality = Math.max(0, Math.min(1, this.#priorOf(prior[i]!) + excess))
      out[i] = Math.max(-most, Math.min(most, realisedUtility(quality, cost, this.#scale) - meanUtility))
    }
  }

  /** Learns from a turn that was counted. */
  learn({ llms, drawn, prior, outcome }: TrialTurn): void {
    if (outcome === undefined) return
    const { quality, costUsd = this.costOf(llms[drawn]!), weight } = outcome
    const own = this.#llms.get(llms[drawn]!) ?? { weight: 0, excess: 0, costUsd: 0 }
    this.#llms.set(llms[drawn]!, own)
    const excess = weight * (quality - this.#priorOf(prior[drawn]!))
    for (const tally of [own, this.#all]) {
      tally.weight += weight
      tally.excess += excess
      tally.costUsd += weight * costUsd
    }
    this.#utility += weight * realisedUtility(quality, costUsd, this.#scale)
    this.#quality += weight * quality
  }

  snapshot(): SnapshotData {
    const llms = [...this.#llms].map(([id, tally]) => ({ id, ...tally }))
    const { weight, excess, costUsd } = this.#all
    return {
      formatVersion: 1,
      kind: 'trial-outcome-model',
      weight,
      excess,
      costUsd,
      utility: this.#utility,
      quality: this.#quality,
      llms,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData, scale: UtilityScale): OutcomeModel {
    const fields = requireSnapshot(data, 'trial-outcome-model')
    const model = new OutcomeModel(scale)
    model.#all = {
      weight: numberField(fields, 'weight'),
      excess: numberField(fields, 'excess'),
      costUsd: numberField(fields, 'costUsd'),
    }
    model.#utility = numberField(fields, 'utility')
    model.#quality = numberField(fields, 'quality')
    for (const { id, ...tally } of fields['llms'] as unknown as (LlmTally & { id: LlmId })[]) {
      model.#llms.set(id, { ...tally })
    }
    return model
  }

  /** Of an LLM that the serving version was not fitted on: as good as all together. */
  #priorOf(prior: number): number {
    return Number.isNaN(prior) ? mean(this.#quality, this.#all.weight) : prior
  }
}

function mean(sum: number, weight: number): number {
  return weight === 0 ? 0 : sum / weight
}
