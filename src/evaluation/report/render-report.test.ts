import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import type { EvaluationResult, ProtocolName, ResultRow } from '../evaluation-result.ts'
import { policyKinds } from '../policy-names.ts'
import { sampleResult } from './__fixtures__/sample-result.ts'
import { metricDescriptions, protocolMetrics } from './metric-descriptions.ts'
import { policyDescription } from './policy-descriptions.ts'
import { renderReport } from './render-report.ts'

const protocols = Object.keys(protocolMetrics) as ProtocolName[]

/** Words in the page that say a value went wrong on its way; the script has an honest `undefined`. */
function slips(text: string): readonly string[] {
  return text.slice(0, text.indexOf('<script>')).match(/NaN|Infinity|undefined|\[object/g) ?? []
}

function pageOf(result: EvaluationResult): Document {
  return parseHTML(renderReport(result)).document as unknown as Document
}

describe.each(protocols)('a report of %s', (protocol) => {
  const text = renderReport(sampleResult(protocol))
  const page = parseHTML(text).document as unknown as Document

  test('loads nothing', () => {
    expect([...page.querySelectorAll('[src], link, iframe, object, image, use')]).toEqual([])
    expect(text.match(/url\(|@import|https?:.{20}/g)).toBeNull()
    expect([...page.querySelectorAll('[href]')].every((link) => link.getAttribute('href')?.startsWith('#'))).toBe(true)
  })

  test('has every section that it links to, and no id twice', () => {
    const ids = [...page.querySelectorAll('[id]')].map((element) => element.id)
    expect(new Set(ids).size).toBe(ids.length)
    const targets = [...page.querySelectorAll('nav a')].map((link) => link.getAttribute('href')?.slice(1))
    expect(targets.length).toBe(7)
    for (const target of targets) expect(ids).toContain(target)
  })

  test('labels every chart, and heads every column and row', () => {
    const charts = [...page.querySelectorAll('svg.chart')]
    expect(charts.length).toBeGreaterThanOrEqual(4)
    for (const chart of charts) {
      expect(chart.getAttribute('role')).toBe('img')
      expect(chart.getAttribute('aria-label')).toBeTruthy()
    }
    for (const table of page.querySelectorAll('table')) {
      expect(table.querySelector('caption')).not.toBeNull()
      for (const row of table.querySelectorAll('tbody tr')) expect(row.querySelector('th[scope=row]')).not.toBeNull()
    }
  })

  test('stays small and holds no value that is not a number', () => {
    expect(text.length).toBeLessThan(1_500_000)
    expect(slips(text)).toEqual([])
  })
})

test('names are data: none becomes markup', () => {
  const evil = '<script>alert(1)</script>"\'&'
  const sample = sampleResult('static')
  const rename = <T extends { readonly policy: string }>(row: T, index: number): T =>
    index === 0 ? { ...row, policy: evil } : row
  const result: EvaluationResult = {
    ...sample,
    data: { ...sample.data, name: evil },
    results: sample.results.map(rename).map((row) => ({ ...row, setting: { [evil]: evil } })),
    comparisons: sample.comparisons.map(rename),
    findings: [{ id: evil, source: evil, claim: evil, verdict: 'refuted', evidence: evil }],
    figures: sample.figures.map((figure) => ({
      ...figure,
      id: evil,
      title: evil,
      caption: evil,
      x: { ...figure.x, label: evil },
      series: figure.series.map((series) => ({
        ...series,
        name: evil,
        points: series.points.map((point) => (typeof point.x === 'string' ? { ...point, x: evil } : point)),
      })),
    })),
    notes: [evil],
    provenance: { ...sample.provenance, version: evil, node: evil, dataSha256: evil, createdAt: evil },
  }
  const text = renderReport(result)
  expect(text.includes('<script>alert')).toBe(false)
  expect([...pageOf(result).querySelectorAll('script')]).toHaveLength(1)
})

describe('a poor result', () => {
  const empty: EvaluationResult = {
    ...sampleResult('static'),
    results: [],
    comparisons: [],
    findings: [],
    figures: [],
    notes: [],
  }

  test('with nothing in it is a page that says so', () => {
    const page = pageOf(empty)
    expect(page.querySelector('.headline')?.textContent).toContain('only reference rows')
    expect(page.querySelectorAll('.empty').length).toBe(3)
  })

  test('with one policy, no interval and values that are not finite prints dashes', () => {
    const row: ResultRow = {
      policy: 'knn',
      kind: 'baseline',
      setting: {},
      metrics: { aiq: { mean: 0.9, low: null, high: null }, qncOwn: { mean: Number.NaN, low: null, high: null } },
      curve: [],
    }
    const broken = { mean: Number.NaN, low: null, high: null }
    const result: EvaluationResult = {
      ...empty,
      results: [row],
      comparisons: [
        { policy: 'knn', against: 'x', setting: {}, metric: 'aiq', difference: broken, p: null, pHolm: null },
      ],
      figures: [
        {
          id: 'none',
          kind: 'curves',
          title: 'Nothing',
          caption: '',
          x: { label: 'x', scale: 'log' },
          y: { label: 'y' },
          series: [
            { name: 'a', role: 'router', points: [{ x: 0, y: 1 }] },
            { name: 'b', role: 'baseline', points: [{ x: 1, y: Number.NaN }] },
          ],
        },
      ],
    }
    const text = renderReport(result)
    expect(slips(text)).toEqual([])
    expect([...pageOf(result).querySelectorAll('table.results td')].map((cell) => cell.textContent)).toEqual([
      'baseline',
      '.9000',
      '–',
    ])
    expect(text.includes('nothing to draw')).toBe(true)
  })

  test('with all values the same still draws', () => {
    const series = ['a', 'b'].map((name) => ({
      name,
      role: 'baseline' as const,
      points: [
        { x: 1, y: 0.5 },
        { x: 1, y: 0.5 },
      ],
    }))
    const figures = (['linear', 'log'] as const).map((scale) => ({
      id: scale,
      kind: 'curves' as const,
      title: scale,
      caption: '',
      x: { label: 'x', scale },
      y: { label: 'y' },
      series,
    }))
    expect(slips(renderReport({ ...empty, figures }))).toEqual([])
  })
})

test('an oracle far above the rest is left out of the frame and said', () => {
  const line = (y: number) => [0.001, 0.002].map((x, index) => ({ x, y: y + 0.001 * index }))
  const result: EvaluationResult = {
    ...sampleResult('static'),
    figures: [
      {
        id: 'deferral',
        kind: 'curves',
        title: 'Deferral',
        caption: '',
        x: { label: 'cost', unit: 'usd' },
        y: { label: 'quality' },
        series: [
          { name: 'pointsman', role: 'pointsman', points: line(0.92) },
          { name: 'oracle', role: 'oracle', points: line(0.99) },
        ],
      },
    ],
  }
  expect(pageOf(result).querySelector('.remark')?.textContent).toBe(
    'Outside the frame: oracle, between .9900 and .9910.',
  )
})

test('every policy and every metric of a protocol is described', () => {
  for (const name of Object.keys(policyKinds)) expect(policyDescription(name), name).toBeDefined()
  for (const name of Object.values(protocolMetrics).flat()) expect(metricDescriptions).toHaveProperty(name)
})

test('on a logarithmic cost axis a hull is drawn as the mixtures it stands for, below the straight line', () => {
  const hull = [
    { x: 0.0001, y: 0.5 },
    { x: 0.01, y: 0.9 },
  ]
  const result: EvaluationResult = {
    ...sampleResult('static'),
    comparisons: [],
    figures: [
      {
        id: 'deferral',
        kind: 'curves',
        title: 'Deferral',
        caption: '',
        x: { label: 'cost', unit: 'usd', scale: 'log' },
        y: { label: 'quality' },
        series: [{ name: 'hull', role: 'hull', points: hull }],
      },
    ],
  }
  const path = pageOf(result).querySelector('svg.chart g.series path')?.getAttribute('d') ?? ''
  const points = [...path.matchAll(/([\d.]+),([\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])] as const)
  const [[left, low], [right, high]] = [points[0]!, points.at(-1)!]
  expect(points.length).toBeGreaterThan(20)
  for (const [x, y] of points) {
    const cost = 0.0001 * 100 ** ((x - left) / (right - left))
    const share = (cost - 0.0001) / (0.01 - 0.0001)
    expect(y).toBeCloseTo(low + share * (high - low), 0)
  }
})
