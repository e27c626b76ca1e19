import { describe, expect, it } from 'vitest'
import { type FinishedUnit, WorkerCache, type WorkUnit } from '../../src/evaluation/protocol.ts'
import { pairProtocol } from '../../src/evaluation/protocols/pair/pair-protocol.ts'
import type { PairOutput } from '../../src/evaluation/protocols/pair/run-pair-unit.ts'
import { type OutcomeData, unknownCells } from '../../src/outcomes/outcome-data.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'

const subjects = [
  'tides',
  'quarks',
  'violins',
  'senates',
  'glaciers',
  'enzymes',
  'sonnets',
  'tariffs',
  'comets',
  'yeasts',
]

/** Sums, where the strong LLM is always right and the weak one never; and trivia, where both are right four times in five. */
function madeData(): OutcomeData {
  const random = new SeededRandom(11)
  const word = () => subjects[Math.floor(random.next() * subjects.length)]!
  const rows = Array.from({ length: 240 }, (_, i) => {
    const isSum = i % 3 === 0
    const numbers = `${Math.floor(random.next() * 1e6)} + ${Math.floor(random.next() * 1e6)}`
    const text = isSum ? `Compute ${numbers}` : `Who wrote of ${word()}, ${word()} and ${word()}? Item ${i * 7919}`
    const right = (): number => (random.next() < 0.8 ? 1 : 0)
    return { text, source: isSum ? 'sums' : 'trivia', cells: isSum ? [1, 0] : [right(), right()] }
  })
  return {
    name: 'made',
    prompts: rows.map(({ text, source }, i) => ({ id: `p${i}`, source, text, extra: {} })),
    llms: ['strong', 'weak'].map((id) => ({ id, price: undefined, base: id, extra: {} })),
    quality: Float64Array.from(rows.flatMap(({ cells }) => cells)),
    costUsd: unknownCells(480),
    inputTokens: unknownCells(480),
    outputTokens: unknownCells(480),
    latencyMs: unknownCells(480),
  }
}

const data = madeData()
const options = { seeds: [1, 2], policies: ['ridge', 'knn'] }

/** As the runtime does it: what a unit yields goes through JSON. */
async function runAll(units: readonly WorkUnit[]): Promise<FinishedUnit<PairOutput>[]> {
  const cache = new WorkerCache()
  const finished: FinishedUnit<PairOutput>[] = []
  for (const unit of units) {
    const output = await pairProtocol.run(data, unit, cache, () => {})
    finished.push({ unit, output: JSON.parse(JSON.stringify(output)) as PairOutput })
  }
  return finished
}

describe('pairProtocol', () => {
  it('plans one unit per seed and fit, references always', () => {
    const keys = pairProtocol.plan(data, options).map((unit) => unit.key)
    expect(keys).toEqual([
      'seed-1-references',
      'seed-1-ridge',
      'seed-1-knn',
      'seed-2-references',
      'seed-2-ridge',
      'seed-2-knn',
    ])
    expect(() => pairProtocol.plan(data, { ...options, policies: ['automix'] })).toThrowError(
      /does not evaluate automix/,
    )
  })

  it('finds what is there to be learned, the same on every run', async () => {
    const units = pairProtocol.plan(data, options)
    const finished = await runAll(units)
    const result = pairProtocol.collect(data, finished, options)
    expect(result.data).toEqual({ name: 'made', prompts: 240, llms: 2, outcomes: 480 })
    const row = (policy: string, source: string | null) =>
      result.results.find((entry) => entry.policy === policy && entry.setting.source === source)!.metrics
    // A third of the prompts holds the whole gap: nothing left over gives 1 − 1/6.
    expect(row('ridge', null).apgr!.mean).toBeGreaterThan(0.75)
    expect(row('ridge', null).cpt80!.mean).toBeLessThan(0.4)
    expect(row('oracle', null).apgr!.mean).toBeGreaterThan(row('ridge', null).apgr!.mean)
    expect(row('task-oracle', null).apgr!.mean).toBeGreaterThanOrEqual(row('ridge', null).apgr!.mean - 0.02)
    expect(row('random', null).apgr).toEqual({ mean: 0.5, low: 0.5, high: 0.5 })
    expect(row('random', null).cpt80!.mean).toBeCloseTo(0.8, 6)
    expect(row('random', 'sums').apgr!.mean).toBe(0.5)
    const against = result.comparisons.find(
      ({ policy, against, metric, setting }) =>
        policy === 'ridge' && against === 'random' && metric === 'apgr' && setting.source === null,
    )!
    expect(against.difference.low).toBeGreaterThan(0.2)
    expect(against.pHolm).toBeLessThan(0.05)
    expect(result.findings.find(({ id }) => id === 'pair-learned-above-random')?.verdict).toBe('confirmed')
    expect(result.findings.find(({ id }) => id === 'control-shuffled-labels')?.verdict).toBe('confirmed')
    expect(result.figures[0]!.series.map(({ name }) => name)).toEqual([
      'ridge',
      'knn',
      'random',
      'prompt-length',
      'task-oracle',
    ])
    const again = await runAll([units[1]!])
    expect(again[0]!.output.policies).toEqual(finished[1]!.output.policies)
  })

  it('asks baselines that trade cost for quality how they buy strong calls', async () => {
    const baselines = { seeds: [1], policies: ['avengers-pro', 'zooter', 'optllm', 'forc'] }
    const finished = await runAll(pairProtocol.plan(data, baselines))
    const { results } = pairProtocol.collect(data, finished, baselines)
    const apgr = (policy: string) =>
      results.find((entry) => entry.policy === policy && entry.setting.source === null)!.metrics.apgr!.mean
    for (const policy of ['zooter', 'optllm', 'forc']) expect(apgr(policy), policy).toBeGreaterThan(0.7)
    // Its marks say only which of two is the better one in a cluster.
    expect(apgr('avengers-pro')).toBeGreaterThan(0.55)
  })
})
