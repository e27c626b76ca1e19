import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { chooseTrust } from './choose-trust.ts'

const nan = Number.NaN

function rowsOf(quality: readonly number[], llmCount: number, costUsd?: readonly number[]) {
  const cells = quality.length
  const unknown = new Float64Array(cells).fill(nan)
  const context = { embedderId: 'test', embedding: Float32Array.of(1), explicit: Float32Array.of() }
  return {
    llms: Array.from({ length: llmCount }, (_, llm) => `llm-${llm}`),
    contexts: new Array<typeof context>(cells / llmCount).fill(context),
    quality: Float64Array.from(quality),
    costUsd: costUsd === undefined ? unknown : Float64Array.from(costUsd),
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

const noCost = (cells: number) => new Float64Array(cells).fill(nan)

describe('chooseTrust', () => {
  it('is the share of the claimed gain that came true', () => {
    // The means choose the second LLM everywhere. Row 0 claims .4 more than the means say for the first, and gets .4; row 1 claims .3
    // and gets nothing; row 2 chooses as the means do. κ = (.4·.4 + .3·0)/(.4² + .3²).
    const means = Float64Array.of(0.5, 0.6, 0.5, 0.6, 0.5, 0.6)
    const combined = Float64Array.of(0.9, 0.6, 0.8, 0.6, 0.1, 0.9)
    const rows = rowsOf([0.8, 0.5, 0.5, 0.6, 0, 1], 2)
    expect(chooseTrust({ combined, means, costUsd: noCost(6), rows })).toBeCloseTo(0.16 / 0.25, 12)
  })

  it('is 0 where claims are false throughout, and 1 where more comes true than was claimed', () => {
    const means = Float64Array.of(0.5, 0.6)
    const combined = Float64Array.of(0.7, 0.6)
    const costUsd = noCost(2)
    expect(chooseTrust({ combined, means, costUsd, rows: rowsOf([0.2, 0.9], 2) })).toBe(0)
    expect(chooseTrust({ combined, means, costUsd, rows: rowsOf([1, 0.2], 2) })).toBe(1)
  })

  it('is 1 where nothing is claimed or no label of a claim is known', () => {
    const means = Float64Array.of(0.5, 0.6)
    expect(chooseTrust({ combined: means, means, costUsd: noCost(2), rows: rowsOf([0.2, 0.9], 2) })).toBe(1)
    const combined = Float64Array.of(0.7, 0.6)
    expect(chooseTrust({ combined, means, costUsd: noCost(2), rows: rowsOf([nan, 0.9], 2) })).toBe(1)
  })

  it('finds how much of noisy predictions of many LLMs to believe, at any cost', () => {
    // True qualities deviate by N(0, s²) from the means, predictions see them with as much noise: half is to be believed.
    const random = new SeededRandom(3)
    const [rows, width] = [1500, 6]
    const means = Float64Array.from({ length: rows * width }, (_, cell) => 0.4 + 0.03 * (cell % width))
    const deviate = () => 0.1 * (random.next() + random.next() + random.next() - 1.5)
    const truth = means.map((mean) => mean + deviate())
    const combined = truth.map((value) => value + deviate())
    const costUsd = means.map((_, cell) => 0.01 * (1 + (cell % width)))
    const quality = [...truth].map((value) => value + deviate())
    const trust = chooseTrust({ combined, means, costUsd, rows: rowsOf(quality, width, [...costUsd]) })
    expect(Math.abs(trust - 0.5)).toBeLessThan(0.05)
  })
})
