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
  expect(alone(figure(0.1, up, [0.09, 0.1, 0.11]))).toBe('confirmed')
  expect(alone(figure(0.1, unsure, [0.09, 0.1, 0.11]))).toBe('undecided')
  expect(alone(figure(0.1, up, [-0.5, 0.1, 0.7]))).toBe('undecided')
  expect(alone(figure(-0.1, spread(-0.1, 0.01), [-0.09, -0.1, -0.11]))).toBe('refuted')
  expect(alone(figure(0, new Array(100).fill(0), [0, 0, 0]))).toBe('undecided')
})

test('one seed decides nothing, and neither do two replicates', () => {
  expect(alone(figure(0.1, spread(0.1, 0.01), [0.1]))).toBe('undecided')
  expect(alone(figure(0.1, [0.1, 0.1], [0.09, 0.1]))).toBe('undecided')
})

test('Holm over the family: what holds alone may not hold among twenty', () => {
  // Standard error .0583·.7: t = 2.45, p = .016.
  const close = figure(0.1, spread(0.1, 0.07), [0.1, 0.1, 0.1])
  expect(alone(close)).toBe('confirmed')
  const others = Array.from({ length: 19 }, () => figure(0, spread(0, 0.1), [0, 0, 0]))
  expect(judge([close, ...others])[0]).toBe('undecided')
  const clear = figure(0.1, spread(0.1, 0.01), [0.1, 0.1, 0.1])
  expect(judge([...others, clear]).at(-1)).toBe('confirmed')
})

test('a figure that is out of reach is undecided, and no burden to the others', () => {
  const missing = figure(Number.NaN, spread(0.1, 0.01), [0.1, 0.1, 0.1])
  const often = figure(0.1, [...spread(0.1, 0.01), ...new Array(20).fill(Number.NaN)], [0.1, 0.1, 0.1])
  const close = figure(0.1, spread(0.1, 0.07), [0.1, 0.1, 0.1])
  const family = [close, ...Array.from({ length: 19 }, () => missing), often]
  expect(judge(family)).toEqual(['confirmed', ...new Array(20).fill('undecided')])
  expect(describeFigure(missing, 'share')).toBe('not reachable at that cost')
})

test('seeds that lack a figure are left out', () => {
  expect(seedInterval(figure(1, [1], [2, Number.NaN, 4])).mean).toBe(3)
})

test('a figure is described with both intervals', () => {
  const text = describeFigure(figure(0.0121, new Array(100).fill(0.0121), [0.0121]), 'share')
  expect(text).toBe('+1.21 % (prompts +1.21 % to +1.21 %; seeds too few)')
})

function alone(claimed: Measured) {
  return judge([claimed])[0]
}

function figure(mean: number, replicates: readonly number[], bySeed: readonly number[]): Measured {
  return { mean, replicates: Float64Array.from(replicates), bySeed: Float64Array.from(bySeed) }
}

function spread(mean: number, width: number): number[] {
  return Array.from({ length: 101 }, (_, i) => mean + width * (i / 50 - 1))
}
