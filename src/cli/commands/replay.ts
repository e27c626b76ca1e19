import { type Command, InvalidArgumentError } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { type ConfigFlags, loadConfig } from '../../config/load-config.ts'
import { GatewayError } from '../../gateway/gateway-error.ts'
import { toReplayBody } from '../../gateway/replay/replay-body.ts'
import type { ReplayQuestion } from '../../gateway/replay/replay-desk.ts'
import { parseSince } from '../../gateway/replay/since.ts'
import type { ReplayReport } from '../../proof/off-policy/replay-log.ts'
import { RolloutError } from '../../training/rollout-error.ts'
import { withConfigFlags } from '../config-flags.ts'
import { openReplay } from '../open-replay.ts'
import { plainError } from '../plain-error.ts'
import { ReplayProgressBar } from '../terminal/replay-progress-bar.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { renderReplay } from './replay-report.ts'

interface ReplayFlags extends ConfigFlags {
  readonly lambda?: number
  readonly llm?: string
  readonly policy?: string
  readonly without?: string
  readonly price?: ReplayQuestion['price']
  readonly all?: boolean
  readonly since?: string
  readonly json?: boolean
}

/** What the command works with. */
export interface ReplaySurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
  readonly now: () => number
}

/** Adds `replay`: what the log of real traffic says of a policy that did not serve. */
export function addReplayCommand(program: Command, around: ReplaySurroundings): void {
  withConfigFlags(program.command('replay'))
    .description('judge another policy by the log: quality, cost and utility, with intervals; calls no LLM')
    .option('--lambda <number>', 'another willingness to pay; with --policy, that version’s', notNegative)
    .option('--llm <id>', 'this LLM for every request')
    .option('--policy <version>', 'a saved policy version')
    .option('--without <id>', 'the pool without this LLM')
    .option('--price <id=in,out>', 'an LLM at another price, USD per million tokens in and out', repriced)
    .option(
      '--all',
      'no exploration, a lower and a higher λ, each LLM alone, the pool without each, the saved versions',
    )
    .option('--since <when>', 'only decisions since: a date such as 2026-03-01, or how long ago: 90m, 24h, 7d, 2w')
    .option('--json', 'print the estimates as JSON')
    .action(async (flags: ReplayFlags) => {
      const { terminal } = around
      const sinceMs = beginning(flags.since, around.now())
      const config = loadConfig({ environment: around.environment, flags, folder: around.folder })
      const session = await openReplay(config, around.environment, (warning) => terminal.note(`warning: ${warning}`))
      try {
        const { lambda, llm, policy, without, price, all } = flags
        const question = { lambda, llm, policy, without, price, all, sinceMs }
        const bar = new ReplayProgressBar(around.now())
        let report: ReplayReport | undefined
        try {
          report = await session.desk.replay(question, { onPage: (read, atMs) => bar.show(read, atMs) })
        } finally {
          bar.close(report !== undefined)
        }
        terminal.out(
          flags.json === true ? JSON.stringify(toReplayBody(report), undefined, 2) : renderReplay(report, terminal),
        )
      } catch (error) {
        throw error instanceof GatewayError || error instanceof RolloutError
          ? plainError(asFlags(error.message))
          : error
      } finally {
        await session.close()
      }
    })
}

/** What the desk says of fields, for people who write flags. */
function asFlags(message: string): string {
  return message.startsWith('Say which policy')
    ? 'Say which policy to judge: --lambda, --llm, --policy, --without, --price or --all'
    : message
}

function beginning(since: string | undefined, nowMs: number): number | undefined {
  if (since === undefined) return undefined
  const at = parseSince(since, nowMs)
  if (at === undefined) {
    throw plainError('--since takes a date such as 2026-03-01, or how long ago, such as 90m, 24h, 7d, 2w')
  }
  return at
}

function notNegative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number ≥ 0.')
  return value
}

function repriced(text: string): NonNullable<ReplayQuestion['price']> {
  const parts = /^(.+)=([^,=]+),([^,=]+)$/.exec(text)
  if (parts === null) throw new InvalidArgumentError('It must be like gpt-x=0.5,2.')
  const [, llm = '', input = '', output = ''] = parts
  return {
    llm,
    price: {
      inputPerMillionTokensUsd: notNegative(input),
      outputPerMillionTokensUsd: notNegative(output),
    },
  }
}
