import { expect, test } from 'vitest'
import type { Figure, FigureSeries } from '../evaluation-result.ts'
import { styleSeries } from './series-style.ts'

test('every mark of a crowded figure has a look of its own', () => {
  const series = (role: FigureSeries['role'], count: number): FigureSeries[] =>
    Array.from({ length: count }, (_, k) => ({ name: `${role} ${k}`, role, points: [{ x: 'a', y: k }] }))
  const figure: Figure = {
    id: 'crowd',
    kind: 'bars',
    title: '',
    caption: '',
    x: { label: '' },
    y: { label: '' },
    series: [
      ...series('pointsman', 1),
      ...series('router', 3),
      ...series('baseline', 7),
      ...series('reference', 5),
      ...series('oracle', 1),
    ],
  }
  const looks = styleSeries(figure).map(({ color, symbol, isHollow }) => `${color} ${symbol} ${isHollow}`)
  expect(new Set(looks).size).toBe(looks.length)
})
