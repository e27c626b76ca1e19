import type { RoutingPreference } from '../routing/decision/routing-preference.ts'

export type KeyScope = 'inference' | 'admin'

/** A key as stored: never the secret itself. */
export interface ApiKey {
  readonly id: string
  /** For people. */
  readonly name: string
  /** SHA-256 of the secret, hex. The secret has 256 random bits, so that a slow hash would add nothing. */
  readonly secretHash: string
  /** First characters of the secret, to recognise it by. */
  readonly prefix: string
  readonly scopes: readonly KeyScope[]
  /** The owner's defaults and limits for requests made with this key. */
  readonly preference: Partial<RoutingPreference>
  /** Hard stop per UTC day. */
  readonly dailyCapUsd: number | undefined
  readonly createdAtMs: number
  readonly revokedAtMs: number | undefined
}
