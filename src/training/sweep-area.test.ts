import { expect, it } from 'vitest'
import { sweepArea } from './sweep-area.ts'

it('is flat before the first point and behind the last, linear between', () => {
  const points = [
    { costUsd: 1, quality: 0.2 },
    { costUsd: 3, quality: 0.6 },
  ]
  expect(sweepArea(points, 4)).toBeCloseTo((0.2 + 0.8 + 0.6) / 4, 14)
})

it('keeps a fall, averages equal costs and stops at the dearest', () => {
  const points = [
    { costUsd: 4, quality: 0.1 },
    { costUsd: 2, quality: 0.9 },
    { costUsd: 2, quality: 0.5 },
    { costUsd: 0, quality: 0.3 },
  ]
  // To 2: (.3 + .7)/2·2; to 3, half-way to .1: (.7 + .4)/2.
  expect(sweepArea(points, 3)).toBeCloseTo((1 + 0.55) / 3, 14)
})

it('is the quality of a single point', () => {
  expect(sweepArea([{ costUsd: 5, quality: 0.4 }], 2)).toBeCloseTo(0.4, 14)
  expect(sweepArea([{ costUsd: 0, quality: 0.4 }], 2)).toBeCloseTo(0.4, 14)
})
