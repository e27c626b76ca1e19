import { Worker } from 'node:worker_threads'
import type { JsonObject } from '../providers/chat-provider.ts'
import { GradingError } from './grading-error.ts'

/** A check whose time an unlucky answer could stretch without end. */
export type BoundedCheck =
  | { readonly kind: 'regex'; readonly pattern: string; readonly flags: string; readonly text: string }
  | { readonly kind: 'schema'; readonly schema: JsonObject; readonly value: unknown }

export type CheckOutcome =
  | { readonly status: 'done'; readonly holds: boolean; readonly reason?: string | undefined }
  /** The check itself cannot be made: the pattern or the schema is none. */
  | { readonly status: 'invalid'; readonly message: string }

interface Waiting {
  readonly check: BoundedCheck
  readonly resolve: (outcome: Extract<CheckOutcome, { status: 'done' }>) => void
  readonly reject: (error: GradingError) => void
}

/**
 * Regular expressions and JSON schemas, in a thread that is ended when a check takes too long: a pattern that backtracks without end would
 * stop the whole process otherwise. One check at a time; the thread starts with the first and does not keep the process alive.
 */
export class BoundedChecks {
  readonly #timeLimitMs: number
  readonly #queue: Waiting[] = []
  #current: Waiting | undefined
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /** @param timeLimitMs of one check; the start of the thread does not count. Default: 2,000. */
  constructor(timeLimitMs = 2_000) {
    this.#timeLimitMs = timeLimitMs
  }

  /** @throws {GradingError} `invalid_grader`; `not_graded` when it took too long. */
  run(check: BoundedCheck): Promise<Extract<CheckOutcome, { status: 'done' }>> {
    if (this.#closed) return Promise.reject(new GradingError('grader_unavailable', 'Grading has ended'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ check, resolve, reject })
      this.#next()
    })
  }

  /** Idempotent. Checks under way are refused. */
  async close(): Promise<void> {
    this.#closed = true
    const error = new GradingError('grader_unavailable', 'Grading has ended')
    for (const waiting of this.#queue.splice(0)) waiting.reject(error)
    await this.#drop(error)
  }

  #next(): void {
    if (this.#current !== undefined) return
    this.#current = this.#queue.shift()
    const worker = this.#worker
    if (this.#current === undefined) worker?.unref()
    else if (worker === undefined) this.#start()
    else {
      worker.ref()
      this.#send(worker, this.#current)
    }
  }

  #start(): void {
    // The compiler rewrites the endings of imports, but not of this: it must be the one that this file itself has.
    const file = import.meta.url.endsWith('.ts') ? './checks-worker.ts' : './checks-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'pointsman-grading',
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    this.#worker = worker
    worker.on('message', (outcome: CheckOutcome | 'ready') => {
      if (outcome !== 'ready') this.#settle(outcome)
      else if (this.#current !== undefined) this.#send(worker, this.#current)
    })
    worker.on('error', (cause) => {
      void this.#drop(new GradingError('not_graded', `The check failed: ${String(cause)}`, { cause }))
    })
  }

  #send(worker: Worker, { check }: Waiting): void {
    const seconds = this.#timeLimitMs / 1_000
    const message = check.kind === 'regex' ? 'The regular expression' : 'The JSON schema'
    this.#timer = setTimeout(() => {
      void this.#drop(new GradingError('not_graded', `${message} took longer than ${seconds} s on this answer`))
    }, this.#timeLimitMs)
    worker.postMessage(check)
  }

  #settle(outcome: CheckOutcome): void {
    clearTimeout(this.#timer)
    const waiting = this.#current
    this.#current = undefined
    if (outcome.status === 'done') waiting?.resolve(outcome)
    else waiting?.reject(new GradingError('invalid_grader', outcome.message))
    this.#next()
  }

  /** Ends the thread with what it is at; the next check gets a new one. */
  async #drop(error: GradingError): Promise<void> {
    clearTimeout(this.#timer)
    const worker = this.#worker
    this.#worker = undefined
    const waiting = this.#current
    this.#current = undefined
    worker
      ?.removeAllListeners('message')
      .removeAllListeners('error')
      .on('error', () => {})
    waiting?.reject(error)
    if (!this.#closed) this.#next()
    await worker?.terminate()
  }
}
