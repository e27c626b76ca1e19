import { describe, expect, it } from 'vitest'
import { DailySpend } from '../../accounts/daily-spend.ts'
import type { ProbeCallEnd } from '../../probing/probe-books.ts'
import { ProbeLedger } from './probe-ledger.ts'

const clock = { now: () => 0 }
const requests = { keyId: 'k', dailyCapUsd: undefined }
const ended = (costNanoUsd: number | undefined): ProbeCallEnd => ({
  status: 'completed',
  reportedModel: undefined,
  usage: undefined,
  costNanoUsd,
})

async function openLedger(gatewayCapUsd: number | undefined) {
  const spend = await DailySpend.load({ spentNanoUsd: async () => 0 }, clock, { gatewayCapUsd })
  let isBroken = false
  const charges = {
    append: async () => {
      if (isBroken) throw new Error('disk full')
    },
    settle: async () => true,
  }
  let ids = 0
  const ledger = new ProbeLedger({ spend, charges: charges as never, clock, newId: () => `${++ids}` })
  return {
    spend,
    ledger,
    break: () => {
      isBroken = true
    },
  }
}

/** Whether a promise is still waiting once all that could be done is done. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => false), new Promise<boolean>((resolve) => setImmediate(resolve, true))])
}

describe('ProbeLedger', () => {
  it('lets calls wait for others rather than hold more than half of what is left of the day', async () => {
    const { ledger, spend } = await openLedger(1)
    const first = await ledger.open('a', 0.3e9)
    const second = ledger.open('a', 0.3e9)
    expect(await waits(second)).toBe(true)
    // Requests find the other half.
    expect(spend.remainingUsd(requests)).toBeCloseTo(0.7, 9)
    await first!(ended(0.01e9))
    await (await second)!(ended(0.01e9))
    expect(spend.spentTodayUsd).toBeCloseTo(0.02, 9)
  })

  it('lets one call alone hold what it needs, and none that does not fit', async () => {
    const { ledger } = await openLedger(1)
    const all = await ledger.open('a', 0.9e9)
    const next = ledger.open('b', 0.9e9)
    await all!(ended(0.2e9))
    expect(await next).toBeUndefined()
    expect(await ledger.open('b', 0.8e9)).toBeDefined()
  })

  it('knows no bounds without a daily cap, and holds nothing where the store fails', async () => {
    const { ledger, spend, break: breakStore } = await openLedger(undefined)
    const calls = await Promise.all([1, 2, 3].map(() => ledger.open('a', 1e12)))
    expect(calls.every((settle) => settle !== undefined)).toBe(true)
    for (const settle of calls) await settle!(ended(0))
    breakStore()
    await expect(ledger.open('a', 1e9)).rejects.toThrow('disk full')
    expect(spend.spentTodayUsd).toBe(0)
  })
})
