import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { chooseProbes, type ProbeCandidates } from './choose-probes.ts'

const llms = 6
/** Three clusters of 60, 30 and 10 in a hundred, along the axes; LLMs of rising ability, prompts of any difficulty. */
function drawnCandidates(rows: number, seed: number): ProbeCandidates {
  const random = new SeededRandom(seed)
  const contexts = Array.from({ length: rows }, (_, row): RoutingContext => {
    const axis = row % 10 < 6 ? 0 : row % 10 < 9 ? 1 : 2
    const embedding = Float32Array.from([0, 1, 2], (at) => (at === axis ? 1 : 0.01 * random.next()))
    return { embedderId: 'drawn', embedding, explicit: new Float32Array() }
  })
  const quality = Float64Array.from({ length: rows * llms }, () => random.next()).map((value, cell) => {
    const ability = (cell % llms) / llms
    return value < 0.2 + 0.6 * ability ? 1 : 0
  })
  return { contexts, quality, llms }
}

function levels(quality: Float64Array, rows: readonly number[]): number[] {
  return Array.from(
    { length: llms },
    (_, llm) => rows.reduce((sum, row) => sum + quality[row * llms + llm]!, 0) / rows.length,
  )
}

test('takes as many as are wanted, each once, and the same ones again', () => {
  const drawn = fc.record({
    rows: fc.integer({ min: 12, max: 80 }),
    count: fc.integer({ min: 3, max: 100 }),
    seed: fc.nat(1000),
  })
  fc.assert(
    fc.property(drawn, ({ rows, count, seed }) => {
      const candidates = drawnCandidates(rows, seed)
      const { rows: chosen } = chooseProbes(candidates, { count, seed })
      expect(new Set(chosen).size).toBe(Math.min(count, rows))
      expect(chosen.every((row) => row >= 0 && row < rows)).toBe(true)
      expect(chooseProbes(candidates, { count, seed }).rows).toEqual(chosen)
    }),
    { seed: 2, numRuns: 30 },
  )
})

test('each cluster has its share', () => {
  const candidates = drawnCandidates(200, 4)
  const { rows, clusters } = chooseProbes(candidates, { count: 15, seed: 4 })
  expect(clusters).toBe(3)
  const counts = [0, 0, 0]
  for (const row of rows) counts[candidates.contexts[row]!.embedding.indexOf(1)]!++
  // 9, 4.5 and 1.5 exactly.
  expect(counts[0]).toBe(9)
  expect(counts[1]).toBeGreaterThanOrEqual(4)
  expect(counts[2]).toBeGreaterThanOrEqual(1)
})

test('LLMs have their level on the probes, closer than on a stratified random sample', () => {
  const candidates = drawnCandidates(400, 5)
  const all = levels(candidates.quality, [...candidates.contexts.keys()])
  const gapOf = (rows: readonly number[]): number =>
    Math.sqrt(levels(candidates.quality, rows).reduce((sum, level, llm) => sum + (level - all[llm]!) ** 2 / llms, 0))
  const matched = chooseProbes(candidates, { count: 40, seed: 5 })
  const random = chooseProbes(candidates, { count: 40, seed: 5, swapsPerProbe: 0 })
  expect(matched.levelGap).toBeCloseTo(gapOf(matched.rows), 12)
  expect(matched.levelGap).toBeLessThan(0.5 * random.levelGap)
})

test('the more information is worth, the more LLMs differ on the probes', () => {
  const candidates = drawnCandidates(400, 6)
  const ratios = [0, 0.3, 3].map(
    (informationWorth) => chooseProbes(candidates, { count: 40, seed: 6, informationWorth }).informationRatio,
  )
  expect(ratios[1]).toBeGreaterThan(ratios[0]!)
  expect(ratios[2]).toBeGreaterThan(ratios[1]!)
})

test('cells that are not known, and a pool that always agrees, are no trouble', () => {
  const { contexts } = drawnCandidates(50, 7)
  const unknown = { contexts, quality: new Float64Array(50 * llms).fill(Number.NaN), llms }
  expect(chooseProbes(unknown, { count: 10, seed: 7 }).rows).toHaveLength(10)
  const agreed = chooseProbes({ contexts, quality: new Float64Array(50 * llms).fill(1), llms }, { count: 10, seed: 7 })
  expect(agreed.rows).toHaveLength(10)
  expect(agreed.levelGap).toBe(0)
})
