/**
 * Another name in requests for an LLM or a form of `auto`; a name may end in `*`. With `among`, patterns as in `allow`, the
 * form of `auto` chooses among those LLMs only.
 */
export type LlmAlias = readonly [name: string, target: string, among?: readonly string[]]

/** The alias a name falls under: an exact name first, then the longest beginning. */
export function findAlias(aliases: readonly LlmAlias[], name: string): LlmAlias | undefined {
  let longest = -1
  let found: LlmAlias | undefined
  for (const alias of aliases) {
    const [pattern] = alias
    if (pattern === name) return alias
    if (!pattern.endsWith('*') || pattern.length <= longest || !name.startsWith(pattern.slice(0, -1))) continue
    longest = pattern.length
    found = alias
  }
  return found
}
