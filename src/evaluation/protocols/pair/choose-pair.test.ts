import { describe, expect, it } from 'vitest'
import { type OutcomeData, unknownCells } from '../../../outcomes/outcome-data.ts'
import { choosePair } from './choose-pair.ts'

/** Two prompts; per LLM its qualities and its cost. */
function dataOf(llms: readonly (readonly [number, number, number])[]): OutcomeData {
  const size = 2 * llms.length
  return {
    name: 'made',
    prompts: ['a', 'b'].map((text) => ({ id: text, source: '', text, extra: {} })),
    llms: llms.map((_, i) => ({ id: `m${i}`, price: undefined, base: `m${i}`, extra: {} })),
    quality: Float64Array.from([...llms.map(([first]) => first), ...llms.map(([, second]) => second)]),
    costUsd: Float64Array.from([...llms, ...llms].map(([, , cost]) => cost)),
    inputTokens: unknownCells(size),
    outputTokens: unknownCells(size),
    latencyMs: unknownCells(size),
  }
}

describe('choosePair', () => {
  it('takes the better of two for the strong one, whatever it costs', () => {
    expect(
      choosePair(
        dataOf([
          [1, 0.5, 1],
          [0, 1, 2],
        ]),
      ),
    ).toEqual({ weak: 1, strong: 0 })
    const nan = Number.NaN
    expect(
      choosePair(
        dataOf([
          [0, nan, nan],
          [0, 1, nan],
        ]),
      ),
    ).toEqual({ weak: 0, strong: 1 })
  })

  it('takes the best and the cheapest of more', () => {
    expect(
      choosePair(
        dataOf([
          [0.5, 0.5, 3],
          [0.2, 0.2, 1],
          [1, 0.9, 9],
          [0.1, 0.1, 2],
        ]),
      ),
    ).toEqual({ weak: 1, strong: 2 })
  })

  it('says where there is no trade-off', () => {
    expect(() =>
      choosePair(
        dataOf([
          [1, 1, 1],
          [0, 0, 2],
          [0, 1, 3],
        ]),
      ),
    ).toThrowError(/m0, is also the cheapest/)
    expect(() =>
      choosePair(
        dataOf([
          [1, 0, 1],
          [0, 1, 2],
        ]),
      ),
    ).toThrowError(/equally good/)
  })
})
