import { parseModelPreference } from '../../routing/decision/parse-preference.ts'
import type { EmbeddingModel } from '../../routing/registry/embedding-model.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { findAlias } from '../../routing/registry/llm-aliases.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { toMessagesModel, toMessagesModelPage, wantsMessagesModels } from '../wire/messages/messages-models.ts'
import {
  type ModelBody,
  toAliasModelBody,
  toAutoModelBody,
  toEmbeddingModelBody,
  toModelBody,
} from '../wire/model-body.ts'
import { autoModelNames, resolveModelName } from '../wire/model-name.ts'
import type { Route } from './route-handler.ts'

/** When a model was made is not known to us; clients only need a number here. */
const createdSeconds = 0

/**
 * `GET /v1/models`, in OpenAI's form, with Anthropic's fields for its clients: `auto` and its variants, then every LLM of the pool, the embedding models, then aliases
 * that are whole names.
 */
export const modelsRoute: Route = {
  name: 'models',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  handle(services, { exchange }) {
    const models = listModels(services)
    const isMessages = wantsMessagesModels(exchange.request.headers)
    exchange.sendJson(200, isMessages ? toMessagesModelPage(models) : { object: 'list', data: models })
  },
}

/** `GET /v1/models/<id>`; ids may hold slashes. */
export const modelRoute: Route = {
  name: 'model',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  handle(services, { exchange, rest }) {
    const model = namedModel(rest, services)
    exchange.sendJson(200, wantsMessagesModels(exchange.request.headers) ? toMessagesModel(model) : model)
  },
}

function namedModel(name: string, services: GatewayServices): ModelBody {
  const embedding = embeddingModels(services).find(({ id }) => id === name)
  if (embedding !== undefined) return toEmbeddingModelBody(embedding, createdSeconds)
  const { pool } = services.parts.router
  return bodyOf(name, resolveModelName(name, pool).pinnedLlm, pool)
}

function embeddingModels(services: GatewayServices): readonly EmbeddingModel[] {
  return services.parts.embeddings?.list() ?? []
}

function bodyOf(name: string, pinnedLlm: LlmId | undefined, pool: LlmRegistry): ModelBody {
  if (pinnedLlm === name) return toModelBody(pool.require(pinnedLlm), createdSeconds)
  const alias = findAlias(pool.aliases, name)
  // Forms of `auto` come before aliases, which may stand for any name.
  if (alias === undefined || parseModelPreference(name) !== undefined) return toAutoModelBody(name, createdSeconds)
  const [, ...meaning] = alias
  return toAliasModelBody([name, ...meaning], createdSeconds)
}

function listModels(services: GatewayServices): readonly ModelBody[] {
  const { pool } = services.parts.router
  const aliases = pool.aliases.filter(([name]) => !name.endsWith('*') && pool.get(name) === undefined)
  return [
    ...autoModelNames.map((name) => toAutoModelBody(name, createdSeconds)),
    ...pool.list().map((llm) => toModelBody(llm, createdSeconds)),
    ...embeddingModels(services).map((model) => toEmbeddingModelBody(model, createdSeconds)),
    ...aliases.map((alias) => toAliasModelBody(alias, createdSeconds)),
  ]
}
