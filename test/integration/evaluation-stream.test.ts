import { existsSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ResultRow } from '../../src/evaluation/evaluation-result.ts'
import { type ProtocolResult, WorkerCache, type WorkUnit } from '../../src/evaluation/protocol.ts'
import { streamProtocol } from '../../src/evaluation/protocols/stream/stream-protocol.ts'
import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'

const dataRoot = process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data')
const folder = path.join(dataRoot, 'paretobandit')

describe.skipIf(!existsSync(folder))('stream protocol on a part of paretobandit', () => {
  const options = { seeds: [1], policies: ['pointsman', 'mixllm'] }
  let data: OutcomeData
  let units: readonly WorkUnit[]
  let result: ProtocolResult
  let poolOutput: unknown

  beforeAll(async () => {
    data = part(await readOutcomeData(folder))
    units = streamProtocol.plan(data, options)
    const cache = new WorkerCache()
    const finished = []
    for (const unit of units) {
      const output = await streamProtocol.run(data, unit, cache, () => undefined)
      // As it comes back from the store.
      finished.push({ unit, output: JSON.parse(JSON.stringify(output)) as typeof output })
      if (unit.key.endsWith('pool')) poolOutput = output
    }
    result = streamProtocol.collect(data, finished, options)
  }, 120_000)

  test('too few prompts to fit the smallest offline part on is said at once', () => {
    const few = selectRows(
      data,
      data.prompts.map((_, index) => index).filter((index) => index % 3 === 0),
    )
    expect(() => streamProtocol.plan(few, options)).toThrow(/offline/)
  })

  test('every unit has its own key, fit for a file name', () => {
    expect(new Set(units.map(({ key }) => key)).size).toBe(units.length)
    for (const { key } of units) expect(key).toMatch(/^[\w.-]+$/)
  })

  test('a unit run again, alone, yields the same', async () => {
    const unit = units.find(({ key }) => key.endsWith('pool'))!
    expect(await streamProtocol.run(data, unit, new WorkerCache(), () => undefined)).toEqual(poolOutput)
  })

  test('both routers stand at every share, kind of feedback and time limit; references are there', () => {
    for (const policy of ['pointsman', 'mixllm']) {
      for (const offlineShare of [0.8, 0.5, 0.3]) {
        for (const feedback of ['none', 'refined', 'binary']) {
          for (const timeLimit of [null, 30]) {
            expect(row(policy, { lambda: 1.4, offlineShare, feedback, timeLimit })).toBeDefined()
          }
        }
      }
    }
    for (const policy of ['random', 'cheapest', 'best-single', 'oracle']) {
      expect(row(policy, { timeLimit: null })?.kind).toBe('reference')
    }
  })

  test('metrics are in range, and the oracle is above all', () => {
    const oracle = row('oracle', { timeLimit: null })!.metrics.quality!.mean
    for (const { policy, setting, metrics } of result.results) {
      const { quality, costUsd, onTimeShare } = metrics
      expect(quality!.mean).toBeGreaterThanOrEqual(0)
      expect(costUsd!.mean).toBeGreaterThan(0)
      expect(onTimeShare!.mean).toBeLessThanOrEqual(1)
      if (setting.timeLimit === null) expect(onTimeShare!.mean).toBe(1)
      const isPartOfTest = setting.leftOut !== undefined
      if (!isPartOfTest) expect(quality!.mean, policy).toBeLessThanOrEqual(oracle + 1e-9)
    }
  })

  test('willingness to pay buys quality, and a small one spends where it pays', () => {
    const cheapest = row('cheapest', { timeLimit: null })!.metrics
    const costReferenceUsd = Math.max(...meansByLlm(data.costUsd, data.llms.length))
    const utility = ({ quality, costUsd }: ResultRow['metrics'], lambda: number) =>
      (lambda * quality!.mean - costUsd!.mean / costReferenceUsd) / (1 + lambda)
    for (const policy of ['pointsman', 'mixllm']) {
      const at = (lambda: number) =>
        row(policy, { lambda, offlineShare: 0.8, feedback: 'none', timeLimit: null })!.metrics
      const spentAt = (lambda: number) => at(lambda).costUsd!.mean
      expect(spentAt(100)).toBeGreaterThan(spentAt(0.1))
      // Even an oracle that minds cost spends a tenth of the best LLM's bill here, so that a share of that says nothing.
      expect(spentAt(0.1)).toBeLessThan(0.25 * spentAt(0.5))
      // Two standard errors of a mean quality near .9 on the streamed prompts, weighed by λ/(1 + λ).
      const streamed = 0.2 * data.prompts.length
      const slack = (2 * Math.sqrt(0.09 / streamed) * 0.1) / 1.1
      expect(utility(at(0.1), 0.1)).toBeGreaterThanOrEqual(utility(cheapest, 0.1) - slack)
    }
  })

  test('asking more LLMs and keeping the best answer never lowers quality', () => {
    const at = (topK: number) =>
      row('mixllm', { lambda: 10, offlineShare: 0.8, feedback: 'none', timeLimit: null, topK })!.metrics
    expect(at(2).quality!.mean).toBeGreaterThanOrEqual(at(1).quality!.mean)
    expect(at(3).quality!.mean).toBeGreaterThanOrEqual(at(2).quality!.mean)
    expect(at(3).costUsd!.mean).toBeGreaterThan(at(1).costUsd!.mean)
  })

  test('every claim is judged once, with evidence; simulated times are declared', () => {
    const ids = result.findings.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of [
      'mixllm-headline',
      'mixllm-online-lift-refined-80',
      'mixllm-online-lift-binary-30',
      'mixllm-tags-low-cost',
      'mixllm-uncertainty',
      'mixllm-penalty-under-load',
      'mixllm-adding-llm',
      'mixllm-top-3',
      'mixllm-left-out-drop',
      'mixllm-left-out-online',
      'pointsman-beats-mixllm-unlimited',
    ]) {
      expect(ids).toContain(id)
    }
    expect(result.notes.some((note) => note.includes('simulated'))).toBe(true)
    expect(result.figures.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['frontier', 'frontier-limit', 'lifts', 'tags', 'load', 'top-k', 'added-llm']),
    )
  })

  function row(policy: string, setting: ResultRow['setting']): ResultRow | undefined {
    const matches = (found: ResultRow): boolean =>
      Object.keys(found.setting).length === Object.keys(setting).length &&
      Object.entries(setting).every(([key, value]) => found.setting[key] === value)
    return result.results.find((found) => found.policy === policy && matches(found))
  }
})

/** A ninth of the training and a fifteenth of the test prompts: small enough for a test, with all sources in it. */
function part(data: OutcomeData): OutcomeData {
  const stride = { val: 9, test: 15 } as const
  const seen = { val: 0, test: 0 }
  const rows = data.prompts.flatMap((prompt, row) => {
    const split = prompt.split === 'test' ? 'test' : 'val'
    return seen[split]++ % stride[split] === 0 ? [row] : []
  })
  return selectRows(data, rows)
}

/** By LLM, of cells that are known. @param cells shape [prompts × width]. */
function meansByLlm(cells: Float64Array, width: number): readonly number[] {
  return Array.from({ length: width }, (_, llm) => {
    const known = cells.filter((cell, index) => index % width === llm && !Number.isNaN(cell))
    return known.reduce((sum, cell) => sum + cell, 0) / known.length
  })
}
