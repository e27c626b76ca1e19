import type { ApiKey, KeyScope } from '../accounts/api-key.ts'
import type { RoutingPreference } from '../routing/decision/routing-preference.ts'
import { fromTaggedJson, type Json, toTaggedJson } from './tagged-json.ts'

/** An API key as its table holds it. */
export interface ApiKeyRow {
  readonly id: string
  readonly name: string
  readonly secret_hash: string
  readonly prefix: string
  /** JSON. */
  readonly scopes: string
  /** Tagged JSON: λ may be infinite. */
  readonly preference: string
  readonly daily_cap_usd: number | null
  readonly team: string | null
  readonly feedback_share: number | null
  readonly created_at_ms: number
  readonly revoked_at_ms: number | null
}

export function encodeApiKey(key: ApiKey): ApiKeyRow {
  return {
    id: key.id,
    name: key.name,
    secret_hash: key.secretHash,
    prefix: key.prefix,
    scopes: JSON.stringify(key.scopes),
    preference: JSON.stringify(toTaggedJson(key.preference)),
    daily_cap_usd: key.dailyCapUsd ?? null,
    team: key.team ?? null,
    feedback_share: key.feedbackShare ?? null,
    created_at_ms: key.createdAtMs,
    revoked_at_ms: key.revokedAtMs ?? null,
  }
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    prefix: row.prefix,
    scopes: JSON.parse(row.scopes) as KeyScope[],
    preference: fromTaggedJson(JSON.parse(row.preference) as Json) as Partial<RoutingPreference>,
    dailyCapUsd: row.daily_cap_usd ?? undefined,
    team: row.team ?? undefined,
    feedbackShare: row.feedback_share ?? undefined,
    createdAtMs: row.created_at_ms,
    revokedAtMs: row.revoked_at_ms ?? undefined,
  }
}
