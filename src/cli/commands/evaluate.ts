import path from 'node:path'
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { compactResult } from '../../evaluation/compact-result.ts'
import type { EvaluationResult, ProtocolName } from '../../evaluation/evaluation-result.ts'
import { protocolNames } from '../../evaluation/protocols/load-protocol.ts'
import { evaluate } from '../../evaluation/runtime/evaluate.ts'
import { writeResult } from '../../evaluation/runtime/write-result.ts'
import { plainError } from '../plain-error.ts'
import { duration } from '../terminal/duration.ts'
import { EvaluationProgressBar } from '../terminal/evaluation-progress-bar.ts'
import { renderResultTables } from '../terminal/result-table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Of a curve: no screen shows more, and none of its shape is lost. */
const mostCurvePoints = 200

interface EvaluateFlags {
  readonly data: string
  readonly out: string
  readonly seeds?: number
  readonly policies?: string
  readonly workers?: number
  readonly fresh?: true
  readonly starter?: string
}

export interface EvaluateSurroundings {
  readonly terminal: Terminal
  /** Paths in flags are relative to it. */
  readonly folder: string
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Resolves when the user asks to stop. */
  readonly stopped: () => Promise<string>
}

/** Adds `evaluate`: outcome data in, `result.json` and `report.html` out. */
export function addEvaluateCommand(program: Command, around: EvaluateSurroundings): void {
  program
    .command('evaluate')
    .description('measure routers and baselines on outcome data; writes result.json and report.html')
    .addArgument(new Argument('<protocol>', 'what to measure').choices([...protocolNames]))
    .requiredOption('--data <folder>', 'outcome data: prompts.jsonl, models.json, outcomes.csv (also .gz)')
    .requiredOption('--out <folder>', 'where the results go; what is finished there is not done again')
    .addOption(new Option('--seeds <n>', 'independent runs (default: as the protocol needs)').argParser(wholeNumber))
    .option('--policies <names>', 'only these, separated by commas; reference rows are always there')
    .addOption(new Option('--workers <n>', 'threads (default: as many as the machine runs)').argParser(wholeNumber))
    .option('--fresh', 'forget what was finished before')
    .option(
      '--starter <file>',
      'start: the starter policy to try, built without these data (default: the one that ships)',
    )
    .action((protocol: ProtocolName, flags: EvaluateFlags) => run(protocol, flags, around))
}

async function run(protocol: ProtocolName, flags: EvaluateFlags, around: EvaluateSurroundings): Promise<void> {
  const { terminal } = around
  const outFolder = path.resolve(around.folder, flags.out)
  const stop = new AbortController()
  const again = `Stopped. What is finished is kept: the same command goes on from there.`
  void around.stopped().then(() => stop.abort(plainError(again)))
  const bar = new EvaluationProgressBar(`${protocol} on ${path.basename(flags.data)}`, terminal)
  const startMs = performance.now()
  let result: EvaluationResult
  try {
    const found = await evaluate({
      protocol,
      dataFolder: path.resolve(around.folder, flags.data),
      outFolder,
      seeds: flags.seeds,
      policies: flags.policies?.split(',').map((name) => name.trim()),
      workers: flags.workers,
      fresh: flags.fresh,
      starterFile: flags.starter === undefined ? undefined : path.resolve(around.folder, flags.starter),
      version: around.version,
      now: around.now(),
      onProgress: (progress) => bar.show(progress),
      signal: stop.signal,
    })
    result = compactResult(found, mostCurvePoints)
  } catch (error) {
    bar.close('stopped')
    throw error
  }
  bar.close('done')
  // Drawing brings a chart library along, which no other command should wait for.
  const { renderReport } = await import('../../evaluation/report/render-report.ts')
  await writeResult(outFolder, result, renderReport(result))
  terminal.out(renderResultTables(result, terminal.colours))
  const seconds = (performance.now() - startMs) / 1000
  terminal.note(`${path.join(flags.out, 'report.html')} and result.json written after ${duration(seconds)}.`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > 100_000)
    throw new InvalidArgumentError('a whole number of at least 1')
  return value
}
