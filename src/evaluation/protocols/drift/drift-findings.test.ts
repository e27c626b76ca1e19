import { describe, expect, it } from 'vitest'
import type { Interval, ResultRow } from '../../evaluation-result.ts'
import { driftFindings, type SettingFacts } from './drift-findings.ts'

const interval = (mean: number, half: number): Interval => ({ mean, low: mean - half, high: mean + half })

function row(policy: string, setting: ResultRow['setting'], metrics: ResultRow['metrics']): ResultRow {
  return { policy, kind: 'baseline', setting, metrics, curve: [] }
}

const steady = (budgetUsd: number) => ({ scenario: 'stationary', budgetUsd, lambda: null })
const binding = (setting: ResultRow['setting']): SettingFacts => ({
  setting,
  isBinding: true,
  tail: 2000,
  reaching: new Map(),
  mixLlmRise: undefined,
  lateExcess: undefined,
})
const facts = (settings: readonly SettingFacts[], orders = 20, dataName = 'any') => ({ dataName, orders, settings })
const drop = { scenario: 'quality-drop', budgetUsd: null, lambda: 1.4 }

describe('driftFindings', () => {
  it('confirms what holds in every row, refutes what fails in one, and says so when intervals cannot tell', () => {
    const verdictOf = (...overshoots: readonly Interval[]) => {
      const rows = overshoots.map((budgetOvershoot, i) => row('paretobandit', steady(i + 1), { budgetOvershoot }))
      const settings = rows.map(({ setting }) => binding(setting))
      return driftFindings(facts(settings), rows, []).find(({ id }) => id === 'paretobandit-overshoot')?.verdict
    }
    expect(verdictOf(interval(0, 0.003), interval(-0.1, 0.01))).toBe('confirmed')
    expect(verdictOf(interval(0, 0.003), interval(0.003, 0.002))).toBe('undecided')
    expect(verdictOf(interval(0, 0.003), interval(0.02, 0.01))).toBe('refuted')
  })

  it('judges overshoot by six orders of a budget that binds only', () => {
    const rows = [row('paretobandit', steady(1), { budgetOvershoot: interval(0, 0.003) })]
    const verdictOf = (setting: SettingFacts, orders: number) =>
      driftFindings(facts([setting], orders), rows, []).map(({ verdict }) => verdict)
    expect(verdictOf(binding(steady(1)), 6)).toEqual(['confirmed'])
    expect(verdictOf(binding(steady(1)), 5)).toEqual(['undecided'])
    expect(verdictOf({ ...binding(steady(1)), isBinding: false }, 6)).toEqual(['undecided'])
  })

  it('judges MixLLM’s memory by what the change cost it, over orders and over prompts', () => {
    const found = (byOrder: Interval, byPrompt: Interval) => {
      const mixLlmRise = { byOrder, byPrompt }
      return driftFindings(facts([{ ...binding(drop), mixLlmRise }]), [], []).find(
        ({ id }) => id === 'mixllm-no-forgetting',
      )?.verdict
    }
    expect(found(interval(0.05, 0.01), interval(0.05, 0.03))).toBe('confirmed')
    expect(found(interval(-0.05, 0.01), interval(-0.05, 0.03))).toBe('refuted')
    expect(found(interval(0.05, 0.01), interval(0.05, 0.06))).toBe('undecided')
  })

  it('judges late regret by the excess per order, and only where there was early regret', () => {
    const found = (regretEarly: Interval, lateExcess: Interval) => {
      const rows = [row('pointsman', drop, { regretEarly, regretLate: interval(0.01, 0.01) })]
      return driftFindings(facts([{ ...binding(drop), lateExcess }]), rows, []).find(
        ({ id }) => id === 'pointsman-late-regret',
      )?.verdict
    }
    expect(found(interval(0.1, 0.02), interval(-0.01, 0.005))).toBe('confirmed')
    expect(found(interval(0.1, 0.02), interval(0.01, 0.005))).toBe('refuted')
    expect(found(interval(0.01, 0.02), interval(0.01, 0.005))).toBe('undecided')
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
    const [finding] = driftFindings(facts([]), [], [comparison])
    expect(finding).toMatchObject({ id: 'pointsman-against-bandits', verdict: 'refuted' })
    expect(finding!.evidence).toBe(
      'Over 20 orders, of 1 comparisons it is ahead in 0 and behind in 1: metallm in 1 of 1 settings.',
    )
    const verdictOf = (changed: Partial<typeof comparison>, orders = 20, times = 1) =>
      driftFindings(facts([], orders), [], new Array(times).fill({ ...comparison, ...changed }))[0]!.verdict
    expect(verdictOf({ difference: interval(-0.02, 0.01) })).toBe('confirmed')
    expect(verdictOf({ p: 0.2 })).toBe('undecided')
    expect(verdictOf({}, 5)).toBe('undecided')
    // Holm over all of them: .001 sixty times is .06.
    expect(verdictOf({}, 20, 60)).toBe('undecided')
  })

  it('claims a share of the oracle for the authors’ data only', () => {
    const setting = { scenario: 'stationary', budgetUsd: null, lambda: 200 }
    const rows = [row('paretobandit', setting, { oracleShare: interval(0.97, 0.001) })]
    expect(driftFindings(facts([], 20, 'paretobandit'), rows, []).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['paretobandit-oracle-share', 'confirmed'],
    ])
    expect(driftFindings(facts([], 20, 'another'), rows, [])).toEqual([])
  })

  it('decides nothing without an interval, but counts the worst order as it is', () => {
    const alone = { mean: 0.02, low: null, high: null }
    const rows = [row('pointsman', steady(1), { budgetOvershoot: alone, worstOvershoot: alone })]
    expect(driftFindings(facts([binding(steady(1))]), rows, []).map(({ id, verdict }) => [id, verdict])).toEqual([
      ['pointsman-overshoot', 'undecided'],
      ['pointsman-worst-overshoot', 'confirmed'],
    ])
  })

  it('keeps no limit on what was never seen to happen', () => {
    const verdictOf = (mean: number, low: number, high: number | null, tail = 2000) =>
      driftFindings(
        facts([{ ...binding(drop), tail }]),
        [row('paretobandit', drop, { recoverySteps: { mean, low, high } })],
        [],
      ).map(({ id, verdict }) => [id, verdict])
    expect(verdictOf(300, 200, 400)).toEqual([['paretobandit-recovery', 'confirmed']])
    expect(verdictOf(300, 200, 400, 900)).toEqual([['paretobandit-recovery', 'undecided']])
    expect(verdictOf(897, 200, null)).toEqual([['paretobandit-recovery', 'undecided']])
    expect(verdictOf(2000, 1500, null)).toEqual([['paretobandit-recovery', 'refuted']])
  })

  it('says how often something was never seen to happen, and why a row cannot tell', () => {
    const evidenceOf = (recoverySteps: Interval, never: number) => {
      const reaching = new Map([['paretobandit', { orders: 20, never }]])
      const rows = [row('paretobandit', drop, { recoverySteps })]
      return driftFindings(facts([{ ...binding(drop), tail: 1196, reaching }]), rows, [])[0]!.evidence
    }
    const reason = 'which cannot tell: only 1,196 prompts follow the change, short of 1,200'
    expect(evidenceOf({ mean: 1196, low: 1196, high: null }, 20)).toBe(
      `quality-drop, λ = 1.4: not by the end of the stream (1,196 prompts) in 20 of 20 orders, ${reason}.`,
    )
    expect(evidenceOf({ mean: 255.5, low: 183, high: 497 }, 1)).toBe(
      `quality-drop, λ = 1.4: 255.5 prompts (183 to 497), not by the end of the stream (1,196 prompts) in 1 of 20 orders, ${reason}.`,
    )
    expect(evidenceOf({ mean: 300, low: 200, high: 400 }, 0)).toContain('300 prompts (200 to 400), which cannot tell')
  })

  it('leaves out claims about policies that were not evaluated', () => {
    expect(driftFindings(facts([]), [], [])).toEqual([])
  })
})
