import { GatewayError } from '../gateway-error.ts'
import { toRunBody } from '../wire/admin-llm-body.ts'
import { adminRoute } from './admin-route.ts'
import { openedPart } from './opened-parts.ts'

const mostRuns = 100

/** `GET /admin/probe-runs`: the latest first. */
export const probeRunsRoute = adminRoute('admin_probe_runs', 'GET', async (services, { exchange }) => {
  const runs = await openedPart(services, 'onboarding').runs(mostRuns)
  exchange.sendJson(200, { object: 'list', data: runs.map(toRunBody) })
})

/** `GET /admin/probe-runs/{id}` */
export const probeRunRoute = adminRoute('admin_probe_run', 'GET', async (services, { exchange, rest }) => {
  const run = await openedPart(services, 'onboarding').run(rest)
  if (run === undefined) throw unknownRun(rest)
  exchange.sendJson(200, toRunBody(run))
})

/** `POST /admin/probe-runs/{id}/stop`: what was answered is kept, and another run goes on from there. */
export const probeRunStopRoute = adminRoute('admin_probe_run_stop', 'POST', async (services, { exchange, rest }) => {
  const desk = openedPart(services, 'onboarding')
  await desk.stop(rest)
  const run = await desk.run(rest)
  if (run === undefined) throw unknownRun(rest)
  exchange.sendJson(200, toRunBody(run))
})

function unknownRun(id: string): GatewayError {
  return new GatewayError('unknown_probe_run', `There is no probe run '${id.slice(0, 100)}'`)
}
