import { describe, expect, test } from 'vitest'
import type { Comparison, EvaluationResult, PolicyKind, ResultRow } from '../evaluation-result.ts'
import { sampleResult } from './__fixtures__/sample-result.ts'
import { summariseResult } from './summarise-result.ts'

function row(policy: string, kind: PolicyKind, aiq: number, setting: ResultRow['setting'] = {}): ResultRow {
  return { policy, kind, setting, metrics: { aiq: { mean: aiq, low: null, high: null } }, curve: [] }
}

function comparison(policy: string, against: string, mean: number, pHolm: number): Comparison {
  const difference = { mean, low: mean - 0.01, high: mean + 0.01 }
  return { policy, against, setting: {}, metric: 'aiq', difference, p: pHolm, pHolm }
}

function resultOf(results: readonly ResultRow[], comparisons: readonly Comparison[] = []): EvaluationResult {
  return { ...sampleResult('static'), results, comparisons, findings: [] }
}

describe('the headline', () => {
  test('names the winner and the next', () => {
    const result = resultOf([
      row('knn', 'baseline', 0.92),
      row('pointsman', 'router', 0.93),
      row('oracle', 'reference', 0.97),
    ])
    expect(summariseResult(result).headline).toBe(
      '`pointsman` has the highest AIQ of the 2 policies that route: .9300; next is `knn` with .9200.',
    )
  })

  test('names who leads when Pointsman does not', () => {
    const result = resultOf([row('knn', 'baseline', 0.94), row('pointsman', 'router', 0.93)])
    expect(summariseResult(result).headline).toBe(
      '`pointsman` is number 2 of 2 by AIQ, with .9300; `knn` leads with .9400.',
    )
  })

  test('counts settings where there are several, and variants of a policy do not stand for it', () => {
    const result = resultOf([
      row('pointsman', 'router', 0.93, { probes: 50 }),
      row('knn', 'baseline', 0.92, { probes: 50 }),
      row('forest', 'baseline', 0.91, { probes: 50 }),
      row('ridge', 'baseline', 0.9, { probes: 50 }),
      row('knn', 'baseline', 0.99, { probes: 50, neighbours: 80 }),
      row('pointsman', 'router', 0.93, { probes: 100 }),
      row('knn', 'baseline', 0.94, { probes: 100 }),
    ])
    expect(summariseResult(result).headline).toBe('`pointsman` has the highest AIQ in 1 of 2 settings; `knn` in 1.')
  })

  test('is about the best router where Pointsman was not run', () => {
    const result = resultOf([
      row('knn', 'baseline', 0.94),
      row('mixllm', 'router', 0.9),
      row('uniroute', 'router', 0.91),
    ])
    expect(summariseResult(result).subject).toBe('uniroute')
  })

  test('says when nothing routes, and when one policy is alone', () => {
    expect(summariseResult(resultOf([row('oracle', 'reference', 0.97)])).subject).toBeUndefined()
    expect(summariseResult(resultOf([row('knn', 'baseline', 0.94)])).headline).toBe(
      '`knn` reaches .9400 AIQ; nothing else that routes was run beside it.',
    )
  })
})

describe('gains and losses', () => {
  const rows = [
    row('pointsman', 'router', 0.93),
    row('knn', 'baseline', 0.94),
    row('ridge', 'baseline', 0.9),
    row('forest', 'baseline', 0.931),
    row('zero-router', 'reference', 0.92),
    row('oracle', 'reference', 0.97),
  ]

  test('read comparisons from either side, a pair once', () => {
    const { gains, losses } = summariseResult(
      resultOf(rows, [
        comparison('knn', 'pointsman', 0.01, 0.01),
        comparison('pointsman', 'knn', -0.01, 0.01),
        comparison('pointsman', 'ridge', 0.03, 0.001),
        comparison('pointsman', 'forest', -0.001, 0.8),
        comparison('pointsman', 'oracle', -0.04, 0.001),
      ]),
    )
    expect(gains).toContain(
      'AIQ: better, beyond chance (p < .05 after Holm’s correction), than `ridge` (+.0300 [+.0200, +.0400]).',
    )
    expect(losses).toEqual([
      'AIQ: worse, beyond chance, than `knn` (−.0100 [−.0200, .0000]).',
      'Ahead of it by the mean AIQ, though not beyond chance or not compared: `forest` (+.0010).',
      'AIQ: not distinguishable from `forest` (−.0010 [−.0110, +.0090]).',
    ])
  })

  test('measure the way from mixtures of fixed LLMs to the oracle', () => {
    expect(summariseResult(resultOf(rows)).gains).toEqual([
      'By AIQ it covers 20\u202f% of the way from mixtures of fixed LLMs (`zero-router`, .9200) to knowing every outcome (`oracle`, .9700).',
    ])
  })

  test('say when the router is below what does not look at the prompt', () => {
    const { losses } = summariseResult(
      resultOf([row('pointsman', 'router', 0.9), row('zero-router', 'reference', 0.92)]),
    )
    expect(losses).toEqual(['Its mean AIQ is behind `zero-router`, which does not look at the prompt: by −.0200.'])
  })

  test('say so when nothing was lost', () => {
    const { losses } = summariseResult(resultOf([row('pointsman', 'router', 0.9)]))
    expect(losses).toEqual(['Nowhere in what was compared; a policy that was not run may still be better.'])
  })

  test('name variants of another policy, leave out those of the subject, count two tests of a pair once', () => {
    const variant = { ...row('ridge', 'baseline', 0.91), setting: { trust: 1 } }
    const own = { ...row('pointsman', 'router', 0.95), setting: { trust: 2 } }
    const worse = comparison('ridge', 'pointsman', -0.02, 0.001)
    const { gains } = summariseResult(
      resultOf(
        [...rows, variant, own],
        [
          { ...worse, setting: { test: 'jackknife' } },
          { ...worse, setting: { test: 'sign' }, pHolm: 0.5 },
          { ...worse, setting: { trust: 1 } },
          { ...comparison('pointsman', 'forest', 0.3, 0.001), setting: { trust: 2 } },
        ],
      ),
    )
    expect(gains.at(-1)).toBe(
      'AIQ: better, beyond chance (p < .05 after Holm’s correction), than `ridge` (+.0200 [+.0100, +.0300]), `ridge (trust 1)` (+.0200 [+.0100, +.0300]).',
    )
  })
})

test('where a policy may lead by spending more, the headline counts comparisons', () => {
  const sample = sampleResult('stream')
  const entry = (setting: ResultRow['setting'], metric: string, mean: number): Comparison => ({
    ...comparison('pointsman', 'mixllm', mean, 0.001),
    setting,
    metric,
  })
  const comparisons = [
    entry({ feedback: 'refined' }, 'utility', 0.05),
    entry({ feedback: 'refined' }, 'quality', -0.05),
    entry({ feedback: 'binary' }, 'utility', -0.05),
  ]
  expect(summariseResult({ ...sample, comparisons }).headline).toBe(
    'In paired comparisons of Utility `pointsman` is better beyond chance than policies that learn as they run in 1 of 2 (worse in 1, not distinguishable in 0).',
  )
})

test('the count of comparisons keeps learners, fitted policies and references apart', () => {
  const against = (policy: string, mean: number): Comparison => ({
    ...comparison('pointsman', policy, mean, 0.001),
    metric: 'utility',
  })
  const comparisons = [
    against('mixllm', 0.05),
    against('knn', -0.05),
    against('ridge', 0.05),
    against('cheapest', 0.05),
  ]
  expect(summariseResult({ ...sampleResult('stream'), comparisons }).headline).toBe(
    'In paired comparisons of Utility `pointsman` is better beyond chance than policies that learn as they run in 1 of 1 (worse in 0, not distinguishable in 0); than policies that were fitted once in 1 of 2 (worse in 1, not distinguishable in 0); than references that do not look at the prompt in 1 of 1 (worse in 0, not distinguishable in 0).',
  )
})

describe('what does not count', () => {
  const told = row('automix', 'baseline', 0.96, { simulatedVerifier: true })

  test('a cascade whose verifier is simulated is no contender', () => {
    const { headline, losses } = summariseResult(
      resultOf(
        [row('pointsman', 'router', 0.93), row('knn', 'baseline', 0.92), told],
        [comparison('pointsman', 'automix', -0.03, 0.001)],
      ),
    )
    expect(headline).toContain('highest AIQ of the 2 policies that route')
    expect(losses.join()).not.toContain('automix')
  })

  test('a cascade with a verifier of its own is one', () => {
    const { headline } = summariseResult(resultOf([row('pointsman', 'router', 0.93), row('automix', 'baseline', 0.96)]))
    expect(headline).toContain('`automix` leads')
  })

  test('a control is no setting', () => {
    const rows = ['pointsman', 'knn', 'ridge'].flatMap((policy, place) => [
      row(policy, 'router', 0.9 - 0.1 * place, { probes: 50 }),
      row(policy, 'router', 0.9 - 0.1 * place, { probes: 100 }),
      row(policy, 'router', 0.5 + 0.1 * place, { probes: 100, control: 'shuffled' }),
    ])
    expect(summariseResult(resultOf(rows)).headline).toBe('`pointsman` has the highest AIQ in 2 of 2 settings.')
  })

  test('a reference of other prompts is not compared with', () => {
    const rows = ['pointsman', 'knn', 'ridge'].flatMap((policy, place) => [
      row(policy, 'router', 0.9 - 0.01 * place, { probes: 200 }),
      row(policy, 'router', 0.7 - 0.01 * place, { probes: 200, shift: 'sources' }),
    ])
    const references = [
      row('zero-router', 'reference', 0.85, { probes: 200 }),
      row('zero-router', 'reference', 0.6, { probes: 200, shift: 'sources' }),
      row('oracle', 'reference', 0.95, { probes: null }),
    ]
    const { gains, losses } = summariseResult(resultOf([...rows, ...references]))
    expect(losses).toEqual(['Nowhere in what was compared; a policy that was not run may still be better.'])
    expect(gains[0]).toContain('it covers 50\u202f% of the way')
  })

  test('a cost that some replicates never reach is not promised', () => {
    const own = row('pointsman', 'router', 0.93)
    const withCost = (high: number | null) => ({
      ...own,
      metrics: { ...own.metrics, qncOwn: { mean: 0.4, low: 0.3, high } },
    })
    expect(summariseResult(resultOf([withCost(null)])).gains).toEqual([])
    expect(summariseResult(resultOf([withCost(0.5)])).gains).toEqual([
      'All of its quality costs 40.0\u202f% [30.0, 50.0].',
    ])
  })
})
