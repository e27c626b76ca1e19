import { GatewayError } from '../gateway-error.ts'
import { toRunBody } from '../wire/admin-llm-body.ts'
import { deskOf } from './admin-llms.ts'
import type { Route } from './route-handler.ts'

const mostRuns = 100

/** `GET /admin/probe-runs`: the latest first. */
export const probeRunsRoute: Route = {
  name: 'admin_probe_runs',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange }) {
    const runs = await deskOf(services).runs(mostRuns)
    exchange.sendJson(200, { object: 'list', data: runs.map(toRunBody) })
  },
}

/** `GET /admin/probe-runs/{id}` */
export const probeRunRoute: Route = {
  name: 'admin_probe_run',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange, rest }) {
    const run = await deskOf(services).run(rest)
    if (run === undefined) throw unknownRun(rest)
    exchange.sendJson(200, toRunBody(run))
  },
}

/** `POST /admin/probe-runs/{id}/stop`: what was answered is kept, and another run goes on from there. */
export const probeRunStopRoute: Route = {
  name: 'admin_probe_run_stop',
  method: 'POST',
  access: 'admin_key',
  callsLlm: false,
  async handle(services, { exchange, rest }) {
    const desk = deskOf(services)
    await desk.stop(rest)
    const run = await desk.run(rest)
    if (run === undefined) throw unknownRun(rest)
    exchange.sendJson(200, toRunBody(run))
  },
}

function unknownRun(id: string): GatewayError {
  return new GatewayError('model_not_found', `There is no probe run '${id.slice(0, 100)}'`)
}
