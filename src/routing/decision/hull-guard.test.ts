import { describe, expect, it } from 'vitest'
import { HullGuard } from './hull-guard.ts'
import { tradeOff } from './utility.ts'

const regions = [
  { upTo: 0.5, gain: 0.01, servesHull: false },
  { upTo: 4, gain: -0.02, servesHull: true },
  { upTo: Number.POSITIVE_INFINITY, gain: 0, servesHull: false },
]

describe('HullGuard', () => {
  it('acts in the ranges of μ = 1/λ that it was told', () => {
    const guard = new HullGuard(regions)
    expect([1e9, 3, 2.001].map((lambda) => guard.servesHull(tradeOff(lambda)))).toEqual([false, false, false])
    expect([1.9, 0.5, 0.26].map((lambda) => guard.servesHull(tradeOff(lambda)))).toEqual([true, true, true])
    expect([0.24, 0].map((lambda) => guard.servesHull(tradeOff(lambda)))).toEqual([false, false])
  })

  it('reads a budget’s dual as the same μ', () => {
    const guard = new HullGuard(regions)
    expect(guard.servesHull({ quality: 1, cost: 2 })).toBe(true)
    expect(guard.servesHull({ quality: 1, cost: 0 })).toBe(false)
  })

  it('survives a snapshot, and reads those that held intervals', () => {
    const guard = new HullGuard(regions)
    expect(HullGuard.restore(guard.snapshot()).regions).toEqual(guard.regions)
    const intervals = { low: new Float64Array(3), high: new Float64Array(3) }
    expect(HullGuard.restore(Object.assign(guard.snapshot() ?? {}, intervals)).regions).toEqual(guard.regions)
    const one = new HullGuard([regions[2]!])
    expect(HullGuard.restore(one.snapshot()).regions).toEqual(one.regions)
  })

  it('refuses regions that do not rise to infinity, and unknown formats', () => {
    expect(() => new HullGuard([])).toThrow('no end')
    expect(() => new HullGuard([regions[1]!, regions[0]!, regions[2]!])).toThrow('rise')
    expect(() => new HullGuard(regions.slice(0, 2))).toThrow('no end')
    expect(() => HullGuard.restore({ formatVersion: 2, kind: 'hull-guard' })).toThrow()
  })
})
