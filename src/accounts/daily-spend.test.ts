import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetLeases } from './budget-leases.ts'
import { DailySpend, utcDay } from './daily-spend.ts'
import type { BudgetLease, LeaseStore } from './lease-store.ts'

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

class MemoryLeaseStore implements LeaseStore {
  readonly leases: BudgetLease[] = []
  fault: Error | undefined

  async draw(lease: BudgetLease): Promise<{ leftNanoUsd: number } | undefined> {
    if (this.fault !== undefined) throw this.fault
    this.leases.push(lease)
    return { leftNanoUsd: 0 }
  }

  async giveBack(id: string): Promise<void> {
    const place = this.leases.findIndex((lease) => lease.id === id)
    if (place !== -1) this.leases.splice(place, 1)
  }

  async open(day: number): Promise<readonly BudgetLease[]> {
    return this.leases.filter((lease) => lease.day === day)
  }

  /** What was asked for is drawn by then. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

function failTest(error: unknown): never {
  throw error
}

const alice = { keyId: 'alice', dailyCapUsd: 1 }
const nobody = { keyId: undefined, dailyCapUsd: undefined }

describe('DailySpend', () => {
  test('starts from what the store booked since midnight UTC', async () => {
    const asked: unknown[] = []
    const spend = await DailySpend.load(storeWith({ '': 4e8, alice: 3e8 }, asked), new SetClock(), {
      gatewayCapUsd: 2,
      keys: () => [{ id: 'alice' }],
    })
    expect(asked).toEqual([
      [Date.UTC(2026, 10, 22), undefined],
      [Date.UTC(2026, 10, 22), 'alice'],
    ])
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.7, 12)
    expect(spend.remainingUsd(nobody)).toBeCloseTo(1.6, 12)
    expect(spend.spentTodayUsd).toBeCloseTo(0.4, 12)
  })

  test('knows no limit where there is none', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock())
    expect(spend.remainingUsd(nobody)).toBeUndefined()
    expect(spend.reserve(nobody, 1e15)?.nanoUsd).toBe(1e15)
  })

  test('counts what is reserved at once, so that requests at the same time cannot pass a cap together', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock())
    expect(spend.reserve(alice, 6e8)).toBeDefined()
    expect(spend.reserve(alice, 6e8)).toBeUndefined()
    expect(spend.reserve(alice, 4e8)).toBeDefined()
    expect(spend.remainingUsd(alice)).toBe(0)
    expect(spend.remainingUsd({ keyId: 'bob', dailyCapUsd: 1 })).toBe(1)
  })

  test('books the real cost once; an unknown one keeps the estimate', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock())
    const known = spend.reserve(alice, 5e8)
    known?.settle(1e8)
    known?.settle(9e8)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.9, 12)
    spend.reserve(alice, 5e8)?.settle(undefined)
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.4, 12)
  })

  test('sets more aside for a further call while the cap allows it; all of it ends with the settlement', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock())
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
    const spend = await DailySpend.load(storeWith({}), clock)
    const late = spend.reserve(alice, 9e8)
    clock.ms = noonMs + dayMs / 2
    expect(spend.remainingUsd(alice)).toBe(1)
    late?.settle(1e8)
    expect(spend.remainingUsd(alice)).toBe(1)
  })

  test('counts for the team too, whose cap binds all of its keys together', async () => {
    const spend = await DailySpend.load(storeWith({ '': 9e8, alice: 3e8, carol: 2e8 }), new SetClock(), {
      teamCapsUsd: new Map([['search', 0.8]]),
      keys: () => [{ id: 'alice', team: 'search', dailyCapUsd: 1 }, { id: 'carol', team: 'search' }, { id: 'bob' }],
    })
    const inTeam = { ...alice, team: 'search' }
    expect(spend.remainingUsd(inTeam)).toBeCloseTo(0.3, 12)
    expect(spend.reserve({ keyId: 'carol', dailyCapUsd: undefined, team: 'search' }, 2e8)).toBeDefined()
    expect(spend.reserve(inTeam, 2e8)).toBeUndefined()
    expect(spend.remainingUsd({ keyId: 'bob', dailyCapUsd: undefined })).toBeUndefined()
    expect(spend.cappedScopes(inTeam)).toEqual(['team:search', 'key:alice'])
    expect(spend.budgets()).toEqual([
      { scope: 'team:search', capNanoUsd: 8e8, spentNanoUsd: 7e8 },
      { scope: 'key:alice', capNanoUsd: 1e9, spentNanoUsd: 3e8 },
    ])
  })

  test('a key that was replaced has spent all the same: its team bears it, today', async () => {
    const store = storeWith({ '': 5e8, old: 3e8, older: 1e8, alice: 1e8 })
    const team = 'search'
    const spend = await DailySpend.load(store, new SetClock(), {
      teamCapsUsd: new Map([[team, 0.8]]),
      keys: () => [
        { id: 'old', team, dailyCapUsd: 1, revokedAtMs: noonMs - 1 },
        // Revoked the day before: the store would say 0.
        { id: 'older', team, revokedAtMs: noonMs - dayMs },
        { id: 'alice', team, dailyCapUsd: 1 },
      ],
    })
    expect(spend.remainingUsd({ ...alice, team })).toBeCloseTo(0.4, 12)
    // A key counts among the budgets before its first request; one that was revoked has none.
    expect(spend.budgets()).toEqual([
      { scope: 'team:search', capNanoUsd: 8e8, spentNanoUsd: 4e8 },
      { scope: 'key:alice', capNanoUsd: 1e9, spentNanoUsd: 1e8 },
    ])
  })

  test('a request is covered as long as those not yet committed lean on no more than was drawn', async () => {
    const clock = new SetClock()
    const leases = new MemoryLeaseStore()
    const held = new BudgetLeases(leases, clock, { newId: () => 'l1', onError: failTest })
    const spend = await DailySpend.load(storeWith({}), clock, { leases: held })
    // Not drawn yet: half a percent of a dollar will be.
    expect(spend.reserve(alice, 1e6)?.isCovered).toBe(false)
    await leases.settled()
    const first = spend.reserve(alice, 3e6)
    expect(first?.isCovered).toBe(true)
    const second = spend.reserve(alice, 3e6)
    expect(second?.isCovered).toBe(false)
    first?.committed()
    second?.committed()
    expect(spend.reserve(alice, 3e6)?.isCovered).toBe(true)
    // Nobody's cap, nothing to draw from.
    expect(spend.reserve(nobody, 1e15)?.isCovered).toBe(true)
    await held.close()
    expect(leases.leases).toEqual([])
  })

  test('what a process that died had drawn counts as spent', async () => {
    const leases = new MemoryLeaseStore()
    const clock = new SetClock()
    leases.leases.push({ id: 'l0', scope: 'key:alice', day: utcDay(noonMs), nanoUsd: 5e6 })
    const held = new BudgetLeases(leases, clock, { newId: () => 'l1', onError: failTest })
    const spend = await DailySpend.load(storeWith({}), clock, { leases: held })
    expect(spend.remainingUsd(alice)).toBeCloseTo(0.995, 12)
  })

  test('a budget that has not so much left, or a store that fails, makes requests wait for their commit', async () => {
    const clock = new SetClock()
    const faults: unknown[] = []
    const leases = new MemoryLeaseStore()
    leases.fault = new Error('disk full')
    const held = new BudgetLeases(leases, clock, { newId: () => 'l1', onError: (error) => faults.push(error) })
    const spend = await DailySpend.load(storeWith({}), clock, { leases: held })
    expect(spend.reserve(alice, 1)?.isCovered).toBe(false)
    await leases.settled()
    expect(spend.reserve(alice, 1)?.isCovered).toBe(false)
    await leases.settled()
    expect(faults).toHaveLength(1)
    leases.fault = undefined
    clock.ms += 10_000
    spend.reserve(alice, 1)
    await leases.settled()
    expect(spend.reserve(alice, 1)?.isCovered).toBe(true)
  })

  test('a budget that is nearly used up is not asked for a lease', async () => {
    const clock = new SetClock()
    const leases = new MemoryLeaseStore()
    const held = new BudgetLeases(leases, clock, { newId: () => 'l1', onError: failTest })
    const spend = await DailySpend.load(storeWith({}), clock, { leases: held })
    const most = spend.reserve(alice, 0.996e9)
    await leases.settled()
    expect(leases.leases).toEqual([])
    most?.settle(1e6)
    expect(spend.reserve(alice, 1)?.isCovered).toBe(false)
    await leases.settled()
    expect(leases.leases).toHaveLength(1)
  })

  test('follows what others spend, from what the start had of it, up and down', async () => {
    const clock = new SetClock()
    const asked: number[] = []
    let othersNanoUsd = 3e8
    const others = {
      async spentByOthersNanoUsd(sinceMs: number) {
        asked.push(sinceMs)
        return othersNanoUsd
      },
    }
    const spend = await DailySpend.load(storeWith({ '': 4e8 }), clock, { gatewayCapUsd: 1, others })
    await spend.follow()
    expect(spend.spentTodayUsd).toBeCloseTo(0.4, 12)
    othersNanoUsd = 8e8
    await spend.follow()
    expect(spend.remainingUsd(nobody)).toBeCloseTo(0.1, 12)
    expect(spend.reserve(nobody, 2e8)).toBeUndefined()
    othersNanoUsd = 5e8
    await spend.follow()
    expect(spend.remainingUsd(nobody)).toBeCloseTo(0.4, 12)
    clock.ms += dayMs
    othersNanoUsd = 1e8
    await spend.follow()
    expect(spend.spentTodayUsd).toBeCloseTo(0.1, 12)
    expect(asked.at(-1)).toBe(Date.UTC(2026, 10, 23))
  })

  test('takes what others spent yesterday for nothing when midnight comes while it asks, and keeps its count when it cannot ask', async () => {
    const clock = new SetClock()
    const fault = new Error('SQLITE_BUSY')
    let answer = async () => 2e8
    const others = { spentByOthersNanoUsd: () => answer() }
    const spend = await DailySpend.load(storeWith({ '': 2e8 }), clock, { gatewayCapUsd: 1, others })
    answer = () => Promise.reject(fault)
    await expect(spend.follow()).rejects.toBe(fault)
    expect(spend.spentTodayUsd).toBeCloseTo(0.2, 12)
    answer = async () => {
      clock.ms += dayMs
      return 9e8
    }
    await spend.follow()
    expect(spend.spentTodayUsd).toBe(0)
  })

  test('says how long until midnight UTC', async () => {
    const spend = await DailySpend.load(storeWith({}), new SetClock(), { gatewayCapUsd: 1 })
    expect(spend.resetsInMs).toBe(dayMs / 2)
  })

  test('whatever is reserved and settled, the books equal the sum, and reservations never pass the cap', () => {
    const requests = fc.array(fc.record({ reserve: fc.nat(1e9), settle: fc.option(fc.nat(1e9), { nil: undefined }) }))
    return fc.assert(
      fc.asyncProperty(requests, async (all) => {
        const spend = await DailySpend.load(storeWith({}), new SetClock())
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
