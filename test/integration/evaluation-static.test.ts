import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { staticMetricNames } from '../../src/evaluation/metrics/static-metrics.ts'
import { WorkerCache } from '../../src/evaluation/protocol.ts'
import { staticProtocol } from '../../src/evaluation/protocols/static/static-protocol.ts'
import { type OutcomeData, unknownCells } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'

const subjects = ['the price of apples and pears', 'a proof by induction on trees', 'sorting lists in python code']

/** Two LLMs; the cheap one knows the first two subjects. */
function madeData(prompts: number): OutcomeData {
  const random = new SeededRandom(3)
  const word = () => Math.floor(random.next() * 1e6).toString(36)
  return {
    name: 'made',
    prompts: Array.from({ length: prompts }, (_, row) => ({
      id: String(row),
      source: `subject-${row % 3}`,
      text: `${subjects[row % 3]!} ${word()} ${word()} ${word()} ${word()} ${word()} ${word()} ${word()} ${word()}`,
      extra: {},
    })),
    llms: ['cheap', 'dear'].map((id) => ({ id, price: undefined, base: id, extra: {} })),
    quality: Float64Array.from({ length: 2 * prompts }, (_, cell) =>
      cell % 2 === 1 ? 0.9 : (cell >> 1) % 3 === 2 ? 0.1 : 0.85 + 0.1 * random.next(),
    ),
    costUsd: Float64Array.from({ length: 2 * prompts }, (_, cell) => (cell % 2 === 0 ? 0.001 : 0.01)),
    inputTokens: unknownCells(2 * prompts),
    outputTokens: unknownCells(2 * prompts),
    latencyMs: unknownCells(2 * prompts),
  }
}

describe('the static protocol on made data', () => {
  it('finds structure that is there, from plan to result', async () => {
    const data = madeData(90)
    const options = { seeds: [1], policies: ['ridge'] }
    const cache = new WorkerCache()
    const units = staticProtocol.plan(data, options).filter(({ key }) => !key.endsWith('shuffled'))
    const finished = []
    for (const unit of units) {
      const output = await staticProtocol.run(data, unit, cache, () => {})
      finished.push({ unit, output: JSON.parse(JSON.stringify(output)) as typeof output })
    }
    const result = staticProtocol.collect(data, finished, options)
    const metric = (policy: string, name: string) =>
      result.results.find((row) => row.policy === policy)!.metrics[name]!.mean
    expect(metric('ridge', 'aiq')).toBeGreaterThan(metric('zero-router', 'aiq') + 0.05)
    expect(metric('oracle', 'aiq')).toBeGreaterThanOrEqual(metric('task-oracle', 'aiq'))
    expect(result.findings.find(({ id }) => id === 'static-learned-routers-beat-hull')!.verdict).toBe('confirmed')
    expect(result.data).toEqual({ name: 'made', prompts: 90, llms: 2, outcomes: 180 })
    expect(result.figures.map(({ id }) => id)).toEqual([
      'deferral-curves',
      'gain-over-hull',
      'cost-shares',
      'quality-by-task',
      'bills-predicted',
    ])
    for (const { curve } of result.results) expect(curve.length).toBeLessThanOrEqual(121)
  })
})

const folder = path.join(
  process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data'),
  'paretobandit',
)

describe.skipIf(!existsSync(folder))('the static protocol on paretobandit', () => {
  it('comes out near the figures of the prototype', { timeout: 120_000 }, async () => {
    const data = await readOutcomeData(folder)
    const options = { seeds: [1], policies: ['ridge', 'knn', 'cluster'] }
    const cache = new WorkerCache()
    const figures: Record<string, number> = {}
    for (const unit of staticProtocol.plan(data, options)) {
      if (unit.key.endsWith('shuffled')) continue
      const { rows } = await staticProtocol.run(data, unit, cache, () => {})
      for (const { policy, setting, metrics } of rows) {
        if (Object.keys(setting).length === 0) figures[policy] = metrics[staticMetricNames.indexOf('aiq')]!
      }
    }
    // Mathematics §9. Both bounds rest on the data alone; a predictor may come out better.
    expect(figures['zero-router']).toBeCloseTo(0.9263, 3)
    expect(figures.oracle).toBeCloseTo(0.9709, 3)
    expect(figures.ridge).toBeGreaterThan(0.9291 - 0.003)
    expect(figures.knn).toBeGreaterThan(0.9303 - 0.003)
    expect(figures.cluster).toBeGreaterThan(0.9306 - 0.003)
    for (const name of ['ridge', 'knn', 'cluster']) expect(figures[name]).toBeLessThan(figures.oracle! - 0.02)
  })
})
