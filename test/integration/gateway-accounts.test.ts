import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  ScriptedProvider,
  type ScriptedStep,
  scriptedCompletion,
  scriptedEvents,
} from '../../src/providers/scripted/scripted-provider.ts'
import { type Harness, type HarnessOptions, readSse, startHarness, userMessage } from './gateway-harness.ts'
import { sendRaw } from './raw-http.ts'

const chatPath = '/v1/chat/completions'
const running: Harness[] = []

async function start(options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const harness = await startHarness({ providers: { small: answering(), 'maker/large': answering() }, ...options })
  running.push(harness)
  return harness
}

/** 1,000 input and 500 output tokens: 0.002 USD at the harness's prices. */
function answering(): ScriptedProvider {
  return new ScriptedProvider({
    answers: [{ completion: scriptedCompletion('4', { inputTokens: 1_000, outputTokens: 500 }) }],
  })
}

function bearer(harness: Harness, keyId: string): Record<string, string> {
  return { authorization: `Bearer ${harness.secrets.get(keyId)}` }
}

async function errorCode(response: Response): Promise<unknown> {
  return ((await response.json()) as { error: { code: unknown } }).error.code
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ gateway }) => gateway.close()))
})

describe('keys', () => {
  const keys = [
    { id: 'alice', scopes: ['inference'] },
    { id: 'bob', scopes: ['inference'] },
    { id: 'root', scopes: ['admin'] },
  ] as const

  test('are not asked for on loopback while none was issued, whatever the client sends', async () => {
    const harness = await start()
    const response = await harness.post(chatPath, userMessage(), { authorization: 'Bearer sk-dummy' })
    expect(response.status).toBe(200)
  })

  test('can be asked for before the first one was issued', async () => {
    const harness = await start({ gateway: { requireKey: true } })
    expect((await harness.post(chatPath, userMessage())).status).toBe(401)
    expect((await harness.get('/healthz')).status).toBe(200)
  })

  test('are needed for everything but the health checks once there is one', async () => {
    const harness = await start({ keys })
    for (const path of ['/', '/v1/models', '/v1/models/small', '/v1/decisions/d1', '/metrics']) {
      const response = await harness.get(path)
      expect([path, response.status]).toEqual([path, 401])
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await errorCode(response)).toBe('missing_api_key')
    }
    for (const path of [chatPath, '/v1/feedback', '/v1/route']) {
      expect([path, (await harness.post(path, userMessage())).status]).toEqual([path, 401])
    }
    expect((await harness.get('/healthz')).status).toBe(200)
    expect((await harness.get('/readyz')).status).toBe(200)
    expect(harness.router.requests).toHaveLength(0)
  })

  test.each([
    ['a made-up secret', `Bearer pm-${'a'.repeat(43)}`, 'invalid_api_key'],
    ['another scheme', 'Basic dXNlcjpwYXNz', 'missing_api_key'],
    ['no secret', 'Bearer ', 'missing_api_key'],
    ['a secret cut short', 'Bearer pm-abc', 'invalid_api_key'],
  ])('%s is refused', async (_what, authorization, code) => {
    const harness = await start({ keys })
    const response = await harness.post(chatPath, userMessage(), { authorization })
    expect(response.status).toBe(401)
    expect(await errorCode(response)).toBe(code)
  })

  test('are taken as bearer or as x-api-key, and attribute the decision', async () => {
    const harness = await start({ keys })
    expect((await harness.post(chatPath, userMessage(), bearer(harness, 'alice'))).status).toBe(200)
    const secret = harness.secrets.get('bob') ?? ''
    expect((await harness.post(chatPath, userMessage(), { 'x-api-key': secret })).status).toBe(200)
    expect([...harness.decisions.rows.values()].map(({ decision }) => decision.keyId)).toEqual(['alice', 'bob'])
  })

  test('do only what their scopes say', async () => {
    const harness = await start({ keys })
    const chat = await harness.post(chatPath, userMessage(), bearer(harness, 'root'))
    expect(chat.status).toBe(403)
    expect(await errorCode(chat)).toBe('insufficient_scope')
    expect((await harness.get('/metrics', bearer(harness, 'alice'))).status).toBe(403)
    expect((await harness.get('/metrics', bearer(harness, 'root'))).status).toBe(200)
  })

  test('see their own decisions only; those of others look as if they were not there; an admin sees all', async () => {
    const harness = await start({ keys })
    await harness.post(chatPath, userMessage(), bearer(harness, 'alice'))
    const path = '/v1/decisions/chatcmpl-d00000001'
    expect((await harness.get(path, bearer(harness, 'alice'))).status).toBe(200)
    expect((await harness.get(path, bearer(harness, 'root'))).status).toBe(200)
    const foreign = await harness.get(path, bearer(harness, 'bob'))
    const missing = await harness.get('/v1/decisions/chatcmpl-d99999999', bearer(harness, 'bob'))
    expect([foreign.status, missing.status]).toEqual([404, 404])
    expect(await foreign.json()).toEqual(await missing.json())
    const feedback = { response_id: 'chatcmpl-d00000001', score: 1 }
    expect((await harness.post('/v1/feedback', feedback, bearer(harness, 'bob'))).status).toBe(404)
    expect((await harness.post('/v1/feedback', feedback, bearer(harness, 'alice'))).status).toBe(200)
  })

  test('a gateway without any does not listen beyond loopback', async () => {
    const harness = await start({ listen: false })
    await expect(harness.gateway.listen('0.0.0.0', 0)).rejects.toMatchObject({ code: 'key_required' })
  })

  test('beyond loopback, addresses name the gateway but unknown names do not', async () => {
    const harness = await start({ keys, host: '0.0.0.0', gateway: { allowedHosts: ['llm.example'] } })
    const url = harness.url.replace('0.0.0.0', '127.0.0.1')
    const ask = (host: string) =>
      sendRaw(url, `GET / HTTP/1.1\r\nhost: ${host}\r\nx-api-key: ${harness.secrets.get('alice')}\r\n\r\n`)
    expect((await ask('192.168.1.7:8400')).status).toBe(200)
    expect((await ask('llm.example')).status).toBe(200)
    expect((await ask('evil.example')).status).toBe(421)
  })
})

describe('a parameter that steers the upstream past our choice', () => {
  const steered = { ...userMessage(), service_tier: 'priority' }

  test('is refused where the LLM was not named, and null is none', async () => {
    const harness = await start()
    for (const path of [chatPath, '/v1/route']) {
      const response = await harness.post(path, steered)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'service_tier' } })
    }
    expect((await harness.post(chatPath, { ...steered, service_tier: null })).status).toBe(200)
  })

  test('passes to a named LLM, unless the key is confined to some', async () => {
    const keys = [
      { id: 'free', scopes: ['inference'] },
      { id: 'allowed', scopes: ['inference'], preference: { allow: [['small']] } },
      { id: 'denied', scopes: ['inference'], preference: { deny: ['maker/*'] } },
    ] as const
    const small = answering()
    const harness = await start({ keys, providers: { small } })
    const named = { ...steered, model: 'small' }
    const ask = async (keyId: string) => (await harness.post(chatPath, named, bearer(harness, keyId))).status
    expect([await ask('free'), await ask('allowed'), await ask('denied')]).toEqual([200, 400, 400])
    expect(small.calls.map(({ request }) => request.service_tier)).toEqual(['priority'])
  })
})

describe('a daily cap', () => {
  test('of a key ends its requests, with the time to wait and no retry asked for', async () => {
    const keys = [{ id: 'alice', scopes: ['inference'], dailyCapUsd: 0.0025 }] as const
    const harness = await start({ keys })
    const first = await harness.post(chatPath, userMessage(), bearer(harness, 'alice'))
    expect(first.status).toBe(200)
    // 0.002 of 0.0025 is spent; one answer in ten is predicted to cost 0.001 or more, the mean one 0.0005.
    const second = await harness.post(chatPath, userMessage(), bearer(harness, 'alice'))
    expect(second.status).toBe(429)
    expect(second.headers.get('x-should-retry')).toBe('false')
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await second.json()).toMatchObject({ error: { type: 'insufficient_quota', code: 'budget_exhausted' } })
    expect(harness.router.budgets).toEqual([0.0025, expect.closeTo(0.0005, 12)])
    expect(harness.decisions.rows.size).toBe(1)
  })

  test('of the gateway holds for requests at the same time', async () => {
    const slow = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4'), delayMs: 50 }] })
    const harness = await start({ providers: { small: slow }, gatewayCapUsd: 0.0035 })
    const responses = await Promise.all(Array.from({ length: 10 }, () => harness.post(chatPath, userMessage())))
    const statuses = responses.map(({ status }) => status).sort((a, b) => a - b)
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429, 429, 429])
  })
})

describe('feedback', () => {
  async function answered(): Promise<Harness> {
    const harness = await start()
    await harness.post(chatPath, userMessage())
    return harness
  }

  const about = { response_id: 'chatcmpl-d00000001' }

  test('is committed, answered with its place, and handed to learning once', async () => {
    const harness = await answered()
    const first = await harness.post('/v1/feedback', { ...about, score: 0.25 })
    expect(first.status).toBe(200)
    const told = { id: 'fb-1', status: 'accepted', decision_id: 'd00000001', sequence: 1 }
    expect(await first.json()).toEqual({ object: 'feedback', ...told, labels: [{ ...told, llm: 'small' }] })
    const again = await harness.post('/v1/feedback', { ...about, score: 0.25 })
    expect(await again.json()).toMatchObject({ status: 'duplicate', sequence: 1 })
    expect(harness.labels).toMatchObject([{ sequence: 1, llm: 'small', kind: 'score', value: 0.25, source: 'user' }])
  })

  test('said again points learning to what is in the store: the first answer may have been lost', async () => {
    const harness = await answered()
    await harness.post('/v1/feedback', { ...about, score: 0.25 })
    expect(harness.nudges).toEqual([])
    await harness.post('/v1/feedback', { ...about, score: 0.25 })
    expect(harness.nudges).toEqual([1])
  })

  test('that is committed after we gave up on it is learned all the same', async () => {
    const harness = await start({ gateway: { storeTimeoutMs: 30 } })
    await harness.post(chatPath, userMessage())
    harness.feedback.fault = 'hangs'
    expect((await harness.post('/v1/feedback', { ...about, score: 0.25 })).status).toBe(503)
    expect(harness.labels).toHaveLength(0)
    harness.feedback.recover()
    await expect.poll(() => harness.labels.map(({ value }) => value)).toEqual([0.25])
  })

  test('beyond what one answer may get is a conflict, and says so', async () => {
    const harness = await answered()
    for (let i = 0; i < 32; i++) await harness.post('/v1/feedback', { ...about, thumbs: i % 2 === 0 ? 'up' : 'down' })
    const response = await harness.post('/v1/feedback', { ...about, thumbs: 'up' })
    expect(response.status).toBe(409)
    expect(await errorCode(response)).toBe('too_many_labels')
    expect(harness.labels).toHaveLength(32)
  })

  test('in a body longer than a thousand entries may be is not read, and a long source is refused', async () => {
    const harness = await answered()
    const send = (length: number) => harness.post('/v1/feedback', { ...about, score: 1, source: 'x'.repeat(length) })
    expect((await send(1_024_000)).status).toBe(413)
    expect((await send(17_000)).status).toBe(400)
  })

  test('with an idempotency key too long to keep is refused, never cut to match another', async () => {
    const harness = await answered()
    const send = (key: string) => harness.post('/v1/feedback', { ...about, score: 1 }, { 'idempotency-key': key })
    expect((await send('k'.repeat(256))).status).toBe(200)
    const response = await send('k'.repeat(257))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'idempotency_key' } })
  })

  test('takes thumbs, other sources and a change of mind', async () => {
    const harness = await answered()
    await harness.post('/v1/feedback', { ...about, thumbs: 'up' })
    await harness.post('/v1/feedback', { ...about, thumbs: 'down' })
    await harness.post('/v1/feedback', { ...about, score: 1, source: 'judge' })
    expect(harness.labels.map(({ value, source, revises }) => [value, source, revises?.value])).toEqual([
      [1, 'user', undefined],
      [0, 'user', 1],
      [1, 'judge', undefined],
    ])
  })

  test.each<[string, object, string | null]>([
    ['nothing', {}, 'response_id'],
    ['no verdict', about, 'score'],
    ['two verdicts', { ...about, score: 1, thumbs: 'up' }, 'score'],
    ['a score above 1', { ...about, score: 1.5 }, 'score'],
    ['a score as text', { ...about, score: '1' }, 'score'],
    ['a thumb sideways', { ...about, thumbs: 'sideways' }, 'thumbs'],
    ['a source with blanks', { ...about, score: 1, source: 'a b' }, 'source'],
    ['an unknown field', { ...about, score: 1, comment: 'nice' }, null],
  ])('with %s is refused and changes nothing', async (_what, body, param) => {
    const harness = await answered()
    const response = await harness.post('/v1/feedback', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } })
    expect(harness.labels).toHaveLength(0)
  })

  test('on an answer that failed says so', async () => {
    const failing = new ScriptedProvider({ answers: [{ error: new Error('a bug') }] })
    const harness = await start({ providers: { small: failing } })
    await harness.post(chatPath, userMessage())
    const response = await harness.post('/v1/feedback', { ...about, score: 1 })
    expect(response.status).toBe(409)
    expect(await errorCode(response)).toBe('no_answer_yet')
  })

  test('is not acknowledged when the store fails', async () => {
    const harness = await answered()
    harness.feedback.fault = 'throws'
    const response = await harness.post('/v1/feedback', { ...about, score: 1 })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(harness.labels).toHaveLength(0)
  })
})

describe('what one can look at', () => {
  test('models: the routing names, then the pool; one by id, slashes included', async () => {
    const harness = await start()
    const list = (await (await harness.get('/v1/models')).json()) as { object: string; data: { id: string }[] }
    expect(list.object).toBe('list')
    expect(list.data.map(({ id }) => id)).toEqual(['auto', 'auto:cost', 'auto:quality', 'small', 'maker/large'])
    for (const path of ['/v1/models/maker/large', '/v1/models/maker%2Flarge']) {
      expect(await (await harness.get(path)).json()).toMatchObject({
        id: 'maker/large',
        object: 'model',
        owned_by: 'scripted',
        pointsman: { price: { input_per_million_tokens_usd: 1 }, capabilities: { tools: null } },
      })
    }
    expect(await (await harness.get('/v1/models/auto')).json()).toMatchObject({ id: 'auto', owned_by: 'pointsman' })
    const missing = await harness.get('/v1/models/smal')
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({
      error: { code: 'model_not_found', message: expect.stringContaining("'small'") },
    })
  })

  test('a dry run: the decision and its terms; nothing is called or stored', async () => {
    const small = answering()
    const harness = await start({ providers: { small, 'maker/large': answering() } })
    const response = await harness.post('/v1/route', { ...userMessage(), pointsman: { lambda: 2 } })
    expect(await response.json()).toMatchObject({
      object: 'routing.decision',
      llm: 'small',
      propensity: 0.5,
      cold: true,
      preference: { lambda: 2, max_cost_usd: null },
      rule: 'utility',
      max_output_tokens: null,
      choices: 1,
      candidates: [
        { llm: 'small', offline_cost_usd: 0.0005, cost_usd: 0.0005, cost_p90_usd: 0.001 },
        { llm: 'maker/large' },
      ],
    })
    expect(small.calls).toHaveLength(0)
    expect(harness.decisions.rows.size).toBe(0)
  })

  test('a decision with how it ended, by response id or decision id, without the context vector', async () => {
    const harness = await start()
    await harness.post(chatPath, userMessage())
    const byResponse = await (await harness.get('/v1/decisions/chatcmpl-d00000001')).json()
    expect(byResponse).toMatchObject({
      id: 'd00000001',
      response_id: 'chatcmpl-d00000001',
      settlement: { status: 'completed', llm: 'small', cost_usd: 0.002, input_tokens: 1_000 },
    })
    expect(byResponse).not.toHaveProperty('context')
    expect(await (await harness.get('/v1/decisions/d00000001')).json()).toEqual(byResponse)
  })

  test('metrics, with one series per LLM', async () => {
    const harness = await start()
    await harness.post(chatPath, userMessage())
    const response = await harness.get('/metrics')
    const text = await response.text()
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(text).toContain('pointsman_requests_total{route="chat_completions",status="200"} 1')
    expect(text).toContain('pointsman_answers_total{llm="small",outcome="completed"} 1')
    expect(text).toContain('pointsman_cost_usd_total{llm="small"} 0.002')
    expect(text).toContain('pointsman_in_flight_requests 0')
  })

  test('what this is', async () => {
    const harness = await start()
    expect(await (await harness.get('/')).json()).toMatchObject({ name: 'pointsman', version: '0.0.0-test' })
  })
})

describe('a store that fails', () => {
  test.each(['throws', 'hangs'] as const)('(%s) costs the record, not the answer, and is said aloud', async (fault) => {
    const harness = await start({ gateway: { commitTimeoutMs: 50, storeTimeoutMs: 50 } })
    harness.decisions.fault = fault
    const response = await harness.post(chatPath, userMessage())
    expect(response.status).toBe(200)
    expect(await (await harness.get('/readyz')).json()).toEqual({ status: 'degraded', reasons: ['store_unavailable'] })
    expect(harness.logged).toMatchObject([{ level: 'error' }])
    expect(await (await harness.get('/metrics')).text()).toContain('pointsman_store_failures_total 1')
    expect((await harness.get('/v1/decisions/d00000001')).status).toBe(503)
    harness.decisions.fault = 'none'
    await harness.post(chatPath, userMessage())
    expect(await (await harness.get('/readyz')).json()).toEqual({ status: 'ready' })
  })

  test('once is not waited for again before it has committed something; what was handed over still counts', async () => {
    const harness = await start({ gateway: { commitTimeoutMs: 600_000 } })
    harness.decisions.fault = 'throws'
    await harness.post(chatPath, userMessage())
    harness.decisions.fault = 'hangs'
    // Would take ten minutes each if they waited.
    for (let i = 0; i < 3; i++) expect((await harness.post(chatPath, userMessage())).status).toBe(200)
    expect(await (await harness.get('/metrics')).text()).toContain('pointsman_store_failures_total 4')
    harness.decisions.fault = 'none'
    await harness.post(chatPath, userMessage())
    expect(await (await harness.get('/readyz')).json()).toEqual({ status: 'ready' })
    expect(harness.decisions.rows.get('d00000005')?.settlement?.status).toBe('completed')
    expect(harness.logged.map(({ level }) => level)).toEqual(['error', 'info'])
  })

  test('with one record only goes on with the others, but says so', async () => {
    const harness = await start()
    harness.decisions.fault = 'refuses'
    expect((await harness.post(chatPath, userMessage())).status).toBe(200)
    expect(await (await harness.get('/readyz')).json()).toEqual({ status: 'ready' })
    expect(harness.logged).toMatchObject([{ level: 'error', message: expect.stringContaining('refused a record') }])
    expect(await (await harness.get('/metrics')).text()).toContain('pointsman_store_failures_total 1')
  })
})

describe('limits and the end', () => {
  test('a wrong method names the right one', async () => {
    const harness = await start()
    const response = await harness.get(chatPath)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  test('more requests than allowed at once are told to come back', async () => {
    const slow = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4'), delayMs: 100 }] })
    const harness = await start({ providers: { small: slow }, gateway: { maxConcurrentRequests: 2 } })
    const responses = await Promise.all([1, 2, 3].map(() => harness.post(chatPath, userMessage())))
    expect(responses.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 503])
    expect(responses.find(({ status }) => status === 503)?.headers.get('retry-after')).toBe('1')
    expect((await harness.post(chatPath, userMessage())).status).toBe(200)
  })

  test('one key cannot take every place', async () => {
    const keys = [
      { id: 'alice', scopes: ['inference'] },
      { id: 'bob', scopes: ['inference'] },
    ] as const
    const slow = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4'), delayMs: 100 }] })
    const harness = await start({ keys, providers: { small: slow }, gateway: { maxConcurrentRequests: 4 } })
    const ask = (keyId: string) => harness.post(chatPath, userMessage(), bearer(harness, keyId))
    const ofAlice = [ask('alice'), ask('alice'), ask('alice')]
    await expect.poll(() => slow.openCalls).toBe(2)
    expect((await ask('bob')).status).toBe(200)
    const responses = await Promise.all(ofAlice)
    expect(responses.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 429])
    const refused = responses.find(({ status }) => status === 429)
    expect(refused?.headers.get('retry-after')).toBe('1')
    expect(refused && (await errorCode(refused))).toBe('too_many_concurrent_requests')
  })

  test('an answer that nobody reads keeps its place until it is thrown away', async () => {
    const large = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('x'.repeat(25_000_000)) }] })
    const harness = await start({ providers: { small: large }, gateway: { maxAnswerMs: 50, maxConcurrentRequests: 1 } })
    const body = JSON.stringify(userMessage())
    const socket = connect(Number(new URL(harness.url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    const head = `POST ${chatPath} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
    await expect.poll(() => harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('completed')
    expect(await (await harness.get('/metrics')).text()).toContain('pointsman_in_flight_requests 1')
    expect((await harness.post(chatPath, userMessage())).status).toBe(503)
    const inFlight = async () => (await (await harness.get('/metrics')).text()).includes('in_flight_requests 0')
    await expect.poll(inFlight, { timeout: 5_000 }).toBe(true)
    socket.destroy()
  })

  test('an LLM that takes too long is timed out', async () => {
    const hanging = new ScriptedProvider({ answers: [{ hang: true }] })
    const harness = await start({ providers: { small: hanging }, gateway: { maxAnswerMs: 100 } })
    const response = await harness.post(chatPath, userMessage())
    expect(response.status).toBe(504)
    expect(await errorCode(response)).toBe('upstream_timeout')
    expect(hanging.openCalls).toBe(0)
  })

  test('a bug is a 500 with the request id and nothing else', async () => {
    const broken = new ScriptedProvider({ answers: [{ error: new TypeError('secret internals') }] })
    const harness = await start({ providers: { small: broken } })
    const response = await harness.post(chatPath, userMessage())
    const requestId = response.headers.get('x-request-id') ?? ''
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(text).toContain(requestId)
    expect(text).not.toContain('secret internals')
    expect(harness.logged).toMatchObject([{ level: 'error' }])
    expect(harness.router.inFlight.get('small')).toBe(0)
  })

  test('closing lets the answer under way end, takes no new ones, and may be asked for twice', async () => {
    const slow = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4'), delayMs: 100 }] })
    const harness = await start({ providers: { small: slow } })
    const answer = harness.post(chatPath, userMessage())
    await expect.poll(() => slow.openCalls).toBe(1)
    const closed = Promise.all([harness.gateway.close(), harness.gateway.close()])
    expect((await answer).status).toBe(200)
    await closed
    await expect(harness.get('/healthz')).rejects.toThrow()
  })

  test.each([
    ['says nothing', ''],
    ['says half a request', 'POST /v1/chat/completions HTTP/1.1\r\nhost: loc'],
    ['waits after an answer', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['sends half a second request', 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\nGET /he'],
  ])('closing does not wait for a client that %s', async (_what, bytes) => {
    const harness = await start({ gateway: { drainTimeoutMs: 600_000 } })
    const socket = connect(Number(new URL(harness.url).port), '127.0.0.1')
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.write(bytes)
    if (bytes.includes('\r\n\r\n')) await new Promise((resolve) => socket.once('data', resolve))
    await harness.gateway.close()
    socket.destroy()
  })

  test('closing tells the reader of an open stream why it ends, and settles it', async () => {
    const steps: ScriptedStep[] = [...scriptedEvents(['half']).slice(0, 2), { type: 'hang' }]
    const hanging = new ScriptedProvider({ answers: [{ steps }] })
    const harness = await start({ providers: { small: hanging }, gateway: { drainTimeoutMs: 50 } })
    const response = await harness.post(chatPath, { ...userMessage(), stream: true })
    const reading = readSse(response)
    await harness.gateway.close()
    const events = await reading
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ error: { code: 'shutting_down' } })
    expect(harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('aborted')
  })

  test('closing ends an answer that does not end by itself', async () => {
    const hanging = new ScriptedProvider({ answers: [{ hang: true }] })
    const harness = await start({ providers: { small: hanging }, gateway: { drainTimeoutMs: 50 } })
    const answer = harness.post(chatPath, userMessage())
    await expect.poll(() => hanging.openCalls).toBe(1)
    await harness.gateway.close()
    expect((await answer).status).toBe(503)
    expect(await errorCode(await answer)).toBe('shutting_down')
    expect(hanging.openCalls).toBe(0)
    expect(harness.decisions.rows.get('d00000001')?.settlement?.status).toBe('aborted')
  })

  test('an address in use is an error, not a crash', async () => {
    const first = await start()
    const second = await start({ listen: false })
    const port = Number(new URL(first.url).port)
    await expect(second.gateway.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
