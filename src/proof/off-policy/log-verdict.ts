import type { EstimatedMean } from './clustered-mean.ts'
import type { TargetDistance, TargetSupport } from './target-support.ts'

/** Rules on what was drawn; those on what was to be expected are stricter, so that chance rarely decides whether there is a verdict. */
export interface VerdictRules {
  /** Logged draws that hit the target where it departs from what was most likely to be drawn. */
  readonly fewestHits: number
  readonly fewestExpectedHits: number
  readonly fewestEffectiveRows: number
  readonly fewestExpectedEffectiveRows: number
  /** Expected draws on which the two policies differ. */
  readonly fewestContrast: number
  /** Share of the sum of weights. */
  readonly largestWeight: number
  /** Share of the target's choices that could not have been drawn. */
  readonly mostUnsupported: number
  /** A target that departs in a smaller share of its choices needs no hits: there is next to nothing to be wrong about. */
  readonly sameChoices: number
}

export const defaultVerdictRules: VerdictRules = {
  fewestHits: 50,
  fewestExpectedHits: 75,
  fewestEffectiveRows: 200,
  fewestExpectedEffectiveRows: 300,
  fewestContrast: 50,
  largestWeight: 0.05,
  mostUnsupported: 0.005,
  sameChoices: 0.001,
}

/** Why a log cannot say. */
export type RefusalReason =
  | 'no_labels'
  | 'no_bills'
  | 'few_hits'
  | 'few_effective_rows'
  | 'few_differences'
  | 'heavy_weight'
  | 'unsupported'

export interface Refusal {
  readonly reason: RefusalReason
  /** Which outcome is short of it. */
  readonly of: 'quality' | 'cost'
  readonly found: number
  readonly needed: number
}

/** `same`: it would have chosen as was chosen. `even`: 0 is in the interval. `unknown`: the log cannot say, and refusals say why. */
export interface LogVerdict {
  readonly kind: 'better' | 'worse' | 'even' | 'same' | 'unknown'
  readonly refusals: readonly Refusal[]
}

/** What a verdict rests on. */
export interface VerdictGrounds {
  readonly rows: number
  readonly distance: TargetDistance
  readonly qualitySupport: TargetSupport
  readonly costSupport: TargetSupport
  /** Prices under the target are not those of the log. */
  readonly reprices: boolean
  /** Of utility, target − served, by DR. */
  readonly difference: EstimatedMean | undefined
}

/** The verdict on utility, or the reasons why there is none (mathematics §26). */
export function logVerdict(grounds: VerdictGrounds, rules: VerdictRules = defaultVerdictRules): LogVerdict {
  const { distance, difference, qualitySupport, costSupport } = grounds
  if (grounds.rows > 0 && distance.changed === 0 && !grounds.reprices) {
    return { kind: 'same', refusals: [] }
  }
  const refusals: Refusal[] = []
  if (qualitySupport.known === 0) refusals.push({ reason: 'no_labels', of: 'quality', found: 0, needed: 1 })
  else refusals.push(...refusalsOf('quality', qualitySupport, distance, rules))
  if (costSupport.known === 0) refusals.push({ reason: 'no_bills', of: 'cost', found: 0, needed: 1 })
  else refusals.push(...refusalsOf('cost', costSupport, distance, rules))
  if (refusals.length > 0 || difference === undefined) return { kind: 'unknown', refusals }
  const kind = difference.low > 0 ? 'better' : difference.high < 0 ? 'worse' : 'even'
  return { kind, refusals }
}

function refusalsOf(
  of: 'quality' | 'cost',
  support: TargetSupport,
  distance: TargetDistance,
  rules: VerdictRules,
): readonly Refusal[] {
  const { hits, expectedHits, effectiveRows, expectedEffectiveRows, expectedContrast, largestWeight } = support
  const departs = distance.offFavourite > rules.sameChoices
  const checks: readonly (readonly [RefusalReason, failed: boolean, found: number, needed: number])[] = [
    ['unsupported', support.unsupported > rules.mostUnsupported, support.unsupported, rules.mostUnsupported],
    ['few_hits', departs && hits < rules.fewestHits, hits, rules.fewestHits],
    ['few_hits', departs && expectedHits < rules.fewestExpectedHits, expectedHits, rules.fewestExpectedHits],
    ['few_differences', expectedContrast < rules.fewestContrast, expectedContrast, rules.fewestContrast],
    ['few_effective_rows', effectiveRows < rules.fewestEffectiveRows, effectiveRows, rules.fewestEffectiveRows],
    [
      'few_effective_rows',
      expectedEffectiveRows < rules.fewestExpectedEffectiveRows,
      expectedEffectiveRows,
      rules.fewestExpectedEffectiveRows,
    ],
    ['heavy_weight', largestWeight > rules.largestWeight, largestWeight, rules.largestWeight],
  ]
  const told = new Set<RefusalReason>()
  return checks.flatMap(([reason, failed, found, needed]) => {
    if (!failed || told.has(reason)) return []
    told.add(reason)
    return [{ reason, of, found, needed }]
  })
}
