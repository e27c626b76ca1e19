import type { LoggedDecision } from '../../routing/decision-store.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'
import { numberField, requireSnapshot } from '../../routing/prediction/snapshot-fields.ts'
import { probabilitiesOf } from './trial-turn.ts'

/** What a shadow shows: what the candidate would have chosen, by the serving version's estimates. Never whether it is better. */
export interface ShadowReport {
  readonly decisions: number
  /** Mean of Σ_a min(π_s, π_c): the share of requests that both would have sent to the same LLM. */
  readonly agreement: number
  /** Expected bill of the candidate's choices over that of the serving version's; undefined while no cost is known. */
  readonly costRatio: number | undefined
  /** Expected quality of the candidate's choices less that of the serving version's. */
  readonly qualityDifference: number
}

export class ShadowTally {
  #decisions = 0
  #agreement = 0
  #servingUsd = 0
  #candidateUsd = 0
  #quality = 0

  get report(): ShadowReport {
    const n = Math.max(1, this.#decisions)
    return {
      decisions: this.#decisions,
      agreement: this.#agreement / n,
      costRatio: this.#servingUsd > 0 ? this.#candidateUsd / this.#servingUsd : undefined,
      qualityDifference: this.#quality / n,
    }
  }

  /** Decisions of other versions' trials, or of none, are left out. */
  add({ decision }: LoggedDecision, version: string): void {
    const { experiment, candidates } = decision
    // A canary's serving arm says the same; of its other arm the estimates are the candidate's own.
    if (experiment?.candidateVersion !== version || experiment.arm !== 'serving') return
    const { serving, candidate } = probabilitiesOf(decision)
    this.#decisions++
    candidates.forEach(({ costUsd, quality }, i) => {
      this.#agreement += Math.min(serving[i]!, candidate[i]!)
      this.#quality += (candidate[i]! - serving[i]!) * quality
      if (costUsd === undefined) return
      this.#servingUsd += serving[i]! * costUsd
      this.#candidateUsd += candidate[i]! * costUsd
    })
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'shadow-tally',
      decisions: this.#decisions,
      agreement: this.#agreement,
      servingUsd: this.#servingUsd,
      candidateUsd: this.#candidateUsd,
      quality: this.#quality,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): ShadowTally {
    const fields = requireSnapshot(data, 'shadow-tally')
    const tally = new ShadowTally()
    tally.#decisions = numberField(fields, 'decisions')
    tally.#agreement = numberField(fields, 'agreement')
    tally.#servingUsd = numberField(fields, 'servingUsd')
    tally.#candidateUsd = numberField(fields, 'candidateUsd')
    tally.#quality = numberField(fields, 'quality')
    return tally
  }
}
