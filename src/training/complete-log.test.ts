import { expect, test } from 'vitest'
import { completeLog } from './complete-log.ts'

const nothing = Number.NaN
const context = { embedderId: 'e', embedding: Float32Array.of(1), explicit: Float32Array.of(0) }

function rowsOf(quality: Float64Array) {
  const unknown = new Float64Array(quality.length).fill(nothing)
  return {
    llms: ['a', 'b'],
    contexts: Array.from({ length: quality.length / 2 }, () => context),
    quality,
    costUsd: unknown,
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

test('what was judged stays, and tells of the others as far as they err together', () => {
  // Cov = .03, Var(a) = .04, Var(b) = .025 over 200 rows: β(b|a) = .75, β(a|b) = 1.2, held to 1; drawn to their mean .975 by 50 rows.
  const pattern = [
    [0.2, 0.15],
    [-0.2, -0.15],
    [0.2, Math.sqrt(0.05 - 0.15 ** 2)],
    [-0.2, -Math.sqrt(0.05 - 0.15 ** 2)],
  ] as const
  const residuals = Float64Array.from(Array.from({ length: 200 }, (_, row) => pattern[row % 4]!).flat())
  const covariance = (0.2 * 0.15 + 0.2 * Math.sqrt(0.05 - 0.15 ** 2)) / 2
  const log = rowsOf(Float64Array.of(0.6, nothing, nothing, 0.4, nothing, nothing))
  const filled = completeLog(new Float64Array(log.quality.length).fill(0.5), residuals, log)
  const [slopeB, slopeA] = [covariance / 0.04, covariance / 0.025]
  const pooled = (slopeA + slopeB) / 2
  const drawn = (slope: number) => Math.min(1, (200 * slope + 50 * pooled) / 250)
  expect(filled[0]).toBe(0.6)
  expect(filled[1]).toBeCloseTo(0.5 + drawn(slopeB) * 0.1, 10)
  expect(filled[2]).toBeCloseTo(0.5 - drawn(slopeA) * 0.1, 10)
  expect(filled[3]).toBe(0.4)
  expect([...filled.slice(4)]).toEqual([0.5, 0.5])
})

test('labels noisier than the outcomes fitted on say less of the others', () => {
  const residuals = Float64Array.from({ length: 400 }, (_, cell) => ((cell >> 1) % 2 === 0 ? 0.1 : -0.1))
  // Thumbs around .5: variance .25, twenty-five times that of the outcomes.
  const log = rowsOf(Float64Array.of(1, nothing, 0, nothing))
  const filled = completeLog(new Float64Array(log.quality.length).fill(0.5), residuals, log)
  expect(filled[1]).toBeGreaterThan(0.5)
  expect(filled[1]).toBeLessThan(0.7)
  expect(filled[1]! + filled[3]!).toBeCloseTo(1, 10)
})
