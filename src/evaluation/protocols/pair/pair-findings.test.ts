import { describe, expect, it } from 'vitest'
import type { Comparison } from '../../evaluation-result.ts'
import type { JoinedSlice } from './joined-slice.ts'
import { pairFindings } from './pair-findings.ts'

/** APGR of one policy minus another's, with an interval of ±.02. */
function apart(policy: string, against: string, mean: number, pHolm: number, source: string | null = null): Comparison {
  const difference = { mean, low: mean - 0.02, high: mean + 0.02 }
  return { policy, against, setting: { source }, metric: 'apgr', difference, p: pHolm / 2, pHolm }
}

function verdicts(comparisons: readonly Comparison[], slices: readonly JoinedSlice[] = []): Record<string, string> {
  return Object.fromEntries(pairFindings(slices, comparisons).map(({ id, verdict }) => [id, verdict]))
}

describe('pairFindings', () => {
  it('judges learned policies against random routing', () => {
    const all = [apart('ridge', 'random', 0.1, 0.01), apart('knn', 'random', 0.05, 0.04)]
    expect(verdicts(all)['pair-learned-above-random']).toBe('confirmed')
    expect(verdicts([all[0]!, apart('knn', 'random', 0.01, 0.4)])['pair-learned-above-random']).toBe('undecided')
    expect(verdicts([apart('knn', 'random', -0.1, 0.01)])['pair-learned-above-random']).toBe('refuted')
    // Not telling apart is not refuting, nor is one of many below, nor the lack of an interval.
    expect(verdicts([apart('knn', 'random', 0.01, 0.4)])['pair-learned-above-random']).toBe('undecided')
    const mixed = [apart('knn', 'random', -0.1, 0.01), apart('mlp', 'random', 0.01, 0.4)]
    expect(verdicts(mixed)['pair-learned-above-random']).toBe('undecided')
    const untold: Comparison = { ...apart('knn', 'random', -0.1, 1), p: null, pHolm: null }
    expect(verdicts([untold])['pair-learned-above-random']).toBe('undecided')
    // References are not learned.
    expect(verdicts([apart('prompt-length', 'random', 0.1, 0.01)])).toEqual({})
  })

  it('calls pointsman best only where it is above all, and says where it is not', () => {
    const below = apart('ridge', 'pointsman', -0.1, 0.01)
    expect(verdicts([below])['pair-pointsman-best']).toBe('confirmed')
    expect(verdicts([below, apart('knn', 'pointsman', -0.01, 0.4)])['pair-pointsman-best']).toBe('undecided')
    const above = apart('forest', 'pointsman', 0.1, 0.01)
    const [finding] = pairFindings([], [below, above])
    expect(finding).toMatchObject({ verdict: 'refuted' })
    expect(finding!.evidence).toContain('Above pointsman: forest. Below: ridge.')
    expect(finding!.evidence).toContain('+.100 [.080, .120]')
    // Its own stack is no other router.
    expect(verdicts([below, apart('stacked', 'pointsman', 0, 1)])['pair-pointsman-best']).toBe('confirmed')
  })

  it('turns prompt length minus pointsman round, and names the sources', () => {
    const comparisons = [
      apart('prompt-length', 'pointsman', -0.1, 0.01),
      apart('prompt-length', 'pointsman', 0.05, 0.01, 'gsm8k'),
    ]
    const [finding] = pairFindings([], comparisons)
    expect(finding).toMatchObject({ id: 'pair-more-than-length', verdict: 'confirmed' })
    expect(finding!.evidence).toContain('all +.100 [.080, .120]; gsm8k −.050 [−.070, −.030]')
  })

  it('refutes the published figure only where the interval lies below it', () => {
    const metric = (mean: number, spread: number) => ({
      mean,
      replicates: Array.from({ length: 40 }, (_, b) => mean + spread * (b / 39 - 0.5)),
    })
    const slice = (spread: number): JoinedSlice => ({
      policy: 'matrix-factorisation',
      source: 'mt-bench',
      prompts: 24,
      metrics: { apgr: metric(0.6, spread), cpt50: metric(0.4, 0), cpt80: metric(0.7, 0) },
      curve: [],
    })
    expect(verdicts([], [slice(0.2)])['routellm-mt-bench-apgr']).toBe('refuted')
    expect(verdicts([], [slice(0.8)])['routellm-mt-bench-apgr']).toBe('undecided')
  })
})
