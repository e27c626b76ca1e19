import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeclaredMetric } from '../../src/gateway/feedback/declared-metric.ts'
import { defaultFeedbackOptions } from '../../src/gateway/feedback/feedback-options.ts'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, type HarnessOptions, startHarness, userMessage } from './gateway-harness.ts'

const chatPath = '/v1/chat/completions'
const about = { response_id: 'chatcmpl-d00000001' }
const number = { type: 'number', min: 1, max: 5, better: 'higher', weight: 0.5, noise: 0.3 } as const
const feedback = {
  ...defaultFeedbackOptions,
  metrics: new Map<string, DeclaredMetric>([
    ['csat', number],
    ['resolved', { ...number, type: 'boolean', weight: 1, noise: undefined } as const],
  ]),
}

const replying = () => new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] })

let open: Harness[] = []

beforeEach(() => {
  open = []
})

afterEach(async () => {
  await Promise.all(open.map(({ gateway }) => gateway.close()))
})

async function start(options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const providers = { small: replying(), large: replying() }
  const harness = await startHarness({ providers, gateway: { feedback }, ...options })
  open.push(harness)
  return harness
}

async function answered(times = 1): Promise<Harness> {
  const harness = await start()
  for (let i = 0; i < times; i++) {
    expect((await harness.post(chatPath, userMessage(), { 'x-session-id': 's' })).status).toBe(200)
  }
  return harness
}

const said = (harness: Harness) =>
  harness.labels.map(({ decisionId, llm, source, kind, value, weight, noise }) => [
    decisionId,
    llm,
    source,
    kind,
    value,
    weight,
    noise,
  ])

describe('feedback of every kind', () => {
  test.each<[string, object, unknown[]]>([
    ['too weak', { verdict: 'too_weak' }, ['small', 'user', 'thumbs', 0, 1, undefined]],
    ['right', { verdict: 'right', source: 'reviewer' }, ['small', 'reviewer', 'thumbs', 1, 1, undefined]],
    ['a demonstration', { demonstration: { llm: 'large' } }, ['large', 'user', 'thumbs', 1, 1, undefined]],
    [
      'one with a score',
      { demonstration: { llm: 'large', score: 0.7 } },
      ['large', 'user', 'score', 0.7, 1, undefined],
    ],
    ['a number', { metric: { name: 'csat', value: 4 } }, ['small', 'user:metric:csat', 'score', 0.75, 0.5, 0.3]],
    [
      'a boolean',
      { metric: { name: 'resolved', value: false } },
      ['small', 'user:metric:resolved', 'thumbs', 0, 1, undefined],
    ],
  ])('%s becomes a label', async (_what, kind, expected) => {
    const harness = await answered()
    const response = await harness.post('/v1/feedback', { id: 'd00000001', ...kind })
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { id: 'fb-1', status: 'accepted', sequence: 1 },
    ])
    expect(said(harness)).toEqual([['d00000001', ...expected]])
  })

  test('stronger than needed labels who answered and the best of the cheaper, and once', async () => {
    const harness = await start({ providers: { cheap: replying(), dear: replying() } })
    harness.router.costP90UsdOf.set('cheap', 0.0001)
    await harness.post(chatPath, userMessage())
    const { decision } = harness.decisions.rows.get('d00000001')!
    harness.decisions.rows.get('d00000001')!.settlement = {
      ...harness.decisions.rows.get('d00000001')!.settlement!,
      answered: 'dear',
    }
    expect(decision.candidates).toHaveLength(2)
    const body = { ...about, verdict: 'stronger_than_needed', idempotency_key: 'm1' }
    const told = {
      object: 'feedback',
      id: 'fb-1',
      status: 'accepted',
      labels: [{ llm: 'dear' }, { llm: 'cheap', id: 'fb-2' }],
    }
    expect(await (await harness.post('/v1/feedback', body)).json()).toMatchObject(told)
    expect(said(harness)).toEqual([
      ['d00000001', 'dear', 'user', 'thumbs', 1, 1, undefined],
      ['d00000001', 'cheap', 'user:weaker', 'thumbs', 1, 0.25, undefined],
    ])
    expect(await (await harness.post('/v1/feedback', body)).json()).toMatchObject({ status: 'duplicate' })
    expect(harness.labels).toHaveLength(2)
  })

  test('on a conversation every answer gets its part, by the name of the session or the id that decisions tell', async () => {
    const harness = await answered(3)
    const response = await harness.post('/v1/feedback', { conversation_id: 's', score: 0.9 })
    const body = (await response.json()) as { sequences: number[] }
    expect(body).toMatchObject({
      status: 'accepted',
      sequences: [1, 2, 3],
      labels: [{ decision_id: 'd00000003' }, {}, {}],
    })
    expect(harness.labels.map(({ decisionId, weight }) => [decisionId, weight])).toEqual([
      ['d00000003', 1 / 3],
      ['d00000002', 1 / 3],
      ['d00000001', 1 / 3],
    ])
    const { conversationId } = harness.decisions.rows.get('d00000001')!.decision
    const again = await harness.post('/v1/feedback', { conversation_id: conversationId, score: 0.9 })
    expect(await again.json()).toMatchObject({ status: 'duplicate', sequences: [1, 2, 3] })
  })

  test.each<[string, object, string | null]>([
    ['an unknown verdict', { ...about, verdict: 'fine' }, 'verdict'],
    ['a demonstration without its LLM', { ...about, demonstration: {} }, 'demonstration.llm'],
    ['one of an unknown LLM', { ...about, demonstration: { llm: 'nobody' } }, 'demonstration.llm'],
    ['one scored above 1', { ...about, demonstration: { llm: 'large', score: 2 } }, 'demonstration.score'],
    ['a metric without a name', { ...about, metric: { value: 1 } }, 'metric.name'],
    ['one without a value', { ...about, metric: { name: 'csat' } }, 'metric.value'],
    ['one that is not declared', { ...about, metric: { name: 'csta', value: 1 } }, 'metric.name'],
    ['one as text', { ...about, metric: { name: 'csat', value: '4' } }, 'metric.value'],
    ['one as null, as NaN comes in JSON', { ...about, metric: { name: 'csat', value: Number.NaN } }, 'metric.value'],
    ['one out of range', { ...about, metric: { name: 'csat', value: 6 } }, 'metric.value'],
    ['a number for a boolean', { ...about, metric: { name: 'resolved', value: 1 } }, 'metric.value'],
    ['a score and a verdict', { ...about, score: 1, verdict: 'right' }, 'score'],
    ['an answer and a conversation', { ...about, conversation_id: 's', score: 1 }, 'conversation_id'],
    ['two ids', { ...about, id: 'd00000001', score: 1 }, 'id'],
    ['an empty conversation', { conversation_id: '', score: 1 }, 'conversation_id'],
  ])('%s is refused and changes nothing', async (_what, body, param) => {
    const harness = await answered()
    const response = await harness.post('/v1/feedback', body)
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid_request', param } }])
    expect(harness.labels).toHaveLength(0)
  })

  test.each<[string, object, string]>([
    ['speak as the judge', { source: 'judge' }, 'source'],
    ['speak as a sign of behaviour', { source: 'implicit:retry' }, 'source'],
    ['say when, which credit goes by', { at: 1_000 }, 'at'],
  ])('a key without the admin scope may not %s', async (_what, fields, param) => {
    const keys = [
      { id: 'alice', scopes: ['inference'] as const },
      { id: 'admin', scopes: ['inference', 'admin'] as const },
    ]
    const harness = await start({ keys })
    const as = (id: string) => ({ 'x-api-key': harness.secrets.get(id)! })
    await harness.post(chatPath, userMessage(), as('alice'))
    const refused = await harness.post('/v1/feedback', { ...about, score: 1, ...fields }, as('alice'))
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'invalid_request', param } }])
    const admin = await harness.post('/v1/feedback', { ...about, score: 1, ...fields }, as('admin'))
    expect(admin.status).toBe('source' in fields && fields.source !== 'judge' ? 400 : 200)
  })

  test.each([
    ['2026-03-01T12:00:00Z', 1_772_366_400],
    [1_772_366_400_000, 1_772_366_400],
    ['2026-03-01', 1_772_323_200],
  ])('an owner says when: %s', async (at, received) => {
    const harness = await answered()
    expect((await harness.post('/v1/feedback', { ...about, score: 1, at })).status).toBe(200)
    expect(await (await harness.get('/v1/feedback/fb-1')).json()).toMatchObject({ received })
  })

  test.each(['yesterday', '1', '1960-01-01', -1, 1.5, '2999-01-01', null])('but not %s', async (at) => {
    const harness = await answered()
    const response = await harness.post('/v1/feedback', { ...about, score: 1, at })
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'at' } }])
  })

  test('an undeclared metric is told those there are', async () => {
    const harness = await answered()
    const response = await harness.post('/v1/feedback', { ...about, metric: { name: 'csta', value: 1 } })
    expect(await response.json()).toMatchObject({
      error: { message: "There is no metric 'csta': there are 'csat', 'resolved'" },
    })
  })

  test('an unknown conversation, or one of another key, is not found; nor is an unknown answer', async () => {
    const keys = ['alice', 'bob'].map((id) => ({ id, scopes: ['inference'] as const }))
    const harness = await start({ keys })
    const as = (id: string) => ({ 'x-api-key': harness.secrets.get(id)! })
    await harness.post(chatPath, userMessage(), { ...as('alice'), 'x-session-id': 's' })
    const { conversationId } = harness.decisions.rows.get('d00000001')!.decision
    for (const body of [
      { conversation_id: 's', score: 1 },
      { conversation_id: conversationId, score: 1 },
      { ...about, demonstration: { llm: 'nobody' } },
      { ...about, verdict: 'stronger_than_needed' },
      { id: 'd9', verdict: 'right' },
    ]) {
      const response = await harness.post('/v1/feedback', body, as('bob'))
      expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'unknown_decision' } }])
    }
    expect(harness.labels).toHaveLength(0)
  })
})

describe('what became of feedback', () => {
  test('is told to the key whose answer it was on', async () => {
    const keys = ['alice', 'bob'].map((id) => ({ id, scopes: ['inference'] as const }))
    const harness = await start({ keys })
    const as = (id: string) => ({ 'x-api-key': harness.secrets.get(id)! })
    await harness.post(chatPath, userMessage(), as('alice'))
    const posted = await harness.post('/v1/feedback', { ...about, score: 0.25 }, as('alice'))
    const { id } = (await posted.json()) as { id: string }
    expect(await (await harness.get(`/v1/feedback/${id}`, as('alice'))).json()).toMatchObject({
      object: 'feedback.label',
      id: 'fb-1',
      decision_id: 'd00000001',
      llm: 'small',
      source: 'user',
      kind: 'score',
      value: 0.25,
      weight: 1,
      revises: null,
      in_fit_of: [],
    })
    for (const [path, key] of [
      [`/v1/feedback/${id}`, 'bob'],
      ['/v1/feedback/fb-2', 'alice'],
      ['/v1/feedback/fb-0', 'alice'],
      ['/v1/feedback/nonsense', 'alice'],
      ['/v1/feedback/fb-99999999999999999999', 'alice'],
    ] as const) {
      const response = await harness.get(path, as(key))
      expect([path, response.status]).toEqual([path, 404])
    }
  })
})

describe('signs that callers give', () => {
  test('a retry is a small word against the earlier answer where that is on, and none where it is off', async () => {
    for (const retry of [true, false]) {
      const harness = await start({ gateway: { feedback: { ...feedback, implicit: { retry, abort: false } } } })
      for (let i = 0; i < 2; i++) await harness.post(chatPath, userMessage())
      await new Promise((resolve) => setTimeout(resolve, 20))
      const expected = [['d00000001', 'small', 'implicit:retry', 'thumbs', 0, 0.2, undefined]]
      expect(said(harness)).toEqual(retry ? expected : [])
    }
  })
})
