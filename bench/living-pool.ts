/**
 * What does a pool that changes cost its callers? A steady load of `auto` requests on a gateway while LLMs join and leave, prices change and policy
 * versions are rolled back, beside the same load on a gateway that is left alone: failed requests, which must be none, and latency.
 * A fresh process per variant and round, alternating order, medians; how far rounds of the same kind differ says what is noise. Seven minutes.
 *
 * Run: npm run build && npm exec -- node bench/living-pool.ts [--quick] [--only joins,leaves,changesPrice,rollsBack]
 */
import { cpSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { LoadOrder, LoadResult } from './gateway-load.ts'
import { measuredCore, openStage } from './gateway-setup.ts'
import { canPin, PinnedProcess } from './pinned-process.ts'

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
const rounds = flags.quick === true ? 1 : 5
const roundMs = flags.quick === true ? 15_000 : 32_000
const warmUpMs = 3000
const perSecond = 50
const connections = 64
const changeEveryMs = flags.quick === true ? 1000 : 3000
const key = 'pm-of-the-living-pool'
process.env.BENCH_MASTER_KEY = key
/** Of the configuration; the price of this one changes. */
const repriced = 'bench/llm-0'

type Variant = 'left alone' | 'changing'

const stage = await openStage()
const results: Record<Variant, LoadResult[]> = { 'left alone': [], changing: [] }
const fitted = stage.newGatewayFolder('fitted', { server: { master_key: 'env:BENCH_MASTER_KEY' } })
const hasTwo = stage.fitAgain(fitted)
const changes = new Map<string, number>()
try {
  console.log(
    `Node ${process.version}; ${stage.description}; ${perSecond} requests/s for ${roundMs / 1000} s, ${rounds} rounds, ` +
      `a change every ${changeEveryMs / 1000} s${canPin ? ', the gateway on a core of its own' : ''}\n`,
  )
  for (let round = 0; round < rounds; round++) {
    const order: Variant[] = ['left alone', 'changing']
    for (const variant of round % 2 === 0 ? order : order.reverse())
      results[variant].push(await measure(variant, round))
  }
  report()
} finally {
  await stage.close()
}

async function measure(variant: Variant, round: number): Promise<LoadResult> {
  const folder = path.join(stage.folder, `${variant} ${round}`)
  cpSync(fitted, folder, { recursive: true })
  const { process: gateway, url } = await PinnedProcess.gateway(measuredCore, folder)
  try {
    const order: LoadOrder = {
      url,
      key,
      model: 'auto',
      stream: false,
      concurrency: connections,
      perSecond,
      feedback: true,
    }
    await stage.load.ask<LoadResult>({ ...order, durationMs: warmUpMs })
    const ended = new AbortController()
    const changing = variant === 'changing' ? keepChanging(url, ended.signal) : Promise.resolve()
    const result = await stage.load.ask<LoadResult>({ ...order, durationMs: roundMs })
    ended.abort()
    await changing
    console.log(`${variant.padEnd(11)} ${figures(result)}${result.errors.map((error) => `\n  ${error}`).join('')}`)
    return result
  } finally {
    await gateway.stop()
  }
}

/** One change after the other, each of a kind of its own, until the load ends. */
async function keepChanging(url: string, signal: AbortSignal): Promise<void> {
  const only = flags.only?.split(',')
  const kinds = [joins, changesPrice, rollsBack, leaves].filter(({ name }) => only?.includes(name) ?? true)
  for (let i = 0; !signal.aborted; i++) {
    const change = kinds[i % kinds.length]!
    await change(url, Math.floor(i / kinds.length))
    changes.set(change.name, (changes.get(change.name) ?? 0) + 1)
    await wait(changeEveryMs, undefined, { signal }).catch(() => undefined)
  }
}

async function joins(url: string, n: number): Promise<void> {
  await admin(url, 'POST', '/admin/llms', {
    id: `joined/llm-${n}`,
    provider: 'mock',
    price: { input: 0.1, output: 0.4 },
  })
}

async function leaves(url: string, n: number): Promise<void> {
  await admin(url, 'DELETE', `/admin/llms/joined/llm-${n}`)
}

async function changesPrice(url: string, n: number): Promise<void> {
  const step = 1 + (n % 10)
  await admin(url, 'PATCH', `/admin/llms/${repriced}`, { price: { input: 0.1 * step, output: 0.4 * step } })
}

/** To the version that does not serve. */
async function rollsBack(url: string): Promise<void> {
  if (!hasTwo) return
  const { serving, versions } = (await admin(url, 'GET', '/admin/policies')) as {
    readonly serving: string
    readonly versions: readonly { readonly id: string }[]
  }
  await admin(url, 'POST', '/admin/policies/rollback', { id: versions.find(({ id }) => id !== serving)?.id })
}

async function admin(url: string, method: string, route: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(url + route, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`)
  return response.json()
}

function report(): void {
  const all = [...results['left alone'], ...results.changing]
  const sent = all.reduce((sum, { requests }) => sum + requests, 0)
  const failures = all.flatMap(({ errors }) => errors).length
  const told = [...changes].map(([kind, count]) => `${kind} ${count}`).join(', ')
  console.log(
    `\n${sent} requests, ${failures === 0 ? 'none failed' : `${failures} kinds of failure`}; changes: ${told}`,
  )
  const quantiles = [
    ['p50', 'p50Ms'],
    ['p99', 'p99Ms'],
  ] as const
  for (const [name, field] of quantiles) tellQuantile(name, field)
  if (failures > 0) process.exitCode = 1
}

function tellQuantile(name: string, field: 'p50Ms' | 'p99Ms'): void {
  const alone = results['left alone'].map((one) => one[field])
  const changing = results.changing.map((one) => one[field])
  const added = alone.map((ms, round) => changing[round]! - ms)
  const ratio = median(alone.map((ms, round) => changing[round]! / ms))
  // Rounds left alone, each against the next one: what no change can have brought about.
  const noise = alone.slice(1).map((ms, round) => Math.abs(ms - alone[round]!))
  console.log(
    `${name}: left alone ${ms(median(alone))} (${range(alone)}), changing ${ms(median(changing))} (${range(changing)}); ` +
      `added, within a round: median ${ms(median(added))} (${range(added)}), ratio ${ratio.toFixed(2)}`,
  )
  if (noise.length === 0) return
  const isSeen = median(added) > Math.max(...noise)
  console.log(
    `  between one round left alone and the next: median ${ms(median(noise))}, most ${ms(Math.max(...noise))}; ` +
      `what changes add is ${isSeen ? 'more than that' : 'within that'}`,
  )
}

function figures({ requests, p50Ms, p99Ms }: LoadResult): string {
  return `${requests} requests, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function range(values: readonly number[]): string {
  return `${ms(Math.min(...values))} to ${ms(Math.max(...values))}`
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}
