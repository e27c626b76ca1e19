/** As all bodies under `/admin` tell times: ISO 8601 in UTC; null: not known, or not yet. */
export function isoTime(atMs: number): string
export function isoTime(atMs: number | undefined): string | null
export function isoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString()
}
