import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { DriftWatch } from './drift-watch.ts'

function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** Calls until the alarm that follows a change after 500 of them; undefined where none came. */
function callsToAlarm(kind: 'cost' | 'latency', deviation: number, factor: number, seed: number): number | undefined {
  const watch = new DriftWatch()
  const random = new SeededRandom(seed)
  for (let call = 0; call < 2_000; call++) {
    const usual = 2 * Math.exp(deviation * normal(random))
    const alarm = watch.observe('a', kind, call < 500 ? usual : factor * usual, 1, call)
    if (alarm === undefined) continue
    expect(call).toBeGreaterThanOrEqual(500)
    expect(alarm).toMatchObject({ llm: 'a', kind, direction: factor > 1 ? 'up' : 'down', atMs: call })
    expect(Math.abs(Math.log(alarm.factor / factor))).toBeLessThan(0.6 * Math.abs(Math.log(factor)))
    return call - 499
  }
  return undefined
}

describe('DriftWatch', () => {
  test('a ratio that was always off is no change', () => {
    const watch = new DriftWatch()
    for (let call = 0; call < 1_000; call++) expect(watch.observe('a', 'cost', 1.35, 1, call)).toBeUndefined()
    expect(watch.alarms).toEqual([])
  })

  test('a new price shows within a dozen bills, dearer or cheaper, and is told once', () => {
    for (const factor of [1.1, 0.9, 2, 0.5]) expect(callsToAlarm('cost', 0.005, factor, 1)).toBeLessThanOrEqual(12)
    const watch = new DriftWatch()
    for (let call = 0; call < 1_000; call++) watch.observe('a', 'cost', call < 100 ? 1 : 2, 1, call)
    expect(watch.alarms).toHaveLength(1)
    expect(watch.alarms[0]!.factor).toBeCloseTo(2, 1)
  })

  test('a doubled completion time shows within two hundred calls, though times scatter', () => {
    const delays = [1, 2, 3, 4, 5].map((seed) => callsToAlarm('latency', 0.5, 2, seed))
    for (const delay of delays) expect(delay).toBeLessThanOrEqual(200)
  })

  test('raises no alarm in 20,000 calls where nothing changes', () => {
    for (const kind of ['cost', 'latency'] as const) {
      const watch = new DriftWatch()
      const random = new SeededRandom(7)
      for (let call = 0; call < 20_000; call++) watch.observe('a', kind, Math.exp(0.5 * normal(random)), 1, call)
      expect(watch.alarms).toEqual([])
    }
  })

  test('LLMs and kinds are watched apart; what was told can be forgotten', () => {
    const watch = new DriftWatch()
    for (let call = 0; call < 100; call++) {
      watch.observe('a', 'cost', 1, 1, call)
      watch.observe('b', 'cost', 5, 1, call)
      watch.observe('a', 'latency', 9, 1, call)
    }
    watch.forget('a', 'cost')
    for (let call = 0; call < 100; call++) watch.observe('a', 'cost', 3, 1, call)
    expect(watch.alarms).toEqual([])
  })

  test('passes over what is no ratio', () => {
    const watch = new DriftWatch()
    const amounts = fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1)
    fc.assert(
      fc.property(amounts, amounts, (seen, expected) => {
        expect(watch.observe('a', 'cost', seen, expected, 0)).toBeUndefined()
      }),
    )
  })
})
