const wordBytes = 8

/**
 * About how much memory a copy of a call's arguments takes: vectors and blobs by their length, strings at two bytes per
 * character, everything else at eight. Names of fields do not count; a blob counts once for each view of it.
 *
 * @param value plain data without cycles.
 */
export function clonedBytes(value: unknown): number {
  if (typeof value === 'string') return wordBytes + 2 * value.length
  if (typeof value !== 'object' || value === null) return wordBytes
  if (ArrayBuffer.isView(value)) return wordBytes + value.byteLength
  let bytes = wordBytes
  for (const field of Object.values(value)) bytes += clonedBytes(field)
  return bytes
}
