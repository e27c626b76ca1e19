import { expect, test } from 'vitest'
import { shortened } from './percent-bar.ts'
import { displayWidth } from './table.ts'

test.each([
  ['30 of 300 probes', 16, '30 of 300 probes'],
  ['30 of 300 probes, 1 failed', 16, '30 of 300 probe…'],
  ['30 of 300 probes, 1 failed', 19, '30 of 300 probes,…'],
  ['模型模型', 6, '模型…'],
])('%s fits into %d columns as %s', (text, columns, fitted) => {
  expect(shortened(text, columns)).toBe(fitted)
  expect(displayWidth(fitted)).toBeLessThanOrEqual(columns)
})
