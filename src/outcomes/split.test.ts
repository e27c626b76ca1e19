import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deduplicate, normaliseText } from './deduplicate.ts'
import type { OutcomeData } from './outcome-data.ts'
import { selectLlms, unknownCells } from './outcome-data.ts'
import { groupFraction, selectSplit, selectUnsharedSplit, splitByGroup, splitLlmsByBase, splitNames } from './split.ts'

function dataOf(texts: readonly string[], quality: readonly number[], splits: readonly string[] = []): OutcomeData {
  const size = quality.length
  return {
    name: 'made',
    prompts: texts.map((text, row) => ({
      id: `p${row}`,
      source: '',
      text,
      extra: {},
      ...(splits[row] === undefined ? {} : { split: splits[row] }),
    })),
    llms: Array.from({ length: size / texts.length }, (_, i) => ({
      id: `m${i}`,
      price: undefined,
      base: `m${i}`,
      extra: {},
    })),
    quality: Float64Array.from(quality),
    costUsd: unknownCells(size),
    inputTokens: unknownCells(size),
    outputTokens: unknownCells(size),
    latencyMs: unknownCells(size),
  }
}

describe('deduplicate', () => {
  it('merges equal texts by the mean of their known cells and keeps the first id', () => {
    const nan = Number.NaN
    const merged = deduplicate(dataOf(['What  is\nit?', 'other', 'what is it? '], [1, nan, 0.5, 0.5, 0, nan]))
    expect(merged.prompts.map((prompt) => prompt.id)).toEqual(['p0', 'p1'])
    expect([...merged.quality]).toEqual([0.5, nan, 0.5, 0.5])
  })

  it('returns a set without duplicates as it is', () => {
    const data = dataOf(['a', 'b'], [1, 0])
    expect(deduplicate(data)).toBe(data)
  })

  it('merges only within what is told apart, in the order of the file', () => {
    const data = dataOf(['a', 'b', 'A', 'a', 'B'], [0, 1, 1, 0.5, 0], ['val', 'test', 'test', 'train', 'test'])
    const merged = deduplicate(data, (prompt) => (prompt.split === 'test' ? 'test' : 'train'))
    expect(merged.prompts.map((prompt) => prompt.id)).toEqual(['p0', 'p1', 'p2'])
    expect([...merged.quality]).toEqual([0.25, 0.5, 1])
  })

  it('treats compatibility forms as the same text', () => {
    expect(normaliseText('ﬁve\u00a0 CATS')).toBe('five cats')
  })
})

describe('selectSplit', () => {
  it('keeps the rows of one split, cells and all', () => {
    const data = dataOf(['a', 'b', 'c'], [1, 2, 3, 4, 5, 6], ['val', 'test', 'val'])
    expect(splitNames(data)).toEqual(['val', 'test'])
    const val = selectSplit(data, 'val')
    expect(val.prompts.map((prompt) => prompt.id)).toEqual(['p0', 'p2'])
    expect([...val.quality]).toEqual([1, 2, 5, 6])
  })

  it('names the splits there are when asked for another', () => {
    const data = dataOf(['a'], [1], ['val'])
    expect(() => selectSplit(data, 'train')).toThrowError(/there are val/)
  })
})

describe('selectUnsharedSplit', () => {
  it('leaves out texts of another split, however spelled, and merges equal ones within', () => {
    const texts = ['Same  text', 'same text', 'own', 'OWN', 'other']
    const data = dataOf(texts, [0, 1, 0.2, 0.4, 1], ['train', 'test', 'train', 'train', 'test'])
    const { data: train, shared } = selectUnsharedSplit(data, 'train')
    expect(train.prompts.map((prompt) => prompt.id)).toEqual(['p2'])
    expect([...train.quality]).toEqual([expect.closeTo(0.3, 12)])
    expect(shared).toBe(1)
  })

  it('does not take prompts without a split for another one', () => {
    const data = { ...dataOf(['a', 'A'], [1, 0], ['train']) }
    expect(selectUnsharedSplit(data, 'train')).toMatchObject({ shared: 0, data: { prompts: [{ id: 'p0' }] } })
  })
})

describe('selectLlms', () => {
  it('keeps the columns asked for, in the order asked', () => {
    const picked = selectLlms(dataOf(['a', 'b'], [1, 2, 3, 4, 5, 6]), [2, 0])
    expect(picked.llms.map((llm) => llm.id)).toEqual(['m2', 'm0'])
    expect([...picked.quality]).toEqual([3, 1, 6, 4])
  })
})

describe('splitByGroup', () => {
  it('never puts a group on both sides and does not depend on the other prompts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 40 }),
        fc.integer(),
        (texts, seed) => {
          const data = dataOf(texts, Array(texts.length).fill(0))
          const { first, second } = splitByGroup(data, 0.7, seed)
          expect(first.prompts.length + second.prompts.length).toBe(texts.length)
          const firstTexts = new Set(first.prompts.map((prompt) => normaliseText(prompt.text)))
          for (const prompt of second.prompts) expect(firstTexts.has(normaliseText(prompt.text))).toBe(false)
          for (const prompt of first.prompts) {
            expect(splitByGroup(dataOf([prompt.text], [0]), 0.7, seed).first.prompts.length).toBe(1)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('takes about the share asked for, on numbered groups too', () => {
    let below = 0
    for (let i = 0; i < 10_000; i++) if (groupFraction(`prompt ${i}`, 7) < 0.7) below++
    // Four standard deviations of a binomial share at n = 10,000 are .018.
    expect(Math.abs(below / 10_000 - 0.7)).toBeLessThan(0.018)
  })
})

describe('splitLlmsByBase', () => {
  const llmsOf = (bases: readonly string[]) =>
    bases.map((base, index) => ({ id: `m${index}`, price: undefined, base, extra: {} }))

  it('never has two deployments of one base on different sides, and loses none', () => {
    const bases = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 30 })
    fc.assert(
      fc.property(bases, fc.double({ min: 0.1, max: 0.9, noNaN: true }), fc.nat(), (names, share, seed) => {
        const { train, unseen } = splitLlmsByBase(llmsOf(names), share, seed)
        expect([...train, ...unseen].sort((a, b) => a - b)).toEqual(names.map((_, index) => index))
        const inTrain = new Set(train.map((llm) => names[llm]))
        expect(unseen.filter((llm) => inTrain.has(names[llm]))).toEqual([])
        if (new Set(names).size >= 2) expect([train.length > 0, unseen.length > 0]).toEqual([true, true])
      }),
    )
  })

  it('takes the share of bases asked for, other ones with another seed', () => {
    const llms = llmsOf(Array.from({ length: 30 }, (_, index) => `base ${index}`))
    const first = splitLlmsByBase(llms, 2 / 3, 1)
    expect(first.train.length).toBe(20)
    expect(splitLlmsByBase(llms, 2 / 3, 1)).toEqual(first)
    expect(splitLlmsByBase(llms, 2 / 3, 2)).not.toEqual(first)
  })
})
