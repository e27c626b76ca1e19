import { randomUUID } from 'node:crypto'
import type { ApiKey } from '../../accounts/api-key.ts'
import { createApiKeySecret } from '../../accounts/api-key-secret.ts'
import { masterKeyId } from '../../accounts/key-ring.ts'
import { requireScope } from '../authenticate.ts'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { readJsonBody } from '../json-body.ts'
import { parseKeyDelete, parseKeyGenerate } from '../wire/litellm/key-request.ts'
import type { Route } from './route-handler.ts'

/** Many times what a key takes. */
const maxKeyBytes = 64 * 1_024

/** `POST /key/generate`, as LiteLLM has it: a key for LLMs, never for administration. Its secret is shown this once. */
export const keyGenerateRoute: Route = {
  name: 'litellm_key_generate',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle({ parts, storeHealth }, { exchange, caller, share }) {
    const body = await readJsonBody(exchange.request, maxKeyBytes, share)
    const { name, models, allow, dailyCapUsd, team, ignored } = parseKeyGenerate(body, parts.router.pool)
    const { secret, ...kept } = createApiKeySecret()
    const key: ApiKey = {
      id: `key_${randomUUID()}`,
      name,
      ...kept,
      scopes: ['inference'],
      preference: allow === undefined ? {} : { allow: [allow] },
      dailyCapUsd,
      team,
      createdAtMs: Math.floor(parts.clock.now()),
      revokedAtMs: undefined,
    }
    await storeHealth.inTime(parts.keys.issue(key))
    parts.log.info({ keyId: key.id, by: caller.keyId }, 'a key was issued')
    exchange.sendJson(200, { key: secret, ...toKeyBody(key), models, pointsman: { not_kept: ignored } })
  },
}

/** `GET /key/info`: of the key that asks, or, for an admin, of the one that `key` names by its secret or id. */
export const keyInfoRoute: Route = {
  name: 'litellm_key_info',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  async handle({ parts, storeHealth }, { exchange, caller }) {
    const named = exchange.query.get('key')
    const key = named === null ? ownKey(parts, caller.keyId) : findKey(parts, named)
    if (key?.id !== caller.keyId || key === undefined) requireScope(caller, 'admin')
    if (key === undefined) throw unknownKey('key')
    const spentNanoUsd = await storeHealth.inTime(parts.decisions.spentNanoUsd(0, key.id))
    const info = { ...toKeyBody(key), models: key.preference.allow?.flat() ?? [], spend: spentNanoUsd / 1e9 }
    // The secret is not said back: whoever reads this answer need not have it.
    exchange.sendJson(200, { key: key.id, info })
  },
}

/** `POST /key/delete`: keys end for good, by secret, id or name. */
export const keyDeleteRoute: Route = {
  name: 'litellm_key_delete',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle({ parts, storeHealth }, { exchange, caller, share }) {
    const { keys, aliases } = parseKeyDelete(await readJsonBody(exchange.request, maxKeyBytes, share))
    const found = keysToEnd(parts, keys, aliases)
    for (const { key } of found) {
      await storeHealth.inTime(parts.keys.revoke(key.id, Math.floor(parts.clock.now())))
      parts.log.info({ keyId: key.id, by: caller.keyId }, 'a key was revoked')
    }
    exchange.sendJson(200, { deleted_keys: found.map(({ named }) => named) })
  },
}

interface NamedKey {
  /** As the request names it. */
  readonly named: string
  readonly key: ApiKey
}

/** All are looked up before the first ends: a mistake ends none. */
function keysToEnd(parts: GatewayParts, names: readonly string[], aliases: readonly string[]): readonly NamedKey[] {
  const active = parts.keys.activeKeys()
  const found: NamedKey[] = []
  for (const named of names) {
    const key = findKey(parts, named)
    if (key === undefined) throw unknownKey('keys')
    found.push({ named, key })
  }
  for (const named of aliases) {
    const ofName = active.filter(({ id, name }) => name === named && id !== masterKeyId)
    if (ofName.length === 0) throw unknownKey('key_aliases')
    found.push(...ofName.map((key) => ({ named: key.id, key })))
  }
  if (found.every(({ key }) => key.id !== masterKeyId)) return found
  throw new GatewayError('invalid_request', 'The master key ends where it is configured', { param: 'keys' })
}

function findKey({ keys }: GatewayParts, named: string): ApiKey | undefined {
  return keys.authenticate(named) ?? ownKey({ keys }, named)
}

function ownKey({ keys }: Pick<GatewayParts, 'keys'>, id: string | undefined): ApiKey | undefined {
  return keys.activeKeys().find((key) => key.id === id)
}

function unknownKey(param: string): GatewayError {
  return new GatewayError('invalid_request', 'There is no such key, or it has ended', { param })
}

/** What LiteLLM's clients read of a key. `token` names it and is no secret. */
function toKeyBody(key: ApiKey) {
  return {
    token: key.id,
    key_name: key.prefix === '' ? null : `${key.prefix}…`,
    key_alias: key.name,
    team_id: key.team ?? null,
    max_budget: key.dailyCapUsd ?? null,
    budget_duration: key.dailyCapUsd === undefined ? null : '1d',
    expires: null,
    created_at: new Date(key.createdAtMs).toISOString(),
  }
}
