import { setTimeout as wait } from 'node:timers/promises'
import { type FeedbackTarget, type RowOutcome, RowRefused } from './import-feedback.ts'

/** What passes by itself: limits on a key's pace, and a gateway that is full. */
const busy: ReadonlySet<number> = new Set([429, 503])
const mostTries = 6
const longestWaitMs = 30_000

/** Several times what the fields of a row may hold; of what is longer one row could keep all others of its call from being taken. */
const longestRowChars = 16_384

type Row = Readonly<Record<string, unknown>>

/** An entry of the answer to a batch, as far as an import needs it. */
interface ToldEntry {
  readonly status?: unknown
  readonly error?: { readonly message?: string }
}

interface WaitingRow {
  readonly body: Row
  readonly resolve: (outcome: RowOutcome) => void
  readonly reject: (fault: unknown) => void
}

/**
 * Through a running gateway, as the key's own. Rows that are handed over together go in one call.
 *
 * @param pause waits so many milliseconds.
 */
export function httpTarget(
  url: string,
  key: string | undefined,
  pause: (ms: number) => Promise<unknown> = wait,
): FeedbackTarget {
  const address = `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/feedback`
  let waiting: WaitingRow[] = []
  const send = async (): Promise<void> => {
    const rows = waiting
    waiting = []
    try {
      const entries = await postEntries(
        address,
        key,
        rows.map(({ body }) => body),
        pause,
      )
      for (const [i, { resolve, reject }] of rows.entries()) settle(entries[i], resolve, reject)
    } catch (fault) {
      for (const { reject } of rows) reject(fault)
    }
  }
  return (body) =>
    new Promise((resolve, reject) => {
      const chars = JSON.stringify(body).length
      if (chars > longestRowChars) return reject(new RowRefused(`it has ${chars} characters, far more than feedback`))
      if (waiting.length === 0) setImmediate(() => void send())
      waiting.push({ body, resolve, reject })
    })
}

function settle(entry: ToldEntry | undefined, resolve: WaitingRow['resolve'], reject: WaitingRow['reject']): void {
  if (entry?.status === 'accepted' || entry?.status === 'duplicate') resolve(entry.status)
  else if (entry?.status === 'failed') reject(new RowRefused(entry.error?.message ?? 'the gateway refused it'))
  else reject(new Error('The gateway told nothing of a row: is it an older version?'))
}

/** @throws {Error} when the gateway cannot be reached, takes none of it, or stays busy. */
async function postEntries(
  address: string,
  key: string | undefined,
  entries: readonly Row[],
  pause: (ms: number) => Promise<unknown>,
): Promise<readonly ToldEntry[]> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` }
  for (let tries = 1; ; tries++) {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify({ entries }),
      signal: AbortSignal.timeout(30_000),
    }).catch((cause: unknown) => {
      throw new Error(`${address} cannot be reached`, { cause })
    })
    const told = (await response.json().catch(() => ({}))) as {
      readonly entries?: unknown
      readonly error?: { readonly message?: string }
    }
    if (response.ok) return Array.isArray(told.entries) ? (told.entries as ToldEntry[]) : []
    if (!busy.has(response.status) || tries === mostTries) {
      throw new Error(told.error?.message ?? `the gateway answered ${response.status}`)
    }
    await pause(pauseMs(response.headers.get('retry-after'), tries))
  }
}

/** As long as the gateway asks for, else longer each time. */
function pauseMs(retryAfter: string | null, tries: number): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1_000
  return Math.min(longestWaitMs, asked > 0 ? asked : 250 * 2 ** tries)
}
