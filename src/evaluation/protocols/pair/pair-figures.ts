import type { Figure, FigureSeries } from '../../evaluation-result.ts'
import { policyKinds } from '../../policy-names.ts'
import { intervalOf, type JoinedSlice } from './joined-slice.ts'
import { curveShares } from './run-pair-unit.ts'

/** PGR against the share of strong calls, and APGR per source where there is more than one. */
export function pairFigures(slices: readonly JoinedSlice[]): Figure[] {
  const overall = slices.filter((slice) => slice.source === null)
  const sources = [...new Set(slices.flatMap((slice) => (slice.source === null ? [] : [slice.source])))]
  const recovered: Figure = {
    id: 'gap-recovered',
    kind: 'curves',
    title: 'Quality gap recovered',
    caption:
      'How much of the quality gap between the two LLMs is recovered as more prompts go to the strong one. The diagonal is random routing; a curve that rises early saves strong calls.',
    x: { label: 'share of calls to the strong LLM', unit: 'share' },
    y: { label: 'performance gap recovered', unit: 'share' },
    series: overall.map((slice) => ({
      name: slice.policy,
      role: roleOf(slice),
      points: curveShares.map((x, i) => ({ x, y: slice.curve[i]! })),
    })),
  }
  if (sources.length === 0) return [recovered]
  const bySource: Figure = {
    id: 'apgr-by-source',
    kind: 'bars',
    title: 'APGR by source',
    caption:
      'The area under that curve, source by source: .5 is random routing. Policies are fitted once, on all sources.',
    x: { label: 'source' },
    y: { label: 'APGR' },
    series: overall
      .filter((slice) => slice.policy !== 'oracle')
      .map((slice) => ({ name: slice.policy, role: roleOf(slice), points: bars(slices, slice.policy) })),
  }
  return [recovered, bySource]
}

function bars(slices: readonly JoinedSlice[], policy: string): FigureSeries['points'] {
  return slices
    .filter((slice) => slice.policy === policy && slice.source !== null)
    .map(({ source, metrics }) => {
      const { mean, low, high } = intervalOf(metrics.apgr.mean, metrics.apgr.replicates)
      return { x: source!, y: mean, low, high }
    })
}

function roleOf({ policy }: JoinedSlice): FigureSeries['role'] {
  if (policy === 'pointsman' || policy === 'oracle') return policy
  return policyKinds[policy]
}
