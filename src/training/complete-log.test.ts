import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { completeLog, fillRows } from './complete-log.ts'

const nothing = Number.NaN
const covariance = Float64Array.of(0.04, 0.02, 0.02, 0.09)

describe('fillRows', () => {
  test('one judged cell tells of the other by Σ_ba/(Σ_aa + T_a)', () => {
    const out = new Float64Array(4)
    fillRows(
      Float64Array.of(0.9, nothing, nothing, nothing),
      Float64Array.of(0.5, 0.6, 0.3, 0.2),
      out,
      covariance,
      Float64Array.of(0, 0),
    )
    // .6 + (.02/.04)·.4; the second row knows nothing.
    expect(out[0]).toBeCloseTo(0.9, 12)
    expect(out[1]).toBeCloseTo(0.8, 12)
    expect([...out.subarray(2)]).toEqual([0.3, 0.2])
  })

  test('a noisy label says less, of its own LLM too', () => {
    const out = new Float64Array(2)
    fillRows(Float64Array.of(0.9, nothing), Float64Array.of(0.5, 0.6), out, covariance, Float64Array.of(0.12, 0))
    expect(out[0]).toBeCloseTo(0.5 + (0.04 / 0.16) * 0.4, 12)
    expect(out[1]).toBeCloseTo(0.6 + (0.02 / 0.16) * 0.4, 12)
  })

  test('two judged cells together: Σ_cK Σ_KK⁻¹ (y − f)', () => {
    // LLMs a and b uncorrelated, c with both: c = 1·.1 + 2·(−.2).
    const three = Float64Array.of(0.01, 0, 0.01, 0, 0.01, 0.02, 0.01, 0.02, 0.09)
    const out = new Float64Array(3)
    fillRows(Float64Array.of(0.6, 0.3, nothing), Float64Array.of(0.5, 0.5, 0.5), out, three, new Float64Array(3))
    expect(out[2]).toBeCloseTo(0.5 + 0.1 - 0.4, 12)
  })
})

/** One number as the whole request, so that f is a line: level and slope of each LLM. */
function rowsOf(xs: readonly number[], quality: Float64Array) {
  const unknown = new Float64Array(quality.length).fill(nothing)
  return {
    llms: ['a', 'b'],
    contexts: xs.map((x) => ({ embedderId: 'e', embedding: Float32Array.of(x), explicit: Float32Array.of(0) })),
    quality,
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

describe('completeLog', () => {
  // Σ = [.04 .02; .02 .0125]: b errs by half of what a does.
  const pattern = [0.2, 0.15, -0.2, -0.15, 0.2, 0.05, -0.2, -0.05]
  const residuals = Float64Array.from({ length: 400 }, (_, cell) => pattern[cell % 8]!)
  const flat = (quality: number[]) => rowsOf([1, 1, 1, 1].slice(0, quality.length / 2), Float64Array.from(quality))
  const complete = (base: number[], log: number[], start: number) =>
    completeLog({
      base: flat(base),
      log: flat(log),
      estimates: new Float64Array(log.length).fill(start),
      residuals,
      ridge: { penalty: 1 },
    })

  test('of one level per LLM it is the posterior mean, wherever it starts', async () => {
    // Three base rows at .5 and one label of .9 of a: its level is .6, and b, of which it tells half as much, is at .55.
    const once = await complete([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.9, nothing], 0.5)
    expect(once[0]).toBeCloseTo(0.9, 12)
    expect(once[1]).toBeCloseTo(0.55 + 0.5 * 0.3, 3)
    const other = await complete([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.9, nothing], 0.2)
    expect(other[1]).toBeCloseTo(once[1]!, 3)
  })

  test('labels that vary by more than the outcomes of the base rows count for less', async () => {
    // Labels 1 and 0 have a variance of .25, .21 of it T: each counts .04/.25 of a base row, and the level stays in the middle.
    const filled = await complete([0.5, 0.5, 0.5, 0.5], [1, nothing, 0, nothing], 0.5)
    expect(filled[0]).toBeCloseTo(0.5 + 0.16 * 0.5, 3)
    expect(filled[1]).toBeCloseTo(0.5 + 0.08 * 0.5, 3)
    expect(filled[2]! + filled[0]!).toBeCloseTo(1, 10)
  })

  test('is near the exact posterior mean of the joint Gaussian model', async () => {
    const random = new SeededRandom(4)
    const xs = Array.from({ length: 120 }, () => nextNormal(random))
    const all = Float64Array.from(
      xs.flatMap((x) => [0.5 + 0.05 * x, 0.5 - 0.05 * x]).map((v) => v + 0.1 * nextNormal(random)),
    )
    const base = rowsOf(xs.slice(0, 40), all.slice(0, 80))
    const masked = all.slice(80).map((value, cell) => ((cell >> 1) % 2 === cell % 2 ? value : nothing))
    const log = rowsOf(xs.slice(40), masked)
    const own = Float64Array.from({ length: 400 }, () => 0.1 * nextNormal(random))
    const estimates = new Float64Array(160).fill(0.5)
    const filled = await completeLog({ base, log, estimates, residuals: own, ridge: { penalty: 1e-6 } })
    // Independent errors and next to no penalty: each LLM's own least-squares line over its known cells.
    for (const llm of [0, 1]) {
      const known = xs.flatMap((x, row) => {
        const value = row < 40 ? all[row * 2 + llm]! : masked[(row - 40) * 2 + llm]!
        return Number.isNaN(value) ? [] : [[x, value] as const]
      })
      const meanX = known.reduce((sum, [x]) => sum + x, 0) / known.length
      const meanY = known.reduce((sum, [, y]) => sum + y, 0) / known.length
      const slope =
        known.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) /
        known.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
      for (let row = 0; row < 80; row++) {
        if (!Number.isNaN(masked[row * 2 + llm]!)) continue
        expect(Math.abs(filled[row * 2 + llm]! - (meanY + slope * (xs[40 + row]! - meanX)))).toBeLessThan(0.03)
      }
    }
  })
})
