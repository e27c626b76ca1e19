import { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { readJsonBody } from '../json-body.ts'
import { toEmbeddingInfo, toModelInfo } from '../wire/litellm/model-info.ts'
import { openedPart } from './opened-parts.ts'
import type { Route } from './route-handler.ts'
import { validBody } from './valid-body.ts'

/** Many times what a model takes. */
const maxModelBytes = 64 * 1_024

/** `GET /model/info`, as LiteLLM has it; `litellm_model_id` asks for one. */
export const modelInfoRoute: Route = {
  name: 'litellm_model_info',
  method: 'GET',
  access: 'admin',
  callsLlm: false,
  handle(services, { exchange }) {
    const wanted = exchange.query.get('litellm_model_id')
    const all = listInfos(services)
    const data = wanted === null ? all : all.filter(({ model_info: { id } }) => id === wanted)
    if (wanted !== null && data.length === 0) {
      throw new GatewayError('model_not_found', `There is no model of the id '${wanted.slice(0, 100)}'`, {
        param: 'litellm_model_id',
      })
    }
    exchange.sendJson(200, { data })
  },
}

/** `POST /model/new`: an LLM joins the pool, for good. */
export const modelNewRoute: Route = {
  name: 'litellm_model_new',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange, caller, share }) {
    const editor = openedPart(services, 'poolEditor')
    const body = await readJsonBody(exchange.request, maxModelBytes, share)
    const { llm, notes } = await editor.add(body)
    const info = toModelInfo(llm, services.parts.router.pool.aliases, true)
    services.parts.log.info({ llm: llm.id, keyId: caller.keyId }, 'an LLM joined the pool')
    exchange.sendJson(200, { model_id: llm.id, ...info, pointsman: { not_carried_over: notes } })
  },
}

const deleteBody = z.looseObject({ id: z.string().min(1).max(256) })

/** `POST /model/delete`: one that joined by `/model/new` leaves. */
export const modelDeleteRoute: Route = {
  name: 'litellm_model_delete',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, request) {
    const { exchange, caller } = request
    const editor = openedPart(services, 'poolEditor')
    const { id } = await validBody(deleteBody, request, maxModelBytes)
    const removed = await editor.remove(id)
    if (!removed) throw notRemovable(id, services.parts.router.pool.get(id) !== undefined)
    services.parts.log.info({ llm: id, keyId: caller.keyId }, 'an LLM left the pool')
    exchange.sendJson(200, { message: `Model: ${id} deleted successfully` })
  },
}

function listInfos({ parts }: GatewayServices) {
  const { pool } = parts.router
  const llms = pool.list().map((llm) => toModelInfo(llm, pool.aliases, parts.poolEditor?.has(llm.id) ?? false))
  const embeddings = (parts.embeddings?.list() ?? []).map(toEmbeddingInfo)
  return [...llms, ...embeddings]
}

function notRemovable(id: string, isThere: boolean): GatewayError {
  const name = id.slice(0, 100)
  if (!isThere) return new GatewayError('model_not_found', `There is no model of the id '${name}'`, { param: 'id' })
  const message = `'${name}' is in the configuration: it leaves when it is taken out there`
  return new GatewayError('invalid_request', message, { param: 'id' })
}
