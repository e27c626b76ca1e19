import { OutcomeDataError } from '../../outcomes/outcome-data-error.ts'
import { OnboardingError } from '../../probing/onboarding-error.ts'
import type { ProbeRun } from '../../routing/probe-store.ts'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { readJsonBody } from '../json-body.ts'
import type { OnboardingDesk, ProbeOrder } from '../onboarding/onboarding-desk.ts'
import type { PoolEditor } from '../pool-editor.ts'
import { changeBody, probeBody, probeField, toMemberBody, toProbeOrder } from '../wire/admin-llm-body.ts'
import { requireValid } from '../wire/invalid-request.ts'
import type { Route, RouteRequest } from './route-handler.ts'

/** Many times what an LLM takes. */
const maxBodyBytes = 64 * 1_024

/** `GET /admin/llms`: the whole pool, those that are paused too, and those that cannot serve. */
export const llmsRoute: Route = {
  name: 'admin_llms',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange }) {
    const editor = editorOf(services)
    const { onboarding } = services.parts
    const runs = await onboarding?.lastRuns()
    const data = editor
      .members()
      .map((member) => toMemberBody(member, onboarding?.knowledgeOf(member.llm.id), runs?.get(member.llm.id)))
    exchange.sendJson(200, { object: 'list', data, unavailable: editor.broken() })
  },
}

/** `GET /admin/llms/{id}` */
export const llmRoute: Route = {
  name: 'admin_llm',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange, rest }) {
    exchange.sendJson(200, await memberBody(services, rest))
  },
}

/** `POST /admin/llms`: an LLM joins, at once (201), or once its probes have admitted it (202). */
export const llmAddRoute: Route = {
  name: 'admin_llm_add',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, request) {
    const editor = editorOf(services)
    const { probe: said = false, ...added } = await readObject(request)
    const probe = requireValid(probeField, said, ['probe'])
    const order = probe === false ? undefined : toProbeOrder(probe === true ? {} : probe)
    if (order !== undefined) deskOf(services)
    const { id } = await editor.addOwn(added, order !== undefined)
    services.parts.log.info({ llm: id, keyId: request.caller.keyId, probed: order !== undefined }, 'an LLM was added')
    if (order === undefined) return request.exchange.sendJson(201, await memberBody(services, id))
    let run: ProbeRun
    try {
      run = await startRun(services, { ...order, llm: id, isNew: true })
    } catch (error) {
      // Nothing of a request that is refused stays behind.
      await editor.remove(id)
      throw error
    }
    request.exchange.sendJson(202, { ...(await memberBody(services, id)), run: run.id })
  },
}

/** `PATCH /admin/llms/{id}`: pause, resume, price. */
export const llmChangeRoute: Route = {
  name: 'admin_llm_change',
  method: 'PATCH',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, request) {
    const editor = editorOf(services)
    const { paused, price } = requireValid(changeBody, await readObject(request), [])
    const { rest: id, caller } = request
    // The price first: it may be refused, and then nothing has changed.
    const priced = price === undefined || (await editor.setPrice(id, price ?? undefined))
    if (!priced || (paused !== undefined && !(await editor.setPaused(id, paused)))) throw unknown(id)
    services.parts.log.info({ llm: id, keyId: caller.keyId, paused, price }, 'an LLM was changed')
    request.exchange.sendJson(200, await memberBody(services, id))
  },
}

/** `DELETE /admin/llms/{id}`: one that was added leaves; what was learned of it is kept for its return. */
export const llmRemoveRoute: Route = {
  name: 'admin_llm_remove',
  method: 'DELETE',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange, rest: id, caller }) {
    const editor = editorOf(services)
    await services.parts.onboarding?.stopOf(id)
    if (!(await editor.remove(id))) {
      if (editor.member(id) === undefined) throw unknown(id)
      const message = `'${id.slice(0, 100)}' is in the configuration: it leaves when it is taken out there; it can be paused here`
      throw new GatewayError('invalid_request', message)
    }
    services.parts.log.info({ llm: id, keyId: caller.keyId }, 'an LLM left the pool')
    exchange.sendJson(200, { object: 'llm', id, deleted: true })
  },
}

/** `POST /admin/llms/{id}/probe`: begins a run, or goes on with one that was stopped. */
export const llmProbeRoute: Route = {
  name: 'admin_llm_probe',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, request) {
    const order = toProbeOrder(requireValid(probeBody, await readObject(request), []))
    const run = await startRun(services, { ...order, llm: request.rest })
    request.exchange.sendJson(202, { object: 'probe_run', id: run.id, llm: run.llm, status: run.status })
  },
}

/** @throws {GatewayError} `invalid_request` where this gateway probes nobody */
export function deskOf({ parts }: GatewayServices): OnboardingDesk {
  if (parts.onboarding !== undefined) return parts.onboarding
  throw new GatewayError('invalid_request', 'This gateway probes no LLMs')
}

async function startRun(services: GatewayServices, order: ProbeOrder): Promise<ProbeRun> {
  try {
    return await deskOf(services).start(order)
  } catch (error) {
    if (error instanceof OnboardingError) throw new GatewayError('invalid_request', error.message, { cause: error })
    if (!(error instanceof OutcomeDataError)) throw error
    throw new GatewayError('invalid_request', `The probe set cannot be read: ${error.message}`, {
      param: 'probe.set',
      cause: error,
    })
  }
}

async function memberBody(services: GatewayServices, id: string) {
  const member = editorOf(services).member(id)
  if (member === undefined) throw unknown(id)
  const { onboarding } = services.parts
  return toMemberBody(member, onboarding?.knowledgeOf(id), await onboarding?.lastRun(id))
}

async function readObject({ exchange, share }: RouteRequest): Promise<{ readonly [field: string]: unknown }> {
  const body = await readJsonBody(exchange.request, maxBodyBytes, share)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  throw new GatewayError('invalid_request', 'The request body must be a JSON object')
}

function editorOf({ parts }: GatewayServices): PoolEditor {
  if (parts.poolEditor !== undefined) return parts.poolEditor
  throw new GatewayError('invalid_request', 'The pool of this gateway stays as it was opened')
}

function unknown(id: string): GatewayError {
  return new GatewayError('model_not_found', `There is no LLM '${id.slice(0, 100)}' in the pool`)
}
