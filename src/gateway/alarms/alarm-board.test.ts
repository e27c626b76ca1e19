import { describe, expect, test } from 'vitest'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { ChangeAlarm } from '../../routing/learning/residual-state.ts'
import type { Settlement } from '../../routing/outcome.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { AlarmBoard } from './alarm-board.ts'

const llm: Llm = {
  ...unknownLlmProperties,
  id: 'a',
  provider: 'p',
  upstreamModel: 'a',
  price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
}

function ended(billedNanoUsd: number | undefined, completionMs: number, more: Partial<Settlement> = {}): Settlement {
  return {
    decisionId: 'd',
    settledAtMs: 5,
    status: 'completed',
    answered: 'a',
    usage: { inputTokens: 1000, outputTokens: 500 },
    billedNanoUsd,
    completionMs,
    ...more,
  } as Settlement
}

const decision = { candidates: [{ llm: 'a', completionMs: 1000 }] } as unknown as RoutingDecision

/** By half. */
const dearer: TokenPrice = { inputPerMillionTokensUsd: 1.5, outputPerMillionTokensUsd: 3 }

/** Answers that the upstream names its own bill of, USD. */
function bills(alarms: AlarmBoard, costUsd: number, calls: number): void {
  const usage = { inputTokens: 1000, outputTokens: 500, costUsd }
  for (let call = 0; call < calls; call++) alarms.settled(decision, ended(1e9 * costUsd, 1000, { usage }))
}

function board(quality: ChangeAlarm[] = []) {
  const pool = { a: llm }
  const changes: unknown[] = []
  const logged: unknown[] = []
  const log = { info: () => {}, error: () => {}, warn: (fields: object) => void logged.push(fields) }
  const alarms = new AlarmBoard({
    llm: (id) => (id === 'a' ? pool.a : undefined),
    priceOf: ({ price }, reportedModel) => (reportedModel === 'a-dearer' ? dearer : price),
    qualityAlarms: () => quality,
    onCostChange: (id, factor) => void changes.push([id, factor]),
    clock: { now: () => 99 },
    log,
  })
  return { alarms, changes, logged, quality, pool }
}

describe('AlarmBoard', () => {
  test('bills against list prices: a change is told, logged, and moves what is expected', () => {
    const { alarms, changes, logged } = board()
    alarms.begin()
    // 1,000 at 1 USD and 500 at 2 USD a million: 2,000,000 nano-USD by the list.
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(2_000_000, 1000))
    expect(alarms.list()).toEqual([])
    for (let call = 0; call < 12; call++)
      alarms.settled(decision, ended(3_000_000, 1000, { reportedModel: 'a-dearer' }))
    const [alarm] = alarms.list()
    expect(alarm).toMatchObject({ llm: 'a', kind: 'cost', direction: 'up', atMs: 99, labelSequence: undefined })
    expect(alarm!.size).toBeCloseTo(1.5, 1)
    expect(changes).toEqual([['a', alarm!.size]])
    expect(logged).toHaveLength(1)
  })

  test('completion times against what was expected', () => {
    const { alarms, changes } = board()
    alarms.begin()
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(undefined, call % 2 === 0 ? 900 : 1100))
    for (let call = 0; call < 40; call++) alarms.settled(decision, ended(undefined, 5000))
    expect(alarms.list()).toMatchObject([{ llm: 'a', kind: 'latency', direction: 'up' }])
    expect(changes).toEqual([])
  })

  test('answers that did not end, of nobody or of LLMs that have left teach nothing', () => {
    const { alarms } = board()
    alarms.begin()
    for (let call = 0; call < 100; call++) {
      const billed = call < 50 ? 1 : 1_000_000
      alarms.settled(decision, ended(billed, billed, { status: 'cut' }))
      alarms.settled(decision, ended(billed, billed, { answered: undefined }))
      alarms.settled(decision, ended(billed, billed, { answered: 'gone' }))
    }
    expect(alarms.list()).toEqual([])
  })

  test('what was noticed before the start is listed, not logged; each alarm of quality is told once', () => {
    const before: ChangeAlarm = { llm: 'a', sequence: 3, direction: 'down', residual: -0.2 }
    const { alarms, logged, quality } = board([before])
    alarms.begin()
    alarms.poll()
    expect(alarms.list()).toEqual([
      { llm: 'a', kind: 'quality', direction: 'down', size: -0.2, atMs: undefined, labelSequence: 3 },
    ])
    expect(logged).toEqual([])
    quality.push({ llm: 'b', sequence: 9, direction: 'up', residual: 0.1 })
    alarms.poll()
    expect(alarms.list()[0]).toMatchObject({ llm: 'b', size: 0.1, atMs: 99 })
    expect(logged).toHaveLength(1)
  })

  test('a provider that bills more than its list price is noticed by its own bills', () => {
    const { alarms, changes } = board()
    alarms.begin()
    bills(alarms, 0.002, 60)
    bills(alarms, 0.004, 12)
    expect(alarms.list()).toMatchObject([{ llm: 'a', kind: 'cost', direction: 'up' }])
    expect(changes).toEqual([['a', alarms.list()[0]!.size]])
  })

  test('a price that was changed here is no alarm, and undoes what an alarm had moved', () => {
    const { alarms, changes, pool } = board()
    alarms.begin()
    bills(alarms, 0.002, 60)
    bills(alarms, 0.004, 60)
    expect(alarms.list()).toHaveLength(1)
    const { size } = alarms.list()[0]!
    pool.a = { ...llm, price: { inputPerMillionTokensUsd: 2, outputPerMillionTokensUsd: 4 } }
    bills(alarms, 0.004, 60)
    expect(alarms.list()).toHaveLength(1)
    expect(changes).toEqual([
      ['a', size],
      ['a', 1 / size],
    ])
    // Something else of it changed: its price did not.
    pool.a = { ...pool.a, quality: 0.5 }
    bills(alarms, 0.006, 12)
    expect(alarms.list()).toHaveLength(2)
  })

  test('answers of before the start count at the prices of now', () => {
    const { alarms, pool } = board()
    pool.a = { ...llm, price: { inputPerMillionTokensUsd: 3, outputPerMillionTokensUsd: 6 } }
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(2_000_000, 1000))
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(6_000_000, 1000))
    alarms.begin()
    expect(alarms.list()).toEqual([])
  })

  test('an LLM that came back elsewhere takes its own time', () => {
    const { alarms, pool } = board()
    alarms.begin()
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(undefined, 1000))
    pool.a = { ...llm, provider: 'q' }
    for (let call = 0; call < 60; call++) alarms.settled(decision, ended(undefined, 5000))
    expect(alarms.list()).toEqual([])
  })
})
