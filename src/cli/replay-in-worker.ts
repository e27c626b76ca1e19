import { Worker } from 'node:worker_threads'
import { GatewayError } from '../gateway/gateway-error.ts'
import type { ReplayQuestion, ReplayRun, Replays } from '../gateway/replay/replay-desk.ts'
import type { ReplayReport } from '../proof/off-policy/replay-log.ts'
import { RolloutError } from '../training/rollout-error.ts'
import type { MessageFromReplay, ReplayOrder } from './replay-worker.ts'

/**
 * Replays on a thread of their own at a lower priority, with their own connection to the database: the thread that serves is not held up, however long
 * the log is. Pages are not told of.
 */
export class ReplayInWorker implements Replays {
  readonly #order: () => Omit<ReplayOrder, 'question'>

  /** @param order what the gateway has when it is asked. */
  constructor(order: () => Omit<ReplayOrder, 'question'>) {
    this.#order = order
  }

  /** @throws as `ReplayDesk.replay`; {GatewayError} `store_unavailable`; whatever ended the thread. */
  replay(question: ReplayQuestion, { signal }: ReplayRun = {}): Promise<ReplayReport> {
    signal?.throwIfAborted()
    const file = import.meta.url.endsWith('.ts') ? './replay-worker.ts' : './replay-worker.js'
    const workerData: ReplayOrder = { ...this.#order(), question }
    const worker = new Worker(new URL(file, import.meta.url), {
      name: 'pointsman-replay',
      workerData,
      // Node 22 calls `node:sqlite` experimental.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const onAbort = () => worker.postMessage('end')
    signal?.addEventListener('abort', onAbort, { once: true })
    // Settled by the thread's end, not by its answer: the next replay may begin then.
    let answer: MessageFromReplay | undefined
    return new Promise<ReplayReport>((resolve, reject) => {
      worker.on('message', (message: MessageFromReplay) => {
        answer = message
      })
      worker.on('error', reject)
      worker.on('exit', () => {
        signal?.removeEventListener('abort', onAbort)
        if (signal?.aborted === true) reject(signal.reason)
        else if (answer?.kind === 'done') resolve(answer.report)
        else reject(answer === undefined ? new Error('The thread of a replay ended without a result') : toError(answer))
      })
    })
  }
}

function toError(refusal: Exclude<MessageFromReplay, { readonly kind: 'done' }>): Error {
  if (refusal.kind === 'no_version') return new RolloutError(refusal.code, refusal.message)
  const { code, message, param } = refusal
  return new GatewayError(code, message, param === undefined ? {} : { param })
}
