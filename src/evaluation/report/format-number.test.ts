import { describe, expect, test } from 'vitest'
import {
  formatCount,
  formatDecimal,
  formatDifference,
  formatMetric,
  formatP,
  formatRange,
  formatSeconds,
  formatShare,
  formatUsd,
} from './format-number.ts'

describe('formatDecimal', () => {
  test.each([
    [0.93152, '.9315'],
    [-0.00124, '−.0012'],
    [1, '1.0000'],
    [0, '.0000'],
    [-0.00001, '.0000'],
    [0.99996, '1.0000'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d is %s', (value, text) => {
    expect(formatDecimal(value, 4)).toBe(text)
  })
})

describe('formatUsd', () => {
  test.each([
    [0.00052, '$0.00052'],
    [0.000523456, '$0.000523'],
    [0.1, '$0.10'],
    [0.0123, '$0.0123'],
    [12.3456, '$12.35'],
    [1234567, '$1,234,567'],
    [0, '$0'],
    [-0.002, '−$0.002'],
    [3.2e-11, '$3.2e-11'],
    [Number.NaN, '–'],
  ])('%d is %s', (value, text) => {
    expect(formatUsd(value)).toBe(text)
  })
})

test('shares are per cent', () => {
  expect(formatShare(0.1734, 0)).toBe('17\u202f%')
  expect(formatShare(-0.0012, 1)).toBe('−0.1\u202f%')
  expect(formatShare(-0.00001, 1)).toBe('0.0\u202f%')
})

test('counts have commas between thousands', () => {
  expect([0, 999, 1460, 1234567, -1234].map(formatCount)).toEqual(['0', '999', '1,460', '1,234,567', '−1,234'])
})

test('p-values end where they no longer tell anything', () => {
  expect([0.0004, 0.013, 1, null].map(formatP)).toEqual(['<\u202f.001', '.013', '1.000', '–'])
})

test('durations are in the largest two units', () => {
  expect([3.6, 200, 3900].map(formatSeconds)).toEqual(['4 s', '3 min 20 s', '1 h 5 min'])
})

test('metrics come in their units, differences with their sign', () => {
  expect(formatMetric('aiq', 0.93152)).toBe('.9315')
  expect(formatMetric('costAt95', 0.1734)).toBe('17.3\u202f%')
  expect(formatMetric('costUsd', 0.00052)).toBe('$0.00052')
  expect(formatMetric('recoverySteps', 1234.4)).toBe('1,234')
  expect(formatMetric('somebodyElses', 0.5)).toBe('.5000')
  expect([0.0021, -0.0021, 0.00001].map((value) => formatDifference('aiq', value))).toEqual([
    '+.0021',
    '−.0021',
    '.0000',
  ])
})

test('an interval needs both ends, and some width', () => {
  const format = (value: number) => formatDecimal(value, 2)
  expect(formatRange(0.1, 0.2, format)).toBe('[.10, .20]')
  expect(formatRange(null, 0.2, format)).toBe('')
  expect(formatRange(Number.NaN, 0.2, format)).toBe('')
  expect(formatRange(0.1, 0.1, format)).toBe('')
})
