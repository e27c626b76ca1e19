import { describe, expect, it } from 'vitest'
import { fixedChoices, realise } from './realised-sweep.ts'

const test = {
  llmCount: 2,
  quality: Float64Array.of(0, 1, 0.5, Number.NaN),
  costUsd: Float64Array.of(1, 5, 2, 6),
  sources: ['', ''],
  rows: [0, 1],
}

describe('realise', () => {
  it('looks up what was chosen; unknown stays unknown in both', () => {
    const { costUsd, quality } = realise(fixedChoices([0, 1], 2), test)
    expect([...costUsd]).toEqual([1, 2, 5, Number.NaN])
    expect([...quality]).toEqual([0, 0.5, 1, Number.NaN])
  })

  it('charges a cascade for every call, and for a verification by the same LLM', () => {
    const answeredBy = Uint16Array.of(1, 0)
    const { costUsd, quality } = realise({ settings: 1, answeredBy, alsoCalled: [[0, 0], [0]] }, test)
    expect([...costUsd]).toEqual([7, 4])
    expect([...quality]).toEqual([1, 0.5])
  })
})
