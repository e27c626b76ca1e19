import { describe, expect, it } from 'vitest'
import { type OutcomeData, unknownCells } from '../../../outcomes/outcome-data.ts'
import type { PreparedData } from '../../evaluation-data.ts'
import { probeCounts, splitTrial } from './unseen-split.ts'

/** Every third prompt repeats the one before; three deployments per base. */
function prepared(prompts: number, bases: number): PreparedData {
  const groupOf = Int32Array.from({ length: prompts }, (_, row) => row - Math.floor((row + 1) / 3))
  const cells = unknownCells(prompts * bases * 3)
  const data: OutcomeData = {
    name: 'made up',
    prompts: Array.from({ length: prompts }, (_, row) => ({
      id: `${row}`,
      source: '',
      text: `group ${groupOf[row]}`,
      extra: {},
    })),
    llms: Array.from({ length: bases * 3 }, (_, llm) => ({
      id: `llm ${llm}`,
      price: undefined,
      base: `base ${llm % bases}`,
      extra: {},
    })),
    quality: cells,
    costUsd: cells,
    inputTokens: cells,
    outputTokens: cells,
    latencyMs: cells,
  }
  return { data, groups: { groupOf, count: Math.max(...groupOf) + 1 }, ownSplit: undefined, notes: [] }
}

describe('splitTrial', () => {
  const whole = prepared(600, 9)
  const split = splitTrial(whole, 50, 3)

  it('never has a group on two sides, nor a prompt twice', () => {
    const sides = [split.train, split.probes, split.test]
    const groupsOf = (rows: readonly number[]): Set<number> => new Set(rows.map((row) => whole.groups.groupOf[row]!))
    for (const a of sides) {
      for (const b of sides) {
        if (a !== b) expect([...groupsOf(a)].filter((group) => groupsOf(b).has(group))).toEqual([])
      }
    }
    expect(new Set(sides.flat()).size).toBe(sides.flat().length)
  })

  it('has exactly the probes asked for, 30 % to test and 55 % to train', () => {
    expect(split.probes.length).toBe(50)
    expect(split.test.length / 600).toBeCloseTo(0.3, 1)
    expect(split.train.length / 600).toBeCloseTo(0.55, 1)
  })

  it('hides a third of the bases, with all their deployments', () => {
    const basesOf = (llms: readonly number[]): Set<string> => new Set(llms.map((llm) => whole.data.llms[llm]!.base))
    expect(basesOf(split.unseen).size).toBe(3)
    expect(split.unseen.length).toBe(9)
    expect([...basesOf(split.unseen)].some((base) => basesOf(split.seen).has(base))).toBe(false)
  })

  it('says so when prompts are too much alike to be divided', () => {
    const { data } = whole
    const alike = { ...whole, groups: { groupOf: Int32Array.from(data.prompts, (_, row) => row % 2), count: 2 } }
    expect(() => splitTrial(alike, 50, 3)).toThrowError(/too much alike \(2 groups\)/)
  })

  it('is another for another seed, and the same for the same', () => {
    expect(splitTrial(whole, 50, 3)).toEqual(split)
    const other = splitTrial(whole, 50, 4)
    expect(other.test).not.toEqual(split.test)
    expect(other.unseen).not.toEqual(split.unseen)
  })
})

describe('probeCounts', () => {
  it('takes what 15 % of the prompts allow', () => {
    expect(probeCounts(333)).toEqual([])
    expect(probeCounts(334)).toEqual([50])
    expect(probeCounts(1460)).toEqual([50, 100, 200])
    expect(probeCounts(2840)).toEqual([50, 100, 200, 400])
  })
})
