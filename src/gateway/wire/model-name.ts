import { type PreferenceLayer, parseModelPreference } from '../../routing/decision/parse-preference.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { findAlias } from '../../routing/registry/llm-aliases.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { GatewayError } from '../gateway-error.ts'

/** Names that let the router choose, as `/v1/models` lists them. */
export const autoModelNames = ['auto', 'auto:cost', 'auto:quality'] as const

/** What a `model` asks for: a choice under a preference, or one LLM by name. */
export interface NamedModel {
  readonly pinnedLlm: LlmId | undefined
  readonly preference: PreferenceLayer
  /** The caller named something else, which the owner's aliases lead here. */
  readonly byAlias?: true
}

/**
 * An LLM's own name first, then forms of `auto`, then aliases: an alias never takes the place of an LLM.
 *
 * @throws {GatewayError} `invalid_request` for an embedding model; `model_not_found`, naming the closest names of the pool.
 * @throws {RoutingError} `invalid_preference` for a bad `auto:…`.
 */
export function resolveModelName(model: string, pool: LlmRegistry): NamedModel {
  const named = ownName(model, pool)
  if (named !== undefined) return named
  if (pool.embeddingModels.includes(model)) {
    const message = `'${model}' is an embedding model: it serves POST /v1/embeddings and answers no chats`
    throw new GatewayError('invalid_request', message, { param: 'model' })
  }
  const [, target, among] = findAlias(pool.aliases, model) ?? []
  const aliased = target === undefined ? undefined : ownName(target, pool)
  if (aliased !== undefined) {
    if (aliased.pinnedLlm !== undefined) return { ...aliased, byAlias: true }
    return among === undefined ? aliased : { ...aliased, preference: { ...aliased.preference, allow: among } }
  }
  if (target !== undefined) {
    const message = `The model '${model.slice(0, 100)}' stands for '${target}', which is not in the pool`
    throw new GatewayError('model_not_found', message, { param: 'model' })
  }
  throw new GatewayError('model_not_found', unknownModelMessage(model, pool), { param: 'model' })
}

function ownName(model: string, pool: LlmRegistry): NamedModel | undefined {
  if (pool.get(model) !== undefined) return { pinnedLlm: model, preference: {} }
  const preference = parseModelPreference(model)
  return preference === undefined ? undefined : { pinnedLlm: undefined, preference }
}

function unknownModelMessage(model: string, pool: LlmRegistry): string {
  const aliases = pool.aliases.map(([name]) => name).filter((name) => !name.endsWith('*'))
  const names = [...autoModelNames, ...pool.list().map((llm) => llm.id), ...aliases]
  const close = names
    .map((name) => ({ name, distance: nameDistance(model.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(2, model.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => `'${name}'`)
  const hint = close.length > 0 ? `Did you mean ${close.join(', ')}?` : "Use 'auto', or a name from /v1/models."
  return `The model '${model.slice(0, 100)}' is not in the pool. ${hint}`
}

/** Edit distance (Levenshtein 1966), or 0 when one name holds the other: people leave out the provider's part. */
function nameDistance(a: string, b: string): number {
  if (a.length >= 3 && (b.includes(a) || a.includes(b))) return 0
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
