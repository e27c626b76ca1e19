import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createApiKeySecret } from '../../src/accounts/api-key-secret.ts'
import { openService, openStorage, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { userMessage } from './gateway-harness.ts'

/** A tenth of the size that the caps are served with. */
const influence = { window: 15, free: 5, share: 0.25 }

let folder: string | undefined
let service: Service | undefined

afterEach(async () => {
  await service?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** A gateway as `serve` opens it, with the simulated pool, three keys, the last of them trusted or not, and an admin's. */
async function serve(liarsShare?: number) {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-influence-'))
  const yaml = `feedback: {influence: ${JSON.stringify(influence)}}\nrouting: {seed: 3}\nlog_level: silent\n`
  await writeFile(path.join(folder, 'pointsman.yaml'), `${yaml}providers: {sim: {kind: simulated}}\n`)
  const config = loadConfig({ environment: {}, flags: { port: 0 }, folder })
  const storage = await openStorage(config)
  const secrets = new Map<string, string>()
  for (const id of ['alice', 'bob', 'liar', 'admin']) {
    const { secret, ...kept } = createApiKeySecret()
    secrets.set(id, secret)
    await storage.keys.create({
      id,
      name: id,
      ...kept,
      scopes: id === 'admin' ? ['inference', 'admin'] : ['inference'],
      preference: {},
      dailyCapUsd: undefined,
      feedbackShare: id === 'liar' ? liarsShare : undefined,
      createdAtMs: 0,
      revokedAtMs: undefined,
    })
  }
  await storage.close()
  const silent = () => {}
  service = await openService(config, {}, { info: silent, warn: silent, error: silent })
  const { url } = await service.gateway.listen('127.0.0.1', 0)
  const call = async (key: string, route: string, body?: unknown) => {
    const response = await fetch(url + route, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets.get(key)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.status !== 200) throw new Error(`${route}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
  const best = service.router.pool.list()[0]!.id
  const withheld = async () => {
    const headers = { authorization: `Bearer ${secrets.get('admin')}` }
    const text = await (await fetch(`${url}/metrics`, { headers })).text()
    return Number(/^pointsman_feedback_withheld_total (.*)$/m.exec(text)![1])
  }
  /** One request of that key, answered by that LLM, and a thumb on it; returns the label's id and weight. */
  const judge = async (key: string, thumbs: 'up' | 'down', i: number) => {
    const asked = { ...userMessage(`Question ${key} ${i}`), pointsman: { allow: [best] } }
    const { id } = await call(key, '/v1/chat/completions', asked)
    return (await call(key, '/v1/feedback', { response_id: id, thumbs })) as { id: string; weight?: number }
  }
  return { call, judge, best, withheld }
}

test('of what is said of an LLM a key comes to no more than its part, however much it posts', async () => {
  const { call, judge, withheld } = await serve()
  const startedAt = Date.now()
  let honest = 0
  let lies = 0
  for (let i = 0; i < 10; i++) {
    for (const key of ['alice', 'bob']) {
      expect((await judge(key, 'up', i)).weight).toBeUndefined()
      honest++
    }
    for (let j = 0; j < 16; j++) {
      const { weight = 1, id } = await judge('liar', 'down', 16 * i + j)
      lies += weight
      const days = (Date.now() - startedAt) / 86_400_000
      expect(lies).toBeLessThanOrEqual(influence.free + honest / 3 + influence.free * days + 1e-9)
      if (j > 14) expect((await call('liar', `/v1/feedback/${id}`))['weight']).toBeLessThan(0.01)
    }
  }
  expect(lies).toBeGreaterThan(influence.free)
  expect(await withheld()).toBeCloseTo(160 - lies, 6)
}, 60_000)

test('a key that is trusted is not capped, and hears which version has learned its word', async () => {
  const { call, judge } = await serve(1)
  const receipts = []
  for (let i = 0; i < 12; i++) receipts.push(await judge('liar', 'up', i))
  expect(receipts.filter(({ weight }) => weight !== undefined)).toEqual([])
  const { id } = receipts.at(-1)!
  await expect
    .poll(() => call('liar', `/v1/feedback/${id}`))
    .toMatchObject({
      weight: 1,
      learned: { policy_version: service!.router.policy.version, label_sequence: 12, applied: true, reason: null },
      in_fit_of: [],
    })
}, 30_000)
