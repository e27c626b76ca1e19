import { describe, expect, test } from 'vitest'
import type { LoggedDecision } from '../../routing/decision-store.ts'
import { type LoggedParts, loggedDecision } from './__fixtures__/logged-decision.ts'
import { UnitCollector } from './unit-collector.ts'

const conversationMs = 30 * 60_000

const prior = ({ decision }: LoggedDecision) => new Float64Array(decision.candidates.length).fill(Number.NaN)

function collect(
  parts: readonly LoggedParts[],
  readUntilMs: number,
  collector = new UnitCollector('v2', '', conversationMs),
) {
  for (const part of parts) collector.add(loggedDecision(part), prior)
  return collector.takeClosed(readUntilMs)
}

describe('UnitCollector', () => {
  test('a turn holds both versions’ probabilities, whichever arm served, the draw and what was said of it', () => {
    const arms = (['serving', 'candidate'] as const).map((arm, i) => ({ id: `d${i}`, atMs: i, arm, score: 0.25 }))
    const [first, second] = collect(arms, 10)
    expect(first!.turns[0]).toMatchObject({ serving: Float64Array.of(0.9, 0.1), candidate: Float64Array.of(0.2, 0.8) })
    expect(second!.turns[0]).toMatchObject({ serving: Float64Array.of(0.9, 0.1), candidate: Float64Array.of(0.2, 0.8) })
    expect(second).toMatchObject({
      share: 0.1,
      turns: [{ drawn: 1, outcome: { quality: 0.25, costUsd: 0.002, weight: 1 } }],
    })
  })

  test('labels count by their weight; those of other LLMs, or of none, say nothing', () => {
    const labels = [
      { llm: 'b', value: 1, weight: 3 },
      { llm: 'b', value: 0, weight: 1 },
      { llm: 'a', value: 0, weight: 5 },
      { llm: 'b', value: 0, weight: 0 },
    ]
    const [unit] = collect([{ id: 'd1', atMs: 0, labels }], 10)
    expect(unit!.turns[0]!.outcome!.quality).toBe(0.75)
    const [silent] = collect([{ id: 'd1', atMs: 0, labels: [{ llm: 'b', value: 0, weight: 0 }] }], 10)
    expect(silent!.turns[0]!.outcome).toBeUndefined()
  })

  test.each(['unknown', 'guessed'] as const)('an %s bill is no outcome: each version guesses another', (bill) => {
    const served = [
      { id: 'd1', atMs: 0, arm: 'serving', expectedUsd: 0.002 },
      { id: 'd2', atMs: 1, arm: 'candidate', expectedUsd: 0.0001 },
    ] as const
    const units = collect(
      served.map((one) => ({ ...one, score: 0.5, bill })),
      10,
    )
    expect(units.map(({ turns }) => turns[0]!.outcome)).toEqual([
      { quality: 0.5, costUsd: undefined, expectedUsd: 0.002, weight: 1 },
      { quality: 0.5, costUsd: undefined, expectedUsd: 0.0001, weight: 1 },
    ])
    const [free] = collect([{ id: 'd1', atMs: 0, score: 0.5, bill, expectedUsd: null }], 10)
    expect(free!.turns[0]!.outcome).toEqual({ quality: 0.5, costUsd: 0, weight: 1 })
  })

  test('a conversation is one unit, which waits until no turn can join it; later ones wait behind it', () => {
    const collector = new UnitCollector('v2', '', conversationMs)
    const turns = [
      { id: 'd1', atMs: 0, conversation: 'c' },
      { id: 'd2', atMs: 10 },
      { id: 'd3', atMs: 20, conversation: 'c' },
    ]
    expect(collect(turns, conversationMs, collector)).toEqual([])
    expect(collector.cursor).toBe('')
    const units = collector.takeClosed(conversationMs + 1)
    expect(units.map((unit) => unit.turns.length)).toEqual([2, 1])
    expect(collector.cursor).toBe('d2')
  })

  test('a counted conversation makes no second unit, and late turns join none', () => {
    const late = { id: 'd2', atMs: conversationMs + 1, conversation: 'c' }
    const collector = new UnitCollector('v2', '', conversationMs)
    const units = collect([{ id: 'd1', atMs: 0, conversation: 'c' }, late], 2 * conversationMs, collector)
    expect(units.map((unit) => unit.turns.length)).toEqual([1])
    expect(collect([{ ...late, id: 'd3' }], 3 * conversationMs, collector)).toEqual([])
    const restored = UnitCollector.restore(collector.snapshot(), conversationMs)
    expect(collect([{ ...late, id: 'd3' }], 3 * conversationMs, restored)).toEqual([])
  })

  test('a conversation ends where the canary’s share changed', () => {
    const turns = [0.1, 0.5, 0.1].map((share, i) => ({ id: `d${i}`, atMs: i, conversation: 'c', share }))
    const [unit] = collect(turns, 2 * conversationMs)
    expect(unit).toMatchObject({ share: 0.1 })
    expect(unit!.turns.length).toBe(1)
  })

  test('named LLMs, shadows and other versions’ trials are left out', () => {
    const others: LoggedParts[] = [
      { id: 'd1', atMs: 0, pinned: true },
      { id: 'd2', atMs: 1, phase: 'shadow' },
      { id: 'd3', atMs: 2, version: 'v3' },
    ]
    expect(collect(others, 10)).toEqual([])
  })

  test('a failure is known of every request, and counts as often as answers are labelled', () => {
    const collector = new UnitCollector('v2', '', conversationMs)
    const answered = Array.from({ length: 9 }, (_, i) => ({ id: `d${i}`, atMs: i, ...(i < 4 && { score: 1 }) }))
    const units = collect([...answered, { id: 'd9', atMs: 9, status: 'failed' as const }], 100, collector)
    expect(units.at(-1)!.turns[0]!.outcome).toEqual({ quality: 0, costUsd: 0.002, weight: 0.5 })
  })

  test('restored before its units closed, it reads them again from its cursor on', () => {
    const turns = [
      { id: 'd1', atMs: 0, score: 1 },
      { id: 'd2', atMs: 5, conversation: 'c', score: 0 },
      { id: 'd3', atMs: 6, score: 1 },
      { id: 'd4', atMs: 7, status: 'failed' as const },
    ]
    const collector = new UnitCollector('v2', '', conversationMs)
    expect(collect(turns, 10, collector)).toHaveLength(1)
    const restored = UnitCollector.restore(collector.snapshot(), conversationMs)
    const again = turns.filter(({ id }) => id > restored.cursor)
    expect(collect(again, 2 * conversationMs, restored)).toEqual(collector.takeClosed(2 * conversationMs))
    expect(restored.snapshot()).toEqual(collector.snapshot())
  })
})
