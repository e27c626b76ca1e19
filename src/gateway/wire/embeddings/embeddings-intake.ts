import { permissionReason } from '../../../routing/decision/admissibility.ts'
import { defaultPreference } from '../../../routing/decision/routing-preference.ts'
import { RoutingError } from '../../../routing/errors.ts'
import type { EmbeddingModel } from '../../../routing/registry/embedding-model.ts'
import { unknownLlmProperties } from '../../../routing/registry/llm.ts'
import type { LlmRegistry } from '../../../routing/registry/llm-registry.ts'
import { expectedCostUsd, toNanoUsd } from '../../../routing/registry/token-price.ts'
import type { Caller } from '../../authenticate.ts'
import { GatewayError } from '../../gateway-error.ts'
import type { EmbeddingsRequest } from './embeddings-request.ts'

/** UTF-8 bytes per token where a text is dear: English has four, code three, Chinese two to three. */
const bytesPerDearToken = 2

/**
 * The embedding model that a request names. Nothing is chosen for the caller: vectors of two models do not compare.
 *
 * @throws {GatewayError} `invalid_request` for an LLM of the pool, `model_not_found`
 * @throws {RoutingError} `no_admissible_llm` where the key may not use it.
 */
export function resolveEmbeddingModel(
  name: string,
  models: readonly EmbeddingModel[],
  pool: LlmRegistry,
  caller: Pick<Caller, 'preference'>,
): EmbeddingModel {
  const model = models.find(({ id }) => id === name)
  if (model === undefined) throw unknownModel(name, models, pool)
  const asLlm = { ...unknownLlmProperties, id: model.id, provider: model.provider, upstreamModel: model.upstreamModel }
  if (permissionReason(asLlm, { ...defaultPreference, ...caller.preference }) === undefined) return model
  throw new RoutingError('no_admissible_llm', `This key may not use '${name}'`, { param: 'model' })
}

/**
 * What a request may cost, nano-USD. Where the model's price is not known that of the dearest model stands in: unknown is
 * never zero while any is known.
 */
export function dearEmbeddingNanoUsd(
  { input }: EmbeddingsRequest,
  model: EmbeddingModel,
  models: readonly EmbeddingModel[],
): number {
  let tokens = 0
  for (const entry of input) {
    tokens += typeof entry === 'string' ? Math.ceil(Buffer.byteLength(entry) / bytesPerDearToken) : entry.length
  }
  if (model.price !== undefined) return toNanoUsd(expectedCostUsd(model.price, tokens, 0))
  const known = models.map(({ price }) => (price === undefined ? 0 : expectedCostUsd(price, tokens, 0)))
  return toNanoUsd(Math.max(0, ...known))
}

function unknownModel(name: string, models: readonly EmbeddingModel[], pool: LlmRegistry): GatewayError {
  const names = models.slice(0, 5).map(({ id }) => `'${id}'`)
  const verb = names.length === 1 ? 'is' : 'are'
  const hint = names.length === 0 ? 'None is configured here.' : `There ${verb} ${names.join(', ')}.`
  const param = 'model'
  if (pool.get(name) !== undefined || name === 'auto' || name.startsWith('auto:')) {
    const message = `'${name}' answers chats and makes no embeddings; name an embedding model. ${hint}`
    return new GatewayError('invalid_request', message, { param })
  }
  const message = `There is no embedding model '${name.slice(0, 100)}'. ${hint}`
  return new GatewayError('model_not_found', message, { param })
}
