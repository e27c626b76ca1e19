import { expect, test } from 'vitest'
import {
  averageOf,
  combine,
  describeFigure,
  differenceOf,
  judge,
  liftOf,
  type Measured,
  seedInterval,
} from './measured.ts'

test('functions of figures go through mean, replicates and seeds alike', () => {
  const a = figure(0.8, [0.7, 0.9], [0.75, 0.85])
  const b = figure(0.5, [0.5, 0.4], [0.5, 0.5])
  const lift = liftOf(a, b)
  expect(lift.mean).toBeCloseTo(0.6, 12)
  expect([...lift.replicates]).toEqual([expect.closeTo(0.4, 12), expect.closeTo(1.25, 12)])
  expect([...lift.bySeed]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.7, 12)])
  expect(differenceOf(a, b).mean).toBeCloseTo(0.3, 12)
  expect(averageOf([a, b]).mean).toBeCloseTo(0.65, 12)
  expect(combine([a], ([x]) => 1 - x!).bySeed[0]).toBeCloseTo(0.25, 12)
})

test('a claim holds only where prompts and seeds both say so', () => {
  const up = spread(0.1, 0.01)
  const unsure = spread(0.1, 1)
  expect(judge(figure(0.1, up, [0.09, 0.1, 0.11]))).toBe('confirmed')
  expect(judge(figure(0.1, unsure, [0.09, 0.1, 0.11]))).toBe('undecided')
  expect(judge(figure(0.1, up, [-0.5, 0.1, 0.7]))).toBe('undecided')
  expect(judge(figure(-0.1, spread(-0.1, 0.01), [-0.09, -0.1, -0.11]))).toBe('refuted')
  expect(judge(figure(0, new Array(100).fill(0), [0, 0, 0]))).toBe('undecided')
})

test('with one seed the prompts decide; with too little of both nothing does', () => {
  expect(judge(figure(0.1, spread(0.1, 0.01), [0.1]))).toBe('confirmed')
  expect(judge(figure(0.1, [0.1, 0.1], [0.1]))).toBe('undecided')
})

test('seeds that lack a figure are left out', () => {
  expect(seedInterval(figure(1, [1], [2, Number.NaN, 4])).mean).toBe(3)
})

test('a figure is described with both intervals', () => {
  const text = describeFigure(figure(0.0121, new Array(100).fill(0.0121), [0.0121]), 'share')
  expect(text).toBe('+1.21 % (prompts +1.21 % to +1.21 %; seeds too few)')
})

function figure(mean: number, replicates: readonly number[], bySeed: readonly number[]): Measured {
  return { mean, replicates: Float64Array.from(replicates), bySeed: Float64Array.from(bySeed) }
}

function spread(mean: number, width: number): number[] {
  return Array.from({ length: 101 }, (_, i) => mean + width * (i / 50 - 1))
}
