import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { WorkerCache } from '../../src/evaluation/protocol.ts'
import { planDrift } from '../../src/evaluation/protocols/drift/drift-plan.ts'
import { driftProtocol } from '../../src/evaluation/protocols/drift/drift-protocol.ts'
import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'

const root = process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data')
const folder = path.join(root, 'paretobandit')
const policies = ['pointsman', 'stacked', 'ridge', 'paretobandit', 'beta-thompson', 'track-and-stop']

/** The first prompts of each split: enough for figures that make sense, and quick. */
function firstOfEachSplit(data: OutcomeData, count: number): OutcomeData {
  const taken = new Map<string | undefined, number>()
  const rows = data.prompts.flatMap(({ split }, row) => {
    const before = taken.get(split) ?? 0
    taken.set(split, before + 1)
    return before < count ? [row] : []
  })
  return selectRows(data, rows)
}

describe.skipIf(!existsSync(folder))('drift on paretobandit', () => {
  it('plays the authors’ pool at the authors’ budgets', async () => {
    const data = await readOutcomeData(folder)
    const { cast, settings, prepared } = planDrift(data)
    const nameOf = (llm: number) => prepared.data.llms[llm]!.id
    expect(cast.incumbents.map(nameOf)).toEqual([
      'meta-llama/llama-3.1-8b-instruct',
      'mistralai/mistral-large-2512',
      'google/gemini-2.5-pro',
    ])
    expect([cast.newcomer, cast.workhorse, cast.dearest].map(nameOf)).toEqual([
      'google/gemini-2.5-flash',
      'mistralai/mistral-large-2512',
      'google/gemini-2.5-pro',
    ])
    expect(settings.slice(0, 3).map(({ goal }) => goal.budgetUsd)).toEqual([3e-4, 6.6e-4, 1.9e-3])
  })

  it('runs two orders to figures that make sense, the same each time', async () => {
    const data = firstOfEachSplit(await readOutcomeData(folder), 420)
    const options = { seeds: [1, 2], policies }
    const cache = new WorkerCache()
    const finished = []
    for (const unit of driftProtocol.plan(data, options)) {
      finished.push({ unit, output: await driftProtocol.run(data, unit, cache, () => {}) })
    }
    const again = await driftProtocol.run(data, finished[1]!.unit, cache, () => {})
    expect(again).toEqual(finished[1]!.output)

    const kept = JSON.parse(JSON.stringify(finished)) as typeof finished
    const { results, comparisons, figures, findings } = driftProtocol.collect(data, kept, options)
    const settings = new Set(results.map(({ setting }) => JSON.stringify(setting)))
    // pointsman without exploring is a variant in each of 20 settings.
    expect(settings.size).toBe(2 * 20)
    expect(results.length).toBe(20 * (policies.length + 6 + 1))
    for (const { policy, setting, metrics } of results) {
      for (const [metric, { mean }] of Object.entries(metrics)) {
        expect(Number.isFinite(mean), `${policy} ${metric}`).toBe(true)
      }
      expect(metrics.oracleShare!.mean).toBeLessThanOrEqual(1 + 1e-12)
      expect(metrics.oracleShare!.mean).toBeGreaterThan(0.6)
      if (policy === 'full-information') {
        expect(metrics.regret!.mean).toBeCloseTo(0, 12)
        if (setting.budgetUsd !== null) expect(metrics.budgetOvershoot!.mean).toBeLessThanOrEqual(0)
      }
      if (policy === 'pointsman' && setting.scenario === 'stationary' && setting.budgetUsd !== null) {
        expect(Math.abs(metrics.budgetOvershoot!.mean)).toBeLessThan(0.15)
      }
    }
    expect(comparisons.every(({ policy, against }) => policy === 'pointsman' && against !== 'pointsman')).toBe(true)
    expect(new Set(figures.map(({ id }) => id)).size).toBe(figures.length)
    expect(findings.map(({ id }) => id)).toContain('paretobandit-overshoot')
  })

  it('says what it cannot work on', async () => {
    const data = firstOfEachSplit(await readOutcomeData(folder), 100)
    expect(() => driftProtocol.plan(data, { seeds: [1], policies })).toThrow(
      expect.objectContaining({ code: 'unfit_data' }),
    )
  })
})
