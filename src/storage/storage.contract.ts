import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleDecision, sampleFeedback, sampleKey, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

export interface OpenedStorage {
  readonly storage: Storage
  /** Opens the same database a second time, as another process would. */
  readonly openAgain: () => Promise<Storage>
  /** Closes and deletes everything. */
  readonly remove: () => Promise<void>
}

/** What every storage does, whatever database is behind it. `open` gives an empty one each time. */
export function describeStorage(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`${name} storage`, () => {
    let opened: OpenedStorage
    const use = (): Storage => opened.storage
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.remove())

    describe('decisions', () => describeDecisions(use))
    describe('spend', () => describeSpend(use))
    describe('feedback', () => describeFeedback(use, () => opened.openAgain()))
    describe('pruning', () => describePruning(use))
    describe('policies', () => describePolicies(use))
    describe('keys', () => describeKeys(use))
    describe('life', () => describeLife(use, () => opened.openAgain()))
  })
}

function describeDecisions(use: () => Storage): void {
  it('gives a decision back as it was', async () => {
    const decision = sampleDecision('d1', {
      cold: true,
      pinned: true,
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

  it('gives back a decision without a key, a conversation, candidates or a finite λ', async () => {
    const plain = sampleDecision('d1', { keyId: undefined, conversationId: undefined, pool: 0, excluded: [] })
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

function describeSpend(use: () => Storage): void {
  it.each([
    ['what a completed one cost', { status: 'completed', costNanoUsd: 70 }, 70],
    ['nothing for one that was free', { status: 'completed', costNanoUsd: 0 }, 0],
    ['the reservation of a completed one of unknown cost', { status: 'completed', costNanoUsd: undefined }, 100],
    ['the reservation of one cut off', { status: 'cut', costNanoUsd: undefined }, 100],
    ['the reservation of one the caller left', { status: 'aborted', costNanoUsd: undefined }, 100],
    ['nothing for one that failed', { status: 'failed', costNanoUsd: undefined }, 0],
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

function describeFeedback(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const answer = async (id: string): Promise<void> => {
    await use().decisions.append(sampleDecision(id), 100)
    await use().decisions.settle(sampleSettlement(id))
  }
  const label = (sequence: number, decisionId: string) => ({
    sequence,
    decisionId,
    llm: 'provider/llm-number-1',
    context: sampleDecision(decisionId).context,
    source: 'user',
    kind: 'score',
    value: 0.8,
    revises: undefined,
  })

  it('numbers what it accepts', async () => {
    await answer('d1')
    await answer('d2')
    expect(await use().feedback.latestSequence()).toBe(0)
    expect(await use().feedback.accept(sampleFeedback('d1'), 'key-a')).toEqual({
      status: 'accepted',
      sequence: 1,
      label: label(1, 'd1'),
    })
    expect(await use().feedback.accept(sampleFeedback('d2'), undefined)).toMatchObject({ sequence: 2 })
    expect(await use().feedback.latestSequence()).toBe(2)
    expect(await use().feedback.labelsAfter(0, 10)).toEqual([label(1, 'd1'), label(2, 'd2')])
    expect(await use().feedback.labelsAfter(1, 10)).toEqual([label(2, 'd2')])
    expect(await use().feedback.labelsAfter(0, 1)).toEqual([label(1, 'd1')])
  })

  it('lets a source change its mind, and says what the new label revises', async () => {
    await answer('d1')
    await use().feedback.accept(sampleFeedback('d1'), undefined)
    await use().feedback.accept(sampleFeedback('d1', { source: 'judge', value: 0 }), undefined)
    await use().feedback.accept(sampleFeedback('d1', { value: 0.1 }), undefined)
    await use().feedback.accept(sampleFeedback('d1', { kind: 'thumbs', value: 1 }), undefined)
    const labels = await use().feedback.labelsAfter(0, 10)
    expect(labels.map(({ sequence, revises }) => [sequence, revises])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, { sequence: 1, kind: 'score', value: 0.8 }],
      [4, { sequence: 3, kind: 'score', value: 0.1 }],
    ])
  })

  it('answers the same value of the same source with the label it has', async () => {
    await answer('d1')
    await use().feedback.accept(sampleFeedback('d1'), undefined)
    const again = sampleFeedback('d1', { receivedAtMs: 5 })
    expect(await use().feedback.accept(again, undefined)).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await use().feedback.latestSequence()).toBe(1)
  })

  it('answers a message that comes twice with the label it has, whatever was said in between', async () => {
    await answer('d1')
    await answer('d2')
    const say = (value: number, idempotencyKey: string) =>
      use().feedback.accept(sampleFeedback('d1', { value, idempotencyKey }), undefined)
    expect(await say(0.2, 'm1')).toMatchObject({ status: 'accepted', sequence: 1 })
    expect(await say(0.2, 'm2')).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await say(0.9, 'm3')).toMatchObject({ status: 'accepted', sequence: 2 })
    expect(await say(0.2, 'm1')).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await say(0.2, 'm2')).toEqual({ status: 'duplicate', sequence: 1 })
    const elsewhere = sampleFeedback('d2', { idempotencyKey: 'm1' })
    expect(await use().feedback.accept(elsewhere, undefined)).toMatchObject({ status: 'accepted', sequence: 3 })
  })

  it("does not tell another key's decision from none", async () => {
    await answer('d1')
    const unknown = { status: 'unknown_decision' }
    expect(await use().feedback.accept(sampleFeedback('d1'), 'key-b')).toEqual(unknown)
    expect(await use().feedback.accept(sampleFeedback('d2'), 'key-a')).toEqual(unknown)
    expect(await use().feedback.accept(sampleFeedback('d2'), undefined)).toEqual(unknown)
    expect(await use().feedback.latestSequence()).toBe(0)
  })

  it.each(['cut', 'aborted', 'failed'] as const)(
    'judges a decision that ended as %s only if an LLM answered',
    async (status) => {
      await use().decisions.append(sampleDecision('d1'), 100)
      const silent = { status: 'no_answer' }
      expect(await use().feedback.accept(sampleFeedback('d1'), undefined)).toEqual(silent)
      await use().decisions.settle(sampleSettlement('d1', { status, answered: undefined }))
      expect(await use().feedback.accept(sampleFeedback('d1'), undefined)).toEqual(silent)
      await use().decisions.append(sampleDecision('d2'), 100)
      await use().decisions.settle(sampleSettlement('d2', { status }))
      expect(await use().feedback.accept(sampleFeedback('d2'), undefined)).toMatchObject({ sequence: 1 })
    },
  )

  it('refuses a value that is no quality, and leaves no gap', async () => {
    await answer('d1')
    for (const value of [1.5, -0.1, Number.NaN]) {
      await expect(use().feedback.accept(sampleFeedback('d1', { value }), undefined)).rejects.toMatchObject({
        code: 'storage_conflict',
      })
    }
    expect(await use().feedback.accept(sampleFeedback('d1'), undefined)).toMatchObject({ sequence: 1 })
  })

  it('keeps one order without gaps when two processes accept at a time', async () => {
    const other = await openAgain()
    try {
      const ids = Array.from({ length: 40 }, (_, i) => `d${i}`)
      await Promise.all(ids.map(answer))
      const receipts = await Promise.all(
        ids.flatMap((id) => [
          use().feedback.accept(sampleFeedback(id), undefined),
          other.feedback.accept(sampleFeedback(id, { source: 'judge' }), undefined),
        ]),
      )
      const sequences = receipts.map((receipt) => (receipt.status === 'accepted' ? receipt.sequence : 0))
      const expected = Array.from({ length: 80 }, (_, i) => i + 1)
      expect(sequences.sort((a, b) => a - b)).toEqual(expected)
      expect((await other.feedback.labelsAfter(0, 100)).map(({ sequence }) => sequence)).toEqual(expected)
    } finally {
      await other.close()
    }
  })
}

function describePruning(use: () => Storage): void {
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

  it('deletes thousands and keeps every list that a remaining decision needs', async () => {
    const hourMs = 3_600_000
    const make = (i: number) => sampleDecision(`d${i}`, { pool: i % 3, createdAtMs: i * 60_000 })
    await Promise.all(Array.from({ length: 1200 }, (_, i) => use().decisions.append(make(i), 1)))
    expect(await use().decisions.prune(15 * hourMs)).toBe(900)
    for (const i of [900, 901, 902, 1199]) expect((await use().decisions.get(`d${i}`))?.decision).toEqual(make(i))
    expect(await use().decisions.spentNanoUsd(0)).toBe(300)
  })
}

function describePolicies(use: () => Storage): void {
  const version = (id: string, createdAtMs: number) => ({
    id,
    createdAtMs,
    embedderId: 'hashed-ngram-1',
    description: `Fitted as ${id}`,
    snapshot: { formatVersion: 1, weights: Float64Array.of(createdAtMs, Number.NaN, -0), llms: ['a', 'b'] },
  })

  it('keeps versions and knows the latest', async () => {
    expect(await use().policies.latestVersion()).toBeUndefined()
    expect(await use().policies.version('v1')).toBeUndefined()
    for (const [id, createdAtMs] of [
      ['v2', 2000],
      ['v3', 3000],
      ['v1', 1000],
    ] as const) {
      await use().policies.saveVersion(version(id, createdAtMs))
    }
    expect(await use().policies.latestVersion()).toEqual(version('v3', 3000))
    expect(await use().policies.version('v1')).toEqual(version('v1', 1000))
    const { snapshot: _, ...summary } = version('v1', 1000)
    const listed = await use().policies.listVersions()
    expect(listed.map(({ id }) => id)).toEqual(['v1', 'v2', 'v3'])
    expect(listed[0]).toEqual(summary)
  })

  it('never changes a version', async () => {
    await use().policies.saveVersion(version('v1', 1000))
    await expect(use().policies.saveVersion(version('v1', 2000))).rejects.toMatchObject({ code: 'storage_conflict' })
    expect(await use().policies.version('v1')).toEqual(version('v1', 1000))
  })

  it('keeps an embedder once', async () => {
    expect(await use().policies.embedder('e')).toBeUndefined()
    await use().policies.saveEmbedder('e', { rows: Int8Array.of(-128, 127) })
    await use().policies.saveEmbedder('e', { rows: Int8Array.of(1) })
    expect(await use().policies.embedder('e')).toEqual({ rows: Int8Array.of(-128, 127) })
  })

  it('keeps the learned state of most labels per version', async () => {
    expect(await use().policies.learnedState('unfitted')).toBeUndefined()
    await use().policies.saveLearnedState('unfitted', 5, Float64Array.of(5))
    await use().policies.saveLearnedState('v1', 9, Float64Array.of(9))
    await use().policies.saveLearnedState('unfitted', 7, Float64Array.of(7))
    await use().policies.saveLearnedState('unfitted', 6, Float64Array.of(6))
    expect(await use().policies.learnedState('unfitted')).toEqual({ sequence: 7, state: Float64Array.of(7) })
    await use().policies.saveLearnedState('unfitted', 7, Float64Array.of(8))
    expect(await use().policies.learnedState('unfitted')).toEqual({ sequence: 7, state: Float64Array.of(8) })
    expect(await use().policies.learnedState('v1')).toEqual({ sequence: 9, state: Float64Array.of(9) })
  })

  it('keeps a snapshot of many megabytes', async () => {
    const snapshot = { rows: Float32Array.from({ length: 1_500_000 }, (_, i) => Math.sin(i)) }
    await use().policies.saveEmbedder('large', snapshot)
    expect(await use().policies.embedder('large')).toEqual(snapshot)
  })
}

function describeKeys(use: () => Storage): void {
  it('lists keys as they were created, oldest first', async () => {
    const plain = sampleKey('k1', {
      createdAtMs: 2000,
      dailyCapUsd: undefined,
      preference: {},
      scopes: ['admin', 'inference'],
    })
    const full = sampleKey('k2', { createdAtMs: 1000 })
    await use().keys.create(plain)
    await use().keys.create(full)
    expect(await use().keys.list()).toEqual([full, plain])
  })

  it('revokes a key once', async () => {
    await use().keys.create(sampleKey('k1'))
    expect(await use().keys.revoke('k2', 5000)).toBe(false)
    expect(await use().keys.revoke('k1', 5000)).toBe(true)
    expect(await use().keys.revoke('k1', 6000)).toBe(false)
    expect(await use().keys.list()).toEqual([sampleKey('k1', { revokedAtMs: 5000 })])
  })

  it('refuses an id or a secret that is there already', async () => {
    await use().keys.create(sampleKey('k1'))
    const conflict = { code: 'storage_conflict' }
    await expect(use().keys.create(sampleKey('k1', { secretHash: 'other' }))).rejects.toMatchObject(conflict)
    await expect(use().keys.create(sampleKey('k2', { secretHash: 'hash-of-k1' }))).rejects.toMatchObject(conflict)
  })
}

function describeLife(use: () => Storage, openAgain: () => Promise<Storage>): void {
  it('shows a commit to another process at once', async () => {
    const other = await openAgain()
    await use().keys.create(sampleKey('k1'))
    expect(await other.keys.list()).toHaveLength(1)
    await other.close()
  })

  it('answers the calls made before it is closed, and none after', async () => {
    const appended = use().decisions.append(sampleDecision('d1'), 100)
    const read = use().decisions.get('d1')
    const closed = use().close()
    await expect(use().decisions.get('d1')).rejects.toMatchObject({ code: 'storage_closed' })
    await appended
    expect((await read)?.decision.id).toBe('d1')
    await closed
    await use().close()
    const other = await openAgain()
    expect(await other.decisions.get('d1')).toBeDefined()
    await other.close()
  })
}
