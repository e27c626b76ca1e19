import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { BodyShare } from './body-budget.ts'
import { GatewayError } from './gateway-error.ts'

/** Deeper JSON than any real request; the walk below and `JSON.stringify` stay far from the stack's end. */
const maxDepth = 64
/** More values than any real request has: keeps the checks that follow to some hundredths of a second. */
export const maxValues = 100_000

/**
 * Reads, decodes and parses a request body once. Nothing beyond `maxBytes` is kept.
 *
 * @param share what is read counts there; whoever opened it releases it.
 * @param mostValues it may hold.
 * @throws {GatewayError} `unsupported_media_type`, `body_too_large`, `invalid_json`, `overloaded`
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
  share: BodyShare,
  mostValues: number = maxValues,
): Promise<unknown> {
  requireJson(request)
  const bytes = await readBytes(request, maxBytes, share)
  // A byte sequence that is not UTF-8 would otherwise turn silently into replacement characters.
  if (!isUtf8(bytes)) throw new GatewayError('invalid_json', 'The request body is not valid UTF-8')
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new GatewayError('invalid_json', 'The request body is not valid JSON', { cause: error })
  }
  checkLimits(parsed, 0, { left: mostValues, most: mostValues })
  // In valid UTF-8 only an escape can write half a character, so that most bodies need no look at their texts.
  if (bytes.includes('\\ud') || bytes.includes('\\uD')) requireWholeCharacters(parsed)
  return parsed
}

/** By code points, so that it meets no whole pair. */
const halfPair = /\p{Surrogate}/u

/** Half of a surrogate pair is no text: upstreams refuse it, each in other words, or take it for something else. */
function requireWholeCharacters(value: unknown): void {
  if (typeof value === 'string' && halfPair.test(value)) {
    throw new GatewayError(
      'invalid_json',
      'The request body holds a text with half of a surrogate pair, such as \\ud83d',
    )
  }
  if (typeof value !== 'object' || value === null) return
  for (const name in value) {
    requireWholeCharacters(name)
    requireWholeCharacters(Reflect.get(value, name))
  }
}

function requireJson(request: IncomingMessage): void {
  const type = request.headers['content-type']
  const essence = type?.split(';', 1)[0]?.trim().toLowerCase()
  if (essence !== 'application/json') {
    throw new GatewayError('unsupported_media_type', 'The request needs the header content-type: application/json')
  }
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new GatewayError('unsupported_media_type', 'Compressed request bodies are not supported')
  }
}

function readBytes(request: IncomingMessage, maxBytes: number, share: BodyShare): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const refuse = (error: GatewayError) => {
      chunks.length = 0
      request.removeAllListeners('data')
      reject(error)
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) refuse(tooLarge(maxBytes))
      else if (!share.take(chunk.length)) refuse(tooMuchHeld())
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    request.on('error', (cause) => {
      reject(new GatewayError('malformed_http', 'The request ended before its body was complete', { cause }))
    })
  })
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('body_too_large', `The request body is larger than ${maxBytes} bytes, the limit here`)
}

/** All requests under way hold as much as they may. */
export function tooMuchHeld(): GatewayError {
  return new GatewayError('overloaded', 'Too many large requests are under way; try again shortly', {
    retryAfterMs: 1_000,
  })
}

/** Refuses what no client means and code further on might trip over: endless nesting and keys that reach a prototype. */
function checkLimits(value: unknown, depth: number, count: { left: number; readonly most: number }): void {
  if (typeof value !== 'object' || value === null) return
  if (depth >= maxDepth) throw new GatewayError('invalid_json', `The request is nested deeper than ${maxDepth} levels`)
  const items = Array.isArray(value) ? (value as readonly unknown[]) : Object.values(value)
  if (Object.hasOwn(value, '__proto__')) {
    throw new GatewayError('invalid_json', "The request may not hold a field named '__proto__'", { param: '__proto__' })
  }
  count.left -= items.length
  if (count.left < 0) throw new GatewayError('invalid_json', `The request holds over ${count.most} values`)
  for (const item of items) checkLimits(item, depth + 1, count)
}
