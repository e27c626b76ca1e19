/**
 * What does the gateway add? Requests per second, CPU per request and latency of a mock upstream asked directly, through
 * a bare proxy, through the gateway with a named LLM, and with `auto` over 12 LLMs: routing, logging to SQLite on disk
 * and learning on. JSON and streams of about 20 events, 1 and 32 callers, alternating rounds, medians.
 *
 * Run: npm run build && npm exec -- node bench/gateway.ts [--quick] [--only json|sse]
 */
import { cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { LoadOrder, LoadResult } from './gateway-load.ts'
import { loadCore, measuredCore, openStage, pinnedLlm, type Stage } from './gateway-setup.ts'
import { canPin, PinnedProcess } from './pinned-process.ts'

interface Target {
  readonly name: string
  readonly url: string
  readonly model: string
  /** Undefined: asked directly, nothing is measured beside the upstream. */
  readonly process: PinnedProcess | undefined
}

interface Round {
  readonly load: LoadResult
  readonly cpuUs: number
}

interface Cell {
  readonly target: Target
  readonly stream: boolean
  readonly concurrency: number
  readonly rounds: Round[]
}

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
const rounds = flags.quick === true ? 3 : 5
const roundMs = flags.quick === true ? 800 : 2200
const warmUpMs = flags.quick === true ? 1500 : 4000
const callers = [1, 32]

const stage = await openStage()
const targets = await openTargets(stage)
try {
  describe(stage)
  const cells = allCells(targets)
  for (const cell of cells.filter(({ concurrency }) => concurrency > 1)) await measure(stage, cell, warmUpMs)
  for (const cell of cells) cell.rounds.length = 0
  for (let round = 0; round < rounds; round++) {
    // Every other round goes backwards, so that drift of the machine favours nobody.
    for (const cell of round % 2 === 0 ? cells : cells.toReversed()) await measure(stage, cell, roundMs)
  }
  for (const stream of [false, true]) {
    for (const concurrency of callers) report(cells, stream, concurrency)
  }
} finally {
  for (const target of targets) await target.process?.stop()
  await stage.close()
}

async function openTargets({ upstreamUrl, newGatewayFolder }: Stage): Promise<Target[]> {
  const script = path.join(import.meta.dirname, 'bare-proxy.ts')
  const proxy = await PinnedProcess.listening(measuredCore, [script, upstreamUrl], true)
  const named = await PinnedProcess.gateway(measuredCore, newGatewayFolder('named'))
  const auto = await PinnedProcess.gateway(measuredCore, newGatewayFolder('auto'))
  return [
    { name: 'upstream, direct', url: upstreamUrl, model: pinnedLlm, process: undefined },
    { name: 'bare proxy', url: proxy.url, model: pinnedLlm, process: proxy.process },
    { name: 'gateway, LLM named', url: named.url, model: pinnedLlm, process: named.process },
    { name: 'gateway, auto of 12', url: auto.url, model: 'auto', process: auto.process },
  ]
}

function allCells(of: readonly Target[]): Cell[] {
  const streams = flags.only === undefined ? [false, true] : [flags.only === 'sse']
  return streams.flatMap((stream) =>
    callers.flatMap((concurrency) => of.map((target) => ({ target, stream, concurrency, rounds: [] }))),
  )
}

/** One round of one cell. @throws when any answer was wrong. */
async function measure({ load }: Stage, { target, stream, concurrency, rounds }: Cell, durationMs: number) {
  const { url, model, process } = target
  const before = await process?.report()
  const order: LoadOrder = { url, model, stream, concurrency, durationMs }
  const result = await load.ask<LoadResult>(order)
  const after = await process?.report()
  if (result.errors.length > 0) throw new Error(`${target.name}: ${result.errors.join('\n')}\n${process?.output ?? ''}`)
  const cpuUs =
    before === undefined || after === undefined ? Number.NaN : (after.cpuUs - before.cpuUs) / result.requests
  rounds.push({ load: result, cpuUs })
}

function describe({ description }: Stage): void {
  console.log(`Node ${process.version}; ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores`)
  console.log(
    canPin
      ? `what is measured on core ${measuredCore} (all its threads), load and upstream on core ${loadCore}`
      : 'processes are not tied to cores: figures swing',
  )
  console.log(`${description}; every prompt sent once (1,011 characters), so no cache can answer`)
  console.log(`${rounds} alternating rounds of ${roundMs} ms; medians. No answer was wrong, or this would have ended\n`)
}

function report(cells: readonly Cell[], stream: boolean, concurrency: number): void {
  const rows = cells.filter((cell) => cell.stream === stream && cell.concurrency === concurrency)
  if (rows.length === 0) return
  const [direct, bare] = rows
  const titles = ['req/s', '÷ bare', 'CPU µs', '− bare', 'p50 ms', 'p99 ms', '+p50 µs']
  if (stream) titles.push('first ms', '+first µs')
  console.log(line(`${stream ? 'SSE' : 'JSON'}, ${concurrency} caller${concurrency > 1 ? 's' : ''}`, titles))
  for (const row of rows) {
    const figures = [
      median(row, perSecond).toFixed(0),
      pairedMedian(row, bare!, (a, b) => perSecond(a) / perSecond(b)).toFixed(2),
      orDash(median(row, ({ cpuUs }) => cpuUs)),
      orDash(pairedMedian(row, bare!, (a, b) => a.cpuUs - b.cpuUs)),
      median(row, ({ load }) => load.p50Ms).toFixed(3),
      median(row, ({ load }) => load.p99Ms).toFixed(2),
      (1000 * pairedMedian(row, direct!, (a, b) => a.load.p50Ms - b.load.p50Ms)).toFixed(0),
    ]
    if (stream) {
      const added = pairedMedian(row, direct!, (a, b) => a.load.firstByteP50Ms - b.load.firstByteP50Ms)
      figures.push(median(row, ({ load }) => load.firstByteP50Ms).toFixed(3), (1000 * added).toFixed(0))
    }
    console.log(line(row.target.name, figures))
  }
  console.log('')
}

function line(heading: string, cells: readonly string[]): string {
  return heading.padEnd(22) + cells.map((cell) => cell.padStart(10)).join('')
}

function perSecond({ load }: Round): number {
  return (1000 * load.requests) / load.elapsedMs
}

function orDash(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(0)
}

function median(cell: Cell, of: (round: Round) => number): number {
  return middle(cell.rounds.map(of))
}

/** Of the rounds of two cells that were measured close together. */
function pairedMedian(a: Cell, b: Cell, of: (a: Round, b: Round) => number): number {
  return middle(a.rounds.map((round, i) => of(round, b.rounds[i]!)))
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
