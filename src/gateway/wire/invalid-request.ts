import type { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'

/**
 * The first complaint of a schema, with its place written as OpenAI does: `messages[0].role`.
 * @param path where in the body the checked value is.
 */
export function toInvalidRequest(error: z.ZodError, path: readonly PropertyKey[] = []): GatewayError {
  const issue = error.issues[0]
  const param = writePath([...path, ...(issue?.path ?? [])])
  const complaint = issue?.message ?? 'is not valid'
  if (param === '') return new GatewayError('invalid_request', `Invalid request body: ${complaint}`)
  return new GatewayError('invalid_request', `Invalid value for '${param}': ${complaint}`, { param })
}

function writePath(path: readonly PropertyKey[]): string {
  let written = ''
  for (const step of path) {
    written += typeof step === 'number' ? `[${step}]` : `${written === '' ? '' : '.'}${String(step)}`
  }
  return written
}
