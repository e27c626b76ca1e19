/** Another name in requests for an LLM or a form of `auto`; a name may end in `*`. */
export type LlmAlias = readonly [name: string, target: string]

/** What an alias stands for: an exact name first, then the longest beginning. Undefined: nothing. */
export function aliasTarget(aliases: readonly LlmAlias[], name: string): string | undefined {
  let longest = -1
  let found: string | undefined
  for (const [alias, target] of aliases) {
    if (alias === name) return target
    if (!alias.endsWith('*') || alias.length <= longest || !name.startsWith(alias.slice(0, -1))) continue
    longest = alias.length
    found = target
  }
  return found
}
