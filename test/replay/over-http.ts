/**
 * Recorded prompts through the whole product: `pointsman fit` on one split, then every prompt of the other through a
 * served gateway with the official client, half of them streamed, the recorded quality posted as feedback; kill -9 and
 * restart in the middle. Prints quality and cost for five λ beside fixed LLMs, their hull and the oracle.
 *
 * Run: npm run build && npm exec -- node test/replay/over-http.ts [paretobandit|routerbench-0shot]
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { OpenAI } from 'openai'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { costQualityHull, hullQuality } from '../../src/routing/decision/cost-quality-hull.ts'
import { type GatewayProcess, runCommand, startGateway } from './gateway-process.ts'
import { dataFolder } from './recorded-pool.ts'
import { recordedCell, startReplayUpstream } from './replay-upstream.ts'

const sets = {
  paretobandit: { fit: 'val', serve: 'test' },
  'routerbench-0shot': { fit: 'train', serve: 'test' },
} as const
const lambdas = [0.2, 1.4, 5, 10, 20]
const concurrency = 8

const name = (process.argv[2] ?? 'paretobandit') as keyof typeof sets
const splits = sets[name]
const data = selectSplit(await readOutcomeData(dataFolder(name)), splits.serve)
const upstream = await startReplayUpstream(data)
const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-replay-'))
try {
  writeFileSync(path.join(folder, 'pointsman.yaml'), configuration(data, upstream.baseUrl))
  console.log(await runCommand(folder, ['fit', '--data', dataFolder(name), '--split', splits.fit]))
  report(await serveAll())
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true })
}

interface Served {
  readonly lambda: number
  readonly quality: number
  readonly costUsd: number
  readonly shares: readonly number[]
  /** Acknowledged answers that the restarted gateway does not know, and labels it has not learned. */
  readonly lost: number
}

async function serveAll(): Promise<Served[]> {
  const results: Served[] = []
  for (const lambda of lambdas) {
    const copy = `${folder}-${lambda}`
    cpSync(folder, copy, { recursive: true })
    try {
      results.push(await serve(copy, lambda))
    } finally {
      rmSync(copy, { recursive: true })
    }
  }
  return results
}

/** Every prompt once, on a database of its own; half-way, with requests under way, the process is killed and restarted. */
async function serve(cwd: string, lambda: number): Promise<Served> {
  const half = Math.floor(data.prompts.length / 2)
  const cells: Answered[] = []
  let gateway = startGateway(cwd)
  let next = 0
  let killed = false
  const worker = async (): Promise<void> => {
    while (next < data.prompts.length) {
      const row = next++
      if (row === half) {
        const before = await gateway
        gateway = before.kill().then(() => startGateway(cwd))
        killed = true
      }
      cells.push(await askAndSay(() => gateway, row, lambda))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (!killed) throw new Error('the gateway was never killed')
  const last = await gateway
  const lost = await missing(
    last.url,
    cells.map(({ id }) => id),
  )
  const unlearned = cells.length - (await labelsLearned(last.url, cells.length))
  await last.stop()
  const width = data.llms.length
  const mean = (of: Float64Array) =>
    cells.reduce((sum, { row, column }) => sum + of[row * width + column]!, 0) / cells.length
  const shares = data.llms.map((_, column) => cells.filter((cell) => cell.column === column).length / cells.length)
  return { lambda, quality: mean(data.quality), costUsd: mean(data.costUsd), shares, lost: lost + unlearned }
}

interface Answered {
  readonly row: number
  readonly column: number
  readonly id: string
}

/** Asks, then posts the recorded quality; both again where the process died under them. */
async function askAndSay(gateway: () => Promise<GatewayProcess>, row: number, lambda: number): Promise<Answered> {
  const { id, content } = await untilServed(gateway, (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 })
    return askOne(client, data.prompts[row]!.text, lambda, row % 2 === 1)
  })
  // Equal texts share a row of the upstream.
  const cell = recordedCell(content)
  const score = data.quality[cell.row * data.llms.length + cell.column]!
  await untilServed(gateway, (url) => postFeedback(url, id, score))
  return { ...cell, id }
}

/** Runs against the gateway that serves now; a connection that broke because it was killed is tried again on the next. */
async function untilServed<T>(gateway: () => Promise<GatewayProcess>, work: (url: string) => Promise<T>): Promise<T> {
  for (;;) {
    const serving = gateway()
    try {
      return await work((await serving).url)
    } catch (error) {
      if (gateway() === serving) throw error
    }
  }
}

async function askOne(client: OpenAI, content: string, lambda: number, stream: boolean) {
  const body = { model: `auto:${lambda}`, messages: [{ role: 'user' as const, content }] }
  if (!stream) {
    const answer = await client.chat.completions.create(body)
    return { id: answer.id, content: answer.choices[0]!.message.content! }
  }
  let id = ''
  let text = ''
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
    id = chunk.id
    text += chunk.choices[0]?.delta.content ?? ''
  }
  return { id, content: text }
}

async function postFeedback(url: string, id: string, score: number): Promise<void> {
  const response = await fetch(`${url}/v1/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ response_id: id, score }),
  })
  if (!response.ok) throw new Error(`feedback was refused: ${response.status} ${await response.text()}`)
}

/** How many acknowledged answers the restarted gateway does not know, or does not know as settled. */
async function missing(url: string, ids: readonly string[]): Promise<number> {
  let lost = 0
  for (const id of ids) {
    const response = await fetch(`${url}/v1/decisions/${id}`)
    const body = (await response.json()) as { settlement?: { status?: string } }
    if (!response.ok || body.settlement?.status !== 'completed') lost++
  }
  return lost
}

/** The last label that the policy has learned, once it has had time to learn `expected`. */
async function labelsLearned(url: string, expected: number): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${url}/v1/route`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hello' }] }),
    })
    const { label_sequence: learned } = (await response.json()) as { label_sequence: number }
    if (learned >= expected || attempt === 50) return learned
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function configuration(outcomes: OutcomeData, baseUrl: string): string {
  const llms = outcomes.llms.map(({ id, price }) => ({
    id,
    provider: 'replay',
    ...(price && { price: { input: price.inputPerMillionTokensUsd, output: price.outputPerMillionTokensUsd } }),
  }))
  return JSON.stringify({
    providers: { replay: { base_url: baseUrl } },
    llms,
    routing: { seed: 1 },
    log_level: 'error',
  })
}

function report(results: readonly Served[]): void {
  const width = data.llms.length
  const rows = data.prompts.length
  const mean = (of: Float64Array, column: number) => {
    let sum = 0
    for (let row = 0; row < rows; row++) sum += of[row * width + column]!
    return sum / rows
  }
  const fixed = data.llms.map(({ id }, column) => ({
    id,
    quality: mean(data.quality, column),
    costUsd: mean(data.costUsd, column),
  }))
  const hull = costQualityHull(fixed)
  const line = (label: string, quality: number, costUsd: number, rest = '') =>
    console.log(`${label.padEnd(36)} ${quality.toFixed(4)}  $${costUsd.toPrecision(4).padEnd(11)} ${rest}`)
  console.log(`${name} ${splits.serve}: ${rows} prompts; quality, USD per request`)
  for (const llm of [...fixed].sort((a, b) => a.costUsd - b.costUsd)) line(llm.id, llm.quality, llm.costUsd)
  line('oracle (best, then cheapest)', ...oracle())
  for (const { lambda, quality, costUsd, shares, lost } of results) {
    const gain = quality - hullQuality(hull, costUsd)
    const traffic = shares.map((share) => (100 * share).toFixed(0)).join('/')
    line(
      `pointsman λ = ${lambda}`,
      quality,
      costUsd,
      `hull ${gain >= 0 ? '+' : '−'}${Math.abs(gain).toFixed(4)}  traffic % ${traffic}  lost ${lost}`,
    )
  }
}

function oracle(): [quality: number, costUsd: number] {
  const width = data.llms.length
  let quality = 0
  let costUsd = 0
  for (let row = 0; row < data.prompts.length; row++) {
    let best = row * width
    for (let cell = best + 1; cell < (row + 1) * width; cell++) {
      const gain = data.quality[cell]! - data.quality[best]!
      if (gain > 0 || (gain === 0 && data.costUsd[cell]! < data.costUsd[best]!)) best = cell
    }
    quality += data.quality[best]!
    costUsd += data.costUsd[best]!
  }
  return [quality / data.prompts.length, costUsd / data.prompts.length]
}
