import { toRolloutBody } from '../wire/rollout-body.ts'
import { adminRoute } from './admin-route.ts'
import { openedPart } from './opened-parts.ts'

/** `GET /admin/rollout`: which policy version serves, and what the trial of another has come to. */
export const rolloutRoute = adminRoute('admin_rollout', 'GET', async (services, { exchange }) => {
  const rollout = openedPart(services, 'rollout')
  exchange.sendJson(200, toRolloutBody(await services.storeHealth.inTime(rollout.view())))
})
