import type { Llm, LlmId } from '../registry/llm.ts'
import { refusedParameter } from '../registry/parameter-support.ts'
import type { RoutingRequest } from '../request.ts'
import { lacksHeadroom } from './reasoning-headroom.ts'
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
  /** Its API cannot take something the request says. */
  | 'unsupported_parameter'
  /** It thinks with another effort than the request asks for. */
  | 'other_effort'
  | 'context_window'
  | 'output_cap'
  /** It thinks first, and the cap on output leaves no room for the answer. */
  | 'reasoning_headroom'
  | 'unhealthy'
  | 'over_budget'
  | 'over_max_cost'
  | 'over_max_latency'
  | 'under_min_quality'

/** One LLM that may not serve a request, and why. */
export interface Exclusion {
  readonly llm: LlmId
  readonly reason: ExclusionReason
  /** What exactly, where the reason does not say: the parameter, the effort. */
  readonly detail?: string | undefined
}

/**
 * The hard constraints that need no estimate: permission, capabilities, parameters, window and output cap. What is not
 * known of an LLM does not exclude it. `reasoning_headroom` comes last: an LLM it names breaks nothing else.
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
  if (refusedBy(llm, needs) !== undefined) return 'unsupported_parameter'
  const effort = llm.reasoningEffort
  if (effort !== undefined && needs.reasoningEffort !== undefined && effort !== needs.reasoningEffort) {
    return 'other_effort'
  }
  const longest = capabilities.maxOutputTokens ?? Number.POSITIVE_INFINITY
  if (maxOutputTokens !== undefined && maxOutputTokens > longest && request.outputCapMayFall !== true)
    return 'output_cap'
  const window = capabilities.contextWindowTokens ?? Number.POSITIVE_INFINITY
  if (inputTokens + Math.min(maxOutputTokens ?? 0, longest) > window) return 'context_window'
  return lacksHeadroom(llm, request) ? 'reasoning_headroom' : undefined
}

function refusedBy({ parameters, reasoningEffort }: Llm, needs: RoutingRequest['needs']): string | undefined {
  return refusedParameter(parameters, needs, reasoningEffort ?? needs.reasoningEffort)
}

/** The exclusion of an LLM for a reason of {@link exclusionReason}. */
export function toExclusion(llm: Llm, reason: ExclusionReason, { needs }: Pick<RoutingRequest, 'needs'>): Exclusion {
  if (reason === 'unsupported_parameter') {
    return { llm: llm.id, reason, detail: refusedBy(llm, needs) }
  }
  return reason === 'other_effort' ? { llm: llm.id, reason, detail: llm.reasoningEffort } : { llm: llm.id, reason }
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
