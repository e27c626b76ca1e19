/**
 * What does a refit cost the requests that are served meanwhile? A gateway on one core, its refits' thread with it, serves `auto` over 12 LLMs
 * from a mock upstream at a fixed rate, with 3,000 judged requests in its log; rounds with a refit running and without one alternate. Load
 * and upstream have the other core. Open loop: a request is sent when it is due, and its latency counts from then.
 *
 * Run: npm run build && npm exec -- node bench/refit.ts [--rate 50] [--rounds 4] [--seconds 15]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { measuredCore, openStage } from './gateway-setup.ts'
import { PinnedProcess } from './pinned-process.ts'

const { values: flags } = parseArgs({
  options: {
    rate: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    labels: { type: 'string' },
  },
})
const rate = Number(flags.rate ?? 50)
const rounds = Number(flags.rounds ?? 4)
const roundMs = 1_000 * Number(flags.seconds ?? 15)
const labels = Number(flags.labels ?? 3_000)
const adminKey = 'bench-admin-key-of-enough-length'
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const stage = await openStage()
try {
  const folder = stage.newGatewayFolder('refit')
  const file = path.join(folder, 'pointsman.yaml')
  const config = JSON.parse(readFileSync(file, 'utf8')) as { server?: object; training?: object }
  config.server = { port: 0, master_key: 'env:POINTSMAN_MASTER_KEY' }
  config.training = { refit_after_labels: 0, refit_every_hours: 0 }
  writeFileSync(file, JSON.stringify(config))
  process.env.POINTSMAN_MASTER_KEY = adminKey
  const { process: gateway, url } = await PinnedProcess.gateway(measuredCore, folder)
  try {
    const prompts = JSON.parse(readFileSync(path.join(stage.folder, 'prompts.json'), 'utf8')) as string[]
    await fillLog(url, prompts)
    const results: Record<'without a refit' | 'during a refit', number[][]> = {
      'without a refit': [],
      'during a refit': [],
    }
    const ofWhat = new Set<string>()
    for (let round = 0; round < rounds; round++) {
      results['without a refit'].push(await load(url, prompts, roundMs))
      await post(url, '/admin/policies/refit', {})
      const measured: number[] = []
      const startMs = performance.now()
      while (await isRefitting(url)) measured.push(...(await load(url, prompts, 1_000)))
      results['during a refit'].push(measured)
      const { versions } = (await send(url, 'GET', '/admin/policies')) as { versions: { description: string }[] }
      ofWhat.add(`${versions[0]!.description}, in ${((performance.now() - startMs) / 1_000).toFixed(0)} s`)
      for (const [name, times] of Object.entries(results)) tell(`${round + 1}. ${name}`, times.at(-1)!)
      await post(url, '/admin/policies/discard', {})
    }
    console.log(`\n${rate} requests/s, ${rounds} rounds; ${[...ofWhat].join('; ')}`)
    for (const [name, times] of Object.entries(results)) tell(name, times.flat())
    for (const share of [0.5, 0.99]) compare(share, results['without a refit'], results['during a refit'])
  } finally {
    await gateway.stop()
  }
} finally {
  agent.destroy()
  await stage.close()
}

function tell(name: string, times: readonly number[]): void {
  const [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1].map((share) => quantile(times, share).toFixed(2))
  console.log(`${name}: ${times.length} requests, p50 ${p50} ms, p90 ${p90} ms, p99 ${p99} ms, most ${most} ms`)
}

/** Round by round; rounds without a refit, each against the next one, say what is noise. */
function compare(share: number, quiet: readonly number[][], busy: readonly number[][]): void {
  const [without, during] = [quiet, busy].map((ofRounds) => ofRounds.map((times) => quantile(times, share)))
  const added = without!.map((ms, round) => during![round]! - ms)
  const ratios = without!.map((ms, round) => during![round]! / ms)
  const noise = without!.slice(1).map((ms, round) => Math.abs(ms - without![round]!))
  const [least, most] = [Math.min(...added), Math.max(...added)].map((ms) => ms.toFixed(2))
  console.log(
    `p${100 * share} added by a refit, within a round: median ${quantile(added, 0.5).toFixed(2)} ms (${least} to ${most}), ` +
      `ratio ${quantile(ratios, 0.5).toFixed(2)}; between one round without and the next: at most ${Math.max(0, ...noise).toFixed(2)} ms`,
  )
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN
}

async function fillLog(url: string, prompts: readonly string[]): Promise<void> {
  for (let from = 0; from < labels; from += 16) {
    const each = prompts.slice(from % prompts.length).slice(0, 16)
    await Promise.all(
      each.map(async (content, index) => {
        const { id } = await ask(url, `${from + index} ${content}`)
        await post(url, '/v1/feedback', { response_id: id, score: ((from + index * 7) % 11) / 10 })
      }),
    )
  }
}

/** @returns latencies in ms, from when each request was due. */
async function load(url: string, prompts: readonly string[], forMs: number): Promise<number[]> {
  const times: Promise<number>[] = []
  const start = performance.now()
  for (let i = 0; (i * 1_000) / rate < forMs; i++) {
    const due = start + (i * 1_000) / rate
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const content = `${Math.floor(start)} ${i} ${prompts[(i * 31 + Math.floor(start)) % prompts.length]!}`
    times.push(ask(url, content).then(() => performance.now() - due))
  }
  return Promise.all(times)
}

async function ask(url: string, content: string): Promise<{ readonly id: string }> {
  return (await post(url, '/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content }] })) as never
}

async function isRefitting(url: string): Promise<boolean> {
  const list = (await send(url, 'GET', '/admin/policies')) as { readonly refit: unknown }
  return list.refit !== null
}

function post(url: string, route: string, body: object): Promise<unknown> {
  return send(url, 'POST', route, JSON.stringify(body))
}

function send(url: string, method: string, route: string, body?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' }
    const outgoing = request(url + route, { method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${method} ${route}: ${response.statusCode} ${text}`))
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
