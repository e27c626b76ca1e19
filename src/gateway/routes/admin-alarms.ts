import { isoTime } from '../wire/iso-time.ts'
import { adminRoute } from './admin-route.ts'

/** `GET /admin/alarms`: changes of LLMs that nobody announced, the latest first. */
export const adminAlarmsRoute = adminRoute('admin_alarms', 'GET', ({ parts }, { exchange }) => {
  parts.alarms?.poll()
  const data = (parts.alarms?.list() ?? []).map(({ llm, kind, direction, size, atMs, labelSequence }) => ({
    object: 'alarm',
    llm,
    kind,
    direction,
    // What changes by a factor, and what by a difference.
    ...(kind === 'quality' ? { difference: size } : { factor: size }),
    noticed_at: isoTime(atMs),
    label_sequence: labelSequence ?? null,
  }))
  exchange.sendJson(200, { object: 'list', data })
})
