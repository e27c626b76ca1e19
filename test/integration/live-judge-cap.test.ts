import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import { judgeSpenderId } from '../../src/gateway/live-judge/judge-settings.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { machineClock } from './gateway-harness.ts'

it('counts what a judge spent today against its cap after a restart, and against no key', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pointsman-judge-'))
  const file = path.join(folder, 'pointsman.db')
  const charge = {
    createdAtMs: Math.round(machineClock.now()),
    keyId: judgeSpenderId,
    model: 'judge',
    reservedNanoUsd: 4_000_000,
  }
  const first = await openSqliteStorage({ file })
  await first.charges.append({ ...charge, id: 'settled' })
  await first.charges.settle({
    chargeId: 'settled',
    settledAtMs: charge.createdAtMs,
    status: 'completed',
    reportedModel: undefined,
    usage: undefined,
    costNanoUsd: 1_000_000,
  })
  // Its process died before it was settled: what was set aside stays spent.
  await first.charges.append({ ...charge, id: 'lost' })
  await first.close()

  const second = await openSqliteStorage({ file })
  const keys = () => [{ id: judgeSpenderId }, { id: 'alice' }]
  const spend = await DailySpend.load(second.decisions, machineClock, { gatewayCapUsd: 1, keys })
  expect(spend.remainingUsd({ keyId: judgeSpenderId, dailyCapUsd: 0.01 })).toBeCloseTo(0.005, 12)
  expect(spend.reserve({ keyId: judgeSpenderId, dailyCapUsd: 0.01 }, 6_000_000, false)).toBeUndefined()
  expect(spend.remainingUsd({ keyId: 'alice', dailyCapUsd: 0.01 })).toBeCloseTo(0.01, 12)
  expect(spend.spentTodayUsd).toBeCloseTo(0.005, 12)
  await second.close()
  await rm(folder, { recursive: true })
})
