import { expect, it } from 'vitest'
import type { Charge, ChargeSettlement } from '../accounts/charge-store.ts'
import { sampleDecision } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

function sampleCharge(id: string, fields: Partial<Charge> = {}): Charge {
  return { id, createdAtMs: 1000, keyId: 'key-a', model: 'embed-small', reservedNanoUsd: 100, ...fields }
}

function sampleEnd(chargeId: string, fields: Partial<ChargeSettlement> = {}): ChargeSettlement {
  const usage = { inputTokens: 12, outputTokens: 0 }
  const known = { reportedModel: 'embed-small-1', usage, costNanoUsd: 30 }
  return { chargeId, settledAtMs: 2000, status: 'completed', ...known, ...fields }
}

/** Calls without a decision. */
export function describeCharges(use: () => Storage, openAgain: () => Promise<Storage>): void {
  it('gives a charge back as it was, and how it ended', async () => {
    const charge = sampleCharge('c1')
    await use().charges.append(charge)
    expect(await use().charges.get('c1')).toStrictEqual({ charge, settlement: undefined })
    const settlement = sampleEnd('c1')
    await use().charges.settle(settlement)
    expect(await use().charges.get('c1')).toStrictEqual({ charge, settlement })
    expect(await use().charges.get('c2')).toBeUndefined()
  })

  it('settles a charge once, and none that it does not have', async () => {
    await use().charges.append(sampleCharge('c1', { keyId: undefined }))
    const unknown = { reportedModel: undefined, usage: undefined, costNanoUsd: undefined }
    const first = sampleEnd('c1', { status: 'aborted', ...unknown })
    await use().charges.settle(first)
    await use().charges.settle(sampleEnd('c1'))
    expect((await use().charges.get('c1'))?.settlement).toStrictEqual(first)
    await expect(use().charges.settle(sampleEnd('c2'))).rejects.toMatchObject({ code: 'storage_conflict' })
  })

  it('counts what was reserved until it is settled, and for good where the cost is not known', async () => {
    const { charges, decisions } = use()
    await decisions.append(sampleDecision('d1', { createdAtMs: 1000, keyId: 'key-a' }), 7)
    await charges.append(sampleCharge('c1'))
    await charges.append(sampleCharge('c2', { createdAtMs: 3000, keyId: 'key-b' }))
    expect(await decisions.spentNanoUsd(0)).toBe(207)
    await charges.settle(sampleEnd('c1', { costNanoUsd: undefined }))
    await charges.settle(sampleEnd('c2', { costNanoUsd: 5000 }))
    expect(await decisions.spentNanoUsd(0)).toBe(5107)
    expect(await decisions.spentNanoUsd(3000)).toBe(5000)
    expect(await decisions.spentNanoUsd(0, 'key-a')).toBe(107)
    const other = await openAgain()
    expect(await other.decisions.spentNanoUsd(0, 'key-b')).toBe(5000)
    await other.close()
  })

  it('tells what others spent: all but the own charges', async () => {
    const { charges, decisions } = use()
    const other = await openAgain()
    await decisions.append(sampleDecision('d1', { createdAtMs: 3000 }), 7)
    await charges.append(sampleCharge('c1', { createdAtMs: 3000 }))
    await other.charges.append(sampleCharge('c2', { createdAtMs: 3000, keyId: undefined, reservedNanoUsd: 1000 }))
    await other.charges.append(sampleCharge('c3', { createdAtMs: 2999, reservedNanoUsd: 20_000 }))
    expect(await charges.spentByOthersNanoUsd(3000)).toBe(1007)
    expect(await other.charges.spentByOthersNanoUsd(3000)).toBe(107)
    await other.charges.settle(sampleEnd('c2', { costNanoUsd: 300 }))
    expect(await charges.spentByOthersNanoUsd(3000)).toBe(307)
    expect(await charges.spentByOthersNanoUsd(0)).toBe(20_307)
    expect(await decisions.spentNanoUsd(3000)).toBe(407)
    await other.close()
  })

  it('appears nowhere among decisions', async () => {
    await use().charges.append(sampleCharge('c1'))
    await use().charges.settle(sampleEnd('c1'))
    expect(await use().decisions.get('c1')).toBeUndefined()
    expect(await use().decisions.recentSettlements(10)).toEqual([])
    const fields = { decisionId: 'c1', source: 'user', kind: 'thumbs', value: 1, receivedAtMs: 3000 } as const
    const feedback = { ...fields, keyId: 'key-a', idempotencyKey: undefined }
    expect(await use().feedback.accept(feedback, undefined)).toEqual({ status: 'unknown_decision' })
  })

  it('goes with the retention of decisions', async () => {
    for (let i = 0; i < 600; i++) await use().charges.append(sampleCharge(`c${i}`, { createdAtMs: i }))
    await use().decisions.append(sampleDecision('d1', { createdAtMs: 5 }), 0)
    expect(await use().decisions.prune(590)).toBe(1)
    expect(await use().charges.get('c589')).toBeUndefined()
    expect(await use().charges.get('c590')).toBeDefined()
  })

  it('refuses numbers that no charge has', async () => {
    await expect(use().charges.append(sampleCharge('c1', { reservedNanoUsd: -1 }))).rejects.toMatchObject({
      code: 'storage_conflict',
    })
    await use().charges.append(sampleCharge('c1'))
    await expect(use().charges.settle(sampleEnd('c1', { costNanoUsd: 0.5 }))).rejects.toMatchObject({
      code: 'storage_conflict',
    })
  })
}
