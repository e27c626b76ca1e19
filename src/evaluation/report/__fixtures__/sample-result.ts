import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import type {
  Comparison,
  EvaluationResult,
  Figure,
  FigureSeries,
  Interval,
  PolicyKind,
  ProtocolName,
  ResultRow,
} from '../../evaluation-result.ts'
import { policyKinds } from '../../policy-names.ts'
import { metricDescription, protocolMetrics } from '../metric-descriptions.ts'
import type { Setting } from '../setting-groups.ts'

/**
 * An invented result with the shape of a real one: every policy of the bench, several settings, curves, bounds, markers
 * and bars. Its numbers mean nothing.
 */
export function sampleResult(protocol: ProtocolName): EvaluationResult {
  const random = new SeededRandom(11)
  const settings = settingsOf(protocol)
  const policies = Object.entries(policyKinds).filter(
    ([name]) => !name.startsWith('clairvoyant') || protocol === 'unseen',
  )
  const results = settings.flatMap((setting) =>
    policies.map(([policy, kind], place): ResultRow => {
      const skill = skillOf(policy, place, random)
      return { policy, kind, setting, metrics: metricsOf(protocol, skill, random), curve: [] }
    }),
  )
  return {
    formatVersion: 1,
    protocol,
    data: { name: 'sample-set', prompts: 3559, llms: 12, outcomes: 42_610 },
    seeds: [1, 2, 3],
    results,
    comparisons: comparisonsOf(results, protocol, random),
    findings: [
      {
        id: 'sample-online-lift-refined',
        source: 'MixLLM',
        claim: 'Learning online from refined feedback lifts quality over the offline policy',
        verdict: 'confirmed',
        evidence: 'By .0123 [.0034, .0212] at 80:20 and by .0151 [.0060, .0242] at 50:50.',
      },
      {
        id: 'sample-tags',
        source: 'MixLLM',
        claim: 'Tags help most where money is short',
        verdict: 'refuted',
        evidence: 'Without tags quality in the low-cost band is .0011 [−.0040, .0062] higher.',
      },
      {
        id: 'sample-ordering',
        source: 'UniRoute',
        claim: 'K-Means beats K-NN with 100 labelled prompts',
        verdict: 'undecided',
        evidence: 'Area differs by .0021 [−.0018, .0060].',
      },
    ],
    figures: [curvesFigure(policies), learningFigure(policies), tasksFigure(), manyTasksFigure(policies)],
    notes: ['Invented numbers, to look at the page.', 'Latencies are `simulated` from a declared table.'],
    provenance: {
      version: '0.1.0',
      node: '24.21.0',
      createdAt: '2026-11-22T14:00:00.000Z',
      dataSha256: '9f2c3a1b5d7e9f2c3a1b5d7e9f2c3a1b5d7e9f2c3a1b5d7e9f2c3a1b5d7e9f2c',
      workSeconds: 312.4,
    },
  }
}

function settingsOf(protocol: ProtocolName): readonly Setting[] {
  if (protocol === 'unseen') return [50, 100, 200, 400].map((probes) => ({ probes }))
  if (protocol === 'drift')
    return ['quality drop', 'price change', 'newcomer'].map((event) => ({ event, budgetUsd: 0.00066 }))
  if (protocol !== 'stream') return [{}]
  return [0.5, 1, 2].flatMap((lambda) =>
    [0.8, 0.5].flatMap((offlineShare) =>
      ['refined', 'binary'].map((feedback) => ({ lambda, offlineShare, feedback, timeLimit: true })),
    ),
  )
}

function skillOf(policy: string, place: number, random: SeededRandom): number {
  if (policy === 'oracle') return 1
  if (policy === 'pointsman') return 0.62
  if (policy === 'stacked') return 0.64
  if (policy === 'random') return 0.05
  return Math.max(0.1, 0.6 - 0.012 * place + 0.05 * (random.next() - 0.5))
}

function metricsOf(protocol: ProtocolName, skill: number, random: SeededRandom): Record<string, Interval> {
  const entries = protocolMetrics[protocol].map((metric): [string, Interval] => {
    const { unit, better } = metricDescription(metric)
    const merit = better === 'lower' ? 1 - skill : skill
    const scale = { quality: 0.86 + 0.11 * merit, share: merit, usd: 0.00052 * (0.2 + merit), steps: 900 * merit }[unit]
    const half = (unit === 'steps' ? 40 : unit === 'usd' ? 2e-5 : 0.006) * (0.5 + random.next())
    return [metric, { mean: scale, low: scale - half, high: scale + half }]
  })
  return Object.fromEntries(entries)
}

function comparisonsOf(results: readonly ResultRow[], protocol: ProtocolName, random: SeededRandom): Comparison[] {
  const metric = protocolMetrics[protocol][0]
  return results.flatMap((row): Comparison[] => {
    const own = results.find((other) => other.policy === 'pointsman' && other.setting === row.setting)!
    if (row === own) return []
    const mean = own.metrics[metric]!.mean - row.metrics[metric]!.mean
    const half = 0.004 + 0.01 * random.next()
    const pHolm = Math.min(1, Math.exp(-Math.abs(mean / half) * 2.2))
    const difference = { mean, low: mean - half, high: mean + half }
    return [{ policy: 'pointsman', against: row.policy, setting: row.setting, metric, difference, p: pHolm / 3, pHolm }]
  })
}

function curvesFigure(policies: readonly (readonly [string, PolicyKind])[]): Figure {
  const costs = Array.from({ length: 40 }, (_, i) => 1e-5 * 600 ** (i / 39))
  const line = (name: string, role: FigureSeries['role'], skill: number, withBand = false): FigureSeries => ({
    name,
    role,
    points: costs.map((x, i) => {
      const y = 0.7 + (0.2 + 0.05 * skill) * (1 - Math.exp((-i / 39) * (3 + 2 * skill)))
      return withBand ? { x, y, low: y - 0.006, high: y + 0.006 } : { x, y }
    }),
  })
  const routed = policies.filter(([, kind]) => kind !== 'reference')
  return {
    id: 'deferral',
    kind: 'curves',
    title: 'Deferral curves',
    caption: 'Quality that each mean cost buys. Above the dashed hull, looking at the prompt pays.',
    x: { label: 'mean cost per prompt', scale: 'log', unit: 'usd' },
    y: { label: 'mean quality' },
    series: [
      ...routed.map(([name, kind], place) =>
        line(name, name === 'pointsman' ? 'pointsman' : kind, 0.6 - 0.02 * place, name === 'pointsman'),
      ),
      line('hull', 'hull', 0.3),
      { name: 'oracle', role: 'oracle', points: costs.map((x) => ({ x, y: 0.97 })) },
      ...Array.from(
        { length: 12 },
        (_, i): FigureSeries => ({
          name: `vendor-${i}-with-a-rather-long-name-${i}`,
          role: 'point',
          points: [{ x: 1.2e-5 * 500 ** (i / 11), y: 0.68 + 0.2 * (i / 11) }],
        }),
      ),
    ],
  }
}

function learningFigure(policies: readonly (readonly [string, PolicyKind])[]): Figure {
  const chosen = ['pointsman', 'mixllm', 'uniroute', 'cluster', 'knn', 'zero-router']
  return {
    id: 'probes',
    kind: 'curves',
    title: 'Area by number of labelled prompts',
    caption: 'More probes help all; `pointsman` is ahead where they are few.',
    x: { label: 'labelled prompts per newcomer', scale: 'log' },
    y: { label: 'Area' },
    series: policies
      .filter(([name]) => chosen.includes(name))
      .map(([name, kind]) => ({
        name,
        role: name === 'pointsman' ? ('pointsman' as const) : kind,
        points: [50, 100, 200, 400].map((x) => {
          const y = 0.86 + 0.012 * Math.log2(x / 25) - 0.004 * chosen.indexOf(name)
          return { x, y, low: y - 0.004, high: y + 0.004 }
        }),
      })),
  }
}

function tasksFigure(): Figure {
  const tasks = ['arithmetic', 'code', 'a sub-task whose name goes on for quite a while', 'translation', 'logic']
  const series = (name: string, role: FigureSeries['role'], shift: number): FigureSeries => ({
    name,
    role,
    points: tasks.map((x, i) => ({
      x,
      y: 0.3 + 0.12 * i + shift,
      low: 0.25 + 0.12 * i + shift,
      high: 0.34 + 0.12 * i + shift,
    })),
  })
  return {
    id: 'tasks',
    kind: 'bars',
    title: 'Quality by sub-task',
    caption: 'At a quarter of the best LLM’s cost.',
    x: { label: 'sub-task' },
    y: { label: 'mean quality' },
    series: [
      series('pointsman', 'pointsman', 0.04),
      series('zero-router', 'reference', 0),
      series('knn', 'baseline', 0.02),
    ],
  }
}

function manyTasksFigure(policies: readonly (readonly [string, PolicyKind])[]): Figure {
  return {
    id: 'tasks-all',
    kind: 'bars',
    title: 'The same for every policy',
    caption: 'One line per sub-task.',
    x: { label: 'sub-task' },
    y: { label: 'mean quality', unit: 'share' },
    series: policies.map(([name, kind], place) => ({
      name,
      role: name === 'pointsman' ? ('pointsman' as const) : kind,
      points: ['arithmetic', 'code', 'logic'].map((x, i) => ({ x, y: 0.5 + 0.1 * i - 0.006 * place })),
    })),
  }
}
