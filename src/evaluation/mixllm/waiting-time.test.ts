import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseSlots, evenLoad, premiumLoad, WaitingTimes } from './waiting-time.ts'

test('a hand-worked queue: two slots, four requests at once, two seconds each', () => {
  const times = new WaitingTimes({ slots: Int32Array.of(2), refreshMs: 0 })
  const served = [0, 1, 2, 3].map(() => times.serve(0, 0, 2000))
  expect(served.map(({ waitMs }) => waitMs)).toEqual([0, 0, 2000, 2000])
  expect(served.map(({ completionMs }) => completionMs)).toEqual([2000, 2000, 4000, 4000])
  expect(times.waitAt(0, 1500)).toBe(2500)
  expect(times.waitAt(0, 9000)).toBe(0)
})

test('routers see the queue as of the last refresh', () => {
  const times = new WaitingTimes({ slots: Int32Array.of(1), refreshMs: 10_000 })
  expect([...times.seenAt(0)]).toEqual([0])
  times.serve(0, 0, 25_000)
  expect([...times.seenAt(9_999)]).toEqual([0])
  const seen = times.seenAt(10_000)
  expect([...seen]).toEqual([15_000])
  expect([...times.seenAt(20_000)]).toEqual([5_000])
  expect([...seen]).toEqual([15_000])
})

test('without a refresh interval they see it as it is', () => {
  const times = new WaitingTimes({ slots: Int32Array.of(1), refreshMs: 0 })
  times.serve(0, 0, 1000)
  expect([...times.seenAt(400)]).toEqual([600])
})

test('law of a work-conserving queue: busy slots × time = work done', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 40 }), (services) => {
      const times = new WaitingTimes({ slots: Int32Array.of(1), refreshMs: 0 })
      for (const serviceMs of services) times.serve(0, 0, serviceMs)
      expect(times.waitAt(0, 0)).toBe(services.reduce((sum, serviceMs) => sum + serviceMs, 0))
    }),
  )
})

test('slots by hand: ρ = 2 with everything on the dearest, .5 on average when spread evenly', () => {
  const serviceMs = Float64Array.of(1000, 1000, 1000, 4000)
  const slots = chooseSlots(serviceMs, 3, 10)
  // Four LLMs: 10/s · 4 s / 2 = 20 for the dearest; 2.5/s · 1 s / .5 = 5 for each other.
  expect([...slots]).toEqual([5, 5, 5, 20])
  expect((10 * 4) / slots[3]!).toBe(premiumLoad)
  const even = slots.reduce((sum, count, llm) => sum + (2.5 * serviceMs[llm]!) / 1000 / count, 0) / 4
  expect(even).toBe(evenLoad)
})

test('never fewer than one slot', () => {
  expect([...chooseSlots(Float64Array.of(1, 1), 0, 1)]).toEqual([1, 1])
})
