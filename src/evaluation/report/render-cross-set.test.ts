import { describe, expect, it } from 'vitest'
import type { EvaluationResult, ProtocolName, ResultRow } from '../evaluation-result.ts'
import { sampleResult } from './__fixtures__/sample-result.ts'
import { crossSetSections } from './render-cross-set.ts'

function row(policy: string, metric: string, mean: number, setting: ResultRow['setting'] = {}): ResultRow {
  const kind = policy === 'oracle' ? 'reference' : 'router'
  const metrics: ResultRow['metrics'] = {
    [metric]: { mean, low: null, high: null },
    ...(metric === 'aiq' ? { sweepGain: { mean: mean - 0.8, low: mean - 0.81, high: mean - 0.79 } } : {}),
  }
  return { policy, kind, setting, metrics, curve: [] }
}

function result(protocol: ProtocolName, results: readonly ResultRow[]): EvaluationResult {
  return { ...sampleResult(protocol), results }
}

describe('crossSetSections', () => {
  it('ranks what routes on every set, the best mean rank first', () => {
    const one = [
      row('pointsman', 'aiq', 0.9),
      row('knn', 'aiq', 0.85),
      row('ridge', 'aiq', 0.85),
      row('automix', 'aiq', 0.99, { simulatedVerifier: true }),
      row('oracle', 'aiq', 1),
      row('forest', 'aiq', 0.95),
    ]
    const two = [row('pointsman', 'aiq', 0.8), row('knn', 'aiq', 0.7), row('ridge', 'aiq', 0.81)]
    const page = crossSetSections([
      { set: 'one', result: result('static', one) },
      { set: 'two', result: result('static', two) },
    ]).join('\n')
    const lines = page.split('\n').filter((line) => line.startsWith('| `'))
    expect(lines).toEqual([
      '| `pointsman` | 1 | 2 | 1.50 |',
      '| `ridge` | 2.5 | 1 | 1.75 |',
      '| `knn` | 2.5 | 3 | 2.75 |',
      expect.stringMatching(/^\| `pointsman`, gain over the hull \| .*\[.*\| .*\[.* \|$/),
    ])
  })

  it('shows unseen LLMs by set and number of probes, plain settings only', () => {
    const rows = [50, 200].flatMap((probes) => [
      row('universal', 'areaRaw', 0.9, { probes }),
      row('uniroute', 'areaRaw', 0.8 + probes / 1000, { probes }),
      row('clairvoyant-mlp', 'areaRaw', 0.99, { probes }),
    ])
    const shuffled = [row('uniroute', 'areaRaw', 0.1, { probes: 200, control: 'shuffled' })]
    const page = crossSetSections([{ set: 'one', result: result('unseen', [...rows, ...shuffled]) }]).join('\n')
    expect(page).toContain('| unseen | one, 50 | one, 200 | mean rank |')
    expect(page).toContain('| `universal` | **.9000** | .9000 | 1.50 |')
    expect(page).toContain('| `uniroute` | .8500 | **1.0000** | 1.50 |')
    expect(page).not.toContain('clairvoyant')
  })

  it('says nothing about one set', () => {
    expect(crossSetSections([{ set: 'one', result: sampleResult('static') }])).toEqual([])
  })
})
