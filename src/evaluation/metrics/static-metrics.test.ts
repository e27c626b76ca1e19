import { describe, expect, it } from 'vitest'
import {
  anchoredPoints,
  scaleLlms,
  staticMetricNames,
  staticMetrics,
  staticScale,
  sweepGain,
} from './static-metrics.ts'

const point = (costUsd: number, quality: number) => ({ costUsd, quality })

/** Cheapest at 1, best at 4, dearest at 8. */
const scale = staticScale([point(1, 0.5), point(4, 0.9), point(8, 0.8)], { cheapest: 0, best: 1, dearest: 2 })

function named(metrics: readonly number[]): Record<string, number> {
  return Object.fromEntries(staticMetricNames.map((name, i) => [name, metrics[i]!]))
}

describe('staticMetrics', () => {
  it('agrees with figures worked by hand', () => {
    // The dent at cost 3 lies under the hull, which is (1, .5), (2, .8), (4, .9).
    const metrics = named(staticMetrics([point(4, 0.9), point(1, 0.5), point(3, 0.6), point(2, 0.8)], scale))
    expect(metrics.aiq).toBeCloseTo((0.5 + 0.65 + 1.7 + 3.6) / 8, 12)
    expect(metrics.aiqToBest).toBeCloseTo((0.65 + 1.7) / 3, 12)
    expect(metrics.aiqRaw).toBeCloseTo((0.5 + 0.65 + 0.8 + 0.85 + 3.6) / 8, 12)
    expect(metrics.peakQuality).toBe(0.9)
    expect(metrics.qncOwn).toBeCloseTo(1, 7)
    expect(metrics.qncMax).toBeCloseTo(0.5, 7)
    expect(metrics.qualityAt25).toBeCloseTo(0.5, 12)
    expect(metrics.costAt95).toBeCloseTo(3.1 / 4, 7)
    expect(metrics.costAt9725).toBeCloseTo(3.505 / 4, 7)
  })

  it('credits a policy without a cheap setting with a mixture, not with its quality for nothing', () => {
    const metrics = named(staticMetrics([point(4, 0.9)], scale))
    expect(metrics.aiq).toBeCloseTo((0.5 + 0.7 * 3 + 0.9 * 4) / 8, 12)
    expect(metrics.peakQuality).toBe(0.9)
    expect(metrics.qualityAt25).toBeCloseTo(0.5, 12)
  })

  it('says when a quality is never reached, and when a metric does not exist', () => {
    const short = named(staticMetrics([point(1, 0.5), point(2, 0.86)], scale))
    expect(short.qncOwn).toBe(Number.POSITIVE_INFINITY)
    expect(short.qncMax).toBe(Number.POSITIVE_INFINITY)
    expect(short.costAt95).toBeLessThan(0.5)
    const flat = staticScale([point(1, 0.5), point(4, 0.4)], { cheapest: 0, best: 0, dearest: 1 })
    expect(named(staticMetrics([point(1, 0.5)], flat)).aiqToBest).toBeNaN()
  })
})

describe('sweepGain', () => {
  it('reads the sweep as it runs against the LLMs picked beforehand, over the costs that it spans', () => {
    const hull = staticScale(
      [point(1, 0.5), point(4, 0.9), point(8, 0.8)],
      { cheapest: 0, best: 1, dearest: 2 },
      [0, 1],
    )
    // Straight lines (1, .5), (2, .8), (3, .6), (4, .9) over (1, .5), (4, .9): .65 + .7 + .75 − 2.1 = 0.
    const gain = sweepGain([point(4, 0.9), point(1, 0.5), point(3, 0.6), point(2, 0.8)], hull)
    expect(gain).toBeCloseTo(0, 12)
    expect(sweepGain([point(1, 0.5), point(4, 0.8)], hull)).toBeCloseTo(-0.15 / 8, 12)
    // Only the cheapest was picked: its level is all that mixtures reach.
    const alone = staticScale([point(1, 0.5), point(4, 0.9)], { cheapest: 0, best: 1, dearest: 1 }, [0])
    expect(sweepGain([point(1, 0.5), point(4, 0.8)], alone)).toBeCloseTo(0.45 / 4, 12)
  })

  it('does not exist for what is not swept', () => {
    expect(sweepGain([point(4, 0.9), point(4, 0.9)], scale)).toBeNaN()
  })
})

describe('anchoredPoints', () => {
  it('adds the cheapest LLM only below a sweep that does not reach it', () => {
    expect(anchoredPoints([point(2, 0.7)], scale)).toEqual([point(2, 0.7), point(1, 0.5)])
    expect(anchoredPoints([point(1 + 1e-12, 0.7)], scale)).toHaveLength(1)
    expect(anchoredPoints([point(0.5, 0.2)], scale)).toHaveLength(1)
  })
})

describe('scaleLlms', () => {
  it('takes the cheapest and the best by their means, ties to the better and the cheaper', () => {
    // Means: cost 1, 1, 3, 2; quality .2, .4, .6, .6.
    const quality = Float64Array.of(0, 0.4, 1, 0.6, 0.4, 0.4, 0.2, 0.6)
    const costUsd = Float64Array.of(1, 1, 2, 2, 1, 1, 4, 2)
    expect(scaleLlms(quality, costUsd, 4)).toEqual({ cheapest: 1, best: 3, dearest: 2 })
  })
})
