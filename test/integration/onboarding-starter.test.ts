import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type NewcomerUpstream, sayProbes, startNewcomerUpstream } from './newcomer-upstream.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const environment = { POINTSMAN_LOG: 'silent', MASTER: 'sk-master-0123456789' }
const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }

let folder: string
let upstream: NewcomerUpstream
let service: Service
let url: string

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-onboarding-'))
  upstream = await startNewcomerUpstream()
  mkdirSync(path.join(folder, 'sets', 'say'), { recursive: true })
  writeFileSync(path.join(folder, 'sets', 'say', 'probes.jsonl'), sayProbes(60))
  const llms = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4'].map((id) => {
    return { id, provider: 'up', price: { input: 1, output: 2 } }
  })
  const config = {
    server: { master_key: 'env:MASTER' },
    providers: { up: { base_url: upstream.baseUrl } },
    llms,
    probing: { sets: 'sets' },
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(config))
  await start()
})
afterEach(async () => {
  await service.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  service = await openService(loadConfig({ environment, folder, flags: {} }), environment, silent)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
}

interface AdminBody {
  readonly id: string
  readonly run: string
  readonly status: string
}

async function call(method: string, route: string, body?: unknown): Promise<AdminBody> {
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  return (await (await fetch(url + route, init)).json()) as AdminBody
}

async function ended(run: string): Promise<AdminBody> {
  for (;;) {
    const body = await call('GET', `/admin/probe-runs/${run}`)
    if (body.status !== 'running') return body
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a first version fitted on the probes of two LLMs keeps what the starter knows of the others', async () => {
  expect(await call('GET', '/admin/llms/gpt-4o-mini')).toMatchObject({ quality: { source: 'starter' } })
  const first = await call('POST', '/admin/llms/gpt-4o/probe', { set: 'say' })
  expect(await ended(first.id)).toMatchObject({
    status: 'admitted',
    report: { notes: [expect.stringContaining('nothing is fitted yet')] },
  })
  const half = { id: 'half', provider: 'up', price: { input: 1, output: 2 }, probe: { set: 'say' } }
  const added = await call('POST', '/admin/llms', half)
  expect(await ended(added.run)).toMatchObject({
    status: 'admitted',
    report: { notes: [expect.stringContaining('the starter knows of gpt-4o-mini, claude-sonnet-4 stays')] },
  })
  const sources = { 'gpt-4o': 'fitted', half: 'fitted', 'gpt-4o-mini': 'starter', 'claude-sonnet-4': 'sibling' }
  const expectSources = async () => {
    for (const [id, source] of Object.entries(sources)) {
      expect(await call('GET', `/admin/llms/${id}`)).toMatchObject({ quality: { source } })
    }
  }
  await expectSources()
  await service.close()
  await start()
  await expectSources()
  // Probes of its own take the place of the starter's word.
  const third = await call('POST', '/admin/llms/gpt-4o-mini/probe', { set: 'say' })
  expect(await ended(third.id)).toMatchObject({ status: 'admitted' })
  expect(await call('GET', '/admin/llms/gpt-4o-mini')).toMatchObject({ quality: { source: 'described', labels: 60 } })
  expect(await call('GET', '/admin/llms/claude-sonnet-4')).toMatchObject({ quality: { source: 'sibling' } })
})
