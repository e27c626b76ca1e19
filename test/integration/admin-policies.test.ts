import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import { KeyRing } from '../../src/accounts/key-ring.ts'
import { openTraining } from '../../src/cli/open-training.ts'
import { createGateway } from '../../src/gateway/create-gateway.ts'
import { ScriptedProvider, scriptedCompletion } from '../../src/providers/scripted/scripted-provider.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { LivePolicy } from '../../src/training/live-policy.ts'
import { machineClock } from './gateway-harness.ts'
import { fillLog, fitByHand, openRefitStorage, refitRouter } from './refit-log.ts'

const master = 'master-key-of-twenty-and-more'

let folder: string
let storage: Storage
let closers: (() => Promise<void>)[]

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-policies-'))
  storage = await openRefitStorage(path.join(folder, 'pointsman.db'))
  closers = []
})

afterEach(async () => {
  for (const close of closers) await close()
  await storage.close()
  await rm(folder, { recursive: true, force: true })
})

async function open() {
  const router = await refitRouter(storage)
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const live = new LivePolicy(router, storage, { onError: () => {} })
  await live.start()
  const config = { afterLabels: 0, everyHours: 0, promotion: 'proof', keepVersions: 20 } as const
  const training = openTraining(config, { router, live, storage, log })
  const answer = { completion: scriptedCompletion('4', { inputTokens: 20, outputTokens: 80 }) }
  const provider = new ScriptedProvider({ answers: [answer] })
  const gateway = createGateway({
    router,
    labels: live,
    decisions: storage.decisions,
    feedback: storage.feedback,
    responses: storage.responses,
    keys: await KeyRing.load(storage.keys, master),
    policyAdmin: training,
    spend: await DailySpend.load(storage.decisions, machineClock, { gatewayCapUsd: 10 }),
    providerFor: () => provider,
    resilience: {},
    clock: machineClock,
    newId: randomUUID,
    log,
  })
  const { url } = await gateway.listen('127.0.0.1', 0)
  closers.push(async () => {
    await gateway.close()
    await training.close()
    await live.close()
  })
  const headers = { authorization: `Bearer ${master}`, 'content-type': 'application/json' }
  const get = async (route: string) => answerOf(await fetch(url + route, { headers }))
  const post = async (route: string, body: unknown) =>
    answerOf(await fetch(url + route, { method: 'POST', headers, body: JSON.stringify(body) }))
  return { url, router, training, get, post }
}

async function answerOf(response: Response) {
  return { status: response.status, body: (await response.json()) as Record<string, never> & { error?: unknown } }
}

test('a refit by request, its trial, promotion, comparison and the way back', async () => {
  const first = await fitByHand(storage)
  const { router, training, get, post } = await open()
  await fillLog(storage, router, 60)
  expect((await post('/admin/policies/refit', {})).body).toEqual({ refit: 'running' })
  const end = await training.refits.run()
  if (end.status !== 'done') throw new Error(`the refit ${end.status}`)
  const second = end.version

  const { body: list } = await get('/admin/policies')
  expect(list).toMatchObject({
    object: 'policies',
    serving: first,
    versions: [
      {
        id: second,
        origin: 'refit',
        parent: first,
        labels_through: 60,
        serving: false,
        candidate: { phase: 'shadow' },
      },
      { id: first, origin: 'fit', serving: true, candidate: null },
    ],
    events: [{ kind: 'shadow' }, { kind: 'released' }],
    refit: null,
    last_refit: { ended: expect.any(String), status: 'done', version: second, reason: null },
  })
  expect(await post('/admin/policies/refit', {})).toMatchObject({
    status: 409,
    body: { error: { code: 'rollout_refused' } },
  })
  expect(await post('/admin/policies/rollback', {})).toMatchObject({ status: 409 })

  expect((await post('/admin/policies/promote', { id: second })).body).toEqual({ serving: second })
  expect(router.policy.version).toBe(second)
  const { body: diff } = await get(`/admin/policies/${first}/diff?to=${second}`)
  expect(diff).toMatchObject({
    object: 'policy_diff',
    before: { id: first },
    after: { id: second, labels_through: 60 },
    choices: { requests: 60 },
  })
  expect(diff.llms).toHaveLength(2)
  expect((await post('/admin/policies/rollback', {})).body).toEqual({ serving: first })
  expect(router.policy.version).toBe(first)
  expect((await get(`/admin/policies/${second}`)).body).toMatchObject({ id: second, trust: expect.any(Number) })
})

test('no request fails while versions change places', async () => {
  const first = await fitByHand(storage)
  const { router, training, post } = await open()
  await fillLog(storage, router, 60)
  const end = await training.refits.run()
  if (end.status !== 'done') throw new Error(`the refit ${end.status}`)
  const places = [end.version, first, end.version, first]
  let moving = true
  const asked: Promise<number[]>[] = Array.from({ length: 8 }, async (_, caller) => {
    const statuses: number[] = []
    for (let i = 0; moving || i < 20; i++) {
      const content = `sum of integer ${caller} and prime ${i}`
      const answer = await post('/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content }] })
      statuses.push(answer.status)
    }
    return statuses
  })
  for (const id of places) {
    const { status } = await post(id === first ? '/admin/policies/rollback' : '/admin/policies/promote', { id })
    expect(status).toBe(200)
    expect(router.policy.version).toBe(id)
  }
  moving = false
  const statuses = (await Promise.all(asked)).flat()
  expect(statuses.length).toBeGreaterThanOrEqual(160)
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test('a refit that can only be refused is refused at once, and why a later one was is told', async () => {
  const { training, get, post } = await open()
  const { status, body } = await post('/admin/policies/refit', {})
  expect(status).toBe(409)
  expect(body.error).toMatchObject({
    code: 'rollout_refused',
    message: expect.stringContaining('0 labels are too few'),
  })
  expect((await get('/admin/policies')).body).toMatchObject({ refit: null, last_refit: null })
  await training.refits.run()
  const reason = expect.stringContaining('No request was judged')
  expect((await get('/admin/policies')).body).toMatchObject({
    last_refit: { status: 'refused', version: null, reason },
  })
})

test('wrong requests are told so, and change nothing', async () => {
  const first = await fitByHand(storage)
  const { url, get, post } = await open()
  const told = (status: number, code: string, param: string | null) => ({ status, body: { error: { code, param } } })
  expect(await get('/admin/policies/nothing')).toMatchObject(told(404, 'unknown_policy', null))
  expect(await get(`/admin/policies/${first}/diff`)).toMatchObject(told(400, 'invalid_request', 'to'))
  expect(await get(`/admin/policies/${first}/diff?to=unfitted`)).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown_policy', message: expect.stringContaining('can only roll back to it') } },
  })
  expect(await post('/admin/policies/promote', {})).toMatchObject(told(400, 'invalid_request', 'id'))
  expect(await post('/admin/policies/promote', { id: first })).toMatchObject(told(409, 'rollout_refused', null))
  expect(await post('/admin/policies/rollback', { id: 7 })).toMatchObject(told(400, 'invalid_request', 'id'))
  expect(await post('/admin/policies/rollback', {})).toMatchObject(told(409, 'rollout_refused', null))
  expect(await post('/admin/policies/discard', {})).toMatchObject(told(409, 'rollout_refused', null))
  const foreign = await fetch(`${url}/admin/policies/rollback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(foreign.status).toBe(401)
  expect((await storage.policies.rollout()).servingId).toBe(first)
})
