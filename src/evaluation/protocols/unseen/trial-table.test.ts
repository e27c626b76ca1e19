import { describe, expect, it } from 'vitest'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { TrialOutput } from './run-trial.ts'
import { TrialTable } from './trial-table.ts'
import { unseenComparisons } from './unseen-comparisons.ts'
import { unseenFigures } from './unseen-figures.ts'
import { unseenFindings } from './unseen-findings.ts'

/** Trials in which uniroute beats knn by .05 and a little, and learned maps are as good as it but for noise. */
function trials(count: number): TrialOutput[] {
  const random = new SeededRandom(1)
  const bases = Int32Array.from({ length: 12 }, (_, i) => i)
  return Array.from({ length: count }, () => {
    shuffle(bases, random)
    const level = 0.5 + 0.2 * random.next()
    const row = (policy: PolicyName, probes: number, area: number) => ({
      policy,
      setting: { probes },
      metrics: { areaRaw: area, area, qnc: 1 - area },
      curve: [null, level, area],
    })
    const shift = 0.02 * (random.next() - 0.5)
    return {
      unseenBases: [...bases.subarray(0, 4)],
      trainPrompts: 100,
      testPrompts: 60,
      seenLlms: 8,
      unseenLlms: 4,
      maxCostUsd: 2,
      rows: [50, 200].flatMap((probes) => [
        row('zero-router', probes, level - 0.1),
        row('knn', probes, level - (probes === 50 ? 0.05 : 0.03)),
        row('uniroute', probes, level + 0.001 * random.next()),
        row('learned-cluster-map', probes, level + shift),
        row('universal', probes, level + (probes === 50 ? 0.01 : 0.02) + 0.001 * random.next()),
      ]),
      risk: [],
    }
  })
}

const few = 50
const at = (policy: 'uniroute' | 'knn', probes: number) => ({ policy, setting: { probes } })

describe('TrialTable', () => {
  const table = new TrialTable(trials(60), 12)

  it('pairs differences by trial, which a common level does not blur', () => {
    const difference = table.difference(at('uniroute', few), at('knn', few), 'areaRaw')!
    expect(difference.interval.mean).toBeCloseTo(0.0505, 3)
    expect(difference.interval.low).toBeGreaterThan(0.049)
    expect(difference.signP).toBeCloseTo(2 ** -59, 25)
    const level = table.interval(at('uniroute', few), 'areaRaw')
    expect(level.high! - level.low!).toBeGreaterThan(0.02)
  })

  it('averages curves where at least half of the trials have a point', () => {
    const curve = table.curve(at('uniroute', few))
    expect(curve.length).toBe(2)
    expect(curve[0]!.costUsd).toBeCloseTo(2 * (1 / 40) ** 2, 12)
  })

  it('scales costs by each trial’s own dearest LLM, for curves and points alike, and fills curves as Area does', () => {
    const trial = (maxCostUsd: number, curve: (number | null)[]): TrialOutput => ({
      ...trials(1)[0]!,
      maxCostUsd,
      rows: [
        { policy: 'uniroute', setting: { probes: few }, metrics: {}, curve },
        { policy: 'random', setting: { probes: null }, metrics: {}, point: { costUsd: maxCostUsd / 2, quality: 0.4 } },
      ],
    })
    const two = new TrialTable([trial(2, [null, 0.5, 0.7]), trial(6, [null, null, 0.9])], 12)
    const curve = two.curve(at('uniroute', few))
    expect(curve.map(({ quality }) => quality)).toEqual([expect.closeTo(0.7, 12), expect.closeTo(0.8, 12)])
    expect(curve[0]!.costUsd).toBeCloseTo(4 * (1 / 40) ** 2, 12)
    const random = two.point({ policy: 'random', setting: { probes: null } })!
    expect(random.costUsd).toBeCloseTo(2, 12)
    expect(random.quality).toBeCloseTo(0.4, 12)
  })

  it('leaves trials out in which the whole pool is free', () => {
    const free = { ...trials(1)[0]!, maxCostUsd: 0 }
    const mixed = new TrialTable([...trials(60), free], 12)
    expect(mixed.freeTrials).toBe(1)
    expect(mixed.interval(at('uniroute', few), 'areaRaw')).toEqual(table.interval(at('uniroute', few), 'areaRaw'))
    expect(mixed.curve(at('uniroute', few))).toEqual(table.curve(at('uniroute', few)))
  })

  it('knows nothing of rows that no trial has', () => {
    expect(table.difference(at('uniroute', 400), at('knn', few), 'areaRaw')).toBeUndefined()
    expect(table.has(at('uniroute', 400))).toBe(false)
  })
})

describe('what is said of the trials', () => {
  const table = new TrialTable(trials(60), 12)
  const findings = unseenFindings(table, [few, 200], 200)
  const verdictOf = (id: string) => findings.find((finding) => finding.id === id)?.verdict

  it('confirms, refutes and leaves open by the intervals', () => {
    expect(verdictOf('uniroute-k-means-above-knn')).toBe('confirmed')
    expect(verdictOf('uniroute-learned-map-above-k-means')).toBe('undecided')
    expect(verdictOf('uniroute-gap-to-knn-shrinks')).toBe('confirmed')
    expect(findings.some((finding) => finding.id === 'uniroute-above-retrained-mlp')).toBe(false)
  })

  it('judges universal at every number of probes, and over numbers', () => {
    expect(verdictOf('universal-above-zero-router-50')).toBe('confirmed')
    expect(verdictOf('universal-above-zero-router-200')).toBe('confirmed')
    expect(verdictOf('universal-few-above-k-means-200')).toBe('confirmed')
    expect(verdictOf('universal-best-at-every-count')).toBe('confirmed')
    expect(findings.find(({ id }) => id === 'universal-best-at-every-count')!.evidence).toContain(
      'above it 0, below it 8. Its mean is the highest at 50, 200 of 50, 200 probes',
    )
    // Rows that were not run are nothing to judge by.
    expect(verdictOf('universal-training-llms-help')).toBeUndefined()
    const worse = trials(60).map((trial) => ({
      ...trial,
      rows: trial.rows.map((row) => {
        return row.policy === 'knn' ? { ...row, metrics: { areaRaw: row.metrics.areaRaw! + 0.5 } } : row
      }),
    }))
    const found = unseenFindings(new TrialTable(worse, 12), [few, 200], 200)
    expect(found.find(({ id }) => id === 'universal-best-at-every-count')!.verdict).toBe('refuted')
  })

  it('shows the sign of an end near 0, and no test that no verdict rests on', () => {
    const close = trials(60).map((trial) => ({
      ...trial,
      rows: trial.rows.map((row, place) => {
        // Next to knn stands uniroute of the same probes.
        const areaRaw = trial.rows[place + 1]?.metrics.areaRaw
        return row.policy === 'knn' ? { ...row, metrics: { areaRaw: areaRaw! - 0.00002 } } : row
      }),
    }))
    const found = unseenFindings(new TrialTable(close, 12), [few, 200], 200)
    expect(found.find(({ id }) => id === 'uniroute-k-means-above-knn')!.evidence).toBe(
      'uniroute at 200 probes − knn at 200 probes, area as it runs: +0.00002 [+0.00002, +0.00002].',
    )
  })

  it('claims nothing from a handful of trials', () => {
    const little = unseenFindings(new TrialTable(trials(3), 12), [few, 200], 200)
    expect(new Set(little.map((finding) => finding.verdict))).toEqual(new Set(['undecided']))
  })

  it('compares with Holm’s correction, by either test', () => {
    const comparisons = unseenComparisons(table, [few, 200])
    const pair = comparisons.filter(
      (entry) =>
        entry.policy === 'uniroute' &&
        entry.against === 'knn' &&
        entry.metric === 'areaRaw' &&
        entry.setting.probes === few,
    )
    expect(pair.map((entry) => entry.setting.test)).toEqual(['jackknife', 'sign'])
    for (const { p, pHolm } of pair) expect(pHolm).toBeGreaterThanOrEqual(p!)
  })

  it('draws only what there is', () => {
    const figures = unseenFigures(table, [few, 200], 200)
    expect(figures.map((figure) => figure.id)).toContain('unseen-area')
    for (const figure of figures) for (const series of figure.series) expect(series.points.length).toBeGreaterThan(0)
  })
})
