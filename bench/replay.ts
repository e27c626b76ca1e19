/**
 * What does judging policies by a long log cost the requests that are served meanwhile? A gateway on one core, its threads with it, with a log of
 * 50,000 decisions over 12 LLMs, half of them judged; `POST /v1/route` at a fixed rate from the other core; rounds with a replay of
 * everything (`all`: some 30 policies) and without one alternate. Open loop: a request is sent when it is due, and its latency counts from then.
 *
 * Run: npm run build && npm exec -- node bench/replay.ts [--decisions 50000] [--rate 50] [--rounds 3]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { defaultPreference } from '../src/routing/decision/routing-preference.ts'
import { HashedNgramEmbedder } from '../src/routing/embedding/hashed-ngram-embedder.ts'
import { SeededRandom } from '../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../src/routing/prediction/completion-time-model.ts'
import { type Llm, unknownLlmProperties } from '../src/routing/registry/llm.ts'
import { LlmRegistry } from '../src/routing/registry/llm-registry.ts'
import { plainRequest } from '../src/routing/request.ts'
import { Router } from '../src/routing/router.ts'
import { RoutingPolicy } from '../src/routing/routing-policy.ts'
import { openSqliteStorage } from '../src/storage/sqlite/open-sqlite-storage.ts'
import { measuredCore } from './gateway-setup.ts'
import { PinnedProcess } from './pinned-process.ts'

const { values: flags } = parseArgs({
  options: { decisions: { type: 'string' }, rate: { type: 'string' }, rounds: { type: 'string' } },
})
const decisions = Number(flags.decisions ?? 50_000)
const rate = Number(flags.rate ?? 50)
const rounds = Number(flags.rounds ?? 3)
const quietMs = 10_000
const adminKey = 'bench-admin-key-of-enough-length'
const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
const stepMs = 1_000
const firstAtMs = Date.now() - (decisions + 4_000) * stepMs
const pool = Array.from({ length: 12 }, (_, i) => ({
  id: `llm-${i}`,
  price: { input: 0.1 * (i + 1), output: 0.4 * (i + 1) },
  quality: 0.5 + 0.03 * i,
}))

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-replay-'))
try {
  await writeLog(path.join(folder, 'log.db'))
  const config = {
    server: { port: 0, master_key: 'env:MASTER' },
    database: 'log.db',
    providers: { nobody: { base_url: 'http://127.0.0.1:9/v1', api_key: 'env:MASTER' } },
    llms: pool.map((llm) => ({ ...llm, provider: 'nobody' })),
    routing: { lambda: 5, starter: false, seed: 1 },
    log_level: 'error',
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(config))
  process.env.MASTER = adminKey
  const { process: gateway, url } = await PinnedProcess.gateway(measuredCore, folder)
  try {
    await load(url, (elapsedMs) => elapsedMs < 2_000)
    const quiet: number[] = []
    const busy: number[] = []
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++) {
      quiet.push(...(await load(url, (elapsedMs) => elapsedMs < quietMs)))
      let isReplaying = true
      const start = performance.now()
      const replaying = replay(url).finally(() => {
        isReplaying = false
        seconds.push((performance.now() - start) / 1_000)
      })
      busy.push(...(await load(url, () => isReplaying)))
      await replaying
    }
    console.log(
      `Node ${process.version}; ${decisions} decisions, ${rate} requests/s, ${rounds} replays of ${seconds.map((s) => s.toFixed(1)).join(', ')} s`,
    )
    tell('without a replay', quiet)
    tell('during a replay ', busy)
  } finally {
    await gateway.stop()
  }
} finally {
  rmSync(folder, { recursive: true })
}

function tell(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(2)
  console.log(
    `${name}: ${sorted.length} requests, p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`,
  )
}

async function replay(url: string): Promise<void> {
  const response = await fetch(`${url}/admin/replay`, { method: 'POST', headers, body: '{"all":true}' })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`The replay failed: ${response.status} ${text}`)
}

/** @returns latencies in ms, from when each request was due. */
async function load(url: string, goesOn: (elapsedMs: number) => boolean): Promise<number[]> {
  const times: Promise<number>[] = []
  const start = performance.now()
  for (let i = 0; goesOn(performance.now() - start); i++) {
    const due = start + (i * 1_000) / rate
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    times.push(route(url, `${Math.floor(start)} Question ${i}`).then(() => performance.now() - due))
  }
  return Promise.all(times)
}

async function route(url: string, content: string): Promise<void> {
  const body = JSON.stringify({ model: 'auto', messages: [{ role: 'user', content }] })
  const response = await fetch(`${url}/v1/route`, { method: 'POST', headers, body })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`A request failed: ${response.status}`)
}

/** By a router that explores; every second answer has a verdict. */
async function writeLog(file: string): Promise<void> {
  const random = new SeededRandom(17)
  const llms = pool.map(
    ({ id, price, quality }): Llm => ({
      ...unknownLlmProperties,
      id,
      provider: 'nobody',
      upstreamModel: id,
      quality,
      price: { inputPerMillionTokensUsd: price.input, outputPerMillionTokensUsd: price.output },
    }),
  )
  let ids = 0
  const router = new Router({
    pool: new LlmRegistry(llms),
    policy: new RoutingPolicy({ embedder: new HashedNgramEmbedder(), pool: llms }),
    times: new CompletionTimeModel(),
    random,
    clock: { now: () => firstAtMs + ids * stepMs },
    newId: () => `${(firstAtMs + ids * stepMs).toString(36).padStart(9, '0')}${String(ids++).padStart(6, '0')}`,
  })
  const storage = await openSqliteStorage({ file })
  for (let i = 0; i < decisions; i++) {
    const preference = { ...defaultPreference, lambda: 5 }
    const request = plainRequest(`Question ${i} of ${i % 7}`, { preference, conversationId: `c${i >> 1}` })
    const decision = await router.route(request, { keyId: undefined, budgetUsd: undefined })
    const llm = pool.find(({ id }) => id === decision.drawn)!
    const costNanoUsd = Math.round(llm.price.output * 1e6 * (0.5 + random.next()))
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
      const verdict = { kind: 'thumbs', value: random.next() < llm.quality ? 1 : 0 } as const
      const said = { decisionId: decision.id, source: 'user', receivedAtMs: decision.createdAtMs + 900, ...verdict }
      void storage.feedback.accept({ ...said, keyId: undefined, idempotencyKey: undefined }, undefined)
    }
    if (i % 500 === 499) await settled
  }
  await storage.close()
}
