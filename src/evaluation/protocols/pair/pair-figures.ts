import type { Figure, FigureSeries } from '../../evaluation-result.ts'
import { policyKinds } from '../../policy-names.ts'
import { intervalOf, type JoinedSlice } from './joined-slice.ts'
import { curveShares } from './run-pair-unit.ts'

/** PGR against the share of strong calls, and APGR per source where there is more than one. */
export function pairFigures(slices: readonly JoinedSlice[]): Figure[] {
  const overall = slices.filter((slice) => slice.source === null)
  const contestants = overall.filter((slice) => slice.policy !== 'oracle')
  const sources = [...new Set(slices.flatMap((slice) => (slice.source === null ? [] : [slice.source])))]
  const recovered: Figure = {
    id: 'gap-recovered',
    kind: 'curves',
    title: 'Quality gap recovered',
    caption: `How much of the quality gap between the two LLMs is recovered as more prompts go to the strong one. The diagonal is random routing; a curve that rises early saves strong calls.${oracleWords(overall)}`,
    x: { label: 'Share of calls to the strong LLM', unit: 'share' },
    y: { label: 'Performance gap recovered', unit: 'share' },
    series: contestants.map((slice) => ({
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
    x: { label: 'Source' },
    y: { label: 'APGR' },
    series: contestants.map((slice) => ({
      name: slice.policy,
      role: roleOf(slice),
      points: bars(slices, slice.policy),
    })),
  }
  return [recovered, bySource]
}

/** It rises far above all others: drawn, it would flatten what the chart is for. */
function oracleWords(overall: readonly JoinedSlice[]): string {
  const oracle = overall.find((slice) => slice.policy === 'oracle')
  if (oracle === undefined) return ''
  const most = Math.max(...oracle.curve)
  const at = curveShares[oracle.curve.findIndex((recovered) => recovered > most - 1e-9)]!
  return ` Not drawn: the oracle, which knows who answers each prompt better and recovers ${percent(most)} with ${percent(at)} of calls to the strong one.`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
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
