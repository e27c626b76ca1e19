import { expect, it } from 'vitest'
import type { InfluenceCap } from '../routing/feedback-store.ts'
import { revisableLabels } from '../routing/learning/residual-state.ts'
import type { Feedback } from '../routing/outcome.ts'
import { sampleDecision, sampleFeedback, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Of whom a label speaks, what it counts for, and what is told of it. */
export function describeLabelWeights(use: () => Storage): void {
  const answered = 'provider/llm-number-1'
  const answer = async (id: string): Promise<void> => {
    await use().decisions.append(sampleDecision(id), 100)
    await use().decisions.settle(sampleSettlement(id))
  }
  const say = (id: string, fields: Partial<Feedback> = {}, cap?: InfluenceCap) =>
    use().feedback.accept(sampleFeedback(id, fields), undefined, cap)

  it('hears of another LLM than the one that answered, each with a latest word of its own', async () => {
    await answer('d1')
    const other = 'provider/llm-number-5'
    await say('d1', { value: 0.2 })
    await say('d1', { llm: other, value: 0.9 })
    expect(await say('d1', { llm: other, value: 0.9 })).toEqual({ status: 'duplicate', sequence: 2 })
    expect(await say('d1', { llm: answered, value: 0.2 })).toEqual({ status: 'duplicate', sequence: 1 })
    await say('d1', { llm: other, value: 0.7 })
    await say('d1', { llm: 'provider/not-in-the-pool', value: 1 })
    const { candidates } = sampleDecision('d1')
    const labels = await use().feedback.labelsAfter(0, 10)
    expect(
      labels.map(({ llm, value, offlineQuality, revises }) => [llm, value, offlineQuality, revises?.sequence]),
    ).toEqual([
      [answered, 0.2, candidates[1]?.offlineQuality, undefined],
      [other, 0.9, candidates[5]?.offlineQuality, undefined],
      [other, 0.7, candidates[5]?.offlineQuality, 2],
      ['provider/not-in-the-pool', 1, undefined, undefined],
    ])
  })

  it('keeps weight and noise, and tells those of the label that is revised', async () => {
    await answer('d1')
    await say('d1', { weight: 0.25, noise: 0.125 })
    const receipt = await say('d1', { value: 0.1, weight: 3 })
    const expected = {
      weight: 3,
      noise: undefined,
      revises: { sequence: 1, kind: 'score', value: 0.8, weight: 0.25, noise: 0.125 },
    }
    expect(receipt).toMatchObject({ status: 'accepted', label: expected })
    expect(await use().feedback.labelsAfter(0, 10)).toMatchObject([{ weight: 0.25, noise: 0.125 }, expected])
  })

  it.each([{ weight: -1 }, { weight: Number.POSITIVE_INFINITY }, { weight: Number.NaN }, { noise: 0 }, { noise: -1 }])(
    'refuses %o',
    async (fields) => {
      await answer('d1')
      await expect(say('d1', fields)).rejects.toMatchObject({ code: 'storage_conflict' })
      expect(await use().feedback.latestSequence()).toBe(0)
    },
  )

  it('tells one label by its number, to those who may see its decision', async () => {
    await answer('d1')
    const receipt = await say('d1', { keyId: 'key-b', receivedAtMs: 77, weight: 2 })
    const stored = receipt.status === 'accepted' && { ...receipt.label, receivedAtMs: 77, keyId: 'key-b' }
    expect(await use().feedback.label(1, undefined)).toEqual(stored)
    expect(await use().feedback.label(1, 'key-a')).toEqual(stored)
    expect(await use().feedback.label(1, 'key-b')).toBeUndefined()
    expect(await use().feedback.label(2, undefined)).toBeUndefined()
  })

  const weightOf = async (id: string, fields: Partial<Feedback>, cap: InfluenceCap): Promise<number> => {
    await answer(id)
    const receipt = await say(id, fields, cap)
    if (receipt.status !== 'accepted') throw new Error(receipt.status)
    return receipt.label.weight
  }

  it('lets a key weigh so much, or so large a share of what is said of an LLM', async () => {
    const cap: InfluenceCap = { window: 10, free: 2, share: 0.2 }
    const weigh = async (keyId: string, count: number, weight = 1): Promise<number[]> => {
      const weights: number[] = []
      for (let i = 0; i < count; i++) weights.push(await weightOf(`${keyId}-${weight}-${i}`, { keyId, weight }, cap))
      return weights
    }
    expect(await weigh('loud', 4)).toEqual([1, 1, 0, 0])
    await answer('other')
    expect(await say('other', { keyId: 'loud', llm: 'provider/llm-number-2' }, cap)).toMatchObject({
      label: { weight: 1 },
    })
    // 14 labels of others give a quarter of a label each, whatever they weigh; more than two are saved up to window/4 = 2.5.
    for (let i = 0; i < 14; i++) {
      await answer(`trusted-${i}`)
      await say(`trusted-${i}`, { keyId: undefined, weight: 0.5 })
    }
    const after = await weigh('loud', 3, 1.25)
    expect(after[0]).toBeCloseTo(1.25, 12)
    expect(after[1]).toBeCloseTo(1.25, 12)
    expect(after[2]).toBe(0)
  })

  it('gives a key that changes its mind the room of what it revises, and to the next what is left', async () => {
    const cap: InfluenceCap = { window: 10, free: 1, share: 0 }
    expect(await weightOf('d1', { value: 0.1 }, cap)).toBe(1)
    expect(await say('d1', { value: 0.2 }, cap)).toMatchObject({ label: { weight: 1 } })
    expect(await say('d1', { value: 0.3, weight: 0.5 }, cap)).toMatchObject({ label: { weight: 0.5 } })
    expect(await weightOf('d2', {}, cap)).toBe(0.5)
    expect(await weightOf('d3', {}, cap)).toBe(0)
  })

  it('takes a word on what is long past for a new one, as learning does', async () => {
    const cap: InfluenceCap = { window: 1, free: 1, share: 0 }
    const day = 86_400_000
    for (let i = 0; i < 3; i++) await weightOf(`d${i}`, { value: 1, receivedAtMs: i * day }, cap)
    const others = Array.from({ length: revisableLabels - 3 }, (_, i) => `o${i}`)
    await Promise.all(others.map((id) => answer(id)))
    await Promise.all(others.map((id) => say(id, { keyId: undefined })))
    const revise = (id: string) => say(id, { value: 0, receivedAtMs: 2 * day }, cap)
    // Of the last of its three words the key gets the room back; the others are behind what learning can take back.
    expect(await revise('d2')).toMatchObject({ label: { weight: 1, revises: { sequence: 3 } } })
    expect(await revise('d0')).toMatchObject({ label: { weight: 0, revises: { sequence: 1 } } })
    expect(await revise('d1')).toMatchObject({ label: { weight: 0, revises: { sequence: 2 } } })
  })

  it('takes back what another source of the same speaker said, in one commit, and once', async () => {
    const cap: InfluenceCap = { window: 1, free: 2, share: 0 }
    await answer('d1')
    const other = 'provider/llm-number-5'
    const weaker = { source: 'user:weaker', llm: other, kind: 'thumbs', value: 1, weight: 0.25 } as const
    const withdraws = 'user:weaker'
    await say('d1', { kind: 'thumbs', value: 1 }, cap)
    expect(await say('d1', { kind: 'thumbs', value: 1, withdraws }, cap)).toEqual({ status: 'duplicate', sequence: 1 })
    await say('d1', weaker, cap)
    const taken = { ...weaker, sequence: 3, value: 0, weight: 0, revises: { sequence: 2, value: 1, weight: 0.25 } }
    const right = { kind: 'thumbs', value: 1, withdraws, idempotencyKey: 'm' } as const
    expect(await say('d1', right, cap)).toMatchObject({ status: 'duplicate', sequence: 1, withdrawn: taken })
    expect(await say('d1', { ...right, idempotencyKey: 'n' }, cap)).toEqual({ status: 'duplicate', sequence: 1 })
    expect(await say('d1', weaker, cap)).toMatchObject({
      sequence: 4,
      label: { weight: 0.25, revises: { sequence: 3 } },
    })
    // A message that is sent again takes nothing back.
    expect(await say('d1', right, cap)).toEqual({ status: 'duplicate', sequence: 1 })
    const scored = await say('d1', { value: 0.4, withdraws }, cap)
    expect(scored).toMatchObject({
      sequence: 5,
      label: { llm: answered },
      withdrawn: { sequence: 6, llm: other, weight: 0 },
    })
    expect((await use().feedback.labelsAfter(0, 10)).map(({ sequence, weight }) => [sequence, weight])).toEqual([
      [1, 1],
      [2, 0.25],
      [3, 0],
      [4, 0.25],
      [5, 1],
      [6, 0],
    ])
    // And its key has the room again: of its two labels of that LLM none is used.
    await answer('d2')
    expect(await say('d2', { llm: other, weight: 2 }, cap)).toMatchObject({ label: { weight: 2 } })
  })

  it('has no cap for a share of 1', async () => {
    const cap: InfluenceCap = { window: 10, free: 0, share: 1 }
    expect(await weightOf('d1', { weight: 7 }, cap)).toBe(7)
  })

  it('fills the credit with the days, but saves up no more than it holds', async () => {
    const cap: InfluenceCap = { window: 0, free: 2, share: 0 }
    const day = 86_400_000
    const at = async (id: string, days: number, weight = 2): Promise<number> =>
      weightOf(id, { receivedAtMs: days * day, weight }, cap)
    expect(await at('d1', 10)).toBe(2)
    expect(await at('d2', 10)).toBe(0)
    expect(await at('d3', 10.25)).toBeCloseTo(0.5, 12)
    expect(await at('d4', 9)).toBe(0)
    expect(await at('d5', 100, 5)).toBe(2)
  })

  it('gives no more at once than the burst where others speak, however much is free in a day', async () => {
    const cap: InfluenceCap = { window: 0, free: 8, burst: 2, share: 0 }
    const day = 86_400_000
    const at = async (id: string, days: number): Promise<number> =>
      weightOf(id, { receivedAtMs: days * day, weight: 4 }, cap)
    // While nobody else has spoken it may be a day's.
    expect([await at('d1', 1), await at('d2', 1), await at('d3', 1)]).toEqual([4, 4, 0])
    await answer('other')
    await say('other', { keyId: undefined })
    expect(await at('d4', 2)).toBe(2)
    expect([await at('d5', 2.125), await at('d6', 2.25)]).toEqual([1, 1])
    expect(await at('d7', 100)).toBe(2)
  })

  it('hears keys that are capped as much as others offer, however much one of them posts', async () => {
    const cap: InfluenceCap = { window: 4, free: 1, share: 0.25 }
    let next = 0
    const heard: Record<string, number> = { a: 0, b: 0, loud: 0 }
    for (let i = 0; i < 30; i++) {
      for (const keyId of ['a', 'b', 'loud', 'loud', 'loud', 'loud', 'loud', 'loud']) {
        heard[keyId]! += await weightOf(`d${next++}`, { keyId }, cap)
      }
    }
    // To each label of a and b others offer seven; to six of the loud one two, which give a third of a label each.
    expect([heard['a'], heard['b']]).toEqual([30, 30])
    expect(heard['loud']).toBeCloseTo(4 / 3 + 58 / 3, 6)
  })
}
