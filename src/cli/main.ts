#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { readEnvironment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { EvaluationError } from '../evaluation/evaluation-error.ts'
import { GatewayError } from '../gateway/gateway-error.ts'
import { OutcomeDataError } from '../outcomes/outcome-data-error.ts'
import { OnboardingError } from '../probing/onboarding-error.ts'
import { RoutingError } from '../routing/errors.ts'
import { StorageError } from '../storage/storage-error.ts'
import { FitError } from '../training/fit-error.ts'
import { RolloutError } from '../training/rollout-error.ts'
import { loadStarter } from '../training/starter/starter-file.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addEvaluateCommand } from './commands/evaluate.ts'
import { addFeedbackCommand } from './commands/feedback.ts'
import { addFitCommand } from './commands/fit.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addLlmCommand } from './commands/llm.ts'
import { addMigrateCommand } from './commands/migrate.ts'
import { addPoliciesCommand } from './commands/policies.ts'
import { addProbesCommand } from './commands/probes.ts'
import { addReplayCommand } from './commands/replay.ts'
import { addRouteCommand } from './commands/route.ts'
import { addServeCommand } from './commands/serve.ts'
import { openLlms } from './open-llms.ts'
import { openPolicies } from './open-policies.ts'
import { openPoolToCheck } from './open-pool-to-check.ts'
import { openStorage } from './open-service.ts'
import { PlainError } from './plain-error.ts'
import { packageVersion, systemClock } from './system.ts'
import { createTerminal } from './terminal/terminal.ts'

const environment = readEnvironment()
const terminal = createTerminal(process.stdout, process.stderr, environment)
const folder = process.cwd()
const probeTimeoutMs = 5000

// Whoever reads us may stop (`pointsman serve | head`): that is no reason to stop serving.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

await main().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    terminal.note(isExplained(error) ? `error: ${explanation(error)}` : String((error as Error)?.stack ?? error))
    process.exitCode = 1
  }
})

async function main(): Promise<void> {
  const program = new Command('pointsman')
    .description(
      'LLM routing that learns: a gateway that speaks OpenAI’s and Anthropic’s APIs, and the commands around it',
    )
    .version(packageVersion())
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
  const around = { environment, terminal, folder, now: () => systemClock.now(), stopped }
  addServeCommand(program, around)
  addRouteCommand(program, around)
  addFitCommand(program, around)
  addEvaluateCommand(program, { ...around, version: packageVersion() })
  addProbesCommand(program, around)
  addMigrateCommand(program, around)
  addFeedbackCommand(program, around)
  addLlmCommand(program, {
    open: (flags) => openLlms(loadConfig({ environment, flags, folder }), environment, terminal, folder),
    stopped,
  })
  addReplayCommand(program, around)
  addKeysCommand(program, async (flags) => {
    const config = loadConfig({ environment, flags, folder })
    const storage = await openStorage(config)
    const teams = config.teams.map(({ name }) => name)
    return { keys: storage.keys, clock: systemClock, terminal, teams, close: () => storage.close() }
  })
  addPoliciesCommand(program, (flags) =>
    openPolicies(loadConfig({ environment, flags, folder }), environment, terminal),
  )
  addDoctorCommand(program, {
    nodeVersion: process.versions.node,
    terminal,
    loadConfig: (flags) => loadConfig({ environment, flags, folder }),
    openStorage: (config) => openStorage(config),
    openPool: (config) => openPoolToCheck(config, environment),
    loadStarter: () => loadStarter(),
    probeDeadline: () => AbortSignal.timeout(probeTimeoutMs),
  })
  await program.parseAsync()
}

/** Errors whose message is for people; anything else is a fault of ours and keeps its stack. */
function isExplained(error: unknown): error is Error {
  return [
    ConfigError,
    EvaluationError,
    FitError,
    GatewayError,
    OnboardingError,
    OutcomeDataError,
    PlainError,
    RolloutError,
    RoutingError,
    StorageError,
  ].some((kind) => error instanceof kind)
}

/** What callers over HTTP are not told, the owner is: why the database refused. */
function explanation({ message, cause }: Error): string {
  return cause instanceof StorageError && !message.includes(cause.message) ? `${message}: ${cause.message}` : message
}

/** Resolves at the first request to stop; a second one ends the process at once. */
function stopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130))
        resolve(signal)
      })
    }
  })
}
