import { expect, it } from 'vitest'
import { sampleDecision, sampleFeedback, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Decisions and their settlements. */
export function describeDecisions(use: () => Storage): void {
  it('gives a decision back as it was', async () => {
    const decision = sampleDecision('d1', {
      cold: true,
      pinned: true,
      rule: 'cheapest',
      choices: 5,
      preference: {
        lambda: 0.5,
        maxCostUsd: 0.1,
        maxLatencyMs: 900,
        minQuality: 0.4,
        allow: [['a', 'b'], []],
        deny: ['c'],
      },
    })
    await use().decisions.append(decision, 100)
    expect(await use().decisions.get('d1')).toStrictEqual({ decision, settlement: undefined })
  })

  it.each(['utility', 'cheapest', 'hull'] as const)('keeps that the rule %s decided', async (rule) => {
    await use().decisions.append(sampleDecision('d1', { rule }), 0)
    expect((await use().decisions.get('d1'))?.decision.rule).toBe(rule)
  })

  it('gives back a decision without a key, a conversation, candidates or a finite λ', async () => {
    const nothing = { keyId: undefined, conversationId: undefined, maxOutputTokens: undefined }
    const plain = sampleDecision('d1', { ...nothing, pool: 0, excluded: [] })
    const decision = { ...plain, preference: { ...plain.preference, lambda: Number.POSITIVE_INFINITY } }
    await use().decisions.append(decision, 0)
    expect((await use().decisions.get('d1'))?.decision).toEqual(decision)
  })

  it('keeps all of 32 candidates and 33 of 1000, with the LLM drawn among them', async () => {
    const small = sampleDecision('small', { pool: 32 })
    await use().decisions.append(small, 0)
    expect((await use().decisions.get('small'))?.decision).toEqual(small)

    const sample = sampleDecision('large', { pool: 1000 })
    const worst = [...sample.candidates].sort((a, b) => a.utility - b.utility)[0]
    const large = { ...sample, drawn: worst?.llm ?? '' }
    await use().decisions.append(large, 0)
    const best = new Set([...large.candidates].sort((a, b) => b.utility - a.utility).slice(0, 32))
    expect((await use().decisions.get('large'))?.decision.candidates).toEqual(
      large.candidates.filter((candidate) => best.has(candidate) || candidate === worst),
    )
  })

  it('knows nothing of a decision that was never made', async () => {
    expect(await use().decisions.get('d1')).toBeUndefined()
  })

  it('refuses a second decision of the same id and keeps the first', async () => {
    const decision = sampleDecision('d1')
    await use().decisions.append(decision, 100)
    await expect(use().decisions.append(sampleDecision('d1', { pool: 2 }), 100)).rejects.toMatchObject({
      code: 'storage_conflict',
    })
    expect((await use().decisions.get('d1'))?.decision).toEqual(decision)
  })

  it('settles a decision once', async () => {
    const settlement = sampleSettlement('d1')
    await use().decisions.append(sampleDecision('d1'), 100)
    await use().decisions.settle(settlement)
    await use().decisions.settle(sampleSettlement('d1', { status: 'failed', costNanoUsd: 1 }))
    expect((await use().decisions.get('d1'))?.settlement).toEqual(settlement)
    expect(await use().decisions.spentNanoUsd(0)).toBe(settlement.costNanoUsd)
  })

  it('gives back a settlement of which little is known', async () => {
    const settlement = sampleSettlement('d1', {
      status: 'failed',
      answered: undefined,
      reportedModel: undefined,
      usage: undefined,
      costNanoUsd: undefined,
      streamed: false,
      timeToFirstTokenMs: undefined,
      attempts: [],
    })
    await use().decisions.append(sampleDecision('d1'), 100)
    await use().decisions.settle(settlement)
    expect((await use().decisions.get('d1'))?.settlement).toEqual(settlement)
  })

  it('refuses to settle a decision that it does not have', async () => {
    await expect(use().decisions.settle(sampleSettlement('d1'))).rejects.toMatchObject({ code: 'storage_conflict' })
  })

  it('takes writes in the order they are made, without waiting between them', async () => {
    const settlement = sampleSettlement('d1')
    const { decisions } = use()
    const appended = decisions.append(sampleDecision('d1'), 100)
    await decisions.settle(settlement)
    expect((await decisions.get('d1'))?.settlement).toEqual(settlement)
    await appended
  })

  it('shows an acknowledged write to every read after it', async () => {
    const { decisions } = use()
    const writeAndRead = async (id: string): Promise<number | undefined> => {
      await decisions.append(sampleDecision(id), 100)
      const before = (await decisions.get(id))?.settlement?.costNanoUsd
      await decisions.settle(sampleSettlement(id, { costNanoUsd: 7 }))
      return before ?? (await decisions.get(id))?.settlement?.costNanoUsd
    }
    const found = await Promise.all(Array.from({ length: 200 }, (_, i) => writeAndRead(`d${i}`)))
    expect(found).toEqual(found.map(() => 7))
  })

  it('lists the latest completed settlements, oldest first', async () => {
    const statuses = ['completed', 'failed', 'completed', 'cut', 'completed', 'aborted'] as const
    for (const [i, status] of statuses.entries()) {
      await use().decisions.append(sampleDecision(`d${i}`, { pool: i }), 100)
      await use().decisions.settle(sampleSettlement(`d${i}`, { status, settledAtMs: 1000 - i }))
    }
    const recent = await use().decisions.recentSettlements(2)
    expect(recent.map(({ settlement }) => settlement?.decisionId)).toEqual(['d2', 'd0'])
    expect(recent[0]?.decision).toEqual(sampleDecision('d2', { pool: 2 }))
    expect(await use().decisions.recentSettlements(10)).toHaveLength(3)
  })

  it('does not lose calls to one among them that fails', async () => {
    const ids = ['a', 'b', 'a', 'c']
    const ends = await Promise.allSettled(ids.map((id) => use().decisions.append(sampleDecision(id), 1)))
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    for (const id of ids) expect((await use().decisions.get(id))?.decision.id).toBe(id)
  })
}

/** Numbers that no real call has: each fails alone, and what is stored stays readable. */
export function describeImplausibleNumbers(use: () => Storage): void {
  const impossible = [1e21, 2 ** 53, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY]
  const conflict = { status: 'rejected', reason: { name: 'StorageError', code: 'storage_conflict' } }

  it.each(impossible)('refuses a cost of %d and nothing beside it', async (costNanoUsd) => {
    for (const id of ['d1', 'd2', 'd3']) await use().decisions.append(sampleDecision(id), 100)
    const ends = await Promise.allSettled([
      use().decisions.settle(sampleSettlement('d1', { costNanoUsd: 7 })),
      use().decisions.settle(sampleSettlement('d2', { costNanoUsd })),
      use().decisions.settle(sampleSettlement('d3', { costNanoUsd: 7 })),
    ])
    expect(ends).toMatchObject([{ status: 'fulfilled' }, conflict, { status: 'fulfilled' }])
    expect(await use().decisions.spentNanoUsd(0)).toBe(114)
    expect(await use().decisions.recentSettlements(9)).toHaveLength(2)
    await use().decisions.settle(sampleSettlement('d2', { costNanoUsd: 7 }))
    expect(await use().decisions.spentNanoUsd(0)).toBe(21)
  })

  it.each(impossible)('refuses %d tokens and nothing beside them', async (tokens) => {
    for (const id of ['d1', 'd2', 'd3']) await use().decisions.append(sampleDecision(id), 100)
    const usage = { inputTokens: 1, outputTokens: 2 }
    const ends = await Promise.allSettled([
      use().decisions.settle(sampleSettlement('d1', { usage: { ...usage, inputTokens: tokens } })),
      use().decisions.settle(sampleSettlement('d2', { usage: { ...usage, reasoningTokens: tokens } })),
      use().decisions.settle(sampleSettlement('d3', { usage })),
    ])
    expect(ends).toMatchObject([conflict, conflict, { status: 'fulfilled' }])
    expect((await use().decisions.get('d3'))?.settlement?.usage).toEqual(usage)
  })

  it.each(impossible)('refuses a decision that reserves, or asks for, %d', async (impossibleNumber) => {
    const ends = await Promise.allSettled([
      use().decisions.append(sampleDecision('d1'), 100),
      use().decisions.append(sampleDecision('d2'), impossibleNumber),
      use().decisions.append(sampleDecision('d3', { choices: impossibleNumber }), 100),
      use().decisions.append(sampleDecision('d4'), 100),
    ])
    expect(ends).toMatchObject([{ status: 'fulfilled' }, conflict, conflict, { status: 'fulfilled' }])
    expect(await use().decisions.spentNanoUsd(0)).toBe(200)
  })

  it('sums costs whose total is past what an integer of 64 bits holds', async () => {
    const ids = Array.from({ length: 1100 }, (_, i) => `d${i}`)
    await Promise.all(ids.map((id) => use().decisions.append(sampleDecision(id), Number.MAX_SAFE_INTEGER)))
    expect((await use().decisions.spentNanoUsd(0)) / (1100 * Number.MAX_SAFE_INTEGER)).toBeCloseTo(1, 9)
  })
}

/** What decisions cost or have reserved. */
export function describeSpend(use: () => Storage): void {
  it.each([
    ['what a completed one cost', { status: 'completed', costNanoUsd: 70 }, 70],
    ['nothing for one that was free', { status: 'completed', costNanoUsd: 0 }, 0],
    ['the reservation of a completed one of unknown cost', { status: 'completed', costNanoUsd: undefined }, 100],
    ['the reservation of one cut off', { status: 'cut', costNanoUsd: undefined }, 100],
    ['the reservation of one the caller left', { status: 'aborted', costNanoUsd: undefined }, 100],
    ['the reservation of a failed one that may have been billed', { status: 'failed', costNanoUsd: undefined }, 100],
    ['nothing for a failed one that surely was not', { status: 'failed', costNanoUsd: 0 }, 0],
    ['what a failed one cost', { status: 'failed', costNanoUsd: 130 }, 130],
  ] as const)('books %s', async (_, settlement, spent) => {
    await use().decisions.append(sampleDecision('d1'), 100)
    expect(await use().decisions.spentNanoUsd(0)).toBe(100)
    await use().decisions.settle(sampleSettlement('d1', settlement))
    expect(await use().decisions.spentNanoUsd(0)).toBe(spent)
  })

  it('sums by time of decision and by key', async () => {
    expect(await use().decisions.spentNanoUsd(0)).toBe(0)
    await use().decisions.append(sampleDecision('d1', { createdAtMs: 1000, keyId: 'key-a' }), 1)
    await use().decisions.append(sampleDecision('d2', { createdAtMs: 2000, keyId: 'key-b' }), 10)
    await use().decisions.append(sampleDecision('d3', { createdAtMs: 3000, keyId: undefined }), 100)
    await use().decisions.append(sampleDecision('d4', { createdAtMs: 3000, keyId: 'key-a' }), 1000)
    await use().decisions.settle(sampleSettlement('d4', { settledAtMs: 9000, costNanoUsd: 5000 }))
    expect(await use().decisions.spentNanoUsd(0)).toBe(5111)
    expect(await use().decisions.spentNanoUsd(2000)).toBe(5110)
    expect(await use().decisions.spentNanoUsd(2001)).toBe(5100)
    expect(await use().decisions.spentNanoUsd(0, 'key-a')).toBe(5001)
    expect(await use().decisions.spentNanoUsd(3000, 'key-a')).toBe(5000)
    expect(await use().decisions.spentNanoUsd(0, 'key-c')).toBe(0)
  })
}

/** Retention. */
export function describePruning(use: () => Storage): void {
  it('deletes what is older, with its labels, and never gives a sequence twice', async () => {
    for (const [id, createdAtMs] of [
      ['d1', 1000],
      ['d2', 2000],
      ['d3', 3000],
    ] as const) {
      await use().decisions.append(sampleDecision(id, { createdAtMs }), 100)
      await use().decisions.settle(sampleSettlement(id))
      await use().feedback.accept(sampleFeedback(id, { idempotencyKey: 'm' }), undefined)
      await use().feedback.accept(sampleFeedback(id, { value: 0.1 }), undefined)
    }
    expect(await use().decisions.prune(3000)).toBe(2)
    expect(await use().decisions.get('d2')).toBeUndefined()
    expect(await use().decisions.get('d3')).toBeDefined()
    expect((await use().feedback.labelsAfter(0, 10)).map(({ sequence }) => sequence)).toEqual([5, 6])
    expect(await use().decisions.prune(9000)).toBe(1)
    expect(await use().feedback.latestSequence()).toBe(6)
    await use().decisions.append(sampleDecision('d4'), 100)
    await use().decisions.settle(sampleSettlement('d4'))
    expect(await use().feedback.accept(sampleFeedback('d4'), undefined)).toMatchObject({ sequence: 7 })
  })

  it('writes a list anew that was pruned with its last decision', async () => {
    const createdAtMs = 1_790_000_000_000
    const first = sampleDecision('d1', { createdAtMs })
    await use().decisions.append(first, 1)
    expect(await use().decisions.prune(createdAtMs + 10 * 3_600_000)).toBe(1)
    const again = { ...first, id: 'd2', createdAtMs: createdAtMs + 1 }
    await use().decisions.append(again, 1)
    expect((await use().decisions.get('d2'))?.decision).toEqual(again)
  })

  it('deletes thousands and keeps every list that a remaining decision needs', async () => {
    const hourMs = 3_600_000
    const make = (i: number) => sampleDecision(`d${i}`, { pool: i % 3, createdAtMs: i * 60_000 })
    await Promise.all(Array.from({ length: 1200 }, (_, i) => use().decisions.append(make(i), 1)))
    expect(await use().decisions.prune(15 * hourMs)).toBe(900)
    for (const i of [900, 901, 902, 1199]) expect((await use().decisions.get(`d${i}`))?.decision).toEqual(make(i))
    expect(await use().decisions.spentNanoUsd(0)).toBe(300)
  })
}
