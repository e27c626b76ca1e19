import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { type ConfigFlags, loadConfig } from '../../config/load-config.ts'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { withConfigFlags } from '../config-flags.ts'
import { counted } from '../counted.ts'
import { type FeedbackFormat, feedbackRows } from '../feedback-import/feedback-rows.ts'
import { checkingTarget, keepingNothing, storeTarget } from '../feedback-import/feedback-targets.ts'
import { httpTarget } from '../feedback-import/http-target.ts'
import { type FeedbackImport, type FeedbackTarget, importFeedback } from '../feedback-import/import-feedback.ts'
import { openPool } from '../open-pool.ts'
import { openStorage, restorePool } from '../open-service.ts'
import { plainError } from '../plain-error.ts'
import { systemClock } from '../system.ts'
import { CountProgressBar } from '../terminal/count-progress-bar.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface FeedbackSurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
  readonly stopped: () => Promise<string>
}

interface ImportFlags extends ConfigFlags {
  readonly format?: FeedbackFormat
  readonly url?: string
  readonly key?: string
  readonly dryRun?: boolean
}

/** Adds `feedback import`: what was said of answers elsewhere, from a file. */
export function addFeedbackCommand(program: Command, around: FeedbackSurroundings): void {
  const feedback = program.command('feedback').description('bring in what was said of answers')
  const command = withConfigFlags(feedback.command('import'))
    .description('import feedback from JSON Lines or CSV; what was imported before is passed over')
    .argument('<file>', 'the file; - is standard input')
    .addOption(
      new Option('--format <format>', 'of standard input, or of a file by another name').choices(['jsonl', 'csv']),
    )
    .option('--url <url>', 'hand it to the gateway there instead of to the database')
    .option('--key <secret>', 'key for the gateway; it judges answers of its own requests')
    .option('--dry-run', 'check every row and change nothing')
  command.action(async (file: string, flags: ImportFlags) => {
    const config = loadConfig({ environment: around.environment, flags, folder: around.folder })
    const { target, close } = await openTarget(config, flags, around)
    try {
      const result = await runImport(file, flags, target, around)
      report(result, flags.dryRun === true, around.terminal)
      if (result.failed > 0 || result.broken !== undefined) process.exitCode = 1
    } finally {
      await close()
    }
  })
}

async function openTarget(
  config: PointsmanConfig,
  { dryRun, url, key }: ImportFlags,
  { environment, terminal }: FeedbackSurroundings,
): Promise<{ readonly target: FeedbackTarget; readonly close: () => Promise<void> }> {
  const isDry = dryRun === true
  if (isDry && (url !== undefined || !existsSync(config.database.file))) {
    terminal.note('Checking what the rows say, not whether there are such answers.')
    return { target: checkingTarget(config, systemClock), close: async () => {} }
  }
  if (url !== undefined) return { target: httpTarget(url, key), close: async () => {} }
  const storage = await openStorage(config)
  const pool = await openPool(config, environment)
  await restorePool(config, environment, pool, storage, (llm) =>
    terminal.note(`warning: ${llm} was added to the pool and cannot serve`),
  )
  const close = async () => {
    await pool.close()
    await storage.close()
  }
  const { decisions } = storage
  const feedback = isDry ? keepingNothing(decisions) : storage.feedback
  return { target: storeTarget(config, { decisions, feedback }, new LlmRegistry(pool.llms), systemClock), close }
}

async function runImport(
  file: string,
  { format }: ImportFlags,
  target: FeedbackTarget,
  { folder, stopped }: FeedbackSurroundings,
): Promise<FeedbackImport> {
  const source = file === '-' ? undefined : path.resolve(folder, file)
  const size = source === undefined ? 0 : await sizeOf(source)
  const stream = source === undefined ? process.stdin : createReadStream(source)
  let stop = false
  void stopped().then(() => {
    stop = true
  })
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  const bar = new CountProgressBar('importing feedback', size)
  const bytesRead = () => ('bytesRead' in stream ? stream.bytesRead : 0)
  let result: FeedbackImport | undefined
  try {
    const rows = feedbackRows(lines, format ?? (file.endsWith('.csv') ? 'csv' : 'jsonl'), file)
    const onProgress = (now: FeedbackImport) => bar.show(bytesRead(), describe(now))
    result = await importFeedback(rows, target, { onProgress, shouldStop: () => stop })
    return result
  } finally {
    lines.close()
    stream.destroy()
    const isWhole = result !== undefined && result.broken === undefined && !stop
    bar.close(isWhole ? 'read it all' : 'stopped; run it again to go on')
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() === true) return found.size
  throw plainError(`There is no file ${file}`)
}

function describe({ accepted, duplicates, failed }: FeedbackImport): string {
  return `${counted(accepted, 'row')} accepted, ${duplicates} known, ${failed} refused`
}

function report(result: FeedbackImport, isDry: boolean, terminal: Terminal): void {
  const { colours } = terminal
  for (const { line, message } of result.errors) terminal.note(`line ${line}: ${message}`)
  const untold = result.failed - result.errors.length
  if (untold > 0) terminal.note(`… and ${counted(untold, 'other row')} refused`)
  if (result.broken !== undefined) {
    const where = result.line === 0 ? 'before the first row' : `after line ${result.line}`
    terminal.note(`${colours.bad('stopped')} ${where}: ${result.broken}; run it again to go on`)
  }
  const accepted = isDry
    ? `${counted(result.accepted + result.duplicates, 'row')} would do`
    : `${counted(result.accepted, 'row')} accepted`
  const refused = `${result.failed} refused`
  const parts = [
    accepted,
    ...(isDry ? [] : [`${result.duplicates} known before`]),
    result.failed > 0 ? colours.bad(refused) : refused,
  ]
  terminal.out(`${counted(result.rows, 'row')}: ${parts.join(', ')}`)
}
