import { expect, test } from 'vitest'
import { logTicks, tickFormat } from './axis-ticks.ts'

test('logarithmic ticks are round numbers within the axis', () => {
  expect(logTicks(0.01, 1)).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
  expect(logTicks(1e-6, 1)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1])
  expect(logTicks(0.011, 0.019)).toEqual([0.015])
})

test('ticks have the decimals that tell them apart', () => {
  const format = tickFormat({ label: 'quality' }, 0.04)
  expect([0.92, 0.93, 0].map(format)).toEqual(['.920', '.930', '0'])
  expect(tickFormat({ label: 'count' }, 4000)(2000)).toBe('2,000')
  expect(tickFormat({ label: 'share', unit: 'share' }, 0.6)(0.25)).toBe('25\u202f%')
  expect(tickFormat({ label: 'cost', unit: 'usd', scale: 'log' }, 1)(0.003)).toBe('$0.003')
})
