import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKey, KeyScope } from '../accounts/api-key.ts'
import type { Spender } from '../accounts/daily-spend.ts'
import type { KeyRing } from '../accounts/key-ring.ts'
import type { RoutingPreference } from '../routing/decision/routing-preference.ts'
import { GatewayError } from './gateway-error.ts'

/** Who sends a request. */
export interface Caller extends Spender {
  readonly scopes: readonly KeyScope[]
  /** The key whose decisions the caller may see; undefined: all of them. */
  readonly visibleTo: string | undefined
  readonly preference: Partial<RoutingPreference>
}

/** Everybody, on a loopback gateway for which no key was ever issued. Not an admin: that always takes a key. */
const anonymous: Caller = {
  keyId: undefined,
  dailyCapUsd: undefined,
  scopes: ['inference'],
  visibleTo: undefined,
  preference: {},
}

/**
 * @param keyRequired whether a key is needed even though none was ever issued.
 * @throws {GatewayError} `missing_api_key`, `invalid_api_key`
 */
export function authenticate(headers: IncomingHttpHeaders, keys: KeyRing, keyRequired: boolean): Caller {
  // Official clients insist on sending some key; without keys of ours it means nothing.
  if (keys.neverIssued && !keyRequired) return anonymous
  const secret = bearerSecret(headers)
  if (secret === undefined) {
    throw new GatewayError('missing_api_key', 'Give an API key: authorization: Bearer pm-…, or x-api-key: pm-…')
  }
  const key = keys.authenticate(secret)
  if (key === undefined) throw new GatewayError('invalid_api_key', 'The API key is unknown or revoked')
  return toCaller(key)
}

/** @throws {GatewayError} `insufficient_scope` */
export function requireScope(caller: Caller, scope: KeyScope): void {
  if (!caller.scopes.includes(scope)) {
    throw new GatewayError('insufficient_scope', `The API key lacks the scope '${scope}'`)
  }
}

/**
 * For all under `/admin` and what changes keys: an admin's key, also where none was ever issued and everybody on the machine may call.
 *
 * @throws {GatewayError} `insufficient_scope`
 */
export function requireAdmin(caller: Caller): void {
  if (caller.scopes.includes('admin')) return
  const message =
    caller.keyId === undefined
      ? "This takes a key with the scope 'admin': pointsman keys create --name admin --scope admin inference, or server.master_key"
      : "The API key lacks the scope 'admin'"
  throw new GatewayError('insufficient_scope', message)
}

function toCaller(key: ApiKey): Caller {
  return {
    keyId: key.id,
    dailyCapUsd: key.dailyCapUsd,
    team: key.team,
    scopes: key.scopes,
    visibleTo: key.scopes.includes('admin') ? undefined : key.id,
    preference: key.preference,
  }
}

function bearerSecret(headers: IncomingHttpHeaders): string | undefined {
  // Portkey's clients send the gateway's key by this name, and a provider's as the authorization.
  const portkey = headers['x-portkey-api-key']
  if (typeof portkey === 'string' && portkey.length > 0) return portkey
  // LiteLLM's take it where the authorization is for the provider, as Claude Code's subscriptions are.
  const litellm = headers['x-litellm-api-key']
  if (typeof litellm === 'string' && litellm.length > 0) return litellm.replace(/^bearer +/i, '')
  const authorization = headers.authorization
  if (authorization !== undefined) return /^bearer +(\S+) *$/i.exec(authorization)?.[1]
  const plain = headers['x-api-key']
  return typeof plain === 'string' && plain.length > 0 ? plain : undefined
}
