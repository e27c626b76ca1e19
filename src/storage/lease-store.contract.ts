import { expect, it } from 'vitest'
import { sampleDecision, sampleKey, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Money drawn from budgets before it is spent. */
export function describeLeases(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const dayMs = 86_400_000
  const day = 20_000
  const lease = (id: string, nanoUsd: number, scope = 'gateway', of = day) => ({ id, scope, day: of, nanoUsd })

  it('draws while the budget of the day has so much, and no more', async () => {
    expect(await use().leases.draw(lease('l1', 60), 100)).toEqual({ leftNanoUsd: 40 })
    expect(await use().leases.draw(lease('l2', 41), 100)).toBeUndefined()
    expect(await use().leases.draw(lease('l2', 40), 100)).toEqual({ leftNanoUsd: 0 })
    expect(await use().leases.draw(lease('l3', 0), 100)).toEqual({ leftNanoUsd: 0 })
    expect(await use().leases.draw(lease('l4', 50, 'gateway', day + 1), 100)).toEqual({ leftNanoUsd: 50 })
    expect(await use().leases.draw(lease('l5', 50, 'key:a'), 50)).toEqual({ leftNanoUsd: 0 })
    const other = await openAgain()
    expect(await other.leases.open(day)).toEqual([
      lease('l1', 60),
      lease('l2', 40),
      lease('l3', 0),
      lease('l5', 50, 'key:a'),
    ])
    await other.close()
    await use().leases.giveBack('l1')
    await use().leases.giveBack('l1')
    expect(await use().leases.draw(lease('l6', 60), 100)).toEqual({ leftNanoUsd: 0 })
  })

  it('counts what decisions and charges of the day have booked or reserved, by scope', async () => {
    for (const [id, team] of [
      ['a', 'search'],
      ['b', 'search'],
      ['c', 'other'],
      ['d', undefined],
    ] as const) {
      await use().keys.create(sampleKey(id, { team }))
    }
    const decide = async (keyId: string | undefined, createdAtMs: number, reserved: number): Promise<string> => {
      const id = `d-${keyId}-${createdAtMs}`
      await use().decisions.append(sampleDecision(id, { keyId, createdAtMs }), reserved)
      return id
    }
    await decide('a', day * dayMs - 1, 1e9)
    await decide('a', (day + 1) * dayMs, 1e9)
    await decide('a', day * dayMs, 1)
    await decide('b', (day + 1) * dayMs - 1, 10)
    const settled = await decide('c', day * dayMs + 5, 1e9)
    await use().decisions.settle(sampleSettlement(settled, { costNanoUsd: 100 }))
    await decide(undefined, day * dayMs + 6, 1000)
    const charge = { model: 'embed', createdAtMs: day * dayMs + 7, reservedNanoUsd: 5e8 }
    await use().charges.append({ ...charge, id: 'c1', keyId: 'b' })
    const end = {
      settledAtMs: day * dayMs + 9,
      status: 'completed',
      reportedModel: undefined,
      usage: undefined,
    } as const
    await use().charges.settle({ ...end, chargeId: 'c1', costNanoUsd: 10_000 })
    await use().leases.draw(lease('l1', 100_000, 'team:search'), 1e12)
    const spent = {
      gateway: 11_111,
      'team:search': 110_011,
      'team:other': 100,
      'key:a': 1,
      'key:b': 10_010,
      'key:d': 0,
    }
    for (const [scope, taken] of Object.entries(spent)) {
      expect([scope, await use().leases.draw(lease(`x-${scope}`, 2, scope), taken + 1)]).toEqual([scope, undefined])
      expect([scope, await use().leases.draw(lease(`y-${scope}`, 2, scope), taken + 5)]).toEqual([
        scope,
        { leftNanoUsd: 3 },
      ])
    }
  })

  it('refuses a budget or an amount that cannot be, and an id twice', async () => {
    const conflict = { code: 'storage_conflict' }
    await use().leases.draw(lease('l1', 1), 100)
    await expect(use().leases.draw(lease('l1', 1), 100)).rejects.toMatchObject(conflict)
    await expect(use().leases.draw(lease('l2', 1, 'planet'), 100)).rejects.toMatchObject(conflict)
    for (const nanoUsd of [-1, 0.5, Number.NaN]) {
      await expect(use().leases.draw(lease('l3', nanoUsd), 100)).rejects.toMatchObject(conflict)
    }
    expect(await use().leases.open(day)).toEqual([lease('l1', 1)])
  })

  it('never lets two processes draw the same money', async () => {
    const other = await openAgain()
    const draws = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? use() : other).leases.draw(lease(`l${i}`, 10), 75),
    )
    expect((await Promise.all(draws)).filter((drawn) => drawn !== undefined)).toHaveLength(7)
    await other.close()
  })

  it('lets them go with the retention of decisions', async () => {
    await use().leases.draw(lease('l1', 1), 100)
    await use().leases.draw(lease('l2', 1, 'gateway', day + 1), 100)
    await use().decisions.prune((day + 1) * dayMs - 1)
    expect(await use().leases.open(day)).toHaveLength(1)
    await use().decisions.prune((day + 1) * dayMs)
    expect(await use().leases.open(day)).toHaveLength(0)
    expect(await use().leases.open(day + 1)).toHaveLength(1)
  })
}
