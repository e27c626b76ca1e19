import { expect, it } from 'vitest'
import type { RoutingDecision } from '../routing/decision.ts'
import { sampleDecision, sampleFeedback, sampleSettlement } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Experiments, and what reads many decisions at a time. */
export function describeDecisionLog(use: () => Storage): void {
  const others = (pool: number): Float64Array => Float64Array.from({ length: pool }, (_, i) => 0.1 * i)
  const experiment = (pool: number) =>
    ({
      candidateVersion: 'v2',
      phase: 'canary',
      arm: 'candidate',
      share: 0.1 + 0.2,
      otherProbabilities: others(pool),
    }) as const
  const settle = async (decision: RoutingDecision): Promise<void> => {
    await use().decisions.append(decision, 100)
    await use().decisions.settle(sampleSettlement(decision.id))
  }

  it.each([0, 1, 12, 32])('gives back the experiment that a decision over %i LLMs was a part of', async (pool) => {
    const decision = sampleDecision('d1', { pool, budgetDual: 0.1 + 0.2, experiment: experiment(pool) })
    await use().decisions.append(decision, 1)
    expect((await use().decisions.get('d1'))?.decision).toStrictEqual(decision)
  })

  it('keeps of a large pool the probabilities of the candidates it keeps', async () => {
    const decision = sampleDecision('d1', { pool: 1000, experiment: experiment(1000) })
    await use().decisions.append(decision, 1)
    const stored = (await use().decisions.get('d1'))?.decision
    const places =
      stored?.candidates.map(({ llm }) => decision.candidates.findIndex((terms) => terms.llm === llm)) ?? []
    expect(places.length).toBeGreaterThanOrEqual(32)
    expect(stored?.experiment?.otherProbabilities).toEqual(
      Float64Array.from(places, (place) => others(1000)[place] ?? -1),
    )
  })

  it('reads the log in the order of ids, page by page, with settlements and the latest words', async () => {
    const ids = Array.from({ length: 600 }, (_, i) => `d${String(i).padStart(4, '0')}`)
    const made = ids.map((id, i) => sampleDecision(id, { pool: 2 + (i % 3), pinned: i === 7 }))
    await Promise.all(made.toReversed().map((decision) => use().decisions.append(decision, 100)))
    await Promise.all(ids.filter((_, i) => i % 2 === 0).map((id) => use().decisions.settle(sampleSettlement(id))))
    const say = (id: string, fields: object) => use().feedback.accept(sampleFeedback(id, fields), undefined)
    await say('d0002', { value: 0.1 })
    await say('d0002', { value: 0.3, source: 'judge', weight: 2 })
    await say('d0002', { value: 0.2 })
    await say('d0002', { value: 0.4, llm: 'other' })
    await say('d0004', { kind: 'thumbs', value: 1 })
    const log = await use().decisions.logged('', 1000)
    expect(log.map(({ decision }) => decision)).toEqual(made)
    expect(log.map(({ settlement }) => settlement)).toEqual(
      ids.map((id, i) => (i % 2 === 0 ? sampleSettlement(id) : undefined)),
    )
    const answered = 'provider/llm-number-1'
    expect(log[2]?.labels).toEqual([
      { sequence: 2, llm: answered, source: 'judge', kind: 'score', value: 0.3, weight: 2 },
      { sequence: 3, llm: answered, source: 'user', kind: 'score', value: 0.2, weight: 1 },
      { sequence: 4, llm: 'other', source: 'user', kind: 'score', value: 0.4, weight: 1 },
    ])
    expect(log[4]?.labels).toMatchObject([{ sequence: 5, kind: 'thumbs' }])
    expect(log.filter(({ labels }) => labels.length > 0)).toHaveLength(2)
    expect((await use().decisions.logged('d0002', 3)).map(({ decision }) => decision.id)).toEqual([
      'd0003',
      'd0004',
      'd0005',
    ])
    expect(await use().decisions.logged('d0100', 300)).toEqual(log.slice(101, 401))
    expect(await use().decisions.logged('d0599', 9)).toEqual([])
    expect(await use().decisions.logged('', 0)).toEqual([])
  })

  it('finds the answered decisions of a conversation, latest first', async () => {
    await settle(sampleDecision('d1', { conversationId: 'c1' }))
    await settle(sampleDecision('d2', { conversationId: 'c2' }))
    await settle(sampleDecision('d3', { conversationId: 'c1', keyId: 'key-b' }))
    await settle(sampleDecision('d4', { conversationId: 'c1' }))
    await settle(sampleDecision('d5', { conversationId: undefined }))
    await use().decisions.append(sampleDecision('d6', { conversationId: 'c1' }), 1)
    await use().decisions.append(sampleDecision('d7', { conversationId: 'c1' }), 1)
    await use().decisions.settle(sampleSettlement('d7', { status: 'failed', answered: undefined }))
    const { decisions } = use()
    expect(await decisions.ofConversation('c1', undefined, 9)).toEqual(['d4', 'd3', 'd1'])
    expect(await decisions.ofConversation('c1', 'key-a', 9)).toEqual(['d4', 'd1'])
    expect(await decisions.ofConversation('c1', undefined, 1)).toEqual(['d4'])
    expect(await decisions.ofConversation('c3', undefined, 9)).toEqual([])
  })

  it('counts decisions per hour of the day, of all or of one key', async () => {
    const hourMs = 3_600_000
    const at = [0, 1, hourMs, 25 * hourMs, 26 * hourMs, 47 * hourMs + 59]
    await Promise.all(
      at.map((createdAtMs, i) =>
        use().decisions.append(sampleDecision(`d${i}`, { createdAtMs, keyId: i === 3 ? 'key-b' : 'key-a' }), 1),
      ),
    )
    const expected = (counts: Readonly<Record<number, number>>) =>
      Array.from({ length: 24 }, (_, hour) => counts[hour] ?? 0)
    expect(await use().decisions.decisionsPerHour(0)).toEqual(expected({ 0: 2, 1: 2, 2: 1, 23: 1 }))
    expect(await use().decisions.decisionsPerHour(0, undefined, hourMs)).toEqual(expected({ 0: 2 }))
    expect(await use().decisions.decisionsPerHour(hourMs + 1)).toEqual(expected({ 1: 1, 2: 1, 23: 1 }))
    expect(await use().decisions.decisionsPerHour(0, 'key-b')).toEqual(expected({ 1: 1 }))
    expect(await use().decisions.decisionsPerHour(0, 'key-c')).toEqual(expected({}))
  })
}
