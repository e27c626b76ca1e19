const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * A beginning in time: a date (`2026-03-01`, `2026-03-01T12:00:00Z`, UTC unless it says otherwise), or how long ago (`90m`, `24h`, `7d`, `2w`).
 *
 * @returns milliseconds since the epoch; undefined when it is neither.
 */
export function parseSince(text: string, nowMs: number): number | undefined {
  const ago = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text.trim())
  if (ago !== null) return nowMs - Number(ago[1]) * unitsMs[ago[2]!]!
  if (!/^\d{4}-\d{2}-\d{2}/.test(text.trim())) return undefined
  const at = Date.parse(text.trim())
  return Number.isNaN(at) ? undefined : at
}
