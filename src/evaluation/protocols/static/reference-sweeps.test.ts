import { describe, expect, it } from 'vitest'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { referenceSweeps } from './reference-sweeps.ts'
import type { StaticCase } from './static-case.ts'
import { meanPoints } from './static-scorer.ts'

const rows = {
  llms: ['cheap', 'middle', 'dear'],
  quality: Float64Array.of(0.2, 0.3, 0.9, 0.2, 0.3, 0.9),
  costUsd: Float64Array.of(1, 6, 10, 1, 6, 10),
} as unknown as TrainingRows

/** On the test prompts the middle LLM turns out best; two tasks with an expert each. */
const test = {
  llmCount: 3,
  quality: Float64Array.of(0, 1, 0.4, 0, 1, 0.4, 1, 0.6, 0.4, 1, 0.6, 0.4),
  costUsd: Float64Array.of(1, 6, 10, 1, 6, 10, 1, 6, 10, 1, 6, 10),
  sources: ['x', 'x', 'y', 'y'],
  rows: [0, 1, 2, 3],
}

function points(tested: StaticCase['test'] = test): Record<string, { costUsd: number; quality: number }[]> {
  const sweeps = referenceSweeps({ training: { rows }, test: tested } as unknown as StaticCase)
  return Object.fromEntries(
    sweeps.map(({ policy, setting, sweep }) => [policy + JSON.stringify(setting), meanPoints(sweep)]),
  )
}

describe('referenceSweeps', () => {
  it('picks on train what someone without a router picks, and marks bounds on test', () => {
    const found = points()
    expect(found['random{}']).toEqual([{ costUsd: 17 / 3, quality: expect.closeTo((1.4 / 3 + 2 / 3) / 2, 12) }])
    expect(found['cheapest{}']).toEqual([{ costUsd: 1, quality: 0.5 }])
    // The dear one was best in training; on the test prompts the middle one is.
    expect(found['best-single{}']).toEqual([{ costUsd: 10, quality: 0.4 }])
    expect(found['zero-router{}']).toHaveLength(3)
    // The middle one lay under the chord from the cheap to the dear one.
    expect(found['zero-router{"hull":"train"}']).toEqual([
      { costUsd: 1, quality: 0.5 },
      { costUsd: 10, quality: 0.4 },
    ])
    expect(found['task-oracle{}']![0]).toEqual({ costUsd: 3.5, quality: 1 })
    expect(found['oracle{}']![0]).toEqual({ costUsd: 3.5, quality: 1 })
  })

  it('has no task oracle where there are no tasks', () => {
    expect(points({ ...test, sources: ['', '', '', ''] })['task-oracle{}']).toBeUndefined()
  })
})
