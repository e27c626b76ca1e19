import { describe, expect, it } from 'vitest'
import { type OutcomeData, unknownCells } from '../../../outcomes/outcome-data.ts'
import { staticProtocol } from './static-protocol.ts'

/** Two LLMs, two costs, quality by turns. */
function madeData(prompts: number): OutcomeData {
  return {
    name: 'made',
    prompts: Array.from({ length: prompts }, (_, row) => ({
      id: String(row),
      source: '',
      text: `${row * 7919}`,
      extra: {},
    })),
    llms: ['cheap', 'dear'].map((id) => ({ id, price: undefined, base: id, extra: {} })),
    quality: Float64Array.from({ length: 2 * prompts }, (_, cell) => (cell % 3 === 0 ? 0 : 1)),
    costUsd: Float64Array.from({ length: 2 * prompts }, (_, cell) => (cell % 2 === 0 ? 0.001 : 0.01)),
    inputTokens: unknownCells(2 * prompts),
    outputTokens: unknownCells(2 * prompts),
    latencyMs: unknownCells(2 * prompts),
  }
}

describe('staticProtocol', () => {
  it('says how many prompts are missing where too few are left to fit on', () => {
    const plan = () => staticProtocol.plan(madeData(60), { seeds: [1], policies: ['ridge'] })
    expect(plan).toThrowError(
      expect.objectContaining({ code: 'unfit_data', message: expect.stringMatching(/at least 50/) }),
    )
  })

  it('plans one unit per seed and policy, the references and the control always', () => {
    const keys = staticProtocol.plan(madeData(90), { seeds: [1, 2], policies: ['ridge'] }).map(({ key }) => key)
    expect(keys.slice(0, keys.length / 2)).toEqual([
      'seed-1-references',
      'seed-1-ridge',
      'seed-1-stacked-shuffled',
      'seed-1-ridge-shuffled',
    ])
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.every((key) => /^[\w.-]+$/.test(key))).toBe(true)
  })
})
