import { expect, test } from 'vitest'
import type { ResultRow } from '../evaluation-result.ts'
import { sampleResult } from './__fixtures__/sample-result.ts'
import { renderResultsPage } from './render-results-page.ts'

test('a page without results says so', () => {
  expect(renderResultsPage([])).toContain('Nothing has been stored yet.')
})

test('has a section per stored result, linked from the list, and tables of even width', () => {
  const page = renderResultsPage([
    { set: 'one', result: sampleResult('static') },
    { set: 'two', result: sampleResult('static') },
    { set: 'one', result: sampleResult('pair') },
  ])
  expect([...page.matchAll(/^### (.*)$/gm)].map((match) => match[1])).toEqual([
    'static on one',
    'static on two',
    'pair on one',
  ])
  for (const [, anchor] of page.matchAll(/\]\(#([\w-]+)\)/g)) {
    expect(page).toContain(`### ${anchor?.replaceAll('-', ' ')}\n`)
  }
  let columns: number | undefined
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).length : undefined
    if (cells !== undefined && columns !== undefined) expect(cells, line).toBe(columns)
    columns = cells
  }
})

test('the overview shows the plain row of a policy, bold by contenders only', () => {
  const sample = sampleResult('static')
  const row = (policy: string, aiq: number, setting: ResultRow['setting'] = {}): ResultRow => ({
    policy,
    kind: 'baseline',
    setting,
    metrics: { aiq: { mean: aiq, low: null, high: null } },
    curve: [],
  })
  const results = [
    row('stacked', 0.91),
    row('knn', 0.9),
    row('ridge', 0.89),
    row('forest', 0.88),
    row('stacked', 0.95, { trust: 1 }),
    row('automix', 0.97, { simulatedVerifier: true }),
  ]
  const page = renderResultsPage(['one', 'two'].map((set) => ({ set, result: { ...sample, results } })))
  expect(page).toContain('| `stacked` | **.9100** | **.9100** |')
  expect(page).toContain('| `automix` | _.9700_ | _.9700_ |')
  expect(page).toContain('Variants of the policies are in the [report]')
})

test('names cannot end a table cell or bring markup', () => {
  const sample = sampleResult('pair')
  const results = sample.results.map((row, index) => (index === 0 ? { ...row, policy: 'a|b\n<img>' } : row))
  const page = renderResultsPage([{ set: 'one', result: { ...sample, results } }])
  expect(page).toContain('a\\|b &lt;img>')
  expect(page).not.toContain('<img>')
})
