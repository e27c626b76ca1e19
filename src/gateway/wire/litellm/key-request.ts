import { z } from 'zod'
import { parsePreferenceBody } from '../../../routing/decision/parse-preference.ts'
import { RoutingError } from '../../../routing/errors.ts'
import { findAlias } from '../../../routing/registry/llm-aliases.ts'
import type { LlmRegistry } from '../../../routing/registry/llm-registry.ts'
import { GatewayError } from '../../gateway-error.ts'
import { requireValid } from '../invalid-request.ts'

/** A body of LiteLLM's `POST /key/generate`, as far as it is read. */
const keyGenerateBody = z.looseObject({
  key_alias: z.string().min(1).max(256).nullish().describe('A name, for people.'),
  models: z.array(z.string().min(1).max(256)).max(256).nullish().describe('What the key may use; empty: everything.'),
  max_budget: z.number().nonnegative().nullish().describe('USD per UTC day; needs `budget_duration: "1d"`.'),
  team_id: z.string().min(1).max(256).nullish().describe('The team whose budget it counts for, too.'),
  budget_duration: z.string().nullish().describe('`1d` or `24h`: budgets here are daily.'),
})

/** What says whose a key is, and limits nothing: taken, and not kept. */
const attribution = ['user_id', 'metadata', 'tags', 'spend', 'send_invite_email', 'organization_id', 'key_type']

const daily = /^(1d|24h|1440m|86400s)$/

/** What a key is to be. */
export interface WantedKey {
  readonly name: string
  readonly models: readonly string[]
  /** Patterns of LLMs; undefined: all. */
  readonly allow: readonly string[] | undefined
  readonly dailyCapUsd: number | undefined
  readonly team: string | undefined
  /** Fields that were taken and are not kept. */
  readonly ignored: readonly string[]
}

/** @throws {GatewayError} `invalid_request` for what would limit the key and cannot; `model_not_found` */
export function parseKeyGenerate(body: unknown, pool: LlmRegistry): WantedKey {
  const { key_alias, models, max_budget, budget_duration, team_id, ...rest } = requireValid(keyGenerateBody, body, [])
  const given = Object.entries(rest)
    .filter(([, value]) => !isNothing(value))
    .map(([name]) => name)
  const limit = given.find((name) => !attribution.includes(name))
  if (limit === 'duration') {
    throw invalid('duration', 'keys here do not expire by themselves; end one with POST /key/delete')
  }
  if (limit !== undefined) throw invalid(limit, 'this is not supported for keys here')
  if (typeof max_budget === 'number' && !daily.test(budget_duration ?? '')) {
    throw invalid('budget_duration', 'budgets of keys here are daily: say "1d" with max_budget')
  }
  return {
    name: key_alias ?? 'key',
    models: models ?? [],
    allow: patternsOf(models ?? [], pool),
    dailyCapUsd: max_budget ?? undefined,
    team: team_id ?? undefined,
    ignored: given,
  }
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** Names of a group stand for its LLMs: keys are checked against LLMs. */
function patternsOf(models: readonly string[], pool: LlmRegistry): readonly string[] | undefined {
  if (models.length === 0 || models.includes('all-proxy-models')) return undefined
  const patterns = models.flatMap((model, index): readonly string[] => {
    if (pool.get(model) !== undefined || pool.embeddingModels.includes(model)) return [model]
    if (model.includes('*') || model.startsWith('tag:')) return [model]
    const [, target, among] = findAlias(pool.aliases, model) ?? []
    if (among !== undefined) return among
    if (target !== undefined && pool.get(target) !== undefined) return [target]
    throw new GatewayError('model_not_found', `'${model.slice(0, 100)}' is no LLM of the pool, and no name for some`, {
      param: `models[${index}]`,
    })
  })
  try {
    const { allow } = parsePreferenceBody({ allow: [...new Set(patterns)] })
    return allow
  } catch (error) {
    if (error instanceof RoutingError) throw invalid('models', error.message)
    throw error
  }
}

/** A body of `POST /key/delete`. */
const keyDeleteBody = z.looseObject({
  keys: z.array(z.string().min(1).max(256)).max(256).nullish().describe('Keys, or their ids.'),
  key_aliases: z.array(z.string().min(1).max(256)).max(256).nullish().describe('Names given to keys.'),
})

export function parseKeyDelete(body: unknown): {
  readonly keys: readonly string[]
  readonly aliases: readonly string[]
} {
  const { keys, key_aliases } = requireValid(keyDeleteBody, body, [])
  const wanted = { keys: keys ?? [], aliases: key_aliases ?? [] }
  if (wanted.keys.length + wanted.aliases.length === 0) throw invalid('keys', 'name at least one key')
  return wanted
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', `Invalid value for '${param}': ${message}`, { param })
}
