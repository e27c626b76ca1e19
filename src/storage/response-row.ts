import type { StoredResponse } from '../routing/response-store.ts'
import { storedInteger } from './stored-integer.ts'

/** A kept response as its table holds it. */
export interface ResponseRow {
  readonly id: string
  readonly created_at_ms: number
  readonly key_id: string | null
  readonly conversation_id: string
  readonly previous_id: string | null
  /** JSON. */
  readonly input: string
  /** JSON. */
  readonly response: string
}

/** A row, and the items by which it is found. */
export interface EncodedResponse {
  readonly row: ResponseRow
  readonly itemIds: readonly string[]
}

/** @throws {StorageError} `storage_conflict` for a time that cannot be. */
export function encodeResponse(response: StoredResponse): EncodedResponse {
  return {
    row: {
      id: response.id,
      created_at_ms: storedInteger('time', response.createdAtMs),
      key_id: response.keyId ?? null,
      conversation_id: response.conversationId,
      previous_id: response.previousId ?? null,
      input: response.input,
      response: response.response,
    },
    itemIds: [...new Set(response.itemIds)],
  }
}

/** The inverse of {@link encodeResponse}. */
export function decodeResponse({ row, itemIds }: EncodedResponse): StoredResponse {
  return {
    id: row.id,
    createdAtMs: row.created_at_ms,
    keyId: row.key_id ?? undefined,
    conversationId: row.conversation_id,
    previousId: row.previous_id ?? undefined,
    input: row.input,
    response: row.response,
    itemIds,
  }
}
