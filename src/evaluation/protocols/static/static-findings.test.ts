import { describe, expect, it } from 'vitest'
import { staticMetricNames } from '../../metrics/static-metrics.ts'
import { JoinedRow } from './joined-row.ts'
import { compareRows } from './static-comparisons.ts'
import { staticFindings } from './static-findings.ts'
import type { StaticRowOutput } from './static-output.ts'

const replicates = 200

/** All metrics are `value`; replicates wobble together by ±.01, so that differences keep their sign, and each by `noise`. */
function row(policy: string, value: number, setting: StaticRowOutput['setting'] = {}, noise = 0): JoinedRow {
  const values = Array.from({ length: replicates }, (_, b) => value + 0.01 * Math.sin(b) + noise * Math.cos(7 * b))
  return new JoinedRow([
    {
      policy,
      setting,
      points: [{ costUsd: 1, quality: value }],
      metrics: staticMetricNames.map(() => value),
      replicates: staticMetricNames.map(() => values),
      tasks: [],
    },
  ])
}

const hulls = [row('zero-router', 0.81), row('zero-router', 0.8, { hull: 'train' })]

function findingsOf(rows: readonly JoinedRow[], blind = [-0.01, 0, 0.01]) {
  const shuffled = [{ policy: 'ridge', blind, priced: [0.01, 0.012, 0.011] }]
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
    const found = findingsOf(rows, [0.01, 0.011, 0.012])
    expect(found['static-above-hull']).toBe('refuted')
    expect(found['static-none-above-pointsman']).toBe('refuted')
    expect(found['static-learned-routers-beat-hull']).toBe('refuted')
    expect(found['static-simple-nearly-tie']).toBe('refuted')
    expect(found['control-shuffled-labels']).toBe('refuted')
    const close = findingsOf([row('pointsman', 0.801, {}, 0.02), ...hulls])
    expect(close['static-above-hull']).toBe('undecided')
  })
})

describe('compareRows', () => {
  it('pairs replicates and corrects over all policies compared with the same row', () => {
    const rows = [row('pointsman', 0.9), row('ridge', 0.89), row('knn', 0.7, {}, 0.01), ...hulls]
    const compared = compareRows(rows).filter(({ against, metric }) => against === 'pointsman' && metric === 'aiq')
    expect(compared.map(({ policy }) => policy)).toEqual(['ridge', 'knn', 'zero-router', 'zero-router'])
    const [ridge] = compared
    // What the replicates share cancels: the interval of the difference is a point.
    expect(ridge!.difference.low).toBeCloseTo(-0.01, 12)
    expect(ridge!.difference.high).toBeCloseTo(-0.01, 12)
    expect(ridge!.p).toBeCloseTo(2 / 201, 12)
    expect(ridge!.pHolm).toBeCloseTo(8 / 201, 12)
  })
})
