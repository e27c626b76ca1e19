import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type GatewayProcess, runCommand, startGateway } from '../replay/gateway-process.ts'
import { startYesUpstream, type YesUpstream } from './yes-upstream.ts'

/** USD of one answer: 1,000 tokens at 1 USD and 500 at 2 USD a million. */
const answerUsd = 0.002

let folder: string
let upstream: YesUpstream
/** Answers that the upstream gave, or began to give: what it would bill. */
let billed = 0
let delayMs = 0
let gateway: GatewayProcess | undefined

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-budgets-'))
  billed = 0
  delayMs = 0
  upstream = await startYesUpstream([1000, 500], async () => {
    billed++
    await wait(delayMs)
  })
})

afterEach(async () => {
  await gateway?.kill()
  gateway = undefined
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

/** @param capUsd of the team `search` per day. */
async function serve(capUsd: number): Promise<void> {
  const price = 'price: { input: 1, output: 2 }'
  writeFileSync(
    path.join(folder, 'pointsman.yaml'),
    [
      `providers: { local: { kind: openai-compatible, base_url: '${upstream.baseUrl}' } }`,
      `llms: [{ id: a, provider: local, ${price} }, { id: b, provider: local, ${price} }]`,
      `teams: { search: { daily_cap_usd: ${capUsd} } }`,
      'log_level: silent',
    ].join('\n'),
  )
  gateway = await startGateway(folder)
}

/** The secret, which alone goes to standard output. */
async function newKey(...flags: string[]): Promise<string> {
  const output = stripVTControlCharacters(await runCommand(folder, ['keys', 'create', ...flags]))
  return /pm-\S+/.exec(output)![0]
}

async function ask(key: string): Promise<Response> {
  const body = { model: 'auto', max_tokens: 500, messages: [{ role: 'user', content: 'x'.repeat(4_000) }] }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  return fetch(`${gateway!.url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) })
}

test('the keys of a team share its cap, and /admin/budgets says where it stands', async () => {
  const one = await newKey('--name', 'one', '--team', 'search')
  const two = await newKey('--name', 'two', '--team', 'search')
  const admin = await newKey('--name', 'admin', '--scope', 'admin', 'inference')
  await serve(10 * answerUsd)
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) {
    for (const key of [one, two]) {
      const answer = await ask(key)
      statuses.push(answer.status)
      await answer.text()
    }
  }
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(8)
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(10)
  expect(statuses.at(-1)).toBe(429)
  // Who is in no team is not stopped by its cap.
  expect((await ask(admin)).status).toBe(200)

  const budgets = (key: string) =>
    fetch(`${gateway!.url}/admin/budgets`, { headers: { authorization: `Bearer ${key}` } })
  expect((await budgets(one)).status).toBe(403)
  const { data } = (await (await budgets(admin)).json()) as { data: readonly Record<string, unknown>[] }
  expect(data).toMatchObject([{ scope: 'team', name: 'search', daily_cap_usd: 0.02, expected_requests_left: null }])
  expect(data[0]!.spent_usd).toBeCloseTo(statuses.filter((status) => status === 200).length * answerUsd, 9)
  const metrics = await fetch(`${gateway!.url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })
  expect(await metrics.text()).toContain('pointsman_budget_spent_usd{budget="team:search"}')
}, 60_000)

test('whenever it is killed, what upstreams billed stays within the cap', async () => {
  const key = await newKey('--name', 'one', '--team', 'search')
  const capUsd = 60 * answerUsd
  delayMs = 30
  let refused = 0
  for (let kill = 0; kill < 8 && refused < 20; kill++) {
    await serve(capUsd)
    const asking = Array.from({ length: 12 }, async () => {
      for (let i = 0; i < 4; i++) {
        const answer = await ask(key)
        if (answer.status === 429) refused++
        await answer.text()
      }
    })
    const all = Promise.allSettled(asking)
    // At another moment of the first answers each time.
    await new Promise((resolve) => {
      setTimeout(resolve, 40 + 17 * kill)
    })
    await gateway!.kill()
    await all
  }
  expect(billed * answerUsd).toBeLessThanOrEqual(capUsd + 1e-9)
  await serve(capUsd)
  for (let i = 0; i < 70; i++) {
    const answer = await ask(key)
    await answer.text()
    if (answer.status === 429) break
  }
  expect(billed * answerUsd).toBeLessThanOrEqual(capUsd + 1e-9)
  // What the killed processes had drawn is lost to the day, and little else.
  expect(billed).toBeGreaterThan(20)
}, 120_000)
