import { OnboardingError } from '../../probing/onboarding-error.ts'
import type { ProbeRun } from '../../routing/probe-store.ts'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayServices } from '../gateway-services.ts'
import type { ProbeOrder } from '../onboarding/onboarding-desk.ts'
import { addBody, changeBody, probeBody, toMemberBody, toProbeOrder } from '../wire/admin-llm-body.ts'
import { adminRoute } from './admin-route.ts'
import { openedPart } from './opened-parts.ts'
import { validBody } from './valid-body.ts'

/** Many times what an LLM takes. */
const maxBodyBytes = 64 * 1_024

/** `GET /admin/llms`: the whole pool, those that are paused too, and those that cannot serve. */
export const llmsRoute = adminRoute('admin_llms', 'GET', async (services, { exchange }) => {
  const editor = openedPart(services, 'poolEditor')
  const { onboarding } = services.parts
  const runs = await onboarding?.lastRuns()
  const data = editor
    .members()
    .map((member) => toMemberBody(member, onboarding?.knowledgeOf(member.llm.id), runs?.get(member.llm.id)))
  exchange.sendJson(200, { object: 'list', data, unavailable: editor.broken() })
})

/** `GET /admin/llms/{id}` */
export const llmRoute = adminRoute('admin_llm', 'GET', async (services, { exchange, rest: id }) => {
  exchange.sendJson(200, await memberBody(services, id))
})

/** `POST /admin/llms`: an LLM joins, at once (201), or once its probes have admitted it (202). */
export const llmAddRoute = adminRoute('admin_llm_add', 'POST', async (services, request) => {
  const editor = openedPart(services, 'poolEditor')
  const { probe = false, ...added } = await validBody(addBody, request, maxBodyBytes)
  const order = probe === false ? undefined : toProbeOrder(probe === true ? {} : probe)
  if (order !== undefined) openedPart(services, 'onboarding')
  const { id } = await editor.addOwn(added, order !== undefined)
  const run = order && (await startRunOfNew(services, { ...order, llm: id }))
  services.parts.log.info({ llm: id, keyId: request.caller.keyId, probed: run !== undefined }, 'an LLM was added')
  const body = await memberBody(services, id)
  request.exchange.sendJson(run === undefined ? 201 : 202, run === undefined ? body : { ...body, run: run.id })
})

/** `PATCH /admin/llms/{id}`: pause, resume, price. */
export const llmChangeRoute = adminRoute('admin_llm_change', 'PATCH', async (services, request) => {
  const editor = openedPart(services, 'poolEditor')
  const { paused, price } = await validBody(changeBody, request, maxBodyBytes)
  const { rest: id, caller } = request
  // The price first: it may be refused, and then nothing has changed.
  const priced = price === undefined || (await editor.setPrice(id, price ?? undefined))
  if (!priced || (paused !== undefined && !(await editor.setPaused(id, paused)))) throw unknown(id)
  services.parts.log.info({ llm: id, keyId: caller.keyId, paused, price }, 'an LLM was changed')
  request.exchange.sendJson(200, await memberBody(services, id))
})

/** `DELETE /admin/llms/{id}`: one that was added leaves; what was learned of it is kept for its return. */
export const llmRemoveRoute = adminRoute(
  'admin_llm_remove',
  'DELETE',
  async (services, { exchange, rest: id, caller }) => {
    const editor = openedPart(services, 'poolEditor')
    await services.parts.onboarding?.stopOf(id)
    if (!(await editor.remove(id))) {
      if (editor.member(id) === undefined) throw unknown(id)
      const message = `'${id.slice(0, 100)}' is in the configuration: it leaves when it is taken out there; it can be paused here`
      throw new GatewayError('invalid_request', message)
    }
    services.parts.log.info({ llm: id, keyId: caller.keyId }, 'an LLM left the pool')
    exchange.sendJson(200, { object: 'llm', id, deleted: true })
  },
)

/** `POST /admin/llms/{id}/probe`: begins a run, or goes on with one that was stopped. */
export const llmProbeRoute = adminRoute('admin_llm_probe', 'POST', async (services, request) => {
  const order = toProbeOrder(await validBody(probeBody, request, maxBodyBytes))
  const run = await startRun(services, { ...order, llm: request.rest })
  request.exchange.sendJson(202, { object: 'probe_run', id: run.id, llm: run.llm, status: run.status })
})

async function startRun(services: GatewayServices, order: ProbeOrder): Promise<ProbeRun> {
  try {
    return await openedPart(services, 'onboarding').start(order)
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error
    throw new GatewayError('invalid_request', error.message, { cause: error })
  }
}

/** Of an LLM that was added just now; nothing of a request that is refused stays behind. */
async function startRunOfNew(services: GatewayServices, order: ProbeOrder): Promise<ProbeRun> {
  try {
    return await startRun(services, { ...order, isNew: true })
  } catch (error) {
    await openedPart(services, 'poolEditor').remove(order.llm)
    throw error
  }
}

async function memberBody(services: GatewayServices, id: string) {
  const member = openedPart(services, 'poolEditor').member(id)
  if (member === undefined) throw unknown(id)
  const { onboarding } = services.parts
  return toMemberBody(member, onboarding?.knowledgeOf(id), await onboarding?.lastRun(id))
}

function unknown(id: string): GatewayError {
  return new GatewayError('model_not_found', `There is no LLM '${id.slice(0, 100)}' in the pool`)
}
