import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type NewcomerUpstream, sayProbes, startNewcomerUpstream } from './newcomer-upstream.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const environment = { POINTSMAN_STARTER: 'false', POINTSMAN_LOG: 'silent', MASTER: 'sk-master-0123456789' }
const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }
const cli = path.resolve(import.meta.dirname, '../../src/cli/main.ts')
const probes = 60
/** 15 tokens at 100 USD per million. */
const callUsd = 0.0015
const capUsd = 0.1

let folder: string
let upstream: NewcomerUpstream
let service: Service
let url: string

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-cap-'))
  upstream = await startNewcomerUpstream()
  mkdirSync(path.join(folder, 'say'))
  writeFileSync(path.join(folder, 'say', 'probes.jsonl'), sayProbes(probes))
  const config = {
    server: { master_key: 'env:MASTER' },
    routing: { daily_cap_usd: capUsd },
    providers: { up: { base_url: upstream.baseUrl } },
    llms: ['half', 'dear'].map((id) => ({ id, provider: 'up', price: { input: 100, output: 100 } })),
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(config))
  service = await openService(loadConfig({ environment, folder, flags: {} }), environment, silent)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
})
afterEach(async () => {
  await service.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function spentUsd(): Promise<number> {
  const response = await fetch(`${url}/admin/budgets`, { headers })
  const { data } = (await response.json()) as { data: readonly { spent_usd: number }[] }
  return data[0]!.spent_usd
}

/** @param maxTokens sets what is set aside: a ten-thousandth of a USD each. */
async function ask(maxTokens: number, model = 'half') {
  const body = { model, max_tokens: maxTokens, messages: [{ role: 'user', content: 'Say A-2' }] }
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() }
}

async function addByCommand(model: string, price = 100, ...more: readonly string[]): Promise<string> {
  const prices = ['--price-input', String(price), '--price-output', String(price)]
  const args = ['llm', 'add', 'new', '--provider', 'up', '--model', model, ...prices]
  const env = { ...environment, PATH: process.env.PATH ?? '' }
  const probing = [...args, '--probe', '--probes', 'say', '--json', ...more]
  const child = spawn(process.execPath, [cli, ...probing], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await once(child, 'close')
  return output
}

test('what a command spends on probes counts for the gateway that runs, to the cent', async () => {
  expect((await ask(300)).status).toBe(200)
  expect(await spentUsd()).toBeCloseTo(callUsd, 9)
  expect(await addByCommand('good')).toContain('"admitted"')
  await expect.poll(spentUsd, { timeout: 20_000, interval: 50 }).toBeCloseTo((probes + 1) * callUsd, 9)
  expect(await ask(300)).toMatchObject({ status: 429, body: { error: { code: 'budget_exhausted' } } })
  expect((await ask(20)).status).toBe(200)
  expect(await spentUsd()).toBeCloseTo((probes + 2) * callUsd, 9)
})

test('a command that probes stops where the gateway has spent what is left', async () => {
  const many = 600
  writeFileSync(path.join(folder, 'say', 'probes.jsonl'), sayProbes(many))
  // By themselves all of them cost a tenth of the cap.
  const added = addByCommand('slow', 1, '--concurrency', '1')
  await expect.poll(() => upstream.answered.get('slow') ?? 0, { timeout: 30_000, interval: 5 }).toBeGreaterThan(3)
  expect((await ask(10, 'dear')).status).toBe(200)
  expect(await spentUsd()).toBeGreaterThan(capUsd)
  expect(await added).toContain('daily')
  expect(upstream.answered.get('slow')).toBeLessThan(many)
}, 60_000)
