import { describe, expect, it } from 'vitest'
import { abilityCells } from './ability-cells.ts'
import { fitAbilities } from './fit-abilities.ts'

/** Two tasks in one cluster, 20 prompts each; the strong LLM answered only the hard one, of which it gets every other one right. */
function sparse() {
  const rows = Array.from({ length: 40 }, (_, row) => ({ task: Number(row >= 20), at: row % 20 }))
  const taskOf = Int32Array.from(rows, ({ task }) => task)
  const strong = (task: number, at: number) => (task === 0 ? Number.NaN : Number(at % 2 === 0))
  const weak = (task: number, at: number) => (task === 0 ? Number(at < 18) : Number(at < 4))
  const quality = Float64Array.from(rows.flatMap(({ task, at }) => [strong(task, at), weak(task, at)]))
  const llms = ['strong', 'weak'].map((name) => ({ name, outputPrice: 1 }))
  const assignments = [{ clusters: 16, centroids: new Float32Array(0), of: new Int32Array(40) }]
  return { pooled: { llms, quality, taskOf }, clusters: { assignments } }
}

describe('the cells that abilities are fitted on', () => {
  it('are means and variances by task, cluster and LLM, without those of few labels', () => {
    const { pooled, clusters } = sparse()
    const { cells, units } = abilityCells(pooled, clusters)
    expect(units).toBe(2)
    expect(cells).toEqual([
      { llm: 1, unit: 0, count: 20, mean: 0.9, variance: expect.closeTo((20 * 0.09) / 19, 12) },
      { llm: 0, unit: 1, count: 20, mean: 0.5, variance: expect.closeTo((20 * 0.25) / 19, 12) },
      { llm: 1, unit: 1, count: 20, mean: 0.2, variance: expect.closeTo((20 * 0.16) / 19, 12) },
    ])
  })

  it('do not hold a missing easy task against an LLM', () => {
    const { pooled, clusters } = sparse()
    const { cells, units } = abilityCells(pooled, clusters)
    const { ability } = fitAbilities(cells, Float64Array.of(0, 0), units)
    // Alone on the task that both answered it leads, .5 to .2; over all prompts it trails, .5 to .55.
    expect(ability[0]).toBeGreaterThan(ability[1]! + 0.3)
  })
})
