import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { SelfReport } from './self-report.ts'

/** Whether processes can be tied to a core: Linux with `taskset`, and a second core for the load. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined

const selfReport = path.join(import.meta.dirname, 'self-report.ts')

/** A Node process on a core of its own, where that can be had. */
export class PinnedProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  /** @param args Node's own flags, the script and its arguments. */
  constructor(core: number, args: readonly string[], folder?: string) {
    const command = [process.execPath, ...args]
    const [file, ...rest] = canPin ? ['taskset', '-c', String(core), ...command] : command
    this.#child = spawn(file!, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#ended = once(this.#child, 'exit')
    const collect = (piece: Buffer): void => {
      this.#output += piece.toString('utf8')
    }
    this.#child.stdout!.on('data', collect)
    this.#child.stderr!.on('data', collect)
  }

  /** One of our own scripts, which says `{ url }` when it listens. Only a measured one answers `report`. */
  static async listening(core: number, args: readonly string[], measured = false) {
    const child = new PinnedProcess(core, measured ? ['--import', selfReport, ...args] : args)
    const { url } = await child.#reply<{ url: string }>()
    return { process: child, url }
  }

  /** The built gateway on the configuration of `folder`, on a free port. */
  static async gateway(core: number, folder: string, flags: readonly string[] = []) {
    const cli = path.join(import.meta.dirname, '../dist/cli/main.js')
    const args = ['--import', selfReport, ...flags, cli, 'serve', '--port', '0']
    const child = new PinnedProcess(core, args, folder)
    return { process: child, url: await child.#printed(/listening on (http:\/\/[\d.:]+)/) }
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** What it printed so far. */
  get output(): string {
    return this.#output
  }

  /** Sends a message and waits for the answer; one at a time. */
  ask<Reply>(message: object): Promise<Reply> {
    this.#child.send(message)
    return this.#reply<Reply>()
  }

  report(): Promise<SelfReport> {
    return this.ask<SelfReport>({ kind: 'report' })
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }

  async #reply<Reply>(): Promise<Reply> {
    const reply = await Promise.race([once(this.#child, 'message'), this.#ended])
    if (!this.#child.connected) throw new Error(`A process ended:\n${this.#output}`)
    return (reply as [Reply])[0]
  }

  #printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#output)
        if (found !== null) resolve(found[1]!)
      }
      this.#child.stdout!.on('data', look)
      this.#ended.then(() => reject(new Error(`The gateway ended:\n${this.#output}`)), reject)
    })
  }
}
