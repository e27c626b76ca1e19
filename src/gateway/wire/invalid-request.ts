import type { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'

/**
 * The first complaint of a schema, with its place written as OpenAI does: `messages[0].role`.
 * @param value what was checked.
 * @param path where in the body it is.
 */
export function toInvalidRequest(error: z.ZodError, value: unknown, path: readonly PropertyKey[] = []): GatewayError {
  const issue = error.issues[0]
  const param = writePath([...path, ...(issue?.path ?? [])])
  const complaint = issue?.message.replace(/^Invalid input: /, '') ?? 'is not valid'
  if (param === '') return new GatewayError('invalid_request', `Invalid request body: ${complaint}`)
  // What a check of our own says of a field that is not there is more than that.
  const isMissing = issue?.code !== 'custom' && valueAt(value, issue?.path ?? []) === undefined
  const message = isMissing ? `'${param}' is required` : `Invalid value for '${param}': ${complaint}`
  return new GatewayError('invalid_request', message, { param })
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as { readonly [key: PropertyKey]: unknown })[step]
  }
  return found
}

/**
 * One value of a request, checked. Requests are checked value by value, to end at the first that is wrong: one schema for a
 * whole request would look at all of them and describe each. For a body of nothing but wrong parts that takes a second, in
 * which nobody else is served.
 *
 * @throws {GatewayError} `invalid_request`
 */
export function requireValid<T>(schema: z.ZodType<T>, value: unknown, path: readonly PropertyKey[]): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw toInvalidRequest(parsed.error, value, path)
}

/** A place in a request as OpenAI writes it: `messages[0].role`. */
export function writePath(path: readonly PropertyKey[]): string {
  let written = ''
  for (const step of path) {
    written += typeof step === 'number' ? `[${step}]` : `${written === '' ? '' : '.'}${String(step)}`
  }
  return written
}
