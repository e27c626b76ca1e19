import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EvaluationError } from '../../src/evaluation/evaluation-error.ts'
import { type FinishedUnit, type ProtocolOptions, WorkerCache } from '../../src/evaluation/protocol.ts'
import type { TrialOutput } from '../../src/evaluation/protocols/unseen/run-trial.ts'
import { unseenProtocol } from '../../src/evaluation/protocols/unseen/unseen-protocol.ts'
import { type OutcomeData, selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'

const folder = resolve(process.env.POINTSMAN_DATA ?? '../shared/data')
const set = join(folder, 'zeroeval')
const options: ProtocolOptions = { seeds: [1], policies: unseenProtocol.policies.map(({ name }) => name) }

describe.skipIf(!existsSync(set))('the unseen protocol on a part of zeroeval', () => {
  let data: OutcomeData
  let finished: FinishedUnit<TrialOutput>[]

  beforeAll(async () => {
    const whole = await readOutcomeData(set)
    const everyFourth = whole.prompts.flatMap((_, row) => (row % 4 === 0 ? [row] : []))
    const complete = whole.llms.flatMap((llm, index) => (llm.extra.complete === true ? [index] : []))
    data = selectRows(selectLlms(whole, complete.slice(0, 15)), everyFourth)
    const cache = new WorkerCache()
    finished = []
    for (const unit of unseenProtocol.plan(data, options)) {
      const output = await unseenProtocol.run(data, unit, cache, () => {})
      finished.push({ unit, output: JSON.parse(JSON.stringify(output)) as TrialOutput })
    }
  })

  it('plans a unit per seed, with the probes that the prompts allow', () => {
    expect(finished.map(({ unit }) => [unit.key, unit.parameters.probes])).toEqual([['trial-1', [50, 100]]])
  })

  it('reports every policy with the metrics of a curve, or one point', () => {
    const { results } = unseenProtocol.collect(data, finished, options)
    expect(new Set(results.map((row) => row.policy))).toEqual(new Set(options.policies))
    for (const { policy, metrics, setting } of results) {
      const isPoint = ['random', 'cheapest', 'best-single'].includes(policy)
      expect(metrics.peak!.mean).toBeGreaterThan(0)
      expect('area' in metrics).toBe(!isPoint)
      expect(setting).toHaveProperty('probes')
      for (const { mean } of Object.values(metrics)) expect(Number.isFinite(mean)).toBe(true)
    }
  })

  it('has the other readings, the shift and the controls, each its own and near the plain row', () => {
    const { results } = unseenProtocol.collect(data, finished, options)
    const byName = ([a]: [string, unknown], [b]: [string, unknown]) => a.localeCompare(b)
    const area = (policy: string, setting: Record<string, unknown>) => {
      const key = JSON.stringify(Object.entries(setting).sort(byName))
      const row = results.find((found) => {
        return found.policy === policy && JSON.stringify(Object.entries(found.setting).sort(byName)) === key
      })
      return row?.metrics.areaRaw?.mean ?? Number.NaN
    }
    const plain = { uniroute: area('uniroute', { probes: 100 }), learned: area('learned-cluster-map', { probes: 100 }) }
    const others = [
      [plain.uniroute, area('uniroute', { probes: 100, cost: 'per-prompt' })],
      [plain.learned, area('learned-cluster-map', { probes: 100, trainingErrors: 'probes' })],
      [plain.uniroute, area('uniroute', { probes: 100, control: 'shuffled' })],
      [area('uniroute', { probes: 200, shift: 'none' }), area('uniroute', { probes: 200, shift: 'sources' })],
    ] as const
    const isShifted = results.some((row) => 'shift' in row.setting)
    for (const [own, other] of isShifted ? others : others.slice(0, -1)) {
      expect(other).not.toBe(own)
      expect(Math.abs(other - own)).toBeLessThan(0.2)
    }
  })

  it('has nobody above the oracle, which always reaches the best LLM', () => {
    const { results } = unseenProtocol.collect(data, finished, options)
    const unshifted = results.filter((row) => !('shift' in row.setting) && row.metrics.area !== undefined)
    const area = (policy: string) => unshifted.find((row) => row.policy === policy)!.metrics.area!.mean
    for (const row of unshifted) expect(row.metrics.area!.mean).toBeLessThanOrEqual(area('oracle') + 1e-9)
    expect(unshifted.find((row) => row.policy === 'oracle')!.metrics.qncReached!.mean).toBe(1)
  })

  it('measures the excess risk at every K, with both terms going their way', () => {
    const [first] = finished
    const risk = first!.output.risk
    expect(risk.map((entry) => entry.clusters)).toEqual([1, 3, 5, 10, 20, 40])
    expect(risk.at(-1)!.heterogeneityLow).toBeLessThan(risk[0]!.heterogeneityLow)
    expect(risk.at(-1)!.estimationMeasured).toBeGreaterThan(risk[0]!.estimationMeasured)
  })

  it('claims no interval and no verdict from one trial', () => {
    const { findings, results, figures } = unseenProtocol.collect(data, finished, options)
    expect(findings.length).toBeGreaterThan(8)
    for (const finding of findings) expect(finding.verdict).toBe('undecided')
    expect(results[0]!.metrics.area).toMatchObject({ low: null, high: null })
    expect(figures.map((figure) => figure.id)).toEqual([
      'unseen-area',
      'unseen-qnc',
      'unseen-clusters',
      'unseen-excess-risk',
      'unseen-deferral',
    ])
  })

  it('says what is missing where prompts or LLMs are too few', () => {
    const few = selectRows(
      data,
      Array.from({ length: 200 }, (_, row) => row),
    )
    expect(() => unseenProtocol.plan(few, options)).toThrowError(/334/)
    expect(() => unseenProtocol.plan(selectLlms(data, [0, 1, 2, 3]), options)).toThrowError(EvaluationError)
  })
})
