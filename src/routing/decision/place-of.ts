/** FNV-1a's offset basis and prime, 32 bits. */
const offsetBasis = 0x811c9dc5
const prime = 0x01000193

/**
 * Where an id falls between 0 and 1 under a salt: uniform over ids, and the same each time, so that a conversation keeps its arm over
 * restarts and processes. FNV-1a over UTF-16 code units, mixed to the end as MurmurHash3 does. The salt keeps callers, who choose their
 * conversation ids, from choosing their arm; it is no cryptography.
 *
 * @returns in [0, 1)
 */
export function placeOf(salt: string, id: string): number {
  const text = `${salt}/${id}`
  let hash = offsetBasis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
