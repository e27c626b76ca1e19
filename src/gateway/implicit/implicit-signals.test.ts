import { describe, expect, test } from 'vitest'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { Settlement } from '../../routing/outcome.ts'
import { ImplicitSignals } from './implicit-signals.ts'

const both = { retry: true, abort: true, maxAnswerMs: 600_000 }

function decision(id: string, fields: Partial<RoutingDecision> = {}): RoutingDecision {
  return { id, keyId: 'k', conversationId: 'c', ...fields } as RoutingDecision
}

function settled(atMs: number, fields: Partial<Settlement> = {}): Settlement {
  return { settledAtMs: atMs, status: 'completed', answered: 'a', ...fields } as Settlement
}

function asked(receivedAtMs: number, content: unknown = 'Why?', rest: object = {}) {
  return { receivedAtMs, request: { messages: [{ role: 'user', content }], ...rest } as never }
}

describe('ImplicitSignals', () => {
  test('the same message after its answer is a word against that answer', () => {
    const signals = new ImplicitSignals(both)
    expect(signals.ended(decision('d1'), settled(1_000), asked(0))).toEqual([])
    const label = { source: 'implicit:retry', kind: 'thumbs', value: 0, weight: 0.2, keyId: 'k' }
    expect(signals.ended(decision('d2'), settled(3_000), asked(2_000))).toEqual([{ ...label, decisionId: 'd1' }])
    // The next one is on the answer that came last.
    expect(signals.ended(decision('d3'), settled(5_000), asked(4_000))).toMatchObject([{ decisionId: 'd2' }])
  })

  test.each<[string, Partial<RoutingDecision>, ReturnType<typeof asked>]>([
    ['of another key', { keyId: 'other' }, asked(2_000)],
    ['in another conversation', { conversationId: 'other' }, asked(2_000)],
    ['of another text', {}, asked(2_000, 'Why not?')],
    ['asked for more answers', {}, asked(2_000, 'Why?', { n: 2 })],
    ['with another seed', {}, asked(2_000, 'Why?', { seed: 7 })],
    ['not to be stored', {}, asked(2_000, 'Why?', { store: false })],
    ['sent before the answer', {}, asked(999)],
    ['ten minutes later', {}, asked(601_001)],
  ])('nothing is said by a request %s', (_what, fields, request) => {
    const signals = new ImplicitSignals(both)
    signals.ended(decision('d1'), settled(1_000), asked(0))
    expect(signals.ended(decision('d2', fields), settled(700_000), request)).toEqual([])
  })

  test('long messages that differ at the end alone are no retry', () => {
    const signals = new ImplicitSignals(both)
    const template = 'Grade this answer. '.repeat(1_000)
    signals.ended(decision('d1'), settled(1_000), asked(0, `${template}17`))
    expect(signals.ended(decision('d2'), settled(3_000), asked(2_000, `${template}18`))).toEqual([])
    expect(signals.ended(decision('d3'), settled(5_000), asked(4_000, `${template}17`))).toHaveLength(1)
  })

  test('“go on” at a later turn is no retry, nor is what follows a tool', () => {
    const signals = new ImplicitSignals(both)
    const turns = (count: number, role = 'user') => ({
      receivedAtMs: 10 * count,
      request: { messages: Array.from({ length: count }, () => ({ role, content: 'go on' })) } as never,
    })
    for (const count of [1, 3, 5]) {
      expect(signals.ended(decision(`d${count}`), settled(10 * count + 1), turns(count))).toEqual([])
    }
    for (let i = 0; i < 2; i++) expect(signals.ended(decision('t'), settled(100), turns(7, 'tool'))).toEqual([])
  })

  test('an answer that was left is a word against itself, and none to be retried', () => {
    const signals = new ImplicitSignals(both)
    const left = settled(1_000, { status: 'aborted' })
    expect(signals.ended(decision('d1'), left, asked(0))).toEqual([
      { decisionId: 'd1', source: 'implicit:abort', kind: 'thumbs', value: 0, weight: 0.1, keyId: 'k' },
    ])
    expect(signals.ended(decision('d2'), settled(3_000), asked(2_000))).toEqual([])
    const silent = settled(5_000, { status: 'aborted', answered: undefined })
    expect(signals.ended(decision('d3'), silent, asked(4_000, 'other'))).toEqual([])
    const ours = settled(700_000, { status: 'aborted' })
    expect(signals.ended(decision('d4'), ours, asked(0, 'long'))).toEqual([])
  })

  test('what is off is not read, and memory is bounded', () => {
    const off = new ImplicitSignals({ ...both, retry: false, abort: false })
    for (let i = 0; i < 2; i++) expect(off.ended(decision('d'), settled(i), asked(i))).toEqual([])
    expect(off.ended(decision('d'), settled(1, { status: 'aborted' }), asked(0))).toEqual([])
    expect(off.size).toBe(0)
    const signals = new ImplicitSignals(both)
    for (let i = 0; i < 10_050; i++) signals.ended(decision(`d${i}`), settled(i), asked(i, `question ${i}`))
    expect(signals.size).toBe(10_000)
  })
})
