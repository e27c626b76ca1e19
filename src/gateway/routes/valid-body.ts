import type { z } from 'zod'
import { readJsonBody } from '../json-body.ts'
import { requireValid } from '../wire/invalid-request.ts'
import type { RouteRequest } from './route-handler.ts'

/**
 * A small request body, read and checked as a whole.
 *
 * @throws {GatewayError} as {@link readJsonBody}; `invalid_request`
 */
export async function validBody<T>(
  schema: z.ZodType<T>,
  { exchange, share }: RouteRequest,
  maxBytes: number,
): Promise<T> {
  return requireValid(schema, await readJsonBody(exchange.request, maxBytes, share), [])
}
