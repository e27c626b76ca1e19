// Runs every protocol on every shared set that fits it, through the built command, and stores what it found under
// evaluation/results/<set>/<protocol>. What is complete for the same code, data and arguments is passed over; what was
// stopped goes on where it was. Ends with a table of what ran, and with an error when one failed.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compactResult } from '../dist/evaluation/compact-result.js'
import { parseResult } from '../dist/evaluation/read-result.js'
import { dataFingerprint } from '../dist/evaluation/runtime/data-fingerprint.js'
import { resultToJson } from '../dist/evaluation/runtime/write-result.js'
import { evaluationDigest } from './evaluate-all/evaluation-digest.mjs'
import { evaluationPlan } from './evaluate-all/evaluation-plan.mjs'
import { RunLedger } from './evaluate-all/run-ledger.mjs'
import { shippedSets } from './starter-sets.mjs'
import { writeGeneratedFiles } from './write-results.mjs'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const command = path.join(root, 'dist', 'cli', 'main.js')
const resultsFolder = path.join(root, 'evaluation', 'results')

/** Stored results stay below this, by thinning their curves further where 60 points are too many. */
const mostResultBytes = 500_000
const curveSizes = [60, 40, 25, 15]

const usage = `Usage: npm run evaluate:all -- [--data FOLDER] [--only SET/PROTOCOL,…] [--seeds N] [--workers N] [--fresh]
  --data     folder of the shared sets (default: POINTSMAN_DATA, else ../shared/data beside the checkout)
  --only     some of the plan: a set, a protocol or SET/PROTOCOL, separated by commas
  --seeds    runs of each (default: what each protocol needs)
  --workers  threads (default: as many as the machine runs)
  --fresh    run also what is complete`

/** @typedef {{ name: string, outcome: 'ran' | 'current' | 'failed' | 'no data', seconds: number }} Ran */

async function main() {
  const flags = readFlags()
  if (flags.help) {
    process.stdout.write(`${usage}\n`)
    return
  }
  const dataRoot = path.resolve(flags.data ?? process.env.POINTSMAN_DATA ?? path.join(root, '..', 'shared', 'data'))
  const plan = choose(flags.only)
  const ledger = new RunLedger(path.join(resultsFolder, 'runs.json'))
  const code = evaluationDigest(root)
  /** @type {Ran[]} */
  const table = []
  for (const [index, step] of plan.entries()) {
    const name = `${step.set}/${step.protocol}`
    process.stderr.write(`[${index + 1}/${plan.length}] ${name}\n`)
    table.push(await runStep(step, name, path.join(dataRoot, step.set), code, ledger, flags))
  }
  for (const file of writeGeneratedFiles()) process.stderr.write(`Wrote ${file}\n`)
  printTable(table)
  if (table.some((row) => row.outcome === 'failed' || row.outcome === 'no data')) process.exitCode = 1
}

/**
 * @param {import('./evaluate-all/evaluation-plan.mjs').PlannedEvaluation} step
 * @param {string} name @param {string} dataFolder @param {string} code @param {RunLedger} ledger
 * @param {ReturnType<typeof readFlags>} flags
 * @returns {Promise<Ran>}
 */
async function runStep(step, name, dataFolder, code, ledger, flags) {
  if (!existsSync(dataFolder)) return { name, outcome: 'no data', seconds: 0 }
  const outFolder = path.join(resultsFolder, step.set, step.protocol)
  const resultFile = path.join(outFolder, 'result.json')
  const given = { code, data: await dataFingerprint(dataFolder), seeds: flags.seeds ?? null }
  if (!flags.fresh && existsSync(resultFile) && ledger.isCurrent(name, given)) {
    return { name, outcome: 'current', seconds: 0 }
  }
  mkdirSync(outFolder, { recursive: true })
  const startMs = performance.now()
  const args = ['evaluate', step.protocol, '--data', dataFolder, '--out', outFolder]
  if (step.protocol === 'start') {
    const starter = path.join(root, 'build', 'starters', `without-${step.set}.json.gz`)
    const built = await run([
      path.join(root, 'scripts', 'build-starter.mjs'),
      ...starterArguments(step.set, dataFolder),
      '--out',
      starter,
    ])
    if (built !== 0) return { name, outcome: 'failed', seconds: 0 }
    args.push('--starter', starter)
  }
  for (const flag of /** @type {const} */ (['seeds', 'workers'])) {
    const value = flags[flag]
    if (value !== undefined) args.push(`--${flag}`, value)
  }
  if (flags.fresh) args.push('--fresh')
  const exitCode = await runCommand(args)
  const seconds = Math.round((performance.now() - startMs) / 100) / 10
  if (exitCode !== 0 || !existsSync(resultFile)) return { name, outcome: 'failed', seconds }
  storeCompact(resultFile)
  ledger.record(name, { ...given, seconds })
  return { name, outcome: 'ran', seconds }
}

/** @param {string} set @param {string} dataFolder @returns {string[]} all sets that ship in the starter, this one and what is near it held back */
function starterArguments(set, dataFolder) {
  const folders = [...new Set([...shippedSets, set])].map((name) => path.join(path.dirname(dataFolder), name))
  return [...folders.flatMap((folder) => ['--data', folder]), '--without', set]
}

/** @param {readonly string[]} args @returns {Promise<number>} the exit code */
function runCommand(args) {
  return run([command, ...args])
}

/** @param {readonly string[]} args a script of Node's and what it gets @returns {Promise<number>} the exit code */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** @param {string} file */
function storeCompact(file) {
  const result = parseResult(readFileSync(file, 'utf8'), file)
  const texts = curveSizes.map((points) => () => resultToJson(compactResult(result, points)))
  let text = ''
  for (const make of texts) {
    text = make()
    if (Buffer.byteLength(text) <= mostResultBytes) break
  }
  writeFileSync(file, text)
}

/** @param {string | undefined} only */
function choose(only) {
  if (only === undefined) return evaluationPlan
  const wanted = only.split(',').map((text) => text.trim())
  const isWanted = (/** @type {string[]} */ names) => names.some((name) => wanted.includes(name))
  const chosen = evaluationPlan.filter((step) => isWanted([step.set, step.protocol, `${step.set}/${step.protocol}`]))
  if (chosen.length > 0) return chosen
  throw new Error(
    `--only names nothing of the plan: ${evaluationPlan.map((step) => `${step.set}/${step.protocol}`).join(', ')}`,
  )
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      only: { type: 'string' },
      seeds: { type: 'string' },
      workers: { type: 'string' },
      fresh: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  return values
}

/** @param {readonly Ran[]} table */
function printTable(table) {
  const width = Math.max(...table.map((row) => row.name.length))
  for (const { name, outcome, seconds } of table) {
    const time = outcome === 'ran' || outcome === 'failed' ? `${seconds.toFixed(1)} s` : ''
    process.stdout.write(`${name.padEnd(width)}  ${outcome.padEnd(7)}  ${time.padStart(9)}\n`)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n${usage}\n`)
  process.exitCode = 2
}
