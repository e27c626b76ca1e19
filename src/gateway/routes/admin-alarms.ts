import type { Route } from './route-handler.ts'

/** `GET /admin/alarms`: changes of LLMs that nobody announced, the latest first. */
export const adminAlarmsRoute: Route = {
  name: 'admin_alarms',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  handle({ parts }, { exchange }) {
    parts.alarms?.poll()
    const data = (parts.alarms?.list() ?? []).map(({ llm, kind, direction, size, atMs, labelSequence }) => ({
      object: 'alarm',
      llm,
      kind,
      direction,
      // What changes by a factor, and what by a difference.
      ...(kind === 'quality' ? { difference: size } : { factor: size }),
      noticed_at: atMs === undefined ? null : new Date(atMs).toISOString(),
      label_sequence: labelSequence ?? null,
    }))
    exchange.sendJson(200, { object: 'list', data })
  },
}
