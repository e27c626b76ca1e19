import { z } from 'zod'
import { RolloutError } from '../../training/rollout-error.ts'
import { GatewayError } from '../gateway-error.ts'
import type { PolicyAdmin } from '../policy-admin.ts'
import { toDiffBody, toListBody, toReportBody } from '../wire/policy-bodies.ts'
import { adminRoute } from './admin-route.ts'
import { openedPart } from './opened-parts.ts'
import type { Route, RouteRequest } from './route-handler.ts'
import { validBody } from './valid-body.ts'

/** A version's id is far shorter. */
const maxBodyBytes = 4_096

/** `GET /admin/policies` */
export const policiesRoute = reading('admin_policies', async ({ desk, refits }) => {
  return toListBody(await desk.list(), refits)
})

/** `GET /admin/policies/{id}` */
export const policyRoute = reading('admin_policy', async ({ desk }, { rest }) => toReportBody(await desk.show(rest)))

/** `GET /admin/policies/{id}/diff?to={id}` */
export const policyDiffRoute = reading('admin_policy_diff', async ({ desk }, { rest, exchange }) => {
  const to = exchange.query.get('to')
  if (to === null || to === '') {
    throw new GatewayError('invalid_request', "The query names the later version: 'to' is required", { param: 'to' })
  }
  return toDiffBody(await desk.diff(rest, to))
})

const anyVersion = z.strictObject({ id: z.string().min(1).max(256).optional() })
const oneVersion = z.strictObject({ id: z.string().min(1).max(256) })
const nothing = z.strictObject({})

/** `POST /admin/policies/rollback` */
export const policyRollbackRoute = writing('admin_policy_rollback', anyVersion, async ({ desk }, { id }, by) => {
  const { servingId } = await desk.rollback(id, by)
  return { serving: servingId }
})

/** `POST /admin/policies/promote` */
export const policyPromoteRoute = writing('admin_policy_promote', oneVersion, async ({ desk }, { id }, by) => {
  const { servingId } = await desk.promote(id, by)
  return { serving: servingId }
})

/** `POST /admin/policies/discard` */
export const policyDiscardRoute = writing('admin_policy_discard', anyVersion, async ({ desk, refits }, { id }, by) => {
  await desk.discard(id, by)
  return toListBody(await desk.list(), refits)
})

/** `POST /admin/policies/refit`: begins one, or tells of the one that runs. */
export const policyRefitRoute = writing('admin_policy_refit', nothing, async ({ desk, refits }) => {
  if (await desk.isTrying()) {
    throw new GatewayError('rollout_refused', 'A version is on trial: promote or discard it first')
  }
  const refusal = refits.progress === undefined ? await refits.foreseenRefusal() : undefined
  if (refusal !== undefined) throw new GatewayError('rollout_refused', refusal)
  void refits.run()
  return { refit: 'running' }
})

function reading(name: string, answer: (admin: PolicyAdmin, request: RouteRequest) => Promise<object>): Route {
  return adminRoute(name, 'GET', async (services, request) => {
    const admin = openedPart(services, 'policyAdmin')
    request.exchange.sendJson(200, await translated(() => answer(admin, request)))
  })
}

function writing<T>(
  name: string,
  schema: z.ZodType<T>,
  act: (admin: PolicyAdmin, body: T, by: string) => Promise<object>,
): Route {
  return adminRoute(name, 'POST', async (services, request) => {
    const admin = openedPart(services, 'policyAdmin')
    const body = await validBody(schema, request, maxBodyBytes)
    const { keyId } = request.caller
    const by = keyId === undefined ? 'by an admin' : `by key ${keyId}`
    const answer = await translated(() => act(admin, body, by))
    services.parts.log.info({ ...answer, keyId }, name.replaceAll('_', ' '))
    request.exchange.sendJson(200, answer)
  })
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof RolloutError)) throw cause
    const code = cause.code === 'unknown_version' ? 'unknown_policy' : 'rollout_refused'
    throw new GatewayError(code, cause.message, { cause })
  }
}
