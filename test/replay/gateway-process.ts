import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const cli = path.resolve(import.meta.dirname, '../../dist/cli/main.js')

/** A served gateway in a process of its own. */
export interface GatewayProcess {
  readonly url: string
  readonly pid: number
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<unknown>
  /** What it printed so far, both streams. */
  readonly output: () => string
  /** SIGTERM, and the end. */
  stop(): Promise<number | null>
  /** SIGKILL: no last words. */
  kill(): Promise<void>
}

/**
 * Serves the configuration of `folder` on a free port with the built command. `environment` replaces the process's own
 * but for the path.
 */
export async function startGateway(
  folder: string,
  options: { readonly args?: readonly string[]; readonly environment?: Record<string, string> } = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [cli, 'serve', '--port', '0', ...(options.args ?? [])], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = once(child, 'exit') as Promise<[number | null]>
  // A script that throws must not leave its gateway behind.
  const orphaned = () => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  ended.then(
    () => process.off('exit', orphaned),
    () => {},
  )
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
      const found = /listening on (http:\/\/\S+)/.exec(stripVTControlCharacters(output))
      if (found !== null) resolve(found[1]!)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    ended.then(([code]) => reject(new Error(`the gateway ended with ${code}:\n${output}`)), reject)
  })
  return {
    url,
    pid: child.pid!,
    ended,
    output: () => output,
    stop: () => end(child, 'SIGTERM', ended),
    kill: async () => {
      await end(child, 'SIGKILL', ended)
    },
  }
}

/** Runs a command to its end. @returns what it printed; throws when it failed. */
export async function runCommand(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', ...environment }
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8')
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${output}`)
  return output
}

async function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<[number | null]>,
): Promise<number | null> {
  child.kill(signal)
  const [code] = await ended
  return code
}
