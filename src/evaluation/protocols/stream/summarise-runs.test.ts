import { expect, test } from 'vitest'
import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import type { PreparedData } from '../../evaluation-data.ts'
import { streamParts } from './stream-case.ts'
import type { StreamRun, StreamUnitOutput } from './stream-output.ts'
import { summariseRuns } from './summarise-runs.ts'
import { bandLift, qualityFor } from './sweep-quality.ts'

test('by hand: late answers count 0, all calls are paid for, prompts with an unknown outcome are left out', () => {
  const late = run({ lambda: 1, timeLimit: 30 }, [0, 1], [1, 1], [1])
  const several = {
    ...run({ lambda: 1, topK: 2, timeLimit: null }, [0, 1], [1, 0]),
    called: [
      [1, 0],
      [0, 1],
    ],
  }
  const unknown = run({ lambda: 2, timeLimit: null }, [1, 2], [1, 1])
  const summary = summariseRuns(prepared(), [output(1, [late, several, unknown])], [1])
  const find = (setting: StreamRun['setting']) => summary.find('mixllm', setting)!
  expect(find(late.setting).quality.mean).toBeCloseTo(0.8 / 2, 12)
  expect(find(late.setting).onTimeShare.mean).toBe(0.5)
  expect(find(late.setting).costUsd.mean).toBeCloseTo(1, 12)
  expect(find(several.setting).costUsd.mean).toBeCloseTo(1.1, 12)
  expect(find(unknown.setting).quality.mean).toBeCloseTo(0.6, 12)
  expect(summary.costReferenceUsd).toBeCloseTo(1, 12)
})

test('seeds are joined by prompt, and kept apart for their own interval', () => {
  const setting = { lambda: 1, timeLimit: null }
  const outputs = [output(7, [run(setting, [0], [0])]), output(8, [run(setting, [0, 1], [1, 1])])]
  const row = summariseRuns(prepared(), outputs, [7, 8]).find('mixllm', setting)!
  expect(row.quality.mean).toBeCloseTo((0.5 + 0.8 + 0.6) / 3, 12)
  expect([...row.quality.bySeed]).toEqual([0.5, 0.7])
  // A replicate draws prompts, each with all of its seeds: .65 for prompt 0 alone, .6 for prompt 1 alone.
  const values = new Set([...row.quality.replicates].filter(Number.isFinite).map((value) => value.toFixed(6)))
  expect(values).toContain('0.650000')
  expect(values).toContain('0.600000')
})

test('utility weighs quality and cost by λ', () => {
  const setting = { lambda: 3, timeLimit: null }
  const summary = summariseRuns(prepared(), [output(1, [run(setting, [0, 1], [0, 0])])], [1])
  const row = summary.sweep('mixllm', { timeLimit: null }, [3])[0]!
  expect(summary.utility(row, 3).mean).toBeCloseTo(0.75 * 0.4 - 0.25 * 0.1, 12)
  expect(summary.sweep('mixllm', { timeLimit: null }, [3, 4])).toEqual([])
})

test('quality along the sweep: straight between points, none below its cheapest', () => {
  const runs = [run({ lambda: 1, timeLimit: null }, [0], [0]), run({ lambda: 9, timeLimit: null }, [0], [1])]
  const rows = summariseRuns(prepared(), [output(1, runs)], [1]).sweep('mixllm', { timeLimit: null }, [1, 9])
  // (.1, .5) and (1, .8).
  expect(qualityFor(rows, 0.55).mean).toBeCloseTo(0.65, 12)
  expect(qualityFor(rows, 0.05).mean).toBeNaN()
  expect(qualityFor(rows, 2).mean).toBeCloseTo(0.8, 12)
})

test('a band starts where both sweeps do', () => {
  const runs = [
    run({ lambda: 1, timeLimit: null, curve: 'both' }, [0], [0]),
    run({ lambda: 9, timeLimit: null, curve: 'both' }, [0], [1]),
    run({ lambda: 1, timeLimit: null, curve: 'mixed' }, [0, 1], [0, 1]),
    run({ lambda: 9, timeLimit: null, curve: 'mixed' }, [0], [1]),
  ]
  const summary = summariseRuns(prepared(), [output(1, runs)], [1])
  const curve = (name: string) => summary.sweep('mixllm', { timeLimit: null, curve: name }, [1, 9])
  // (.1, .5) to (1, .8) against (.55, .55) to (1, .8), from .55 on: means .725 and .675.
  const lift = bandLift(curve('both'), curve('mixed'), { fromUsd: 0, toUsd: 1 })
  expect(lift.mean).toBeCloseTo(0.725 / 0.675 - 1, 12)
  expect(bandLift(curve('both'), curve('mixed'), { fromUsd: 0, toUsd: 0.5 }).mean).toBeNaN()
})

test('offline parts are nested, keep groups together and leave nothing out', () => {
  const rows = Array.from({ length: 300 }, (_, row) => row)
  const many = {
    groups: { groupOf: Int32Array.from(rows, (row) => Math.floor(row / 2)), count: 150 },
    ownSplit: { train: rows.slice(0, 200), test: rows.slice(200) },
  } as unknown as PreparedData
  const most = streamParts(many, 0.8, 3)
  const least = streamParts(many, 0.3, 3)
  expect(most.offline.length).toBe(160)
  expect(least.offline.every((row) => most.offline.includes(row))).toBe(true)
  expect([...most.offline, ...most.online].sort((a, b) => a - b)).toEqual(rows.slice(0, 200))
  expect([...most.test].sort((a, b) => a - b)).toEqual(rows.slice(200))
  const offlineGroups = new Set(least.offline.map((row) => Math.floor(row / 2)))
  expect(least.online.some((row) => offlineGroups.has(Math.floor(row / 2)))).toBe(false)
  expect(streamParts(many, 0.8, 4).offline).not.toEqual(most.offline)
})

function run(
  setting: StreamRun['setting'],
  rows: readonly number[],
  answered: readonly number[],
  late: readonly number[] = [],
): StreamRun {
  return { policy: 'mixllm', setting, rows, answered, late }
}

function output(seed: number, runs: readonly StreamRun[]): StreamUnitOutput {
  return { seed, runs, courses: [], notes: [] }
}

/** Three prompts, two LLMs; the first LLM's outcome on the third prompt is unknown. */
function prepared(): PreparedData {
  const cells = new Float64Array(6).fill(Number.NaN)
  const data: OutcomeData = {
    name: 'made',
    prompts: [0, 1, 2].map((i) => ({ id: `p${i}`, source: '', text: `prompt ${i}`, extra: {} })),
    llms: ['cheap', 'dear'].map((id) => ({ id, base: id, price: undefined, extra: {} })),
    quality: Float64Array.of(0.5, 0.8, 0.3, 0.6, Number.NaN, 1),
    costUsd: Float64Array.of(0.1, 1, 0.1, 1, Number.NaN, 1),
    inputTokens: cells,
    outputTokens: cells,
    latencyMs: cells,
  }
  return { data, groups: { groupOf: Int32Array.of(0, 1, 2), count: 3 }, ownSplit: undefined, notes: [] }
}
