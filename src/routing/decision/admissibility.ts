import type { Llm } from '../registry/llm.ts'
import type { RoutingRequest } from '../request.ts'
import type { RoutingPreference } from './routing-preference.ts'

/** Why an LLM may not serve a request. */
export type ExclusionReason =
  | 'not_allowed'
  | 'denied'
  | 'no_tools'
  | 'no_vision'
  | 'no_audio'
  | 'no_files'
  | 'no_json_schema'
  | 'context_window'
  | 'output_cap'
  | 'unhealthy'
  | 'over_budget'
  | 'over_max_cost'
  | 'over_max_latency'
  | 'under_min_quality'

/**
 * The hard constraints that need no estimate: permission, capabilities, window and output cap. What is not known of an
 * LLM does not exclude it.
 *
 * @returns the first constraint it breaks, or undefined.
 */
export function exclusionReason(llm: Llm, request: RoutingRequest): ExclusionReason | undefined {
  const permission = permissionReason(llm, request.preference)
  if (permission !== undefined) return permission
  const { needs, inputTokens, maxOutputTokens } = request
  const { capabilities } = llm
  if (needs.tools && capabilities.tools === false) return 'no_tools'
  if (needs.vision && capabilities.vision === false) return 'no_vision'
  if (needs.audio && capabilities.audio === false) return 'no_audio'
  if (needs.files && capabilities.files === false) return 'no_files'
  if (needs.jsonSchema && capabilities.jsonSchema === false) return 'no_json_schema'
  if (maxOutputTokens !== undefined && maxOutputTokens > (capabilities.maxOutputTokens ?? Number.POSITIVE_INFINITY)) {
    return 'output_cap'
  }
  const window = capabilities.contextWindowTokens ?? Number.POSITIVE_INFINITY
  return inputTokens + (maxOutputTokens ?? 0) > window ? 'context_window' : undefined
}

/** Whether the caller and the key's owner let this LLM see the prompt. */
export function permissionReason(llm: Llm, preference: RoutingPreference): 'not_allowed' | 'denied' | undefined {
  for (const pattern of preference.deny) if (matchesLlm(pattern, llm)) return 'denied'
  for (const list of preference.allow) {
    if (!list.some((pattern) => matchesLlm(pattern, llm))) return 'not_allowed'
  }
  return undefined
}

/** A pattern is an LLM id with `*` for any run of characters, or `tag:<word>` with the same wildcard. */
export function matchesLlm(pattern: string, llm: Llm): boolean {
  if (pattern.startsWith('tag:')) {
    const word = pattern.slice(4)
    return llm.tags.some((tag) => matchesWildcard(word, tag))
  }
  return matchesWildcard(pattern, llm.id)
}

/** Linear in the text for each `*`; no regular expression, since patterns come from callers. */
function matchesWildcard(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const first = parts[0]!
  if (parts.length === 1) return pattern === text
  if (!text.startsWith(first)) return false
  const last = parts[parts.length - 1]!
  let position = first.length
  for (let i = 1; i < parts.length - 1; i++) {
    const found = text.indexOf(parts[i]!, position)
    if (found < 0) return false
    position = found + parts[i]!.length
  }
  return text.length - last.length >= position && text.endsWith(last)
}
