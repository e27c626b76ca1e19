import { describe, expect, test } from 'vitest'
import { compactResult, thinPoints } from './compact-result.ts'
import { sampleResult } from './report/__fixtures__/sample-result.ts'

type Point = readonly [number, number]
const thin = (points: readonly Point[], most: number) =>
  thinPoints(
    points,
    most,
    ([x]) => x,
    ([, y]) => y,
  )

describe('thinPoints', () => {
  test('keeps the ends and the corner, drops what lies on the line', () => {
    const points: Point[] = [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 2],
    ]
    expect(thin(points, 3)).toEqual([
      [0, 0],
      [2, 2],
      [4, 2],
    ])
  })

  test('leaves few points alone and never drops the ends', () => {
    const points: Point[] = [
      [0, 0],
      [1, 1],
      [2, 0],
    ]
    expect(thin(points, 3)).toBe(points)
    expect(thin(points, 0)).toEqual([
      [0, 0],
      [2, 0],
    ])
  })
})

test('a compact result keeps its rows and shape, with thin curves and without what is not finite', () => {
  const sample = sampleResult('static')
  const curve = Array.from({ length: 100 }, (_, i) => ({ costUsd: i, quality: Math.sqrt(i) }))
  const row = { ...sample.results[0]!, curve, metrics: { aiq: { mean: Number.NaN, low: null, high: null } } }
  const compact = compactResult({ ...sample, results: [row, ...sample.results.slice(1)] }, 20)
  expect(compact.results).toHaveLength(sample.results.length)
  expect(compact.results[0]!.curve).toHaveLength(20)
  expect(compact.results[0]!.curve.at(-1)).toEqual(curve.at(-1))
  expect(compact.results[0]!.metrics).toEqual({})
  const lines = compact.figures[0]!.series.filter((series) => series.role !== 'point')
  for (const series of lines) expect(series.points.length).toBeLessThanOrEqual(20)
  expect(compact.figures[2]).toEqual(sample.figures[2])
})
