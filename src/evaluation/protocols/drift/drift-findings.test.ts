import { describe, expect, it } from 'vitest'
import type { Interval, ResultRow } from '../../evaluation-result.ts'
import { driftFindings } from './drift-findings.ts'

const interval = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half })

function row(policy: string, setting: ResultRow['setting'], metrics: ResultRow['metrics']): ResultRow {
  return { policy, kind: 'baseline', setting, metrics, curve: [] }
}

const steady = (budgetUsd: number) => ({ scenario: 'stationary', budgetUsd, lambda: null })
const drop = { scenario: 'quality-drop', budgetUsd: null, lambda: 1.4 }

describe('driftFindings', () => {
  it('confirms what holds in every row, refutes what fails in one, and says so when intervals cannot tell', () => {
    const verdictOf = (...overshoots: readonly Interval[]) => {
      const rows = overshoots.map((budgetOvershoot, i) => row('paretobandit', steady(i + 1), { budgetOvershoot }))
      return driftFindings('any', rows, []).find(({ id }) => id === 'paretobandit-overshoot')?.verdict
    }
    expect(verdictOf(interval(0, 0.003), interval(-0.1, 0.01))).toBe('confirmed')
    expect(verdictOf(interval(0, 0.003), interval(0.003, 0.002))).toBe('undecided')
    expect(verdictOf(interval(0, 0.003), interval(0.02, 0.01))).toBe('refuted')
  })

  it('judges MixLLM’s memory against ours in the same settings', () => {
    const found = (mixLlm: Interval, ours: Interval) =>
      driftFindings(
        'any',
        [row('mixllm', drop, { regretLate: mixLlm }), row('pointsman', drop, { regretLate: ours })],
        [],
      ).find(({ id }) => id === 'mixllm-no-forgetting')?.verdict
    expect(found(interval(0.05, 0.01), interval(0.01, 0.01))).toBe('confirmed')
    expect(found(interval(0.01, 0.01), interval(0.05, 0.01))).toBe('refuted')
    expect(found(interval(0.03, 0.02), interval(0.02, 0.02))).toBe('undecided')
  })

  it('says where pointsman is behind', () => {
    const comparison = {
      policy: 'pointsman',
      against: 'metallm',
      setting: drop,
      metric: 'regret',
      difference: interval(0.02, 0.01),
      p: 0.001,
      pHolm: 0.002,
    }
    const [finding] = driftFindings('any', [], [comparison])
    expect(finding).toMatchObject({ id: 'pointsman-against-bandits', verdict: 'refuted' })
    expect(finding!.evidence).toContain('metallm')
    const [ahead] = driftFindings('any', [], [{ ...comparison, difference: interval(-0.02, 0.01) }])
    expect(ahead!.verdict).toBe('confirmed')
  })

  it('claims a share of the oracle for the authors’ data only', () => {
    const setting = { scenario: 'stationary', budgetUsd: null, lambda: 200 }
    const rows = [row('paretobandit', setting, { oracleShare: interval(0.97, 0.001) })]
    expect(driftFindings('paretobandit', rows, []).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['paretobandit-oracle-share', 'confirmed'],
    ])
    expect(driftFindings('another', rows, [])).toEqual([])
  })

  it('decides nothing without an interval, but counts the worst order as it is', () => {
    const alone = { mean: 0.02, low: null, high: null }
    const rows = [row('pointsman', steady(1), { budgetOvershoot: alone, worstOvershoot: alone })]
    expect(driftFindings('any', rows, []).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['pointsman-overshoot', 'undecided'],
      ['pointsman-worst-overshoot', 'confirmed'],
    ])
  })

  it('keeps no limit on what was never seen to happen', () => {
    const verdictOf = (mean: number, low: number, high: number | null) =>
      driftFindings('any', [row('paretobandit', drop, { recoverySteps: { mean, low, high } })], []).map(
        ({ id, verdict }) => [id, verdict],
      )
    expect(verdictOf(300, 200, 400)).toEqual([['paretobandit-recovery', 'confirmed']])
    expect(verdictOf(897, 200, null)).toEqual([['paretobandit-recovery', 'undecided']])
    expect(verdictOf(2000, 1500, null)).toEqual([['paretobandit-recovery', 'refuted']])
  })

  it('leaves out claims about policies that were not evaluated', () => {
    expect(driftFindings('any', [], [])).toEqual([])
  })
})
