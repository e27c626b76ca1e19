import { expect, it } from 'vitest'
import { maxLabelsPerDecision, maxSourcesPerDecision } from '../routing/feedback-store.ts'
import type { Feedback } from '../routing/outcome.ts'
import { sampleDecision, sampleFeedback, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Feedback in one total order. */
export function describeFeedback(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const answer = async (id: string): Promise<void> => {
    await use().decisions.append(sampleDecision(id), 100)
    await use().decisions.settle(sampleSettlement(id))
  }
  const label = (sequence: number, decisionId: string) => ({
    sequence,
    decisionId,
    llm: 'provider/llm-number-1',
    context: sampleDecision(decisionId).context,
    offlineQuality: sampleDecision(decisionId).candidates[1]?.offlineQuality,
    source: 'user',
    keyId: 'key-a',
    kind: 'score',
    value: 0.8,
    weight: 1,
    noise: undefined,
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

  it('tells the offline quality that was logged for the LLM that answered', async () => {
    const fallback = { llm: 'provider/llm-number-5', quality: sampleDecision('d1').candidates[5]?.offlineQuality }
    const cases = [
      ['d1', {}, fallback.llm, fallback.quality],
      ['d2', { pinned: true }, 'provider/llm-number-1', undefined],
      ['d3', {}, 'provider/unknown', undefined],
    ] as const
    for (const [id, fields, answered] of cases) {
      await use().decisions.append(sampleDecision(id, fields), 100)
      await use().decisions.settle(sampleSettlement(id, { answered }))
      await use().feedback.accept(sampleFeedback(id), undefined)
    }
    const labels = await use().feedback.labelsAfter(0, 10)
    expect(labels.map(({ llm, offlineQuality }) => [llm, offlineQuality])).toEqual(
      cases.map(([, , llm, quality]) => [llm, quality]),
    )
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
      [3, { sequence: 1, kind: 'score', value: 0.8, weight: 1, noise: undefined }],
      [4, { sequence: 3, kind: 'score', value: 0.1, weight: 1, noise: undefined }],
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

  it('hears no more sources on one answer than the limit, and goes on hearing those it knows', async () => {
    await answer('d1')
    await answer('d2')
    const say = (id: string, source: string, value = 0.8) =>
      use().feedback.accept(sampleFeedback(id, { source, value, idempotencyKey: `${source} ${value}` }), undefined)
    for (let i = 0; i < maxSourcesPerDecision; i++) await say('d1', `source-${i}`)
    expect(await say('d1', 'another')).toEqual({ status: 'too_many' })
    expect(await say('d1', 'another')).toEqual({ status: 'too_many' })
    expect(await say('d1', 'source-0')).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await say('d1', 'source-0', 0.1)).toMatchObject({ status: 'accepted', sequence: maxSourcesPerDecision + 1 })
    expect(await say('d2', 'another')).toMatchObject({ status: 'accepted', sequence: maxSourcesPerDecision + 2 })
    expect(await use().feedback.latestSequence()).toBe(maxSourcesPerDecision + 2)
  })

  it('takes no more labels on one answer than the limit, and goes on answering those it knows', async () => {
    await answer('d1')
    const say = (i: number, fields: Partial<Feedback> = {}) =>
      use().feedback.accept(sampleFeedback('d1', { value: i / 100, ...fields }), undefined)
    const last = maxLabelsPerDecision - 1
    for (let i = 0; i <= last; i++) {
      expect(await say(i, { idempotencyKey: `m${i}` })).toMatchObject({ status: 'accepted', sequence: i + 1 })
    }
    expect(await say(99)).toEqual({ status: 'too_many' })
    expect(await say(0, { source: 'another' })).toEqual({ status: 'too_many' })
    expect(await say(last)).toEqual({ status: 'duplicate', sequence: last + 1 })
    expect(await say(0, { idempotencyKey: 'm0' })).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await use().feedback.labelsAfter(0, 100)).toHaveLength(maxLabelsPerDecision)
    expect(await use().feedback.latestSequence()).toBe(maxLabelsPerDecision)
  })

  it('counts the labels of messages that come at a time', async () => {
    await answer('d1')
    const values = Array.from({ length: 2 * maxLabelsPerDecision }, (_, i) => i / 100)
    const receipts = await Promise.all(
      values.map((value) => use().feedback.accept(sampleFeedback('d1', { value }), undefined)),
    )
    expect(receipts.filter(({ status }) => status === 'accepted')).toHaveLength(maxLabelsPerDecision)
    expect(receipts.filter(({ status }) => status === 'too_many')).toHaveLength(maxLabelsPerDecision)
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
