import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { StoredPolicyVersion } from '../routing/policy-store.ts'
import { toStoredPolicyVersion } from '../routing/prediction/fitted-policy.ts'
import { FitError, type FitErrorCode } from './fit-error.ts'
import type { FitProgress } from './fit-progress.ts'
import { type RefitRequest, refitPolicy } from './refit-policy.ts'

/** What the worker says; the last word is `done` or `refused`. */
export type MessageFromRefit =
  | { readonly kind: 'progress'; readonly progress: FitProgress }
  | { readonly kind: 'done'; readonly version: StoredPolicyVersion }
  /** The data cannot be fitted: a {@link FitError}. Other faults end the worker. */
  | { readonly kind: 'refused'; readonly code: FitErrorCode; readonly message: string }

const lowestPriority = 19

if (parentPort === null) throw new Error('This file is run as a worker thread by refitInWorker')
const port = parentPort
yieldToAnswers()
const send = (message: MessageFromRefit): void => port.postMessage(message)
try {
  const policy = await refitPolicy(workerData as RefitRequest, (progress) => send({ kind: 'progress', progress }))
  send({ kind: 'done', version: toStoredPolicyVersion(policy) })
} catch (error) {
  if (!(error instanceof FitError)) throw error
  send({ kind: 'refused', code: error.code, message: error.message })
}

/**
 * Linux keeps a priority per thread, and 0 is the thread that asks (setpriority(2), NPTL); elsewhere it would be the whole process's. Its scheduler
 * still lets even the lowest run out its slice of some milliseconds when a request wakes another thread, unless it is of the idle class, which
 * util-linux's `chrt` can give; without it the priority alone must do.
 */
function yieldToAnswers(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, lowestPriority)
    const thread = path.basename(readlinkSync('/proc/thread-self'))
    execFile('chrt', ['--idle', '--pid', '0', thread], () => {})
  } catch {
    // Some sandboxes forbid it: the fit then takes its turn as others do.
  }
}
