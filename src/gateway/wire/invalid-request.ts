import type { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'

/** The first complaint of a schema, with its place written as OpenAI does: `messages[0].role`. */
export function toInvalidRequest(error: z.ZodError): GatewayError {
  const issue = error.issues[0]
  const param = issue === undefined ? '' : writePath(issue.path)
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
