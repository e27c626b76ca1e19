import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import { KeyRing } from '../../src/accounts/key-ring.ts'
import { newDecisionId } from '../../src/cli/system.ts'
import { warmUp } from '../../src/cli/warm-up.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { Router } from '../../src/routing/router.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { LivePolicy } from '../../src/training/live-policy.ts'
import { loadServingPolicy } from '../../src/training/load-policy.ts'
import { machineClock, readSse, userMessage } from './gateway-harness.ts'

let folder: string
const closers: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-gateway-'))
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(folder, { recursive: true, force: true })
})

/** The gateway with the real router, the real store and a scripted pool of two. */
async function open(dailyCapUsd = 1) {
  const storage = await openSqliteStorage({ file: path.join(folder, 'pointsman.db') })
  const answer = { completion: scriptedCompletion('4', { inputTokens: 1_000, outputTokens: 500 }) }
  const provider = new ScriptedProvider({ answers: [answer] })
  const llms = ['cheap', 'dear'].map((id, index) => ({
    ...unknownLlmProperties,
    id,
    provider: 'scripted',
    upstreamModel: id,
    price: { inputPerMillionTokensUsd: 1 + 9 * index, outputPerMillionTokensUsd: 2 + 18 * index },
  }))
  const router = new Router({
    pool: new LlmRegistry(llms),
    policy: await loadServingPolicy(storage.policies, llms),
    times: new CompletionTimeModel(),
    random: new SeededRandom(7),
    clock: machineClock,
    newId: newDecisionId,
  })
  const learningErrors: unknown[] = []
  const labels = new LivePolicy(router, storage, { onError: (error) => void learningErrors.push(error) })
  await labels.start()
  await warmUp(router, storage.decisions)
  const spend = await DailySpend.load(storage.decisions, machineClock, { gatewayCapUsd: dailyCapUsd })
  const ignore = () => {}
  const gateway = createGateway({
    router,
    labels,
    decisions: storage.decisions,
    feedback: storage.feedback,
    responses: storage.responses,
    keys: await KeyRing.load(storage.keys),
    spend,
    providerFor: () => provider,
    resilience: {},
    clock: machineClock,
    newId: randomUUID,
    log: { info: ignore, warn: ignore, error: ignore },
  })
  const { url } = await gateway.listen('127.0.0.1', 0)
  let closing: Promise<void> | undefined
  const close = async () => {
    await gateway.close()
    await labels.close()
    await storage.close()
  }
  const closeOnce = () => {
    closing ??= close()
    return closing
  }
  closers.push(closeOnce)
  const post = (route: string, body: unknown) =>
    fetch(url + route, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { url, spend, labels, learningErrors, post, close: closeOnce }
}

test('decisions, settlements, feedback and spend outlive the process', async () => {
  const first = await open()
  const whole = await first.post('/v1/chat/completions', userMessage())
  const { id } = (await whole.json()) as { id: string }
  const events = await readSse(await first.post('/v1/chat/completions', { ...userMessage(), stream: true }))
  expect(events.at(-1)).toBe('[DONE]')
  expect(await (await first.post('/v1/feedback', { response_id: id, score: 0.5 })).json()).toMatchObject({
    status: 'accepted',
    sequence: 1,
  })
  const told = await (await fetch(`${first.url}/v1/decisions/${id}`)).json()
  expect(told).toMatchObject({ settlement: { status: 'completed', input_tokens: 1_000 } })
  const spentUsd = first.spend.spentTodayUsd
  expect(spentUsd).toBeGreaterThan(0)
  await first.close()

  const second = await open()
  expect(await (await fetch(`${second.url}/v1/decisions/${id}`)).json()).toEqual(told)
  expect(second.spend.spentTodayUsd).toBeCloseTo(spentUsd, 9)
  expect(await (await second.post('/v1/feedback', { response_id: id, score: 0.5 })).json()).toMatchObject({
    status: 'duplicate',
    sequence: 1,
  })
  expect(await (await second.post('/v1/feedback', { response_id: 'chatcmpl-unknown', score: 1 })).json()).toMatchObject(
    {
      error: { code: 'unknown_decision' },
    },
  )
})

test('a restart keeps the responses that were to be kept, and their chains', async () => {
  const first = await open()
  const ask = async (service: typeof first, body: object) => {
    const response = await service.post('/v1/responses', { model: 'auto', store: true, ...body })
    return (await response.json()) as { id: string; store: boolean; status: string }
  }
  const begun = await ask(first, { input: 'Hello' })
  expect(begun).toMatchObject({ status: 'completed', store: true })
  const next = await ask(first, { input: 'And?', previous_response_id: begun.id })
  await first.close()

  const second = await open()
  expect(await (await fetch(`${second.url}/v1/responses/${next.id}`)).json()).toEqual(next)
  const items = (await (await fetch(`${second.url}/v1/responses/${next.id}/input_items?order=asc`)).json()) as {
    data: readonly { type: string; role: string }[]
  }
  expect(items.data.map(({ type, role }) => [type, role])).toEqual([
    ['message', 'user'],
    ['message', 'assistant'],
    ['message', 'user'],
  ])
  expect((await fetch(`${second.url}/v1/responses/${begun.id}`, { method: 'DELETE' })).status).toBe(200)
  expect((await fetch(`${second.url}/v1/responses/${begun.id}`)).status).toBe(404)
})

test('a restart keeps what bills and answers have taught, to the last bit', async () => {
  const first = await open()
  for (let i = 0; i < 30; i++) {
    const cap = i % 3 === 0 ? { max_tokens: 500 } : {}
    await (await first.post('/v1/chat/completions', { ...userMessage(`Question ${i}`), ...cap })).json()
  }
  const preview = async (service: { readonly post: typeof first.post }) => {
    const decision = (await (await service.post('/v1/route', userMessage('Next?'))).json()) as {
      candidates: Record<string, number | null>[]
    }
    return decision.candidates.map((terms) => [
      ...[terms.llm, terms.output_tokens, terms.offline_cost_usd, terms.cost_usd, terms.cost_p90_usd],
    ])
  }
  const before = await preview(first)
  // Answers have 500 tokens where 300 were expected: both the length and, behind it, the factor have moved.
  expect(before).toContainEqual([expect.any(String), expect.closeTo(480, -2), ...Array(3).fill(expect.any(Number))])
  expect(before.some(([, , offlineUsd, costUsd]) => costUsd !== offlineUsd && offlineUsd !== null)).toBe(true)
  await first.close()
  expect(await preview(await open())).toEqual(before)
})

test('feedback on an LLM that the caller named is taken too', async () => {
  const { post, labels, learningErrors, close } = await open()
  const answer = await post('/v1/chat/completions', { ...userMessage(), model: 'dear' })
  const { id, model } = (await answer.json()) as { id: string; model: string }
  expect(model).toBe('dear')
  expect(await (await post('/v1/feedback', { response_id: id, thumbs: 'up' })).json()).toMatchObject({
    status: 'accepted',
  })
  await close()
  expect(labels.labelSequence).toBe(1)
  expect(learningErrors).toEqual([])
})

test('a request that nobody may serve says why', async () => {
  const { post } = await open()
  const response = await post('/v1/chat/completions', { ...userMessage(), pointsman: { deny: ['*'] } })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    error: { code: 'no_admissible_llm', message: expect.stringContaining('cheap: denied') },
  })
})

test('a cap that is almost used up ends requests like one that is; other reasons are still told', async () => {
  const { post } = await open(1e-6)
  for (const route of ['/v1/chat/completions', '/v1/route']) {
    for (const model of ['auto', 'cheap']) {
      const response = await post(route, { ...userMessage(), model })
      expect(response.status).toBe(429)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(response.headers.get('x-should-retry')).toBe('false')
      expect(await response.json()).toMatchObject({ error: { code: 'budget_exhausted' } })
    }
  }
  const denied = await post('/v1/chat/completions', { ...userMessage(), pointsman: { deny: ['*'] } })
  expect(denied.status).toBe(400)
})

test('the caller’s controls reach the decision', async () => {
  const { post } = await open()
  const body = { ...userMessage(), model: 'auto:quality', pointsman: { allow: ['dear'] } }
  expect(await (await post('/v1/route', body)).json()).toMatchObject({
    llm: 'dear',
    propensity: 1,
    preference: { lambda: 20, allow: [['dear']] },
    excluded: [{ llm: 'cheap', reason: 'not_allowed' }],
  })
})
