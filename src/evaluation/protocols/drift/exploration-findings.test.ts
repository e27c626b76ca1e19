import { describe, expect, test } from 'vitest'
import type { Comparison, Interval, ResultRow } from '../../evaluation-result.ts'
import { mixtureFinding } from './bandit-findings.ts'
import { explorationFindings } from './exploration-findings.ts'

const around = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half })
const steady = (budgetUsd: number) => ({ scenario: 'stationary', budgetUsd, lambda: null })

function row(metrics: ResultRow['metrics'], setting: ResultRow['setting'] = steady(1)): ResultRow {
  return { policy: 'pointsman', kind: 'router', setting, metrics, curve: [] }
}

describe('explorationFindings', () => {
  const priceOf = (...costs: readonly Interval[]) =>
    explorationFindings(costs.map((explorationCost) => row({ explorationCost }))).find(
      (finding) => finding?.id === 'pointsman-exploration-price',
    )?.verdict

  test('judges the price by every stationary setting', () => {
    expect(priceOf(around(0.0005, 0.0005), around(-0.001, 0.001))).toBe('confirmed')
    expect(priceOf(around(0.0005, 0.0005), around(0.002, 0.001))).toBe('undecided')
    expect(priceOf(around(0.0005, 0.0005), around(0.004, 0.001))).toBe('refuted')
    expect(priceOf()).toBeUndefined()
  })

  test('judges support by the smallest probability anywhere, and leaves variants out', () => {
    const least = (mean: number) => ({ leastSupport: { mean, low: null, high: null } })
    const supportOf = (...rows: readonly ResultRow[]) =>
      explorationFindings(rows).find((finding) => finding?.id === 'pointsman-support')
    expect(supportOf(row(least(0.01)), row(least(0.0002)))).toMatchObject({ verdict: 'confirmed' })
    expect(supportOf(row(least(0.01)), row(least(0)))).toMatchObject({ verdict: 'refuted' })
    const variant = row(least(0), { ...steady(1), exploration: false })
    expect(supportOf(row(least(0.01)), variant)).toMatchObject({ verdict: 'confirmed' })
  })
})

describe('mixtureFinding', () => {
  const against = (budgetUsd: number, mean: number, p: number): Comparison => ({
    policy: 'pointsman',
    against: 'zero-router',
    setting: steady(budgetUsd),
    metric: 'pricedRegret',
    difference: around(mean, 0.001),
    p,
    pHolm: p,
  })

  test('needs every budget, after Holm over them; one loss refutes', () => {
    expect(mixtureFinding(20, [against(1, -0.01, 0.001), against(2, -0.01, 0.03)])?.verdict).toBe('confirmed')
    // .03 · 2 = .06 for the smaller of the two.
    expect(mixtureFinding(20, [against(1, -0.01, 0.03), against(2, -0.01, 0.04)])?.verdict).toBe('undecided')
    expect(mixtureFinding(20, [against(1, -0.01, 0.001), against(2, 0.01, 0.001)])?.verdict).toBe('refuted')
    expect(mixtureFinding(5, [against(1, -0.01, 0.001)])?.verdict).toBe('undecided')
    expect(mixtureFinding(20, [])).toBeUndefined()
  })
})
