import { describe, expect, it } from 'vitest'
import { tradeOff } from '../routing/decision/utility.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { fitHullGuard } from './fit-hull-guard.ts'

const rowCount = 400
const cells = 2 * rowCount
const cheap = 0.1
const dear = 1

/** A cheap LLM and a dear one; every matrix by a function of the row. */
function evidence(of: {
  readonly labels: (row: number) => readonly [number, number]
  readonly predicted: (row: number) => readonly [number, number]
  readonly means: readonly [number, number]
  readonly costs?: readonly [number, number]
}) {
  const table = (pick: (row: number) => readonly [number, number]): Float64Array =>
    Float64Array.from({ length: cells }, (_, cell) => pick(Math.floor(cell / 2))[cell % 2]!)
  const costUsd = table(() => of.costs ?? [cheap, dear])
  const unknown = new Float64Array(cells).fill(Number.NaN)
  const context = { embedderId: 'test', embedding: Float32Array.of(1), explicit: Float32Array.of() }
  return {
    quality: table(of.predicted),
    costUsd,
    meanQuality: table(() => of.means),
    meanCostUsd: costUsd,
    rows: {
      llms: ['cheap', 'dear'],
      contexts: new Array<typeof context>(rowCount).fill(context),
      quality: table(of.labels),
      costUsd,
      inputTokens: unknown,
      outputTokens: unknown,
    },
  }
}

describe('fitHullGuard', () => {
  it('acts where predictions do harm, and only there', () => {
    // The dear LLM is .2 better on every prompt; for every other one the cheap one is thought to be better.
    const guard = fitHullGuard(
      evidence({
        labels: () => [0.6, 0.8],
        predicted: (row) => (row % 2 === 0 ? [0.9, 0.8] : [0.6, 0.8]),
        means: [0.6, 0.8],
      }),
    )
    expect(guard.servesHull(tradeOff(1e9))).toBe(true)
    // Where cost decides, both choose the cheap one.
    expect(guard.servesHull(tradeOff(0.01))).toBe(false)
    // At μ near 0 half of the prompts lose .2.
    const first = guard.regions[0]!
    expect(first.gain).toBeGreaterThan(-0.1)
    expect(first.gain).toBeLessThan(-0.05)
  })

  it('leaves predictions alone that gain, and those whose loss is within the noise', () => {
    const gains = fitHullGuard(
      evidence({
        labels: (row) => (row % 2 === 0 ? [1, 0] : [0, 1]),
        predicted: (row) => (row % 2 === 0 ? [0.7, 0.3] : [0.3, 0.7]),
        means: [0.5, 0.5],
      }),
    )
    expect(gains.regions.every((region) => !region.servesHull)).toBe(true)
    expect(Math.max(...gains.regions.map(({ gain }) => gain))).toBeGreaterThan(0)
    const random = new SeededRandom(2)
    const coins = Array.from({ length: rowCount }, () => [random.next(), random.next(), random.next()].map(Math.round))
    const noise = fitHullGuard(
      evidence({
        labels: (row) => [coins[row]![0]!, coins[row]![1]!],
        predicted: (row) => [0.5, coins[row]![2] === 0 ? 0.45 : 0.55],
        means: [0.5, 0.5],
        costs: [0.999, 1],
      }),
    )
    expect(noise.regions.every((region) => !region.servesHull)).toBe(true)
  })

  it('judges one region by quality alone where no LLM costs anything', () => {
    // The better LLM by its mean loses .2 on every other prompt where it is not believed.
    const parts = {
      labels: () => [0.6, 0.8] as const,
      predicted: (row: number) => (row % 2 === 0 ? [0.9, 0.8] : [0.6, 0.8]) as [number, number],
      means: [0.6, 0.8] as const,
    }
    for (const costs of [
      [0, 0],
      [Number.NaN, Number.NaN],
    ] as const) {
      const guard = fitHullGuard(evidence({ ...parts, costs }))
      expect(guard.regions).toHaveLength(1)
      expect(guard.regions[0]!.gain).toBeCloseTo(-0.1, 12)
      expect(guard.servesHull(tradeOff(1))).toBe(true)
    }
    const right = fitHullGuard(evidence({ ...parts, predicted: () => [0.6, 0.8], costs: [0, 0] }))
    expect(right.regions).toEqual([{ upTo: Number.POSITIVE_INFINITY, gain: 0, servesHull: false }])
  })

  it('counts near-duplicates once', () => {
    // One prompt in eight loses .1, all of them one: as rows that is harm, as a single prompt it is nothing.
    const parts = evidence({
      labels: () => [0.7, 0.8],
      predicted: (row) => (row % 8 === 0 ? [0.9, 0.8] : [0.7, 0.8]),
      means: [0.7, 0.8],
    })
    expect(fitHullGuard(parts).regions[0]!.servesHull).toBe(true)
    const groupOf = Int32Array.from({ length: rowCount }, (_, row) => (row % 8 === 0 ? 0 : row))
    expect(fitHullGuard({ ...parts, groupOf }).regions[0]!.servesHull).toBe(false)
  })

  it('acts where estimates are noise', () => {
    const random = new SeededRandom(4)
    const coins = Array.from({ length: rowCount }, () => [random.next(), random.next()] as const)
    const parts = evidence({
      labels: () => [0.6, 0.8],
      predicted: (row) => [coins[row]![0], coins[row]![1]],
      means: [0.6, 0.8],
    })
    const guard = fitHullGuard(parts)
    const acting = guard.regions.filter(({ servesHull }) => servesHull)
    expect(acting.length).toBeGreaterThan(0)
    expect(acting.every(({ gain }) => gain < 0)).toBe(true)
  })
})
