import { describe, expect, it } from 'vitest'
import { drawSeeds } from '../../metrics/seed-draw.ts'
import { staticMetricNames } from '../../metrics/static-metrics.ts'
import { JoinedRow } from './joined-row.ts'
import type { StaticRowOutput } from './static-output.ts'

const replicates = 100

/** Every metric is `value`, but for those named; replicate b of aiq is value + b/1000. */
function seedOf(value: number, changed: Record<string, number | null> = {}): StaticRowOutput {
  return {
    policy: 'ridge',
    setting: {},
    points: [
      { costUsd: 2, quality: value },
      { costUsd: 1, quality: value / 2 },
    ],
    metrics: staticMetricNames.map((name) => (name in changed ? changed[name]! : value)),
    replicates: staticMetricNames.map((name) =>
      Array.from({ length: replicates }, (_, b) => (name in changed ? changed[name]! : value + b / 1000)),
    ),
    tasks: [],
  }
}

describe('JoinedRow', () => {
  it('averages seeds, replicate by replicate', () => {
    const row = new JoinedRow([seedOf(0.4), seedOf(0.6)])
    expect(row.estimate('aiq')).toBeCloseTo(0.5, 12)
    // Both seeds, or one of them twice: .01 above .4, .5 or .6, as the replicate draws.
    const drawn = drawSeeds(2, 10)
    expect(row.replicates('aiq')[10]).toBeCloseTo(0.41 + 0.1 * (drawn[0]! + drawn[1]!), 12)
    const interval = new JoinedRow([seedOf(0.5)]).interval('aiq')!
    expect(interval.low).toBeCloseTo(0.5 + 0.025 * 0.099, 9)
    expect(interval.high).toBeCloseTo(0.5 + 0.975 * 0.099, 9)
    expect(row.curve()).toEqual([
      { costUsd: 1, quality: 0.25 },
      { costUsd: 2, quality: 0.5 },
    ])
  })

  it('leaves a metric out that some seed lacks', () => {
    const row = new JoinedRow([seedOf(0.4), seedOf(0.6, { aiqToBest: null })])
    expect(row.metrics()).not.toHaveProperty('aiqToBest')
    expect(row.metrics()).toHaveProperty('aiq')
  })

  it('counts replicates that never reach a quality as dearer than any that does', () => {
    const seed = seedOf(0.5)
    const qnc = staticMetricNames.indexOf('qncOwn')
    const some = {
      ...seed,
      replicates: seed.replicates.map((values, i) =>
        i === qnc ? [null, null, null, null, ...values.slice(4)] : values,
      ),
    }
    const row = new JoinedRow([some])
    expect(row.reachedShare('qncOwn')).toBe(0.96)
    const interval = row.interval('qncOwn')!
    expect(interval.mean).toBe(0.5)
    expect(interval.low).toBeGreaterThan(0.5)
    expect(interval.high).toBeNull()
  })

  it('averages curves that start at cost 0', () => {
    const from = (points: StaticRowOutput['points']) => ({ ...seedOf(0.4), points })
    const curve = new JoinedRow([
      from([
        { costUsd: 0, quality: 0.2 },
        { costUsd: 2, quality: 0.6 },
      ]),
      from([
        { costUsd: 0, quality: 0.4 },
        { costUsd: 1, quality: 0.6 },
        { costUsd: 2, quality: 0.8 },
      ]),
    ]).curve()
    expect(curve[0]).toEqual({ costUsd: 0, quality: expect.closeTo(0.3, 12) })
    expect(curve[60]).toEqual({ costUsd: expect.closeTo(1, 12), quality: expect.closeTo(0.5, 12) })
  })

  it('gives the fixed LLMs no gain over themselves', () => {
    expect(new JoinedRow([seedOf(0.4)]).estimate('sweepGain')).toBe(0.4)
    expect(new JoinedRow([{ ...seedOf(0.4), policy: 'zero-router' }]).metrics()).not.toHaveProperty('sweepGain')
  })

  it('averages curves at equal costs where seeds have unequal numbers of settings', () => {
    const one = seedOf(0.4)
    const other = { ...seedOf(0.6), points: [{ costUsd: 1, quality: 0.6 }] }
    const curve = new JoinedRow([
      one,
      { ...other, points: [...other.points, { costUsd: 1.5, quality: 0.6 }, { costUsd: 4, quality: 0.6 }] },
    ]).curve()
    expect(curve[0]).toEqual({ costUsd: 1, quality: expect.closeTo(0.4, 12) })
    expect(curve.at(-1)!.costUsd).toBeCloseTo(2, 9)
    expect(curve.at(-1)!.quality).toBeCloseTo(0.5, 9)
  })

  it('draws the hull of fixed LLMs', () => {
    const points = [
      { costUsd: 1, quality: 0.2 },
      { costUsd: 2, quality: 0.3 },
      { costUsd: 3, quality: 0.8 },
    ]
    const hull = new JoinedRow([{ ...seedOf(0.4), policy: 'zero-router', points }]).curve()
    expect(hull).toEqual([points[0], points[2]])
    expect(new JoinedRow([{ ...seedOf(0.4), points }]).curve()).toEqual(points)
  })
})
