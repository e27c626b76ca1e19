/**
 * How `fit` grows: times and peak memory of fitting a policy on generated outcome data, against prompts and LLMs. Each cell is a
 * fresh process. Prints a table, the growth along both axes as text plots, with --json the cells as one line of JSON, and
 * with --svg FILE draws both measures.
 *
 * Run: npm exec -- node bench/evaluation-growth.ts [--quick] [--json] [--svg docs/fit-growth.svg]
 *      npm exec -- node bench/evaluation-growth.ts --cell 10000 100
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Figure } from '../src/evaluation/evaluation-result.ts'
import { drawCurves } from '../src/evaluation/report/curves-chart.ts'
import { reportStyle } from '../src/evaluation/report/report-style.ts'
import { fitPolicy } from '../src/training/fit-policy.ts'
import { generatedOutcomes } from './generated-outcomes.ts'

interface Cell {
  readonly prompts: number
  readonly llms: number
  /** Wall time, which suffers from whatever else runs. */
  readonly seconds: number
  /** Processor time of all threads, the garbage collector's included. */
  readonly cpuSeconds: number
  readonly peakMiB: number
}

const seed = 1
const sizes = process.argv.includes('--quick')
  ? { prompts: [500, 1000, 2000], llms: [5, 20] }
  : { prompts: [500, 1000, 2000, 5000, 10_000], llms: [5, 20, 50, 100] }

const cellAt = process.argv.indexOf('--cell')
if (cellAt === -1) measureAll()
else console.log(JSON.stringify(await measure(Number(process.argv[cellAt + 1]), Number(process.argv[cellAt + 2]))))

async function measure(prompts: number, llms: number): Promise<Cell> {
  const data = generatedOutcomes(prompts, llms, seed)
  const start = performance.now()
  const cpu = process.cpuUsage()
  await fitPolicy(data, { seed, now: 0 })
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  // Of the whole process, data and Node itself included; the system counts in KiB.
  return { prompts, llms, seconds, cpuSeconds: (user + system) / 1e6, peakMiB: process.resourceUsage().maxRSS / 1024 }
}

function measureAll(): void {
  console.log(
    `Node ${process.version}; pointsman fit on generated data, a fresh process each; wall and CPU seconds, peak MiB`,
  )
  console.log(['prompts', ...sizes.llms.map((llms) => `${llms} LLMs`)].map((text) => text.padStart(24)).join(''))
  const cells: Cell[] = []
  for (const prompts of sizes.prompts) {
    const row = sizes.llms.map((llms) => inOwnProcess(prompts, llms))
    cells.push(...row)
    const figures = row.map(
      ({ seconds, cpuSeconds, peakMiB }) =>
        `${seconds.toFixed(1)} / ${cpuSeconds.toFixed(1)} s ${peakMiB.toFixed(0)} MiB`,
    )
    console.log([String(prompts), ...figures].map((text) => text.padStart(24)).join(''))
  }
  plot('CPU seconds against prompts', cells, 'llms', 'prompts')
  plot('CPU seconds against LLMs', cells, 'prompts', 'llms')
  if (process.argv.includes('--json')) console.log(JSON.stringify(cells))
  const svgAt = process.argv.indexOf('--svg')
  if (svgAt !== -1) writeFileSync(process.argv[svgAt + 1]!, drawGrowth(cells))
}

function inOwnProcess(prompts: number, llms: number): Cell {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [import.meta.filename, '--cell', String(prompts), String(llms)],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`${prompts} prompts × ${llms} LLMs failed: ${stderr}`)
  return JSON.parse(stdout) as Cell
}

/** CPU seconds against prompts, a line per number of LLMs, both axes in equal ratios: a slope of 1 is growth in proportion. */
function drawGrowth(cells: readonly Cell[]): string {
  const figure: Figure = {
    id: 'fit-growth',
    kind: 'curves',
    title: 'Growth of fit',
    caption: '',
    x: { label: 'prompts', scale: 'log' },
    y: { label: 'CPU seconds of one fit', scale: 'log' },
    series: sizes.llms.map((llms) => ({
      name: `${llms} LLMs`,
      role: 'router' as const,
      points: cells.filter((cell) => cell.llms === llms).map((cell) => ({ x: cell.prompts, y: cell.cpuSeconds })),
    })),
  }
  const { svg } = drawCurves(figure)
  if (svg === undefined) throw new Error('nothing was measured')
  return `${svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ').replace('>', `><style>${reportStyle.text}</style>`)}\n`
}

/** A bar per cell, in proportion to its time, with the exponent of growth from the cell before. */
function plot(title: string, cells: readonly Cell[], groupBy: 'prompts' | 'llms', along: 'prompts' | 'llms'): void {
  const longest = Math.max(...cells.map(({ cpuSeconds }) => cpuSeconds))
  console.log(`\n${title}; n^ is the exponent of growth from the line before`)
  for (const group of new Set(cells.map((cell) => cell[groupBy]))) {
    console.log(`${group} ${groupBy}`)
    let before: Cell | undefined
    for (const cell of cells.filter((other) => other[groupBy] === group)) {
      const bar = '█'.repeat(Math.max(1, Math.round((50 * cell.cpuSeconds) / longest)))
      const exponent =
        before === undefined
          ? ''
          : `n^${(Math.log(cell.cpuSeconds / before.cpuSeconds) / Math.log(cell[along] / before[along])).toFixed(2)}`
      console.log(
        `${String(cell[along]).padStart(8)} ${cell.cpuSeconds.toFixed(1).padStart(7)} s ${exponent.padEnd(7)} ${bar}`,
      )
      before = cell
    }
  }
}
