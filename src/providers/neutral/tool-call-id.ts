import { createHash } from 'node:crypto'

/** What an API takes for the id of a tool call. */
export interface ToolCallIdRule {
  /** One character that may stand in an id. */
  readonly character: RegExp
  readonly maxLength: number
}

/** Bits of the digest kept are 4 × this: two ids of one conversation meet by chance with odds below 10⁻¹². */
const digestChars = 12

/**
 * The same tool call's id where another API reads it: unchanged when it is valid there, else its valid characters and a digest
 * of all of it. A pure function of the id, so that a call and its output still meet; different ids stay different.
 */
export function toolCallIdFor(id: string, { character, maxLength }: ToolCallIdRule): string {
  const separator = character.test('_') ? '_' : ''
  const kept = Array.from(id, (char) => (character.test(char) ? char : separator)).join('')
  if (kept === id && id !== '' && id.length <= maxLength) return id
  const digest = createHash('sha256').update(id).digest('hex').slice(0, digestChars)
  const readable = kept.slice(0, Math.max(0, maxLength - digestChars - 1)).replaceAll(/[^A-Za-z0-9]+$/g, '')
  return readable === '' || !character.test(readable[0]!)
    ? digest.slice(0, maxLength)
    : `${readable}${separator}${digest}`
}
