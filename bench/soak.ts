/**
 * Does memory level off? `auto` requests, each answer judged by feedback, JSON and streams in turn; memory of the gateway
 * at intervals, its heap after a full collection. Fails when the heap still grows in the second half.
 *
 * Run: npm run build && npm exec -- node bench/soak.ts [--requests 60000]
 */
import { statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { LoadOrder, LoadResult } from './gateway-load.ts'
import { measuredCore, openStage, type Stage } from './gateway-setup.ts'
import { PinnedProcess } from './pinned-process.ts'

const intervals = 12
const callers = 16
/** Of heap and buffers from the middle to the end, as a share; collections leave a few per cent of noise. */
const largestGrowth = 0.1

const { values: flags } = parseArgs({ options: { requests: { type: 'string', default: '60000' } } })
const requests = Math.ceil(Number(flags.requests) / intervals)

const stage = await openStage()
try {
  const folder = stage.newGatewayFolder('soak')
  const gateway = await PinnedProcess.gateway(measuredCore, folder, ['--expose-gc'])
  try {
    console.log(`Node ${process.version}; ${stage.description}; ${callers} callers, feedback on every answer\n`)
    const kept = await soak(stage, gateway, path.join(folder, '.pointsman/pointsman.db'))
    const growth = kept.at(-1)! / kept[kept.length >> 1]! - 1
    const grows = growth > largestGrowth
    console.log(
      `\nheap and buffers from the middle to the end: ${(100 * growth).toFixed(1)} %${grows ? ': NOT level' : ''}`,
    )
    if (grows) process.exitCode = 1
  } finally {
    await gateway.process.stop()
  }
} finally {
  await stage.close()
}

/** @returns bytes that were in use after each interval. */
async function soak(
  { load }: Stage,
  { process: gateway, url }: Awaited<ReturnType<typeof PinnedProcess.gateway>>,
  database: string,
): Promise<number[]> {
  const kept: number[] = []
  console.log(line(['requests', 'req/s', 'RSS MB', 'heap MB', 'buffers MB', 'database MB']))
  for (let interval = 0; interval <= intervals; interval++) {
    let perSecond = 0
    if (interval > 0) {
      const order: LoadOrder = {
        url,
        model: 'auto',
        stream: interval % 2 === 0,
        concurrency: callers,
        requests,
        feedback: true,
      }
      const result = await load.ask<LoadResult>(order)
      if (result.errors.length > 0) throw new Error(`${result.errors.join('\n')}\n${gateway.output}`)
      perSecond = (1000 * result.requests) / result.elapsedMs
    }
    const { rssBytes, heapBytes, externalBytes } = await gateway.report()
    kept.push(heapBytes + externalBytes)
    const megabytes = [rssBytes, heapBytes, externalBytes, statSync(database).size].map((bytes) => bytes / 2 ** 20)
    const figures = [interval * requests, Math.round(perSecond), ...megabytes.map((size) => size.toFixed(1))]
    console.log(line(figures.map(String)))
  }
  return kept
}

function line(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(12)).join('')
}
