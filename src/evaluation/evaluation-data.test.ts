import { describe, expect, it } from 'vitest'
import type { OutcomeData, OutcomeLlm } from '../outcomes/outcome-data.ts'
import { unknownCells } from '../outcomes/outcome-data.ts'
import { describeData, prepareData, trainTestRows } from './evaluation-data.ts'
import type { DataNeeds } from './usable-llms.ts'

const complete: DataNeeds = { cost: true, complete: true }
const anyCells: DataNeeds = { cost: true, complete: false }

/** Texts that have nothing in common. */
function distinctTexts(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `${'abcdefghij'[i % 10]!.repeat(3 + (i % 7))}${i * 7919} ${i * 104_729}`,
  )
}

interface Made {
  readonly texts: readonly string[]
  readonly splits?: readonly (string | undefined)[]
  readonly llms?: readonly Partial<OutcomeLlm>[]
  readonly cell?: (row: number, llm: number) => number
  readonly cost?: (row: number, llm: number) => number
}

function made({ texts, splits = [], llms = [{}, {}], cell = () => 1, cost = () => 0.5 }: Made): OutcomeData {
  const width = llms.length
  const size = texts.length * width
  const fill = (of: (row: number, llm: number) => number) =>
    Float64Array.from({ length: size }, (_, i) => of(Math.floor(i / width), i % width))
  return {
    name: 'made',
    prompts: texts.map((text, row) => ({
      id: `p${row}`,
      source: '',
      text,
      extra: {},
      ...(splits[row] === undefined ? {} : { split: splits[row] }),
    })),
    llms: llms.map((llm, i) => ({ id: `m${i}`, price: undefined, base: `m${i}`, extra: {}, ...llm })),
    quality: fill(cell),
    costUsd: fill(cost),
    inputTokens: unknownCells(size),
    outputTokens: unknownCells(size),
    latencyMs: unknownCells(size),
  }
}

function failure(data: OutcomeData, needs: DataNeeds): string {
  try {
    prepareData(data, needs)
  } catch (error) {
    expect(error).toMatchObject({ name: 'EvaluationError', code: 'unfit_data' })
    return (error as Error).message
  }
  throw new Error('expected an EvaluationError')
}

describe('prepareData', () => {
  it('merges equal texts overall where the set brings no split', () => {
    const texts = distinctTexts(60)
    const data = made({ texts: [...texts, texts[0]!.toUpperCase()], cell: (row) => (row === 60 ? 0 : 1) })
    const prepared = prepareData(data, complete)
    expect(describeData(prepared.data)).toEqual({ name: 'made', prompts: 60, llms: 2, outcomes: 120 })
    expect(prepared.data.quality[0]).toBe(0.5)
    expect(prepared.ownSplit).toBeUndefined()
    expect(prepared.notes).toEqual(['1 prompt merged into another of the same text.'])
  })

  it('keeps test labels out of training: copies and near copies leave train, val and train are one side', () => {
    const texts = distinctTexts(80)
    const long = 'Which property of a mineral can be determined just by looking at it, without any tool at hand'
    const splits = texts.map((_, row) => (row < 30 ? 'train' : row < 50 ? 'val' : 'test'))
    texts[0] = `${long}?`
    texts[79] = `${long}, George?`
    texts[1] = texts[78]!
    texts[2] = texts[45]!
    const cell = (row: number): number => (row === 1 || row === 2 ? 0 : 1)
    const { data, groups, ownSplit, notes } = prepareData(made({ texts, splits, cell }), complete)
    const id = (row: number) => data.prompts[row]!.id
    expect(ownSplit!.test.map(id)).toEqual(Array.from({ length: 30 }, (_, i) => `p${i + 50}`))
    // p0 is near p79, p1 is the text of p78; p2 has the text of p45, also in training: merged.
    expect(ownSplit!.train.map(id)).toEqual(
      ['p2', ...Array.from({ length: 47 }, (_, i) => `p${i + 3}`)].filter((name) => name !== 'p45'),
    )
    const merged = ownSplit!.train[0]!
    expect(data.quality[merged * 2]).toBe(0.5)
    expect(data.quality[ownSplit!.test.at(-2)! * 2]).toBe(1)
    const testGroups = new Set(ownSplit!.test.map((row) => groups.groupOf[row]))
    expect(ownSplit!.train.filter((row) => testGroups.has(groups.groupOf[row]))).toEqual([])
    expect(notes.join(' ')).toContain('2 prompts left out of training')
  })

  it('leaves prompts of no split on neither side, and takes a set without a test split as one', () => {
    const texts = distinctTexts(90)
    const splits = texts.map((_, row) => ['train', 'test', undefined][row % 3])
    const { ownSplit } = prepareData(made({ texts, splits }), complete)
    expect([ownSplit!.train.length, ownSplit!.test.length]).toEqual([30, 30])
    const noTest = splits.map((split) => (split === 'test' ? 'val' : split))
    expect(prepareData(made({ texts, splits: noTest }), complete).ownSplit).toBeUndefined()
  })

  it('keeps as many cells as it can of LLMs that have nearly all, where all are needed; any with 20 where they are not', () => {
    const texts = distinctTexts(100)
    const llms = [{}, {}, {}, {}]
    const known = [100, 100, 70, 25]
    const cell = (row: number, llm: number): number => (row < known[llm]! ? 1 : Number.NaN)
    const pool = (needs: DataNeeds) => {
      const { data, notes } = prepareData(made({ texts, llms, cell }), needs)
      return { llms: data.llms.map((llm) => llm.id).join(' '), prompts: data.prompts.length, notes: notes.join(' ') }
    }
    expect(pool(complete)).toMatchObject({ llms: 'm0 m1', prompts: 100 })
    expect(pool(anyCells)).toMatchObject({ llms: 'm0 m1 m2 m3', prompts: 100 })
    known[2] = 95
    expect(pool(complete)).toMatchObject({ llms: 'm0 m1 m2', prompts: 95 })
    expect(pool(complete).notes).toMatch(/5 prompts left out: not each of the 3 LLMs kept/)
    // Fewer than two have 95 %: 3 × 70 cells are more than 2 × 94.
    known.splice(1, 2, 94, 70)
    expect(pool(complete)).toMatchObject({ llms: 'm0 m1 m2', prompts: 70 })
    expect(pool(complete).notes).toMatch(/fewer than two LLMs have nearly all\): m3\./)
    // 3 × 60 are fewer.
    known[2] = 60
    expect(pool(complete)).toMatchObject({ llms: 'm0 m1', prompts: 94 })
    known[3] = 19
    expect(pool(anyCells).llms).toBe('m0 m1 m2')
  })

  it('does not throw many LLMs out for one cell each because two have all', () => {
    const texts = distinctTexts(100)
    const llms = Array.from({ length: 20 }, () => ({}))
    const cell = (row: number, llm: number): number => (llm >= 2 && row === llm ? Number.NaN : 1)
    const { data } = prepareData(made({ texts, llms, cell }), complete)
    expect([data.llms.length, data.prompts.length]).toEqual([20, 82])
    expect(data.quality.some(Number.isNaN)).toBe(false)
  })

  it('refuses LLMs that hardly answered the same prompts', () => {
    const texts = distinctTexts(100)
    const cell = (row: number, llm: number): number => ((llm === 0 ? row < 60 : row >= 40) ? 1 : Number.NaN)
    expect(failure(made({ texts, cell }), complete)).toContain('there are 20')
  })

  it('counts the prompts that are near another one', () => {
    const texts = distinctTexts(60)
    const long = 'Which property of a mineral can be determined just by looking at it, without any tool at hand'
    texts.splice(0, 3, `${long}?`, `${long}, George?`, `${long}!`)
    expect(prepareData(made({ texts }), complete).notes[0]).toContain('3 prompts nearly equal to another one')
  })

  it('leaves out costs known to be too low, but only where cost is asked for', () => {
    const llms = [{}, { extra: { hiddenReasoning: true } }, {}]
    const data = made({ texts: distinctTexts(60), llms })
    expect(prepareData(data, complete).data.llms.map((llm) => llm.id)).toEqual(['m0', 'm2'])
    expect(prepareData(data, { cost: false, complete: true }).data.llms.length).toBe(3)
  })

  it('leaves out prompts that nobody answered before it asks who is complete', () => {
    const data = made({ texts: distinctTexts(70), cell: (row) => (row < 60 ? 1 : Number.NaN) })
    const prepared = prepareData(data, complete)
    expect([prepared.data.prompts.length, prepared.data.llms.length]).toEqual([60, 2])
    expect(prepared.notes[0]).toContain('10 prompts left out')
  })

  it('says what is missing', () => {
    const texts = distinctTexts(60)
    expect(failure(made({ texts, llms: [{}] }), complete)).toContain('routing needs two LLMs')
    expect(failure(made({ texts: distinctTexts(1) }), complete)).toContain('there are 1')
    expect(failure(made({ texts, cost: () => Number.NaN }), complete)).toContain('known quality and cost')
    expect(failure(made({ texts, cost: () => 0 }), complete)).toContain('every known costUsd is 0')
    expect(failure(made({ texts: Array(60).fill('again') }), complete)).toContain('50 different prompts')
    const splits = texts.map((_, row) => (row < 10 ? 'train' : 'test'))
    expect(failure(made({ texts, splits }), complete)).toContain('leaves 10 prompts to fit on')
    const short = (row: number) => (row < 10 ? 1 : Number.NaN)
    expect(failure(made({ texts, cell: (row, llm) => (llm === 1 ? short(row) : 1) }), anyCells)).toContain('m1')
  })

  it('does without costs where none are needed', () => {
    const data = made({ texts: distinctTexts(60), cost: () => Number.NaN })
    expect(prepareData(data, { cost: false, complete: true }).data.llms.length).toBe(2)
  })
})

describe('trainTestRows', () => {
  const words = distinctTexts(240)
  const question = (i: number) => words.slice(6 * i, 6 * i + 6).join(' and ')

  it('never divides near-duplicates, whatever the seed', () => {
    const texts = Array.from({ length: 40 }, (_, i) => [
      `${question(i)}?`,
      `${question(i)}, Bob?`,
      `${question(i)}!`,
    ]).flat()
    const prepared = prepareData(made({ texts }), complete)
    expect(prepared.groups.count).toBe(40)
    for (const seed of [1, 2, 3]) {
      const { train, test } = trainTestRows(prepared, seed)
      expect([...train, ...test].sort((a, b) => a - b)).toEqual(prepared.data.prompts.map((_, row) => row))
      const inTrain = new Set(train.map((row) => prepared.groups.groupOf[row]))
      expect(test.filter((row) => inTrain.has(prepared.groups.groupOf[row]))).toEqual([])
      expect(train.length).toBeGreaterThan(test.length)
    }
    expect(trainTestRows(prepared, 1)).not.toEqual(trainTestRows(prepared, 2))
  })

  it('takes the own split for every seed', () => {
    const texts = distinctTexts(60)
    const splits = texts.map((_, row) => (row % 2 === 0 ? 'val' : 'test'))
    const prepared = prepareData(made({ texts, splits }), complete)
    expect(trainTestRows(prepared, 1)).toBe(prepared.ownSplit)
    expect(trainTestRows(prepared, 2)).toBe(prepared.ownSplit)
  })

  it('refuses a set whose prompts are all alike', () => {
    const prepared = prepareData(made({ texts: distinctTexts(60) }), complete)
    const alike = { ...prepared, groups: { groupOf: new Int32Array(60), count: 1 } }
    expect(() => trainTestRows(alike, 1)).toThrowError(/too much alike/)
  })
})
