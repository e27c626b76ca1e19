import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { type NewcomerUpstream, sayProbes, startNewcomerUpstream } from './newcomer-upstream.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const environment = { POINTSMAN_STARTER: 'false', POINTSMAN_LOG: 'silent', MASTER: 'sk-master-0123456789' }
const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }
const probes = 60
const cli = path.resolve(import.meta.dirname, '../../src/cli/main.ts')

let folder: string
let upstream: NewcomerUpstream
let service: Service | undefined
let url: string

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-onboarding-'))
  upstream = await startNewcomerUpstream()
  mkdirSync(path.join(folder, 'sets', 'say'), { recursive: true })
  writeFileSync(path.join(folder, 'sets', 'say', 'probes.jsonl'), sayProbes(probes))
  mkdirSync(path.join(folder, 'sets', 'broken'))
  writeFileSync(
    path.join(folder, 'sets', 'broken', 'probes.jsonl'),
    '{"id": "a", "task": "t", "prompt": "p", "grader": {"kind": "psychic"}}',
  )
  const price = { input: 1, output: 2 }
  const up = { base_url: upstream.baseUrl }
  // Apart: on a busy machine others may take that long.
  const hasty = { ...up, timeouts: { total_ms: 200 } }
  const config = {
    server: { master_key: 'env:MASTER' },
    providers: { up, hasty },
    llms: [{ id: 'half', provider: 'up', price }],
    probing: { sets: 'sets' },
  }
  writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(config))
  await start()
})
afterEach(async () => {
  await service?.close()
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  service = await openService(loadConfig({ environment, folder, flags: {} }), environment, silent)
  url = (await service.gateway.listen('127.0.0.1', 0)).url
}

async function restart(): Promise<void> {
  await service?.close()
  await start()
}

/** What the tests read of any answer; the rest they match. */
interface AdminBody {
  readonly id: string
  readonly run: string
  readonly status: string
  readonly serving: string
  readonly paused: boolean
  readonly data: readonly unknown[]
  readonly quality: { readonly level: number }
  readonly progress: { readonly cost_usd: number }
  readonly report: { readonly reason: string; readonly cost_usd: number }
  readonly error: { readonly message: string }
}

async function call(method: string, route: string, body?: unknown) {
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await fetch(url + route, init)
  return {
    status: response.status,
    body: (await response.json()) as AdminBody,
  }
}

const newcomer = (model: string, probe: unknown = { set: 'say' }) => ({
  ...{ id: `new/${model}`, provider: model === 'hangs' ? 'hasty' : 'up', model, price: { input: 1, output: 2 }, probe },
})

async function ended(run: string) {
  for (;;) {
    const { body } = await call('GET', `/admin/probe-runs/${run}`)
    if (body.status !== 'running') return body
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function onboard(model: string, probe: unknown = { set: 'say' }) {
  const added = await call('POST', '/admin/llms', newcomer(model, probe))
  expect(added).toMatchObject({ status: 202, body: { id: `new/${model}`, paused: true } })
  return ended(added.body.run)
}

const ask = (model: string) =>
  call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Say A-1' }] })

describe('POST /admin/llms', () => {
  test('probes a newcomer, which serves nobody meanwhile, fits the first version on probes, and describes the next one by it', async () => {
    const half = await call('POST', '/admin/llms/half/probe', { set: 'say' })
    expect(half.status).toBe(202)
    const first = await ended(half.body.id)
    expect(first).toMatchObject({
      status: 'admitted',
      report: { notes: [expect.stringContaining('nothing is fitted yet')] },
    })
    const good = await onboard('good')
    expect(good).toMatchObject({
      status: 'admitted',
      progress: { total: probes, graded: probes, failed: 0, mean_quality: 1 },
      report: {
        version: expect.any(String),
        landing: {
          llm: 'new/good',
          tasks: [
            { task: 'even', quality: 1, pool: 1 },
            { task: 'odd', quality: 1, pool: 0 },
          ],
        },
      },
    })
    expect((await call('GET', '/admin/llms/new%2Fgood')).body).toMatchObject({
      paused: false,
      source: 'added',
      quality: { source: 'fitted', labels: probes },
    })
    expect((await ask('new/good')).status).toBe(200)
    const busy = await onboard('busy')
    expect(busy).toMatchObject({ status: 'admitted', progress: { graded: probes, failed: 0 } })
    const { body } = await call('GET', '/admin/llms/new%2Fbusy')
    expect(body).toMatchObject({ paused: false, quality: { source: 'described', labels: probes } })
    expect(body.quality.level).toBeGreaterThan(0.85)
    await restart()
    expect((await call('GET', '/admin/llms/new%2Fbusy')).body).toMatchObject({
      paused: false,
      quality: { source: 'described' },
    })
    expect((await call('GET', '/admin/policies')).body.serving).toContain('with-new-busy')
  })

  test.each([
    ['garbage', 'its 60 graded answers are worth 0.017 on average'],
    ['silent', 'empty'],
    ['hangs', 'upstream_timeout'],
    ['missing', 'calls failed'],
  ])('refuses a newcomer that is %s, says why, and lets it serve nobody', async (model, reason) => {
    if (model === 'missing') {
      const bad = { ...newcomer(model), provider: { base_url: 'http://127.0.0.1:9/v1' } }
      const added = await call('POST', '/admin/llms', bad)
      expect((await ended(added.body.run)).report.reason).toContain(reason)
    } else
      expect(await onboard(model)).toMatchObject({
        status: 'refused',
        report: { reason: expect.stringContaining(reason) },
      })
    expect((await call('GET', `/admin/llms/new%2F${model}`)).body).toMatchObject({
      paused: true,
      last_probe_run: { status: 'refused' },
    })
    expect((await ask(`new/${model}`)).status).toBe(404)
    await restart()
    expect((await ask(`new/${model}`)).status).toBe(404)
  })

  test('refuses a newcomer that charges more than the cap after a few calls', async () => {
    const run = await onboard('dear', { set: 'say', cap_usd: 0.5, concurrency: 2 })
    expect(run).toMatchObject({
      status: 'refused',
      cap_usd: 0.5,
      report: { reason: expect.stringContaining('more than the cap of $0.5') },
    })
    expect(run.progress.cost_usd).toBe(run.report.cost_usd)
    expect(run.progress.cost_usd).toBeGreaterThan(0.5)
    expect(upstream.answered.get('dear')).toBeLessThanOrEqual(2)
  })

  test('says what is wrong with a request, and keeps nothing of it', async () => {
    const refused = async (body: unknown, said: string, param?: string) => {
      const answer = await call('POST', '/admin/llms', body)
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining(said), ...(param && { param }) } },
      })
    }
    await refused({ ...newcomer('good'), provider: 'nowhere' }, "there is no provider 'nowhere'", 'provider')
    await refused({ ...newcomer('good'), price: { input: -1, output: 2 } }, 'price.input')
    await refused({ ...newcomer('good'), colour: 'blue' }, 'colour')
    await refused(newcomer('good', 'yes'), 'probe', 'probe')
    await refused(newcomer('good', { set: 'say', cap_usd: 0 }), 'cap_usd')
    await refused(newcomer('good', { set: 'broken' }), 'probes.jsonl', 'probe.set')
    await refused(newcomer('good', { set: '../sets/say' }), 'no name of a folder', 'probe.set')
    await refused({ ...newcomer('good', { set: 'say', cap_usd: 1 }), price: undefined }, 'no cap in USD can be kept')
    await refused({ ...newcomer('good'), id: 'half' }, "'half' already", 'id')
    expect((await call('GET', '/admin/llms')).body.data).toHaveLength(1)
    for (const [method, path] of [
      ['GET', '/admin/probe-runs/run_none'],
      ['POST', '/admin/probe-runs/run_none/stop'],
    ] as const) {
      const unknown = await call(method, path)
      expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'unknown_probe_run' } } })
    }
    const anonymous = await fetch(`${url}/admin/llms`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect(anonymous.status).toBe(401)
  })
})

describe('a pool that changes while it serves', () => {
  test('keeps what a run under way has learned where it is asked to begin anew', async () => {
    const { body } = await call('POST', '/admin/llms', newcomer('slow', { set: 'say', concurrency: 1 }))
    const again = await call('POST', '/admin/llms/new%2Fslow/probe', { set: 'say', anew: true })
    expect(again).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('being probed') } } })
    expect(await ended(body.run)).toMatchObject({ status: 'admitted', progress: { done: probes, graded: probes } })
  })

  test('ends the run of an LLM that a command took out of the pool', async () => {
    mkdirSync(path.join(folder, 'sets', 'long'))
    writeFileSync(path.join(folder, 'sets', 'long', 'probes.jsonl'), sayProbes(400))
    const { body } = await call('POST', '/admin/llms', newcomer('slow', { set: 'long', concurrency: 1 }))
    await command(['llm', 'remove', 'new/slow']).ended
    expect(await ended(body.run)).toMatchObject({ status: 'stopped' })
    expect(upstream.answered.get('slow')).toBeLessThan(400)
  })

  test('prices, pauses, resumes and removes, over a restart', async () => {
    expect((await call('POST', '/admin/llms', newcomer('good', false))).status).toBe(201)
    const priced = await call('PATCH', '/admin/llms/half', { price: { input: 7, output: 9 } })
    expect(priced.body).toMatchObject({ repriced: true, price: { input: 7, output: 9 }, list_price: { input: 1 } })
    expect((await call('PATCH', '/admin/llms/half', { price: { input: 'x' } })).status).toBe(400)
    expect((await call('PATCH', '/admin/llms/half', {})).status).toBe(400)
    expect((await call('PATCH', '/admin/llms/nobody', { paused: true })).status).toBe(404)
    const billed = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'half', messages: [{ role: 'user', content: 'Say A-2' }] }),
    })
    expect(Number(billed.headers.get('x-litellm-response-cost'))).toBeCloseTo((10 * 7 + 5 * 9) / 1e6, 12)
    await call('PATCH', '/admin/llms/half', { paused: true })
    expect((await ask('half')).status).toBe(404)
    await restart()
    expect((await ask('half')).status).toBe(404)
    expect((await call('GET', '/admin/llms/half')).body).toMatchObject({ paused: true, price: { input: 7 } })
    await call('PATCH', '/admin/llms/half', { paused: false, price: null })
    expect((await call('GET', '/admin/llms/half')).body).toMatchObject({
      paused: false,
      repriced: false,
      price: { input: 1 },
    })
    expect((await call('DELETE', '/admin/llms/half')).body.error.message).toContain('in the configuration')
    expect((await call('DELETE', '/admin/llms/new%2Fgood')).status).toBe(200)
    expect((await call('DELETE', '/admin/llms/new%2Fgood')).status).toBe(404)
  })

  test('takes up within seconds what a command does, and goes on with a run that was stopped', async () => {
    const slow = await call('POST', '/admin/llms', newcomer('slow', { set: 'say', concurrency: 1 }))
    const stopped = await call('POST', `/admin/probe-runs/${slow.body.run}/stop`, {})
    expect(stopped.body.status).toBe('stopped')
    const again = await call('POST', '/admin/llms/new%2Fslow/probe', { set: 'say' })
    expect(await ended(again.body.id)).toMatchObject({ status: 'admitted', progress: { graded: probes } })
    expect((await call('GET', '/admin/llms/new%2Fslow')).body.paused).toBe(false)
    const { code } = await command(['llm', 'add', 'by-command', '--provider', 'up', '--model', 'good']).ended
    expect(code).toBe(0)
    await expect.poll(async () => (await ask('by-command')).status, { timeout: 10_000 }).toBe(200)
    await command(['llm', 'remove', 'by-command']).ended
    await expect.poll(async () => (await ask('by-command')).status, { timeout: 10_000 }).toBe(404)
  })
})

describe('pointsman llm add --probe', () => {
  test('survives kill -9: the same command asks only what is missing, and admits', async () => {
    await service?.close()
    service = undefined
    const args = [
      'llm',
      'add',
      'new',
      '--provider',
      'up',
      '--model',
      'slow',
      '--price-input',
      '1',
      '--price-output',
      '2',
    ]
    const probing = [...args, '--probe', '--probes', 'sets/say', '--concurrency', '2', '--json']
    const first = command(probing)
    await expect.poll(() => upstream.answered.get('slow') ?? 0, { timeout: 30_000, interval: 5 }).toBeGreaterThan(10)
    first.child.kill('SIGKILL')
    await first.ended
    const before = upstream.answered.get('slow')!
    expect(before).toBeLessThan(probes)
    const second = await command(probing).ended
    expect(second.code).toBe(0)
    const [report] = JSON.parse(second.output) as readonly object[]
    expect(report).toMatchObject({ llm: 'new', status: 'admitted', probes: { graded: probes, left_out: [] } })
    // Answered, and not yet written down when the process died: at most what was under way.
    expect(upstream.answered.get('slow')! - probes).toBeLessThanOrEqual(2)
    await start()
    const [run] = (await call('GET', '/admin/probe-runs')).body.data as readonly AdminBody[]
    expect({ llm: 'new', ...run!.report }).toEqual(report)
    expect((await ask('new')).status).toBe(200)
  })

  test('asks nothing twice for long where the same command runs twice', async () => {
    writeFileSync(path.join(folder, 'sets', 'say', 'probes.jsonl'), sayProbes(400))
    const probing = [
      'llm',
      'add',
      'new',
      ...'--provider up --model slow --probe --probes sets/say --concurrency 1'.split(' '),
    ]
    const first = command(probing)
    await expect.poll(() => upstream.answered.get('slow') ?? 0, { timeout: 30_000 }).toBeGreaterThan(5)
    const second = command(probing)
    expect(await first.ended).toMatchObject({ code: 1, output: expect.stringContaining('another process') })
    expect((await second.ended).code).toBe(0)
    expect(upstream.answered.get('slow')).toBeLessThan(600)
  }, 120_000)

  test('leaves nothing behind of a command that is refused', async () => {
    const add = ['llm', 'add', 'new', '--provider', 'up', '--model', 'good', '--probe', '--probes']
    expect((await command([...add, 'sets/none']).ended).code).toBe(1)
    // Who says how to probe and not to probe would have it serve unprobed.
    expect((await command([...add, 'sets/say'].filter((word) => word !== '--probe')).ended).code).toBe(1)
    expect((await command([...add, 'sets/say', '--cap', '1']).ended).code).toBe(1)
    expect((await command([...add, 'sets/say', '--price-input', '1', '--price-output', '2']).ended).code).toBe(0)
    expect((await command([...add, 'sets/say', '--price-input', '9', '--price-output', '2']).ended).code).toBe(1)
  }, 60_000)

  test('stops cleanly at the first Ctrl-C', async () => {
    await service?.close()
    service = undefined
    const run = command([
      'llm',
      'add',
      'new',
      '--provider',
      'up',
      '--model',
      'slow',
      '--probe',
      '--probes',
      'sets/say',
      '--concurrency',
      '1',
    ])
    await expect.poll(() => upstream.answered.get('slow') ?? 0, { timeout: 30_000, interval: 5 }).toBeGreaterThan(5)
    run.child.kill('SIGINT')
    const { code, output } = await run.ended
    expect(code).toBe(1)
    expect(output).toContain('stopped new')
  })
})

function command(args: readonly string[]): {
  readonly child: ChildProcess
  readonly ended: Promise<{ code: number | null; output: string }>
} {
  const env = { ...environment, PATH: process.env.PATH ?? '' }
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) }
}
