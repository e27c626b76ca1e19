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
  /** Whose budget its spend counts for, beside its own and the gateway's. */
  readonly team?: string | undefined
  /** Share of the labels of one LLM that this key's feedback may make up; 1: it is trusted without a cap. Default: the configuration's. */
  readonly feedbackShare?: number | undefined
  readonly createdAtMs: number
  readonly revokedAtMs: number | undefined
}
