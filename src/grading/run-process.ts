import { type ChildProcess, spawn } from 'node:child_process'
import { processTreeBytes } from './process-tree-memory.ts'

/** What a process may use. */
export interface ProcessLimits {
  readonly timeLimitMs: number
  /** Of standard output and standard error each; what goes beyond ends the process. */
  readonly maxOutputBytes: number
  /** Resident memory of the process started and all that it starts, watched on Linux only; default: no limit. */
  readonly maxMemoryBytes?: number | undefined
}

export interface ProcessToRun extends ProcessLimits {
  /** Program and arguments; no shell. The program is an absolute path, or found by the PATH of `environment`. */
  readonly command: readonly string[]
  readonly input: string
  readonly folder: string
  readonly environment: { readonly [name: string]: string }
}

export interface ProcessEnd {
  /** `exited`: on its own. Else what of its limits ended it, or `aborted` by the signal; `not_started`: the program could not be started. */
  readonly end: 'exited' | 'too_slow' | 'too_much_output' | 'too_much_memory' | 'aborted' | 'not_started'
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

const watchMemoryEveryMs = 50

/**
 * Runs a program in a process group of its own, which is killed as a whole when the program ends, or a limit is passed: what it left behind
 * in the background ends with it. Never throws.
 */
export function runProcess(run: ProcessToRun, signal: AbortSignal): Promise<ProcessEnd> {
  if (signal.aborted) return Promise.resolve({ end: 'aborted', exitCode: undefined, stdout: '', stderr: '' })
  return new Promise((resolve) => {
    const [program = '', ...args] = run.command
    const child = spawn(program, args, { cwd: run.folder, env: run.environment, detached: true, stdio: 'pipe' })
    let end: ProcessEnd['end'] = 'exited'
    const stop = (why: ProcessEnd['end']): void => {
      if (end === 'exited') end = why
      killGroup(child)
    }
    const onAbort = (): void => stop('aborted')
    const timer = setTimeout(() => stop('too_slow'), run.timeLimitMs)
    const watch = watchMemory(child, run.maxMemoryBytes, () => stop('too_much_memory'))
    signal.addEventListener('abort', onAbort, { once: true })
    const stdout = collect(child.stdout, run.maxOutputBytes, () => stop('too_much_output'))
    const stderr = collect(child.stderr, run.maxOutputBytes, () => stop('too_much_output'))
    child.on('error', () => {
      if (child.pid === undefined) end = 'not_started'
    })
    // A program need not read what it is given.
    child.stdin.on('error', () => {})
    child.stdin.end(run.input)
    // Before its pipes are closed: what it left behind may hold them open.
    child.once('exit', () => killGroup(child))
    child.once('close', (exitCode) => {
      clearTimeout(timer)
      clearInterval(watch)
      signal.removeEventListener('abort', onAbort)
      resolve({ end, exitCode: exitCode ?? undefined, stdout: stdout(), stderr: stderr() })
    })
  })
}

/** @returns what was written until then, as text. */
function collect(stream: NodeJS.ReadableStream, maxBytes: number, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) onTooMuch()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

/** Where there is no /proc nothing is watched. */
function watchMemory(
  child: ChildProcess,
  maxBytes: number | undefined,
  onTooMuch: () => void,
): NodeJS.Timeout | undefined {
  const { pid } = child
  if (maxBytes === undefined || pid === undefined) return undefined
  let isReading = false
  return setInterval(() => {
    if (isReading) return
    isReading = true
    void processTreeBytes(pid).then((bytes) => {
      isReading = false
      // Once it has ended its number may be another's.
      if (bytes > maxBytes && child.exitCode === null && child.signalCode === null) onTooMuch()
    })
  }, watchMemoryEveryMs)
}
