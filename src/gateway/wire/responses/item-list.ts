import type { JsonObject } from '../../../providers/chat-provider.ts'
import { GatewayError } from '../../gateway-error.ts'
import { itemId } from './input-messages.ts'

/** A page of items, as its query asks. */
export interface PageQuery {
  readonly order: 'asc' | 'desc'
  readonly limit: number
  /** The id of the item before the page. */
  readonly after: string | undefined
}

const defaultLimit = 20
const maxLimit = 100

/** @throws {GatewayError} `invalid_request`, naming the query's parameter. */
export function parsePageQuery(query: URLSearchParams): PageQuery {
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw wrongQuery('order', "'asc' or 'desc'")
  const text = query.get('limit') ?? String(defaultLimit)
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > maxLimit) throw wrongQuery('limit', `a number from 1 to ${maxLimit}`)
  return { order, limit, after: query.get('after') ?? undefined }
}

/**
 * A page as OpenAI lists it.
 * @param items oldest first, each with an id.
 * @throws {GatewayError} `invalid_request` for an `after` that is not among them.
 */
export function toItemPage(items: readonly unknown[], { order, limit, after }: PageQuery): JsonObject {
  const ordered = order === 'asc' ? items : items.toReversed()
  const at = after === undefined ? -1 : ordered.findIndex((item) => itemId(item) === after)
  if (after !== undefined && at < 0) throw wrongQuery('after', 'the id of an item of this response')
  const data = ordered.slice(at + 1, at + 1 + limit)
  return {
    object: 'list',
    data,
    first_id: itemId(data[0]) ?? null,
    last_id: itemId(data.at(-1)) ?? null,
    has_more: at + 1 + limit < ordered.length,
  }
}

function wrongQuery(param: string, expected: string): GatewayError {
  return new GatewayError('invalid_request', `Invalid value for '${param}': expected ${expected}`, { param })
}
