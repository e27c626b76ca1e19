import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { ReplayBody } from '../../src/gateway/replay/replay-body.ts'
import { defaultPreference } from '../../src/routing/decision/routing-preference.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { Router } from '../../src/routing/router.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'

const decisions = 2_000
const lambda = 5
const stepMs = 40_000
/** Within the retention of today's gateway, and over an hour before now. */
const firstAtMs = Date.now() - (decisions + 100) * stepMs
/** Of each LLM, whatever the prompt. */
const truth = {
  small: { quality: 0.5, costUsd: 0.0002 },
  middle: { quality: 0.8, costUsd: 0.002 },
  large: { quality: 0.85, costUsd: 0.02 },
}
const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const masterKey = 'sk-master-of-the-replay'

let folder: string
let service: Service
let url: string

const configuration = `
server: { master_key: env:MASTER }
database: log.db
providers:
  nobody: { base_url: "http://127.0.0.1:9/v1", api_key: env:MASTER }
llms:
  - { id: small, provider: nobody, price: { input: .2, output: .8 }, quality: .55 }
  - { id: middle, provider: nobody, price: { input: 1, output: 5 }, quality: .7 }
  - { id: large, provider: nobody, price: { input: 10, output: 50 }, quality: .8 }
  - { id: newcomer, provider: nobody, price: { input: 1, output: 5 } }
routing: { lambda: ${lambda}, starter: false }
`

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-replay-'))
  writeFileSync(path.join(folder, 'pointsman.yaml'), configuration)
  await writeLog(path.join(folder, 'log.db'))
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const environment = { MASTER: masterKey }
  service = await openService(loadConfig({ environment, folder }), environment, log)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
})
afterAll(async () => {
  await service?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A day's log by a router that explores widely; every second answer is judged, every tenth decision names its LLM. */
async function writeLog(file: string): Promise<void> {
  const random = new SeededRandom(17)
  const price = (input: number, output: number) => ({
    inputPerMillionTokensUsd: input,
    outputPerMillionTokensUsd: output,
  })
  const llm = (id: string, quality: number, input: number, output: number): Llm => ({
    ...unknownLlmProperties,
    id,
    provider: 'nobody',
    upstreamModel: id,
    quality,
    price: price(input, output),
  })
  const pool = [llm('small', 0.55, 0.2, 0.8), llm('middle', 0.7, 1, 5), llm('large', 0.8, 10, 50)]
  let ids = 0
  const router = new Router(
    {
      pool: new LlmRegistry(pool),
      policy: new RoutingPolicy({ embedder: new HashedNgramEmbedder(), pool }),
      times: new CompletionTimeModel(),
      random,
      clock: { now: () => firstAtMs + ids * stepMs },
      newId: () => `d${String(ids++).padStart(6, '0')}`,
    },
    {
      exploration: {
        price: 0.2,
        floor: 0.4,
        floorPrice: 1,
        floorSpendShare: 100,
        trialShare: 0,
        trialPrice: 0,
        trialSpendShare: 0,
        trials: 0,
      },
    },
  )
  const storage = await openSqliteStorage({ file })
  for (let i = 0; i < decisions; i++) {
    const pinned = i % 10 === 9 ? 'large' : undefined
    const request = plainRequest(`Question ${i} of ${i % 7} and more`, {
      preference: { ...defaultPreference, lambda },
      pinnedLlm: pinned,
      conversationId: `c${i >> 1}`,
    })
    const decision = await router.route(request, { keyId: undefined, budgetUsd: undefined })
    const { quality, costUsd } = truth[decision.drawn as keyof typeof truth]
    const costNanoUsd = Math.round(costUsd * (0.5 + random.next()) * 1e9)
    void storage.decisions.append(decision, costNanoUsd)
    const settled = storage.decisions.settle({
      decisionId: decision.id,
      settledAtMs: decision.createdAtMs + 500,
      status: 'completed',
      answered: decision.drawn,
      reportedModel: undefined,
      usage: undefined,
      costNanoUsd,
      billedNanoUsd: costNanoUsd,
      streamed: false,
      timeToFirstTokenMs: undefined,
      completionMs: 500,
      overheadMs: 0,
      attempts: [],
    })
    if (random.next() < 0.5) {
      void storage.feedback.accept(
        {
          decisionId: decision.id,
          source: 'user',
          kind: 'thumbs',
          value: random.next() < quality ? 1 : 0,
          receivedAtMs: decision.createdAtMs + 900,
          keyId: undefined,
          idempotencyKey: undefined,
        },
        undefined,
      )
    }
    if (i % 200 === 199) await settled
  }
  await storage.close()
}

async function post(body: unknown, key = masterKey) {
  const response = await fetch(`${url}/admin/replay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
  return {
    status: response.status,
    body: (await response.json()) as ReplayBody & { error?: { message: string; param: string } },
  }
}

async function command(...args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'replay', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', MASTER: masterKey },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, output }
}

describe('POST /admin/replay', () => {
  test('tells what another λ, one LLM, a smaller pool and another price would have come to, near the truth', async () => {
    const { status, body } = await post({
      lambda: 0.5,
      llm: 'middle',
      without: 'large',
      price: { llm: 'large', input_per_million_tokens_usd: 5, output_per_million_tokens_usd: 25 },
    })
    expect(status).toBe(200)
    expect(body.log).toMatchObject({ decisions, named: decisions / 10, unsettled: 0 })
    expect(body.log.last_at).toBe(new Date(firstAtMs + decisions * stepMs).toISOString())
    expect(body.targets.map(({ name }) => name)).toEqual([
      'λ = 0.5',
      'always middle',
      'without large',
      'large at $5 in, $25 out',
    ])
    const middle = body.targets[1]!
    expect(middle.decisions).toBe(decisions * 0.9)
    expect(middle.conversations).toBeLessThan(decisions * 0.6)
    const [dr] = middle.estimates
    expect(dr!.estimator).toBe('dr')
    const { quality, cost_usd } = dr!
    expect(quality!.target.low).toBeLessThan(truth.middle.quality)
    expect(quality!.target.high).toBeGreaterThan(truth.middle.quality)
    expect(cost_usd!.target.value).toBeCloseTo(truth.middle.costUsd, 3)
    expect(['better', 'worse', 'even']).toContain(middle.verdict.kind)
    for (const { estimates } of body.targets) expect(estimates).toHaveLength(3)
  })

  test('refuses an LLM that was not in the pool of the log, in words', async () => {
    const { body } = await post({ llm: 'newcomer' })
    expect(body.targets[0]!.verdict).toMatchObject({ kind: 'unknown' })
    expect(body.targets[0]!.verdict.text).toContain('could not have been drawn')
  })

  test('reads only what is younger, and says so when nothing is left', async () => {
    const half = new Date(firstAtMs + (decisions / 2 + 1) * stepMs).toISOString()
    expect((await post({ lambda: 1, since: half })).body.log.decisions).toBe(decisions / 2)
    const { body } = await post({ lambda: 1, since: '1m' })
    expect(body.log.decisions).toBe(0)
    expect(body.targets[0]!.verdict.kind).toBe('unknown')
  })

  test.each([
    [{}, undefined],
    [{ llm: 'unheard-of' }, 'llm'],
    [{ lambda: -1 }, 'lambda'],
    [{ since: 'yesterday', lambda: 1 }, 'since'],
    [{ policy: 'no-such-version' }, 'policy'],
    [{ lamda: 1 }, undefined],
    [{ price: { llm: 'newcomer' } }, 'price.input_per_million_tokens_usd'],
    [
      { price: { llm: 'newcomer', input_per_million_tokens_usd: 1e308, output_per_million_tokens_usd: 1 } },
      'price.input_per_million_tokens_usd',
    ],
  ])('%j is a mistake of the caller', async (body, param) => {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    if (param !== undefined) expect(answer.body.error!.param).toBe(param)
  })

  test('judges for one caller at a time, and for nobody who left', async () => {
    const first = post({ all: true })
    const second = await post({ lambda: 1 })
    expect(second).toMatchObject({ status: 429, body: { error: { code: 'too_many_concurrent_requests' } } })
    expect((await first).status).toBe(200)

    const leaving = new AbortController()
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${masterKey}` }
    const left = fetch(`${url}/admin/replay`, { method: 'POST', headers, body: '{"all":true}', signal: leaving.signal })
    await expect.poll(async () => (await post({ lambda: 1 })).status).toBe(429)
    leaving.abort()
    await expect(left).rejects.toThrow()
    await expect.poll(async () => (await post({ lambda: 1 })).status, { timeout: 20_000 }).toBe(200)
  })

  test('says which version it does not know', async () => {
    const unknown = await post({ policy: 'nobody' })
    expect(unknown).toMatchObject({ status: 400, body: { error: { param: 'policy' } } })
  })

  test('is for admins', async () => {
    expect((await post({ lambda: 1 }, 'sk-somebody')).status).toBe(401)
  })
})

// Each command is a process that loads everything.
describe('pointsman replay, while a gateway serves from the same database', { timeout: 180_000 }, () => {
  test('--json is what the admin API answers', async () => {
    const { code, output } = await command('--llm', 'middle', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toEqual((await post({ llm: 'middle' })).body)
  })

  test('shows estimators, support and a verdict in words; --all a line for each policy', async () => {
    const one = (await command('--lambda', '0.5')).output
    for (const words of ['doubly robust', 'self-normalised', 'as served', 'effective sample', 'by your λ = 5']) {
      expect(one).toContain(words)
    }
    const all = (await command('--all')).output
    for (const words of ['no exploration', 'λ = 20', 'always large', 'without small', 'verdict'])
      expect(all).toContain(words)
  })

  test('says what is missing', async () => {
    expect(await command()).toMatchObject({ code: 1, output: expect.stringContaining('--lambda, --llm') })
    expect(await command('--price', 'large')).toMatchObject({ code: 1, output: expect.stringContaining('gpt-x=0.5,2') })
  })
})
