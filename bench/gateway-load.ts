/**
 * The load, in a process of its own: keeps a number of connections busy for a while, every request with a prompt that
 * was never sent before, and checks every answer. Takes a {@link LoadOrder} from its parent and answers a
 * {@link LoadResult}. Argument: a JSON file with the prompts.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { lastWord, streamedEvents } from './chat-answer.ts'
import { HttpConnection, type RawAnswer } from './http-connection.ts'

export interface LoadOrder {
  readonly url: string
  readonly model: string
  readonly stream: boolean
  readonly concurrency: number
  /** No request begins later than this. Default: only `requests` ends it. */
  readonly durationMs?: number
  /** At most so many requests. Default: only `durationMs` ends it. */
  readonly requests?: number
  /** So many begin each second, whether earlier ones have ended or not, as long as a connection is idle. Default: as fast as they can. */
  readonly perSecond?: number
  /** Bearer token of every request. */
  readonly key?: string
  /** Posts a score for every answer, after it. */
  readonly feedback?: boolean
}

/** Times in ms. */
export interface LoadResult {
  readonly requests: number
  readonly errors: readonly string[]
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** To the first byte of the body. */
  readonly firstByteP50Ms: number
}

/** Digits that make each prompt a new one. */
const counterDigits = 10
/** Answers wrong in the same way are told once; more than this many are not told at all. */
const maxErrors = 20

const prompts = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as readonly string[]
let sent = 0

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.({ url: '' })
// Outlives no parent, not even one that was killed.
process.on('disconnect', () => process.exit())

async function run(order: LoadOrder): Promise<LoadResult> {
  const complete: number[] = []
  const firstByte: number[] = []
  const errors = new Set<string>()
  const limit = order.requests ?? Number.POSITIVE_INFINITY
  let begun = 0
  const start = performance.now()
  const endAtMs = start + (order.durationMs ?? Number.POSITIVE_INFINITY)
  const keepBusy = async (): Promise<void> => {
    const connection = new HttpConnection(order.url)
    try {
      while (performance.now() < endAtMs && begun < limit) {
        const n = begun++
        if (dueMs(start, n, order) >= endAtMs) break
        const lateMs = await turn(start, n, order)
        const answer = await connection.send(chatRequest(order))
        complete.push(lateMs + answer.completeMs)
        firstByte.push(lateMs + answer.firstByteMs)
        const wrong = faultOf(answer, order.stream)
        if (wrong !== undefined && errors.size < maxErrors) errors.add(wrong)
        if (order.feedback === true) await judge(connection, answer, order, errors)
      }
    } catch (error) {
      errors.add(String(error))
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: order.concurrency }, keepBusy))
  const elapsedMs = performance.now() - start
  complete.sort((a, b) => a - b)
  firstByte.sort((a, b) => a - b)
  return {
    requests: complete.length,
    errors: [...errors],
    elapsedMs,
    p50Ms: quantile(complete, 0.5),
    p99Ms: quantile(complete, 0.99),
    firstByteP50Ms: quantile(firstByte, 0.5),
  }
}

/** When the n-th request is due; where no pace is set, at once. */
function dueMs(startMs: number, n: number, { perSecond }: LoadOrder): number {
  return perSecond === undefined ? startMs : startMs + (1000 * n) / perSecond
}

/** Waits until the n-th request is due. @returns by how much it begins too late, ms: no connection was idle. */
async function turn(startMs: number, n: number, order: LoadOrder): Promise<number> {
  if (order.perSecond === undefined) return 0
  const aheadMs = dueMs(startMs, n, order) - performance.now()
  if (aheadMs > 0) await wait(aheadMs)
  return Math.max(0, -aheadMs)
}

/** The prompts' number is finite; the counter in front makes every one distinct, so that no cache could ever answer. */
function chatRequest({ model, stream, key }: LoadOrder): Buffer {
  const counter = String(sent++).padStart(counterDigits, '0')
  const content = `${counter} ${prompts[sent % prompts.length]!}`
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], ...(stream ? { stream } : {}) })
  return post('/v1/chat/completions', body, key)
}

function post(path: string, body: string, key: string | undefined): Buffer {
  const authorization = key === undefined ? '' : `authorization: Bearer ${key}\r\n`
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${authorization}` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function faultOf({ status, body }: RawAnswer, stream: boolean): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`
  if (!body.includes(lastWord)) return `an answer without its end: ${body.slice(0, 200)}`
  if (!stream) return undefined
  const events = body.split('data: {').length - 1
  if (events < streamedEvents) return `a stream of ${events} events`
  return body.includes('data: [DONE]') ? undefined : 'a stream without [DONE]'
}

async function judge(
  connection: HttpConnection,
  answer: RawAnswer,
  { key }: LoadOrder,
  errors: Set<string>,
): Promise<void> {
  const id = /"id":"([^"]+)"/.exec(answer.body)?.[1]
  const receipt = await connection.send(
    post('/v1/feedback', JSON.stringify({ response_id: id, score: (sent % 11) / 10 }), key),
  )
  if (receipt.status !== 200) errors.add(`feedback: status ${receipt.status}: ${receipt.body.slice(0, 200)}`)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
