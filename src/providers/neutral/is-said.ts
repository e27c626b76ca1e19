/** Whether a field of a request says anything: `null` says as little as leaving it out. */
export function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null
}
