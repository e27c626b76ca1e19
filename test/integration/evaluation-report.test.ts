import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ProtocolName } from '../../src/evaluation/evaluation-result.ts'
import { loadProtocol, protocolNames } from '../../src/evaluation/protocols/load-protocol.ts'
import { parseResult } from '../../src/evaluation/read-result.ts'
import {
  renderMetricDefinitions,
  renderPolicyDefinitions,
  replaceBetween,
} from '../../src/evaluation/report/render-definitions.ts'
import { renderReport } from '../../src/evaluation/report/render-report.ts'
import { renderResultsPage } from '../../src/evaluation/report/render-results-page.ts'
import { resultJsonSchema } from '../../src/evaluation/result-schema.ts'

const repository = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
const resultsFolder = path.join(repository, 'evaluation', 'results')

const mostResultBytes = 500_000
const mostReportBytes = 1_500_000
const mostReportBytesInAll = 8_000_000

function read(...names: readonly string[]): string {
  return readFileSync(path.join(repository, ...names), 'utf8')
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

const stored = foldersIn(resultsFolder).flatMap((set) =>
  foldersIn(path.join(resultsFolder, set))
    .map((protocol) => ({ set, protocol, folder: path.join(resultsFolder, set, protocol) }))
    .filter(({ folder }) => existsSync(path.join(folder, 'result.json'))),
)

function resultOf(folder: string) {
  return parseResult(readFileSync(path.join(folder, 'result.json'), 'utf8'), folder)
}

test('docs/result.schema.json is what the schema says now; `npm run schema` renews it', () => {
  expect(JSON.parse(read('docs', 'result.schema.json'))).toEqual(JSON.parse(JSON.stringify(resultJsonSchema())))
})

test('the tables in docs/evaluation.md are what the code says now; `npm run schema` renews them', async () => {
  const page = read('docs', 'evaluation.md')
  const protocols = await Promise.all(protocolNames.map(loadProtocol))
  expect(replaceBetween(page, 'metrics', renderMetricDefinitions())).toBe(page)
  expect(replaceBetween(page, 'policies', renderPolicyDefinitions(protocols))).toBe(page)
})

test('docs/results.md is what the stored results say; `npm run results` renews it', () => {
  const results = stored.map(({ set, folder }) => ({ set, result: resultOf(folder) }))
  expect(renderResultsPage(results) === read('docs', 'results.md')).toBe(true)
})

test('the links of docs/results.md and docs/evaluation.md lead somewhere', () => {
  for (const page of ['results.md', 'evaluation.md']) {
    const targets = [...read('docs', page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map((match) => match[1]!)
    const missing = targets.filter((target) => !existsSync(path.resolve(repository, 'docs', target)))
    expect(missing).toEqual([])
  }
})

describe.each(stored)('the stored result of $protocol on $set', ({ set, protocol, folder }) => {
  test('is of that protocol and set, and small', () => {
    const result = resultOf(folder)
    expect(result.protocol).toBe(protocol satisfies string as ProtocolName)
    expect(result.data.name).toBe(set)
    expect(statSync(path.join(folder, 'result.json')).size).toBeLessThan(mostResultBytes)
  })

  test('has the report that it makes, which is small', () => {
    const report = readFileSync(path.join(folder, 'report.html'), 'utf8')
    expect(report.length).toBeLessThan(mostReportBytes)
    expect(renderReport(resultOf(folder)) === report, 'report.html is stale: npm run results').toBe(true)
  })
})

test('stored reports stay small together', () => {
  const sizes = stored.map(({ folder }) => statSync(path.join(folder, 'report.html')).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(mostReportBytesInAll)
})
