import { describe, expect, it } from 'vitest'
import { unknownCells } from '../../../outcomes/outcome-data.ts'
import { staticMetricNames } from '../../metrics/static-metrics.ts'
import { JoinedRow } from './joined-row.ts'
import { type NotedRun, staticNotes } from './static-notes.ts'

const row = {
  policy: 'knn',
  setting: {},
  points: [{ costUsd: 1, quality: 0.5 }],
  metrics: staticMetricNames.map((name) => (name === 'qncOwn' ? null : 0.5)),
  replicates: staticMetricNames.map((name) => [0.5, name === 'qncOwn' ? null : 0.5]),
  tasks: [],
}

const run: NotedRun = {
  prepared: {
    data: {
      name: 'made',
      prompts: ['a', 'b'].map((text) => ({ id: text, source: '', text, extra: {} })),
      llms: ['x', 'y', 'z'].map((id, i) => ({
        id,
        price: undefined,
        base: id,
        extra: { priceKind: i < 2 ? 'listed' : 'manual' },
      })),
      quality: unknownCells(6),
      costUsd: unknownCells(6),
      inputTokens: unknownCells(6),
      outputTokens: unknownCells(6),
      latencyMs: unknownCells(6),
    },
    groups: { groupOf: Int32Array.of(0, 1), count: 2 },
    ownSplit: { train: [0], test: [1] },
    notes: ['Something was left out.'],
  },
  rows: [new JoinedRow([row])],
  fitted: [1, 3, 2].map((fit) => ({
    unit: { key: 'k', weight: 1, parameters: {} },
    output: { rows: [row], control: null, seconds: { fit, choose: 0.5 } },
  })),
  seeds: [1],
}

describe('staticNotes', () => {
  it('says what was left out, how prompts were divided, where prices come from, who never reaches the best, how long it took', () => {
    const notes = staticNotes(run).join('\n')
    expect(notes).toContain('Something was left out.')
    expect(notes).toContain("The set's own split: 1 prompts to fit, 1 to test")
    expect(notes).toContain('2 listed, 1 manual')
    expect(notes).toContain('knn 50 %')
    expect(notes).toContain('knn 2.5')
  })
})
