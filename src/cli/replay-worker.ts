import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { GatewayError, type GatewayErrorCode } from '../gateway/gateway-error.ts'
import { ReplayDesk, type ReplayQuestion } from '../gateway/replay/replay-desk.ts'
import type { ReplayReport } from '../proof/off-policy/replay-log.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { RouterOptions } from '../routing/router.ts'
import { openSqliteStorage } from '../storage/sqlite/open-sqlite-storage.ts'
import { StorageError } from '../storage/storage-error.ts'
import { RolloutError, type RolloutErrorCode } from '../training/rollout-error.ts'
import { decisionIdAt } from './system.ts'

/** What the worker is started with. */
export interface ReplayOrder {
  /** Of the database. */
  readonly file: string
  readonly question: ReplayQuestion
  readonly pool: readonly Llm[]
  readonly serving: { readonly version: string; readonly costReferenceUsd: number }
  readonly options: RouterOptions
  readonly lambda: number
}

/** The worker's one answer. Other faults than those that have a code end it. */
export type MessageFromReplay =
  | { readonly kind: 'done'; readonly report: ReplayReport }
  | {
      readonly kind: 'refused'
      readonly code: GatewayErrorCode
      readonly message: string
      readonly param: string | undefined
    }
  | { readonly kind: 'no_version'; readonly code: RolloutErrorCode; readonly message: string }

/** Somebody waits for it: lower than what serves, and not so low that a busy machine lets it starve, as a refit may. */
const priority = 10

if (parentPort === null) throw new Error('This file is run as a worker thread by ReplayInWorker')
const port = parentPort
giveWay()
const ending = new AbortController()
// Its only message: nobody waits for the answer any more. Ending in its own time, it closes its database first.
port.once('message', () => ending.abort(new Error('The replay was ended')))
// A listener that waits would keep the thread alive.
port.unref()
const answer = await judge(workerData as ReplayOrder)
if (answer !== undefined) port.postMessage(answer)

/** Linux keeps a priority per thread, and 0 is the thread that asks (setpriority(2), NPTL); elsewhere it would be the whole process's. */
function giveWay(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, priority)
  } catch {
    // Some sandboxes forbid it: it then takes its turn as others do.
  }
}

/** @returns undefined when it was ended. */
async function judge({ file, question, pool, ...rest }: ReplayOrder): Promise<MessageFromReplay | undefined> {
  try {
    const storage = await openSqliteStorage({ file })
    try {
      const { decisions, policies } = storage
      const desk = new ReplayDesk({
        ...{ decisions, policies, ...rest, idAt: decisionIdAt },
        pool: () => pool,
        serving: () => rest.serving,
      })
      return { kind: 'done', report: await desk.replay(question, { signal: ending.signal }) }
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (ending.signal.aborted) return undefined
    return refusal(error)
  }
}

/** @throws faults without a code. */
function refusal(error: unknown): MessageFromReplay {
  if (error instanceof RolloutError) return { kind: 'no_version', code: error.code, message: error.message }
  if (error instanceof GatewayError) {
    return { kind: 'refused', code: error.code, message: error.message, param: error.param }
  }
  if (error instanceof StorageError) {
    return { kind: 'refused', code: 'store_unavailable', message: error.message, param: undefined }
  }
  throw error
}
