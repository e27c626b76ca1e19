import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { requireSnapshot, vectorField } from '../prediction/snapshot-fields.ts'
import type { TradeOff } from './utility.ts'

/** What held-out rows said of one range of trade-offs, in units of utility. */
export interface GuardRegion {
  /** The largest μ = w_cost/w_quality of the range, which begins where the one before ends; infinite for the last. */
  readonly upTo: number
  /** Mean utility of the estimates' choices less that of the best fixed LLM at the same trade-off. */
  readonly gain: number
  /** The estimates are shown to do harm: the LLMs' means are served instead. */
  readonly servesHull: boolean
}

/**
 * "Never worse than no router" (mathematics §20): in which ranges of the trade-off between quality and cost a router does better to
 * forget what it predicts of each request and to compare the LLMs by their mean quality and cost, as a mixture on the hull of the fixed
 * LLMs does. Plain data of a fitted version; the fit decides.
 */
export class HullGuard {
  readonly regions: readonly GuardRegion[]

  /** @param regions by rising `upTo`, the last infinite. @throws {RoutingError} `invalid_option` */
  constructor(regions: readonly GuardRegion[]) {
    let below = 0
    for (const { upTo } of regions) {
      if (!(upTo > below)) throw new RoutingError('invalid_option', 'The regions of a guard must rise')
      below = upTo
    }
    if (below !== Number.POSITIVE_INFINITY) {
      throw new RoutingError('invalid_option', 'The last region of a guard must have no end')
    }
    this.regions = regions
  }

  /** Whether the LLM means are served at this trade-off. No allocation. */
  servesHull(weights: TradeOff): boolean {
    const costWeight = weights.quality > 0 ? weights.cost / weights.quality : Number.POSITIVE_INFINITY
    for (let i = 0; i < this.regions.length; i++) {
      const region = this.regions[i]!
      if (costWeight <= region.upTo) return region.servesHull
    }
    return false
  }

  snapshot(): SnapshotData {
    const column = (pick: (region: GuardRegion) => number): Float64Array => Float64Array.from(this.regions, pick)
    return {
      formatVersion: 1,
      kind: 'hull-guard',
      // The last is infinite, which plain data cannot say everywhere.
      upTo: column(({ upTo }) => upTo).slice(0, -1),
      gain: column(({ gain }) => gain),
      servesHull: column(({ servesHull }) => (servesHull ? 1 : 0)),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): HullGuard {
    const fields = requireSnapshot(data, 'hull-guard')
    const gain = vectorField(fields, 'gain')
    const upTo = vectorField(fields, 'upTo', gain.length - 1)
    const servesHull = vectorField(fields, 'servesHull', gain.length)
    const regions = Array.from(gain, (value, i) => ({
      upTo: upTo[i] ?? Number.POSITIVE_INFINITY,
      gain: value,
      servesHull: servesHull[i] === 1,
    }))
    return new HullGuard(regions)
  }
}
