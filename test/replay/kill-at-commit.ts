/**
 * Loaded into a gateway before its own code (`--import`): ends it without warning around the commit that the environment names. The gateway's
 * own code is untouched; what is watched are the messages to the thread of its database.
 */
import { isMainThread, Worker } from 'node:worker_threads'

/** Of the database's operations, and when: before it is sent there, or so long after. */
export interface CommitPoint {
  readonly operation: 'saveVersion' | 'changeRollout' | 'saveLearnedState' | 'pruneVersions'
  /** Undefined: it is never sent. */
  readonly afterMs: number | undefined
  /** Passed over first. */
  readonly skip: number
}

const variable = 'KILL_AT_COMMIT'

export function killedAtCommit(point: CommitPoint): Record<string, string> {
  return { [variable]: JSON.stringify(point), NODE_OPTIONS: `--import=${import.meta.filename}` }
}

const said = process.env[variable]
if (said !== undefined && isMainThread) watch(JSON.parse(said) as CommitPoint)

function watch({ operation, afterMs, skip }: CommitPoint): void {
  let left = skip
  const { prototype } = Worker
  const post = Object.getOwnPropertyDescriptor(prototype, 'postMessage')!.value as Worker['postMessage']
  prototype.postMessage = function (this: Worker, ...sent: Parameters<Worker['postMessage']>) {
    const [message] = sent as [{ readonly calls?: readonly { readonly operation: string }[] }]
    const isIt = message.calls?.some((call) => call.operation === operation) === true && left-- <= 0
    if (isIt && afterMs === undefined) end()
    post.apply(this, sent)
    if (isIt) endAfter(afterMs!)
  }
}

/** Meanwhile the database's thread works on, and nothing else. */
function endAfter(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  end()
}

function end(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal may take a moment: no further step until then.
  for (;;);
}
