import { describe, expect, test } from 'vitest'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import type { StoredDecision } from '../../routing/decision-store.ts'
import { type FeedbackRow, feedbackRows } from './feedback-rows.ts'
import { keepingNothing, storeTarget } from './feedback-targets.ts'
import { importFeedback, RowRefused } from './import-feedback.ts'

async function read(lines: readonly string[], format: 'jsonl' | 'csv'): Promise<FeedbackRow[]> {
  const rows: FeedbackRow[] = []
  for await (const row of feedbackRows(lines, format, 'file')) rows.push(row)
  return rows
}

describe('feedbackRows', () => {
  test('reads the columns of a CSV as what a body has', async () => {
    const rows = await read(
      [
        'response_id,source,kind,value,llm,name,at,idempotency_key',
        'a,,score,0.8,,,2026-03-01T12:00:00Z,k1',
        'b,judge,thumbs,up,,,1772366400000,k2',
        'c,,verdict,right,,,,k3',
        '"d",,demonstration,,large,,,k4',
        'e,,demonstration,0.5,large,,,k5',
        'f,,metric,4,,csat,,k6',
        'g,,metric,true,,resolved,,k7',
      ],
      'csv',
    )
    expect(rows.map(({ body }) => body)).toEqual([
      { response_id: 'a', idempotency_key: 'k1', score: 0.8, at: '2026-03-01T12:00:00Z' },
      { response_id: 'b', source: 'judge', idempotency_key: 'k2', thumbs: 'up', at: 1_772_366_400_000 },
      { response_id: 'c', idempotency_key: 'k3', verdict: 'right' },
      { response_id: 'd', idempotency_key: 'k4', demonstration: { llm: 'large' } },
      { response_id: 'e', idempotency_key: 'k5', demonstration: { llm: 'large', score: 0.5 } },
      { response_id: 'f', idempotency_key: 'k6', metric: { name: 'csat', value: 4 } },
      { response_id: 'g', idempotency_key: 'k7', metric: { name: 'resolved', value: true } },
    ])
    expect(rows.map(({ line }) => line).slice(0, 3)).toEqual([2, 3, 4])
  })

  test('a JSON row is a body; without a key of its own it gets one from what it says, in any order', async () => {
    const [first, second, other] = await read(
      ['{"id":"a","score":1}', '', '{"score":1,"id":"a"}', '{"id":"a","score":0.5}'],
      'jsonl',
    )
    expect(first!.body).toMatchObject({
      id: 'a',
      score: 1,
      idempotency_key: expect.stringMatching(/^row-[0-9a-f]{40}$/),
    })
    expect(second!.body!.idempotency_key).toBe(first!.body!.idempotency_key)
    expect(other!.body!.idempotency_key).not.toBe(first!.body!.idempotency_key)
    expect(second!.line).toBe(3)
    const said = await read(
      ['\uFEFF{"id":"a","score":1}', '{"id":"a","score":1,"at":5}', '{"id":"a","score":1,"at":6}'],
      'jsonl',
    )
    expect(said[0]!.body).toEqual(first!.body)
    expect(new Set(said.map(({ body }) => body!.idempotency_key)).size).toBe(3)
  })

  test.each([
    ['jsonl', ['{oops'], /JSON object/],
    ['jsonl', ['[1]'], /JSON object/],
    ['jsonl', ['{"id":"a","kind":"stars","value":5}'], /one of score, thumbs/],
    ['jsonl', ['{"id":"a","value":5}'], /'kind' is required/],
    ['csv', ['response_id,stars', 'a,5'], /no column 'stars'/],
    ['csv', ['response_id,kind,value', 'a,score'], /2 fields, the header 3/],
  ] as const)('tells what is wrong with a row of %s %j', async (format, lines, error) => {
    const rows = await read(lines, format)
    expect(rows).toHaveLength(1)
    expect(rows[0]!.error).toMatch(error)
    expect(rows[0]!.body).toBeUndefined()
  })
})

describe('importFeedback', () => {
  test('takes rows on one answer in their order, however long each takes', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => `{"id":"d${i % 2}","score":${i / 10}}`)
    const taken: unknown[] = []
    const target = async (body: Readonly<Record<string, unknown>>) => {
      // The earlier, the more turns of the queue it waits.
      for (let turn = 0; turn < 20 - 20 * Number(body.score); turn++) await Promise.resolve()
      if (body.id === 'd0') taken.push(body.score)
      return 'accepted' as const
    }
    await importFeedback(feedbackRows(lines, 'jsonl', 'file'), target, {
      onProgress: () => {},
      shouldStop: () => false,
    })
    expect(taken).toEqual([0, 0.2, 0.4, 0.6, 0.8])
  })

  test('goes on behind rows that are refused, tells their lines, and stops between rows when asked', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `{"id":"d${i}","score":${i === 40 ? 2 : 1}}`)
    const seen = new Set<unknown>()
    const target = async (body: Readonly<Record<string, unknown>>) => {
      if (body.score === 2) throw new RowRefused('a score is at most 1')
      if (seen.has(body.idempotency_key)) return 'duplicate' as const
      seen.add(body.idempotency_key)
      return 'accepted' as const
    }
    const run = (shouldStop = () => false) =>
      importFeedback(feedbackRows(lines, 'jsonl', 'file'), target, { onProgress: () => {}, shouldStop })
    let asked = 0
    const stopped = await run(() => asked++ >= 64)
    expect(stopped).toMatchObject({ rows: 64, accepted: 63, failed: 1, line: 64 })
    const whole = await run()
    expect(whole).toMatchObject({ rows: 100, accepted: 36, duplicates: 63, failed: 1, line: 100 })
    expect(whole.errors).toEqual([{ line: 41, message: 'a score is at most 1' }])
  })
  test('ends where the target fails, and not with every row after it', async () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `{"id":"d${i}","score":1}`)
    let calls = 0
    const target = async () => {
      if (++calls > 40) throw new Error('it cannot be reached')
      return 'accepted' as const
    }
    const rows = feedbackRows(lines, 'jsonl', 'file')
    const result = await importFeedback(rows, target, { onProgress: () => {}, shouldStop: () => false })
    expect(result).toEqual({
      rows: 40,
      accepted: 40,
      duplicates: 0,
      failed: 0,
      line: 40,
      errors: [],
      broken: 'it cannot be reached',
    })
    expect(calls).toBe(64)
  })

  test('stands before the first row that did not get there, whatever became of those after it', async () => {
    const lines = ['{oops', '{"id":"d1","score":1}', '{oops', '{"id":"d3","score":1}']
    const target = async ({ id }: Readonly<Record<string, unknown>>) => {
      if (id === 'd1') throw new Error('it cannot be reached')
      return 'accepted' as const
    }
    const options = { onProgress: () => {}, shouldStop: () => false }
    const result = await importFeedback(feedbackRows(lines, 'jsonl', 'file'), target, options)
    expect(result).toMatchObject({ rows: 3, accepted: 1, failed: 2, line: 1, broken: 'it cannot be reached' })
  })
})

test('a dry run into the database tells of answers that are not there, and keeps nothing', async () => {
  const stored = (answered?: string) =>
    ({ decision: { candidates: [], excluded: [] }, settlement: { answered } }) as unknown as StoredDecision
  const known = new Map([
    ['a', stored('small')],
    ['failed', stored()],
  ])
  const decisions = { get: async (id: string) => known.get(id), ofConversation: async () => [] }
  const parts = { decisions: decisions as never, feedback: keepingNothing(decisions) }
  const config = { feedback: { metrics: new Map() } } as unknown as PointsmanConfig
  const target = storeTarget(config, parts, { get: () => undefined }, { now: () => 0 })
  const lines = ['a', 'failed', 'nobody'].map((id) => `{"id":"${id}","score":1}`)
  const rows = feedbackRows([...lines, '{"conversation_id":"c","score":1}'], 'jsonl', 'file')
  const result = await importFeedback(rows, target, { onProgress: () => {}, shouldStop: () => false })
  expect(result).toMatchObject({ rows: 4, failed: 3, broken: undefined })
  expect(result.errors.map(({ line }) => line)).toEqual([2, 3, 4])
})
