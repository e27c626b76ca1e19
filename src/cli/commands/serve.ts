import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Command } from 'commander'
import type { Environment } from '../../config/environment.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { portOption, withConfigFlags } from '../config-flags.ts'
import { counted } from '../counted.ts'
import { createLogger } from '../create-logger.ts'
import { describePool } from '../describe-pool.ts'
import { openService, type Service } from '../open-service.ts'
import { plainError } from '../plain-error.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the command works with; all of it replaceable. */
export interface ServeSurroundings {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly folder: string
  /** Resolves when the process is asked to stop. */
  readonly stopped: () => Promise<string>
}

/** Adds `serve`: opens for business and stays until it is told to stop. */
export function addServeCommand(program: Command, around: ServeSurroundings): void {
  withConfigFlags(program.command('serve'))
    .description('start the gateway')
    .addOption(portOption())
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .action(async (flags) => {
      const { terminal, environment, folder } = around
      const config = loadConfig({ environment, flags, folder })
      for (const notice of config.notices) terminal.note(`note: ${notice}`)
      const log = createLogger(config.logLevel)
      await requireFreePort(config.server.host, config.server.port)
      const service = await openService(config, environment, log)
      try {
        // Heard from here on: whoever reads that we listen may stop us in that moment.
        const stopped = around.stopped()
        const { url } = await listen(service)
        announce(terminal, service, url)
        terminal.note(`${await stopped}: finishing the answers under way …`)
      } finally {
        await service.close()
      }
      terminal.note('Stopped.')
    })
}

/** Before anything is opened: a busy port is the plainest reason not to start, and the first that people can mend. */
async function requireFreePort(host: string, port: number): Promise<void> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
  } catch (error) {
    throw explainedAddress(error, host, port)
  } finally {
    probe.close()
  }
}

async function listen(service: Service): Promise<{ readonly url: string }> {
  const { host, port } = service.config.server
  try {
    return await service.gateway.listen(host, port)
  } catch (error) {
    throw explainedAddress(error, host, port)
  }
}

function explainedAddress(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return plainError(`Port ${port} on ${host} is in use. Stop what holds it, or choose another: --port ${port + 1}`)
  }
  if (code === 'EADDRNOTAVAIL') return plainError(`This machine has no address ${host} to listen on`)
  if (code === 'EACCES') return plainError(`Listening on port ${port} is not allowed to this user`)
  return error
}

function announce(terminal: Terminal, service: Service, url: string): void {
  const { colours } = terminal
  const { policy } = service.router
  const learned = service.labelSequence === 0 ? '' : `, ${counted(service.labelSequence, 'label')} learned`
  const state =
    policy.fitted === undefined ? 'nothing fitted yet: cold start from list prices' : policy.fitted.description
  terminal.out('')
  const serves = (id: LlmId) => service.router.pool.get(id) !== undefined
  for (const line of describePool(service.pool, serves, colours)) terminal.out(line)
  terminal.out(`  ${colours.dim('policy')}    ${policy.version} (${state}${learned})`)
  terminal.out(`  ${colours.dim('database')}  ${service.config.database.file}`)
  terminal.out(`  ${colours.dim('keys')}      ${describeKeys(service)}`)
  terminal.out('')
  terminal.out(`${colours.good('Pointsman is listening on')} ${colours.strong(url)}`)
  terminal.out('')
  for (const line of tryItOut(service, url)) terminal.out(colours.dim(line))
  terminal.out('')
}

function describeKeys(service: Service): string {
  if (service.keys.neverIssued) return 'none issued: everyone on this machine may call (pointsman keys create)'
  const active = service.keys.activeKeys().length
  return `${active} active: every call needs one`
}

function tryItOut(service: Service, url: string): string[] {
  const key = service.keys.neverIssued ? '' : " -H 'authorization: Bearer <key>'"
  const question = service.pool.origin === 'simulated' ? 'What is 17 * 23?' : 'Why is the sky blue?'
  return [
    'Try it:',
    `  curl ${url}/v1/chat/completions${key} -H 'content-type: application/json' \\`,
    `    -d '{"model":"auto","messages":[{"role":"user","content":"${question}"}]}'`,
    `Point any OpenAI client at ${url}/v1, any Anthropic client at ${url},`,
    'and say model "auto".',
  ]
}
