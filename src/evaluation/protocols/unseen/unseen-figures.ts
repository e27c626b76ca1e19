import type { Figure, FigurePoint, FigureSeries, Interval } from '../../evaluation-result.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { TrialRisk } from './trial-risk.ts'
import type { TrialTable } from './trial-table.ts'
import { fixedClusterCounts } from './trial-variants.ts'
import { judgedMetric, probePolicies } from './unseen-comparisons.ts'

/** Drawn as level lines: they do not depend on the probes. */
const clairvoyant = ['clairvoyant-forest', 'clairvoyant-mlp'] as const satisfies readonly PolicyName[]
/** Its QNC lies far from all others', whose lines it would press together. */
const areaBounds = [...clairvoyant, 'task-oracle'] as const satisfies readonly PolicyName[]

/** More bands would hide one another: they are as wide as the pools differ. */
const banded: ReadonlySet<PolicyName> = new Set(['uniroute', 'universal'])
const bandWords =
  'Bands, of uniroute and universal only, are 95 % intervals over the choice of LLMs, which all policies share: differences between policies are known more closely.'

/** What the report draws of the protocol. @param reference N_val of the figures that have one. */
export function unseenFigures(table: TrialTable, probes: readonly number[], reference: number): Figure[] {
  return [
    againstProbes(table, probes, judgedMetric, 'unseen-area', 'Area as it runs against the number of probes', {
      caption: `Area under the sweep of each policy as it runs, no running maximum taken, over LLMs never seen in training, by how many labelled prompts describe each of them. ${bandWords}`,
      label: 'Area as it runs',
      bounds: areaBounds,
    }),
    againstProbes(table, probes, 'qnc', 'unseen-qnc', 'Quality-neutral cost against the number of probes', {
      caption: `What it costs to match the best single LLM of the pool, as a share of what that LLM costs; 100 % where a policy never matches it. Lower is better. The point is found in hindsight on the test prompts: a description, not a test. ${bandWords}`,
      label: 'Cost of the best LLM’s quality',
      bounds: clairvoyant,
    }),
    againstClusters(table, reference),
    riskFigure(table, reference),
    curves(table, reference),
  ]
    .map((figure) => ({ ...figure, series: figure.series.filter((series) => series.points.length > 0) }))
    .filter((figure) => figure.series.length > 0)
}

function againstProbes(
  table: TrialTable,
  probes: readonly number[],
  metric: typeof judgedMetric | 'qnc',
  id: string,
  title: string,
  {
    caption,
    label,
    bounds,
  }: { readonly caption: string; readonly label: string; readonly bounds: readonly PolicyName[] },
): Figure {
  const series = (policy: PolicyName, settingOf: (count: number) => number | null): FigureSeries[] => {
    const known = probes.filter((count) => table.has({ policy, setting: { probes: settingOf(count) } }))
    if (known.length === 0) return []
    const points = known.map((count) => {
      const interval = table.interval({ policy, setting: { probes: settingOf(count) } }, metric)
      return banded.has(policy) ? withBand(count, interval) : { x: count, y: interval.mean }
    })
    return [{ name: policy, role: policyKinds[policy], points }]
  }
  return {
    id,
    kind: 'curves',
    title,
    caption,
    x: { label: 'Probes (labelled prompts per LLM)', scale: 'log' },
    y: metric === 'qnc' ? { label, unit: 'share' } : { label },
    series: [
      ...probePolicies.flatMap((policy) => series(policy, (count) => count)),
      ...bounds.flatMap((policy) => series(policy, () => null)),
    ],
  }
}

function againstClusters(table: TrialTable, probes: number): Figure {
  const known = fixedClusterCounts.filter((clusters) =>
    table.has({ policy: 'uniroute', setting: { probes, clusters } }),
  )
  const points = known.map((clusters) =>
    withBand(clusters, table.interval({ policy: 'uniroute', setting: { probes, clusters } }, judgedMetric)),
  )
  const level = (policy: PolicyName): FigureSeries[] => {
    const key = { policy, setting: { probes } }
    if (!table.has(key) || known.length === 0) return []
    const { mean } = table.interval(key, judgedMetric)
    return [{ name: policy, role: policyKinds[policy], points: known.map((clusters) => ({ x: clusters, y: mean })) }]
  }
  return {
    id: 'unseen-clusters',
    kind: 'curves',
    title: 'Area as it runs against the number of clusters',
    caption: `UniRoute (K-Means) at fixed K with ${probes} probes, beside policies that do not choose one K. More clusters describe prompts better and LLMs worse.`,
    x: { label: 'Clusters (K)', scale: 'log' },
    y: { label: 'Area as it runs' },
    series:
      points.length === 0
        ? []
        : [{ name: 'uniroute', role: 'router', points }, ...level('cluster'), ...level('zero-router'), ...level('knn')],
  }
}

const riskTerms = [
  ['heterogeneityLow', 'Clusters, at least'],
  ['heterogeneityHigh', 'Clusters, at most'],
  ['estimationBound', 'Estimation, bound'],
  ['estimationMeasured', 'Estimation, measured'],
] as const satisfies readonly (readonly [keyof TrialRisk, string])[]

function riskFigure(table: TrialTable, probes: number): Figure {
  return {
    id: 'unseen-excess-risk',
    kind: 'curves',
    title: 'The two terms of the excess risk against the number of clusters',
    caption: `What UniRoute’s theory adds up, with ${probes} probes, in quality: what a cluster cannot know of its prompts falls with K, what few labels per cluster cannot know of an LLM grows. The first is at least what a fitted forest sees and at most what the labels show; the bound of the second holds with probability .95 for all clusters and LLMs at once.`,
    x: { label: 'Clusters (K)', scale: 'log' },
    y: { label: 'Excess risk' },
    series: riskTerms.map(([term, name]) => ({
      name,
      role: term === 'estimationBound' ? 'hull' : 'router',
      points: table.riskClusters.map((clusters) => withBand(clusters, table.risk(clusters, term))),
    })),
  }
}

const drawn = [
  'universal',
  'uniroute',
  'learned-cluster-map',
  'cluster',
  'knn',
  'retrained-mlp',
] as const satisfies readonly PolicyName[]

function curves(table: TrialTable, probes: number): Figure {
  const line = (policy: PolicyName, count: number | null, role: FigureSeries['role']): FigureSeries[] => {
    const points = table.curve({ policy, setting: { probes: count } })
    if (points.length === 0) return []
    return [{ name: policy, role, points: points.map(({ costUsd, quality }) => ({ x: costUsd, y: quality })) }]
  }
  const single = table.point({ policy: 'best-single', setting: { probes } })
  return {
    id: 'unseen-deferral',
    kind: 'curves',
    title: `Deferral curves at ${probes} probes`,
    caption:
      'Mean over trials of the quality that each policy has at a cost, as its sweep runs (it may fall), read at equal shares of the cost of the trial’s dearest LLM. The hull mixes LLMs without looking at prompts.',
    x: { label: 'Mean cost per request', unit: 'usd', scale: 'log' },
    y: { label: 'Quality' },
    series: [
      ...drawn.flatMap((policy) => line(policy, probes, policyKinds[policy])),
      ...line('zero-router', probes, 'hull'),
      ...line('oracle', null, 'oracle'),
      ...(single === undefined
        ? []
        : [{ name: 'best-single', role: 'point', points: [{ x: single.costUsd, y: single.quality }] } as const]),
    ],
  }
}

function withBand(x: number, { mean, low, high }: Interval): FigurePoint {
  return { x, y: mean, low, high }
}
