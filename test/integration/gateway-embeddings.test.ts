import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../../src/providers/embedding-provider.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { ProviderError } from '../../src/providers/provider-error.ts'
import { CircuitBreakers } from '../../src/providers/resilience/circuit-breaker.ts'
import { ScriptedProvider } from '../../src/providers/scripted/scripted-provider.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { EmbeddingModel } from '../../src/routing/registry/embedding-model.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { embeddingOf } from '../upstreams/openai/embedding-answers.ts'
import { OpenAiUpstream } from '../upstreams/openai-upstream.ts'
import { type Harness, type HarnessOptions, machineClock, startHarness } from './gateway-harness.ts'

/** Two tokens a text or as many as given; vectors of its length and position. Fails as it is told. */
class CountingEmbeddings implements EmbeddingProvider {
  readonly calls: EmbeddingCall[] = []
  readonly faults: (ProviderError | 'hang')[] = []
  usage = true
  aborted = 0

  async embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer> {
    this.calls.push(call)
    const fault = this.faults.shift()
    if (fault === 'hang') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      this.aborted += 1
      throw new ProviderError('aborted', 'The caller left')
    }
    if (fault !== undefined) throw fault
    const inputTokens = call.input.reduce((sum, entry) => sum + (typeof entry === 'string' ? 2 : entry.length), 0)
    return {
      embeddings: call.input.map((entry, index) => [entry.length / 3, index, 1 / 7].slice(0, call.dimensions ?? 3)),
      usage: this.usage ? { inputTokens, outputTokens: 0 } : undefined,
      reportedModel: 'embed-small-001',
    }
  }
}

/** Half a micro-dollar a token. */
const small: EmbeddingModel = {
  id: 'embed-small',
  provider: 'p',
  upstreamModel: 'small-v1',
  price: { inputPerMillionTokensUsd: 0.5, outputPerMillionTokensUsd: 0 },
  dimensions: undefined,
}
const unpriced: EmbeddingModel = { ...small, id: 'embed-secret', price: undefined, dimensions: 2 }

let provider: CountingEmbeddings
let harness: Harness
let client: OpenAI

async function start(options: Partial<HarnessOptions> = {}): Promise<void> {
  provider = new CountingEmbeddings()
  harness = await startHarness({
    providers: { chatty: new ScriptedProvider({ answers: [] }) },
    keys: [{ id: 'alice', scopes: ['inference'] }],
    embeddings: [small, unpriced],
    embeddingProviderFor: () => provider,
    ...options,
  })
  client = clientOf('alice')
}

function clientOf(key: string): OpenAI {
  return new OpenAI({ apiKey: harness.secrets.get(key) ?? '', baseURL: `${harness.url}/v1`, maxRetries: 0 })
}

beforeEach(() => start())
afterEach(() => harness.gateway.close())

/** What a call was refused with. */
async function refusal(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof OpenAI.APIError) return error
  throw new Error('the call was not refused', { cause: error })
}

function post(body: unknown, key = 'alice'): Promise<Response> {
  return harness.post('/v1/embeddings', body, { authorization: `Bearer ${harness.secrets.get(key)}` })
}

/** The only charge there is. */
function charge() {
  const rows = [...harness.charges.rows.values()]
  expect(rows).toHaveLength(1)
  return rows[0]!
}

describe('the official client', () => {
  test('embeds one text and many, in the base64 that it asks for without being told', async () => {
    const one = await client.embeddings.create({ model: 'embed-small', input: 'hello' })
    expect(one.data).toHaveLength(1)
    expect(one.data[0]?.embedding).toEqual([5 / 3, 0, 1 / 7].map(Math.fround))
    expect(one).toMatchObject({ object: 'list', model: 'embed-small', usage: { prompt_tokens: 2, total_tokens: 2 } })
    const many = await client.embeddings.create({ model: 'embed-small', input: ['a', 'bb', 'ccc'] })
    expect(many.data.map(({ index, embedding }) => [index, embedding[1]])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })

  test('takes plain numbers, dimensions and a user', async () => {
    const answer = await client.embeddings.create({
      model: 'embed-small',
      input: [[1, 2, 3], [4]],
      encoding_format: 'float',
      dimensions: 1,
      user: 'u-1',
    })
    expect(answer.data.map(({ embedding }) => embedding)).toEqual([[1], [1 / 3]])
    expect(provider.calls[0]).toEqual({
      upstreamModel: 'small-v1',
      input: [[1, 2, 3], [4]],
      dimensions: 1,
      user: 'u-1',
    })
    expect(answer.usage.prompt_tokens).toBe(4)
  })

  test('takes one list of token ids for one input, and the configured dimensions where it names none', async () => {
    const answer = await client.embeddings.create({ model: 'embed-secret', input: [7, 8, 9] })
    expect(answer.data).toHaveLength(1)
    expect(provider.calls[0]).toMatchObject({ input: [[7, 8, 9]], dimensions: 2 })
  })

  test('finds the models in the list and by name', async () => {
    const listed = await client.models.list()
    const kinds = Object.fromEntries(
      listed.data.map((model) => [model.id, (model as unknown as { pointsman: { kind: string } }).pointsman.kind]),
    )
    expect(kinds).toMatchObject({ auto: 'router', chatty: 'llm', 'embed-small': 'embedding' })
    expect(await client.models.retrieve('embed-small')).toMatchObject({
      owned_by: 'p',
      pointsman: { kind: 'embedding', price: { input_per_million_tokens_usd: 0.5 }, dimensions: null },
    })
  })
})

describe('errors', () => {
  test.each([
    [{ input: 'x' }, 'model'],
    [{ model: 'embed-small' }, 'input'],
    [{ model: 'embed-small', input: '' }, 'input'],
    [{ model: 'embed-small', input: [] }, 'input'],
    [{ model: 'embed-small', input: ['a', ''] }, 'input[1]'],
    [{ model: 'embed-small', input: ['a', [1]] }, 'input[1]'],
    [{ model: 'embed-small', input: [[1], 'a'] }, 'input[1]'],
    [{ model: 'embed-small', input: [[1], []] }, 'input[1]'],
    [{ model: 'embed-small', input: [1, 2.5] }, 'input[1]'],
    [{ model: 'embed-small', input: [[1, -1]] }, 'input[0][1]'],
    [{ model: 'embed-small', input: { a: 1 } }, 'input'],
    [{ model: 'embed-small', input: [null] }, 'input[0]'],
    [{ model: 'embed-small', input: Array.from({ length: 2049 }, () => 'a') }, 'input'],
    [{ model: 'embed-small', input: 'x', dimensions: 0 }, 'dimensions'],
    [{ model: 'embed-small', input: 'x', encoding_format: 'int8' }, 'encoding_format'],
  ])('name the field: %j', async (body, param) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } })
    expect(provider.calls).toHaveLength(0)
    expect(harness.charges.rows.size).toBe(0)
  })

  test('come only beyond the 300,000 tokens that OpenAI takes', async () => {
    const most = Array.from({ length: 100 }, () => Array.from({ length: 3_000 }, () => 7))
    expect((await post({ model: 'embed-small', input: most })).status).toBe(200)
    const response = await post({ model: 'embed-small', input: [...most, [7]] })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: 'input' } })
  })

  test('tell who forgot the input what to give', async () => {
    expect(await (await post({ model: 'embed-small' })).text()).toContain('give a text')
  })

  test('say that an unknown field would be lost', async () => {
    const response = await post({ model: 'embed-small', input: 'x', input_type: 'query' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('input_type')
  })

  test('tell an LLM from an embedding model, both ways', async () => {
    for (const model of ['chatty', 'auto']) {
      const error = await refusal(client.embeddings.create({ model, input: 'x' }))
      expect(error).toMatchObject({ status: 400, param: 'model' })
      expect(error.message).toContain("'embed-small'")
    }
    const messages = [{ role: 'user' as const, content: 'hi' }]
    const chat = await refusal(client.chat.completions.create({ model: 'embed-small', messages }))
    expect(chat).toMatchObject({ status: 400, param: 'model' })
    expect(chat.message).toContain('/v1/embeddings')
    const unknown = await refusal(client.embeddings.create({ model: 'embed-tiny', input: 'x' }))
    expect(unknown).toMatchObject({ status: 404, code: 'model_not_found' })
  })

  test('keep a key to the models its owner allows', async () => {
    await harness.gateway.close()
    await start({ keys: [{ id: 'alice', scopes: ['inference'], preference: { deny: ['embed-*'] } }] })
    const error = await refusal(client.embeddings.create({ model: 'embed-small', input: 'x' }))
    expect(error.status).toBe(400)
    expect(provider.calls).toHaveLength(0)
  })

  test('of the upstream come in its own words and cost nothing where nothing was made', async () => {
    const upstreamError = { message: 'too long', type: 'invalid_request_error', code: 'too_long' }
    provider.faults.push(new ProviderError('upstream_rejected', 'no', { upstreamStatus: 400, upstreamError }))
    const error = await refusal(client.embeddings.create({ model: 'embed-small', input: 'x' }))
    expect(error).toMatchObject({ status: 400, code: 'too_long' })
    expect(charge().settlement).toMatchObject({ status: 'failed', costNanoUsd: 0 })
    expect(harness.spend.spentTodayUsd).toBe(0)
  })
})

describe('money', () => {
  test('is told and booked, by the count of the upstream', async () => {
    const response = await post({ model: 'embed-small', input: ['a', 'b', 'c'] })
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.000003')
    expect(await response.json()).toMatchObject({
      usage: { prompt_tokens: 6, cost: 0.000003 },
      pointsman: { llm: 'embed-small', cost_usd: 0.000003 },
    })
    expect(charge()).toMatchObject({
      charge: { id: response.headers.get('x-request-id'), keyId: 'alice', model: 'embed-small' },
      settlement: { status: 'completed', costNanoUsd: 3000, reportedModel: 'embed-small-001' },
    })
    expect(harness.spend.spentTodayUsd).toBe(0.000003)
  })

  test('is settled at the price of the model that the upstream says answered', async () => {
    const dearer = { inputPerMillionTokensUsd: 2, outputPerMillionTokensUsd: 0 }
    await harness.gateway.close()
    await start({ embeddingPriceOf: (_model, reported) => (reported === 'embed-small-001' ? dearer : undefined) })
    const response = await post({ model: 'embed-small', input: 'a' })
    expect(response.headers.get('x-pointsman-cost-usd')).toBe('0.000004')
    expect(charge().settlement).toMatchObject({ costNanoUsd: 4000 })
  })

  test('stays at what was reserved where the upstream counts nothing, or nobody knows the price', async () => {
    provider.usage = false
    const response = await post({ model: 'embed-small', input: 'twelve bytes' })
    expect(response.headers.has('x-pointsman-cost-usd')).toBe(false)
    const body = (await response.json()) as object
    expect(body).toMatchObject({ pointsman: { cost_usd: null } })
    expect(body).not.toHaveProperty('usage')
    expect(harness.spend.spentTodayUsd).toBe(0.000003)
    await post({ model: 'embed-secret', input: 'twelve bytes' })
    expect(harness.spend.spentTodayUsd).toBe(0.000006)
  })

  test('is kept within the caps of the key and of the gateway', async () => {
    await harness.gateway.close()
    const capped = { id: 'poor', scopes: ['inference'], dailyCapUsd: 0.000004 } as const
    await start({ keys: [{ id: 'alice', scopes: ['inference'] }, capped] })
    const poor = clientOf('poor')
    const six = 'sixsix'
    await poor.embeddings.create({ model: 'embed-small', input: six })
    // One micro-dollar was booked; three tokens more would be, and that is 2.5 in all.
    await poor.embeddings.create({ model: 'embed-small', input: six })
    await poor.embeddings.create({ model: 'embed-small', input: six })
    const refused = await refusal(poor.embeddings.create({ model: 'embed-small', input: six }))
    expect(refused).toMatchObject({ status: 429, code: 'budget_exhausted' })
    expect(refused.headers?.get('x-should-retry')).toBe('false')
    await client.embeddings.create({ model: 'embed-small', input: six })
    expect(provider.calls).toHaveLength(4)
  })

  test('teaches nothing and appears among no decisions', async () => {
    const response = await post({ model: 'embed-small', input: 'x' })
    const id = response.headers.get('x-request-id')
    expect(harness.decisions.rows.size).toBe(0)
    expect(harness.router.outcomes).toHaveLength(0)
    expect((await harness.get(`/v1/decisions/${id}`, bearer())).status).toBe(404)
    const feedback = await harness.post('/v1/feedback', { response_id: id, thumbs: 1 }, bearer())
    expect(feedback.status).toBeGreaterThanOrEqual(400)
    expect(harness.labels).toHaveLength(0)
  })
})

function bearer(): Record<string, string> {
  return { authorization: `Bearer ${harness.secrets.get('alice')}` }
}

describe('failures', () => {
  test('that cannot have been billed are tried again', async () => {
    await harness.gateway.close()
    await start({
      keys: [{ id: 'alice', scopes: ['inference', 'admin'] }],
      resilience: { retry: { baseDelayMs: 1, random: new SeededRandom(1) } },
    })
    provider.faults.push(new ProviderError('upstream_failed', 'down', { retryable: true }))
    await client.embeddings.create({ model: 'embed-small', input: 'x' })
    expect(provider.calls).toHaveLength(2)
    expect(charge().settlement).toMatchObject({ status: 'completed', costNanoUsd: 1000 })
    const metrics = await (await harness.get('/metrics', bearer())).text()
    expect(metrics).toContain('pointsman_upstream_errors_total{llm="embed-small",code="upstream_failed"} 1')
    expect(metrics).toContain('pointsman_tokens_total{llm="embed-small",direction="input"} 2')
    expect(metrics).toContain('pointsman_requests_total{route="embeddings",status="200"} 1')
  })

  test('that may have been billed leave what was reserved', async () => {
    provider.faults.push(new ProviderError('upstream_timeout', 'late'))
    expect((await refusal(client.embeddings.create({ model: 'embed-small', input: 'four' }))).status).toBe(504)
    expect(charge().settlement).toMatchObject({ status: 'failed', costNanoUsd: undefined })
    expect(harness.spend.spentTodayUsd).toBe(0.000001)
  })

  test('again and again open the breaker of that model alone', async () => {
    await harness.gateway.close()
    const breakers = new CircuitBreakers(machineClock, { consecutiveFailures: 2 })
    await start({ resilience: { breakers } })
    const down = () => new ProviderError('upstream_failed', 'down')
    provider.faults.push(down(), down())
    for (let i = 0; i < 2; i++) await refusal(client.embeddings.create({ model: 'embed-small', input: 'x' }))
    expect(breakers.isAvailable('embed-small')).toBe(false)
    expect(breakers.isAvailable('embed-secret')).toBe(true)
  })

  test('a caller who leaves ends the upstream call', async () => {
    provider.faults.push('hang')
    const leaving = new AbortController()
    const call = client.embeddings.create({ model: 'embed-small', input: 'x' }, { signal: leaving.signal })
    await expect.poll(() => provider.calls.length).toBe(1)
    leaving.abort()
    await expect(call).rejects.toThrow()
    await expect.poll(() => provider.aborted).toBe(1)
    await expect.poll(() => charge().settlement?.status).toBe('aborted')
  })

  test('a store that fails costs the record, not the answer', async () => {
    harness.charges.fault = 'throws'
    const answer = await client.embeddings.create({ model: 'embed-small', input: 'x' })
    expect(answer.data).toHaveLength(1)
    expect(harness.logged.some(({ message }) => message.includes('store'))).toBe(true)
  })
})

test('without embedding models the path says so', async () => {
  await harness.gateway.close()
  await start({ embeddings: [] })
  const error = await refusal(client.embeddings.create({ model: 'embed-small', input: 'x' }))
  expect(error).toMatchObject({ status: 404, code: 'model_not_found' })
  expect(error.message).toContain('None is configured')
})

test('charges count for the day again after a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-charges-'))
  const file = join(folder, 'pointsman.db')
  const storage = await openSqliteStorage({ file })
  await harness.gateway.close()
  await start({ charges: storage.charges })
  await post({ model: 'embed-small', input: ['a', 'b'] })
  await storage.close()
  const reopened = await openSqliteStorage({ file })
  const again = await DailySpend.load(reopened.decisions, machineClock, { keys: () => [{ id: 'alice' }] })
  expect(again.spentTodayUsd).toBe(0.000002)
  expect(again.remainingUsd({ keyId: 'alice', dailyCapUsd: 0.000005 })).toBeCloseTo(0.000003, 12)
  await reopened.close()
  await rm(folder, { recursive: true })
})

test('vectors come through as the upstream made them', async () => {
  const upstream = await new OpenAiUpstream().listen()
  const real = new OpenAiCompatibleProvider({ name: 'openai', baseUrl: upstream.baseUrl, apiKey: upstream.apiKey })
  await harness.gateway.close()
  await start({ embeddings: [{ ...small, upstreamModel: 'ref-embedding' }], embeddingProviderFor: () => real })
  const texts = ['hello', 'héllo 👋', ' ']
  for (const encoding_format of [undefined, 'float'] as const) {
    const options = encoding_format === undefined ? {} : { encoding_format }
    const answer = await client.embeddings.create({ model: 'embed-small', input: texts, dimensions: 5, ...options })
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(texts.map((text) => embeddingOf(text, 5)))
  }
  await harness.gateway.close()
  await real.close()
  await upstream.close()
})

test('x-litellm-timeout bounds the time of a call', async () => {
  provider.faults.push('hang')
  const ask = { model: 'embed-small', input: 'hi' }
  const response = await harness.post('/v1/embeddings', ask, {
    'x-litellm-timeout': '0.05',
    authorization: `Bearer ${harness.secrets.get('alice') ?? ''}`,
  })
  expect(response.status).toBe(504)
  expect(provider.aborted).toBe(1)
})
