import { describe, expect, it } from 'vitest'
import { staticMetricNames } from '../../metrics/static-metrics.ts'
import { JoinedRow } from './joined-row.ts'
import { compareRows, largestFamily } from './static-comparisons.ts'
import { isGpt4, staticFindings } from './static-findings.ts'
import type { StaticRowOutput } from './static-output.ts'
import { staticEntrants } from './static-policies.ts'

const replicates = 200

/** All metrics are `value`, the gain of the sweep what it is above .8; replicates wobble together by ±.01, so that differences keep their sign, and each by `noise`. */
function row(policy: string, value: number, setting: StaticRowOutput['setting'] = {}, noise = 0): JoinedRow {
  const gain = staticMetricNames.indexOf('sweepGain')
  const values = Array.from({ length: replicates }, (_, b) => value + 0.01 * Math.sin(b) + noise * Math.cos(7 * b))
  return new JoinedRow([
    {
      policy,
      setting,
      points: [{ costUsd: 1, quality: value }],
      metrics: staticMetricNames.map((_, metric) => (metric === gain ? value - 0.8 : value)),
      replicates: staticMetricNames.map((_, metric) => (metric === gain ? values.map((drawn) => drawn - 0.8) : values)),
      tasks: [],
    },
  ])
}

const hulls = [row('zero-router', 0.81), row('zero-router', 0.8, { hull: 'train' })]

function findingsOf(rows: readonly JoinedRow[], blind = [-0.01, 0, 0.01, -0.01, 0, 0.01]) {
  const shuffled = [{ policy: 'ridge', blind, priced: [0.01, 0.012, 0.011, 0.01, 0.012, 0.011] }]
  const found = staticFindings({ rows, shuffled, comparisons: compareRows(rows), bestLlm: 'gpt-4-x' })
  return Object.fromEntries(found.map(({ id, verdict }) => [id, verdict]))
}

describe('staticFindings', () => {
  it('confirms what intervals show', () => {
    const rows = [row('pointsman', 0.9), row('ridge', 0.892), row('knn', 0.895), row('mixllm', 0.2), ...hulls]
    expect(findingsOf(rows)).toEqual({
      'static-above-hull': 'confirmed',
      'static-learned-routers-beat-hull': 'confirmed',
      'static-none-above-pointsman': 'confirmed',
      'static-simple-nearly-tie': 'confirmed',
      'mixllm-gpt-4-cost-share': 'confirmed',
      'pointsman-gpt-4-cost-share': 'refuted',
      'control-shuffled-labels': 'confirmed',
      'static-cost-prediction-alone': 'confirmed',
    })
  })

  it('refutes, or does not decide, by the same intervals', () => {
    const rows = [row('pointsman', 0.7), row('ridge', 0.9), row('knn', 0.6), ...hulls]
    const found = findingsOf(rows, [0.01, 0.011, 0.012, 0.01, 0.011, 0.012])
    expect(found['static-above-hull']).toBe('refuted')
    expect(found['static-none-above-pointsman']).toBe('refuted')
    expect(found['static-learned-routers-beat-hull']).toBe('refuted')
    expect(found['static-simple-nearly-tie']).toBe('refuted')
    expect(found['control-shuffled-labels']).toBe('refuted')
    const close = findingsOf([row('pointsman', 0.801, {}, 0.02), ...hulls])
    expect(close['static-above-hull']).toBe('undecided')
  })
})

describe('the verdict on learned routers', () => {
  const half = [row('ridge', 0.9), row('knn', 0.7), ...hulls]

  it('is open where as many are above the hull as below', () => {
    expect(findingsOf(half)['static-learned-routers-beat-hull']).toBe('undecided')
  })

  it('counts variants of a router once', () => {
    // Three rows of one router above, two others below.
    const own = [row('pointsman', 0.9), row('stacked', 0.9), row('stacked', 0.9, { trust: 1 })]
    const found = findingsOf([...own, row('knn', 0.7), row('mlp', 0.7), ...hulls])
    expect(found['static-learned-routers-beat-hull']).toBe('refuted')
  })
})

describe('rows that saw test outcomes', () => {
  it('are no contestants', () => {
    const rows = [row('pointsman', 0.9), row('automix', 0.99, { simulatedVerifier: true }), row('knn', 0.85), ...hulls]
    expect(compareRows(rows).some(({ policy }) => policy === 'automix')).toBe(false)
    expect(findingsOf(rows)['static-none-above-pointsman']).toBe('confirmed')
  })
})

describe('the verdict on shrinkage', () => {
  const verdictOf = (chosen: number, trusting: number) =>
    findingsOf([row('stacked', chosen), row('stacked', trusting, { trust: 1 }), ...hulls])['static-shrinkage-to-means']

  it('is open where nothing was shrunk', () => {
    expect(verdictOf(0.9, 0.9)).toBe('undecided')
    expect(verdictOf(0.9001, 0.9)).toBe('confirmed')
    expect(verdictOf(0.89, 0.9)).toBe('refuted')
  })
})

describe('the control', () => {
  it('decides nothing on few shuffles', () => {
    expect(findingsOf(hulls, [-0.01, 0, 0.01])['control-shuffled-labels']).toBe('undecided')
    expect(findingsOf(hulls, [0.02])['control-shuffled-labels']).toBe('undecided')
  })
})

describe('isGpt4', () => {
  it('knows GPT-4 from its successors', () => {
    for (const id of [
      'gpt-4-1106-preview',
      'gpt-4',
      'openai/gpt-4-turbo-2024-04-09',
      'gpt4_1106_preview',
      'GPT-4-0613',
    ]) {
      expect([id, isGpt4(id)]).toEqual([id, true])
    }
    for (const id of ['gpt-4o', 'gpt-4.1', 'gpt-4o-mini', 'gpt-4-1-nano', 'gpt-4.5-preview', 'gpt-40', 'claude-4']) {
      expect([id, isGpt4(id)]).toEqual([id, false])
    }
  })
})

describe('compareRows', () => {
  it('pairs replicates and corrects over all policies compared with the same row', () => {
    const rows = [row('pointsman', 0.9), row('ridge', 0.89), row('knn', 0.7, {}, 0.01), ...hulls]
    const compared = compareRows(rows).filter(({ against, metric }) => against === 'pointsman' && metric === 'aiq')
    expect(compared.map(({ policy }) => policy)).toEqual(['ridge', 'knn'])
    const [ridge] = compared
    // What the replicates share cancels: the interval of the difference is a point.
    expect(ridge!.difference.low).toBeCloseTo(-0.01, 12)
    expect(ridge!.difference.high).toBeCloseTo(-0.01, 12)
    expect(ridge!.p).toBeCloseTo(2 / 201, 12)
    expect(ridge!.pHolm).toBeCloseTo(4 / 201, 12)
  })

  it('has fewer policies than the replicates can tell apart from chance', () => {
    expect(staticEntrants.length).toBeLessThanOrEqual(largestFamily)
  })
})
