import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DailySpend } from './daily-spend.ts'

const noonMs = Date.UTC(2026, 10, 22, 12)
const dayMs = 86_400_000

class SetClock {
  ms = noonMs
  now(): number {
    return this.ms
  }
}

/** What the store has booked since `sinceMs`, by key; all together under ''. */
function storeWith(booked: Readonly<Record<string, number>>, asked: unknown[] = []) {
  return {
    async spentNanoUsd(sinceMs: number, keyId?: string): Promise<number> {
      asked.push([sinceMs, keyId])
      return booked[keyId ?? ''] ?? 0
    },
  }
}

const alice = { keyId: 'alice', dailyCapUsd: 1 }
const nobody = { keyId: undefined, dailyCapUsd: undefined }

describe('DailySpend', () => {
  test('starts from what the store booked since midnight UTC', async () => {
    const asked: unknown[] = []
    const spend = await DailySpend.load(storeWith({ '': 4e8, alice: 3e8 }, asked), new SetClock(), 2, ['alice'])
    expect(asked).toEqual([
      [Date.UTC(2026, 10, 22), undefined],
      [Date.UTC(2026, 10, 22), 'alice'],
    ])
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.7, 12)
    expect(spend.remainingUsd(nobody)).toBeCloseTo(1.6, 12)
    expect(spend.spentTodayUsd).toBeCloseTo(0.4, 12)
  })

  test('knows no limit where there is none', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), undefined, [])
    expect(spend.remainingUsd(nobody)).toBeUndefined()
    expect(spend.reserve(nobody, 1e15)?.nanoUsd).toBe(1e15)
  })

  test('counts what is reserved at once, so that requests at the same time cannot pass a cap together', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), undefined, [])
    expect(spend.reserve(alice, 6e8)).toBeDefined()
    expect(spend.reserve(alice, 6e8)).toBeUndefined()
    expect(spend.reserve(alice, 4e8)).toBeDefined()
    expect(spend.remainingUsd(alice)).toBe(0)
    expect(spend.remainingUsd({ keyId: 'bob', dailyCapUsd: 1 })).toBe(1)
  })

  test('books the real cost once; an unknown one keeps the estimate', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), undefined, [])
    const known = spend.reserve(alice, 5e8)
    known?.settle(1e8)
    known?.settle(9e8)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.9, 12)
    spend.reserve(alice, 5e8)?.settle(undefined)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.4, 12)
  })

  test('sets more aside for a further call while the cap allows it; all of it ends with the settlement', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), undefined, [])
    const known = spend.reserve(alice, 3e8)
    expect(known?.extend(3e8)).toBe(true)
    expect(known?.extend(5e8)).toBe(false)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.4, 12)
    known?.settle(1e8)
    expect(known?.extend(1)).toBe(false)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.9, 12)
    const unknown = spend.reserve(alice, 2e8)
    unknown?.extend(3e8)
    unknown?.settle(undefined)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.7, 12)
  })

  test('starts anew at midnight UTC; what began before is booked on its own day', async () => {
    const clock = new SetClock()
    const spend = await DailySpend.load(storeWith({}), clock, undefined, [])
    const late = spend.reserve(alice, 9e8)
    clock.ms = noonMs + dayMs / 2
    expect(spend.remainingUsd(alice)).toBe(1)
    late?.settle(1e8)
    expect(spend.remainingUsd(alice)).toBe(1)
  })

  test('says how long until midnight UTC', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), 1, [])
    expect(spend.resetsInMs).toBe(dayMs / 2)
  })

  test('whatever is reserved and settled, the books equal the sum, and reservations never pass the cap', () => {
    const requests = fc.array(fc.record({ reserve: fc.nat(1e9), settle: fc.option(fc.nat(1e9), { nil: undefined }) }))
    return fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const spend = await DailySpend.load(storeWith({}), new SetClock(), undefined, [])
        let booked = 0
        for (const { reserve, settle } of all) {
          const reservation = spend.reserve(alice, reserve)
          expect(reservation !== undefined).toBe(booked + reserve <= 1e9)
          reservation?.settle(settle)
          if (reservation !== undefined) booked += settle ?? reserve
        }
        expect(spend.spentTodayUsd).toBe(booked / 1e9)
      }),
    )
  })
})
