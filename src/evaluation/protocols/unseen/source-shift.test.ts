import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { shiftProbes, sourceShiftRows } from './source-shift.ts'
import type { TrialData } from './trial-data.ts'

const llms = ['a', 'b', 'c']
const wanted = ['uniroute', 'cluster', 'knn', 'zero-router']

/** Prompts of four tasks in turn, each task a direction; each LLM is right on one task or two. */
function rows(prompts: number, random: SeededRandom): TrainingRows {
  const contexts = Array.from({ length: prompts }, (_, row) => {
    const embedding = Float32Array.from({ length: 6 }, (_, j) => (j === row % 4 ? 1 : 0) + 0.05 * nextNormal(random))
    const norm = Math.hypot(...embedding)
    return { embedderId: 'test', embedding: embedding.map((x) => x / norm), explicit: new Float32Array(0) }
  })
  const cells = prompts * llms.length
  const unknown = new Float64Array(cells).fill(Number.NaN)
  const cell = (i: number) => ({ task: Math.floor(i / llms.length) % 4, llm: i % llms.length })
  return {
    llms,
    contexts,
    quality: Float64Array.from({ length: cells }, (_, i) => (cell(i).task % llms.length === cell(i).llm ? 1 : 0)),
    costUsd: Float64Array.from({ length: cells }, (_, i) => 1 + cell(i).llm),
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

function trial(prompts: number, tests: number, tasks = 4): TrialData {
  const random = new SeededRandom(2)
  const [train, test] = [rows(prompts, random), rows(tests, random)]
  const sourcesOf = (count: number) => Array.from({ length: count }, (_, row) => `task ${row % tasks}`)
  return {
    seed: 3,
    test,
    probes: train,
    hiddenTrain: train,
    seenTrain: train,
    seenProbes: train,
    seenBases: [],
    sources: { train: sourcesOf(prompts), test: sourcesOf(tests) },
    prices: llms.map(() => undefined),
  }
}

describe('sourceShiftRows', () => {
  it('clusters other tasks than those routed, or as many prompts of all, and routes half of the tasks', () => {
    const found = sourceShiftRows(trial(800, 200), wanted)
    const shifts = (policy: string) => found.filter((row) => row.policy === policy).map((row) => row.setting.shift)
    expect(shifts('uniroute')).toEqual(['sources', 'sources', 'none', 'none'])
    expect(shifts('cluster')).toEqual(['sources', 'none'])
    expect(shifts('knn')).toEqual(['sources'])
    expect(new Set(found.map((row) => row.setting.probes))).toEqual(new Set([shiftProbes]))
    // Clusters of all tasks tell the routed ones apart; K-NN needs no clusters at all.
    const peak = (policy: string, shift: string) =>
      found.find((row) => row.policy === policy && row.setting.shift === shift)!.metrics.peak!
    expect(peak('cluster', 'none')).toBe(1)
    expect(peak('knn', 'sources')).toBe(1)
    expect(sourceShiftRows(trial(800, 200), wanted)).toEqual(found)
  })

  it('says nothing of one task, or of too few prompts', () => {
    expect(sourceShiftRows(trial(800, 200, 1), wanted)).toEqual([])
    expect(sourceShiftRows(trial(300, 200), wanted)).toEqual([])
    expect(sourceShiftRows(trial(800, 60), wanted)).toEqual([])
  })
})
