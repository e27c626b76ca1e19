import { createHash } from 'node:crypto'

const maxLength = 256
/** The API refuses ids that seem to name a person: mail addresses and telephone numbers. */
const personal = /@|^\+?[\d\s()./-]{7,}$/

/** A caller's name for its user as Anthropic takes it: as it is where it is opaque and short, else its digest, which stays the same. */
export function opaqueUserId(id: string): string {
  if (id.length <= maxLength && !personal.test(id)) return id
  return `user_${createHash('sha256').update(id).digest('hex')}`
}
