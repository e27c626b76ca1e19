import { afterEach, beforeEach, expect, test } from 'vitest'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, startHarness, userMessage } from './gateway-harness.ts'

let harness: Harness

beforeEach(async () => {
  const replying = () => new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] })
  harness = await startHarness({ providers: { small: replying(), large: replying() } })
  for (let i = 0; i < 4; i++) {
    await harness.post('/v1/chat/completions', userMessage(), { 'x-session-id': i < 2 ? 's' : 't' })
  }
})

afterEach(() => harness.gateway.close())

async function say(entries: unknown, headers: Record<string, string> = {}, more: object = {}) {
  const response = await harness.post('/v1/feedback', { entries, ...more }, headers)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const idsOf = (body: Record<string, unknown>) => (body.entries as { id: string }[]).map(({ id }) => id)

const on = (n: number, said: object) => ({ response_id: `chatcmpl-d0000000${n}`, ...said })

test('many in one call: each told by itself, in its place, and a faulty one stops no other', async () => {
  const entries = [
    on(1, { score: 0.5 }),
    on(2, { score: 1.5 }),
    on(9, { thumbs: 'up' }),
    'nonsense',
    { conversation_id: 't', thumbs: 'down' },
    on(1, { score: 0.5 }),
    on(2, { verdict: 'right' }),
  ]
  const { status, body } = await say(entries)
  expect(status).toBe(200)
  expect(body).toMatchObject({ object: 'feedback.batch', accepted: 3, duplicates: 1, failed: 3 })
  expect(body.entries).toMatchObject([
    { index: 0, object: 'feedback', id: 'fb-1', status: 'accepted', decision_id: 'd00000001', sequence: 1 },
    { index: 1, status: 'failed', error: { type: 'invalid_request_error', param: 'score', code: 'invalid_request' } },
    { index: 2, status: 'failed', error: { code: 'unknown_decision' } },
    { index: 3, status: 'failed', error: { code: 'invalid_request' } },
    { index: 4, status: 'accepted', conversation_id: 't', sequences: [2, 3] },
    { index: 5, status: 'duplicate', id: 'fb-1' },
    { index: 6, status: 'accepted', decision_id: 'd00000002', labels: [{ llm: 'small' }] },
  ])
  expect(harness.labels.map(({ decisionId, value, weight }) => [decisionId, value, weight])).toEqual([
    ['d00000001', 0.5, 1],
    ['d00000004', 0, 0.5],
    ['d00000003', 0, 0.5],
    ['d00000002', 1, 1],
  ])
})

test('the last word on an answer counts, however many there are in one call', async () => {
  const values = Array.from({ length: 20 }, (_, i) => i / 20)
  const { body } = await say([
    ...values.map((score) => on(1, { score })),
    { conversation_id: 's', score: 0.31 },
    on(1, { score: 0.77 }),
  ])
  expect(body).toMatchObject({ accepted: 22, failed: 0 })
  expect(harness.labels.filter(({ decisionId }) => decisionId === 'd00000001').map(({ value }) => value)).toEqual([
    ...values,
    0.31,
    0.77,
  ])
})

test('a batch that is sent again is answered, not learned, though its sources changed their minds in it', async () => {
  const entries = [on(1, { score: 0.2 }), on(1, { score: 0.9 }), on(2, { score: 0.4, idempotency_key: 'own' })]
  const first = await say(entries, { 'idempotency-key': 'nightly' })
  expect(first.body).toMatchObject({ accepted: 3, duplicates: 0 })
  const again = await say(entries, { 'idempotency-key': 'nightly' })
  expect(again.body).toMatchObject({ accepted: 0, duplicates: 3 })
  expect(idsOf(again.body)).toEqual(idsOf(first.body))
  expect(harness.labels).toHaveLength(3)
  expect((await say([on(2, { score: 0.8, idempotency_key: 'own' })])).body).toMatchObject({ duplicates: 1 })
})

test('takes a thousand entries, and says what is wrong with more, none, or fields beside them', async () => {
  const thousand = Array.from({ length: 1_000 }, (_, i) =>
    on((i % 4) + 1, { score: 0.5, source: `s${Math.floor(i / 4) % 8}` }),
  )
  expect((await say(thousand)).body).toMatchObject({ accepted: 32, duplicates: 968, failed: 0 })
  const refused = { status: 400, body: { error: { code: 'invalid_request', param: 'entries' } } }
  expect(await say([...thousand, thousand[0]])).toMatchObject(refused)
  expect(await say([])).toMatchObject(refused)
  expect(await say('all')).toMatchObject(refused)
  expect(await say([thousand[0]], {}, { source: 'user' })).toMatchObject(refused)
  expect(harness.labels).toHaveLength(32)
})

test('where the store fails the whole call does, to be sent again: what was taken by then is answered as known', async () => {
  const entries = [on(1, { score: 0.5 }), on(2, { score: 0.5 })]
  harness.feedback.fault = 'throws'
  expect(await say(entries)).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } })
  harness.feedback.fault = 'none'
  expect((await say(entries)).body).toMatchObject({ accepted: 2, failed: 0 })
})
