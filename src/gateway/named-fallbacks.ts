import type { CandidateTerms, RoutingDecision } from '../routing/decision.ts'
import { RoutingError } from '../routing/errors.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { LlmRegistry } from '../routing/registry/llm-registry.ts'
import type { RoutingRequest } from '../routing/request.ts'
import type { RequestRouter } from './gateway-parts.ts'

const none: readonly CandidateTerms[] = []

/**
 * Whom to call in which order after an LLM that was named, or drawn among those an alias names, has failed: its owner's
 * `fallbacks`, as far as caller, key and their own capabilities let them serve this request, each with its own estimates.
 * A request that leaves the choice to the router falls back among all its candidates and needs none of these.
 */
export function namedFallbacks(
  router: RequestRouter,
  decision: RoutingDecision,
  request: RoutingRequest,
): Promise<readonly CandidateTerms[]> | readonly CandidateTerms[] {
  const listed = router.pool.get(decision.drawn)?.fallbacks
  if (listed === undefined) return none
  const lists = aliasLists(router.pool)
  const { preference } = request
  const isAmongSome = preference.allow.some((list) => lists.has(list))
  if (!decision.pinned && !isAmongSome) return none
  // What an alias names is where to begin; its fallbacks are elsewhere by their nature.
  const own = isAmongSome
    ? { ...request, preference: { ...preference, allow: preference.allow.filter((list) => !lists.has(list)) } }
    : request
  const known = new Set(decision.candidates.map(({ llm }) => llm))
  return admitted(
    router,
    listed.filter((id) => !known.has(id) && router.pool.get(id) !== undefined),
    own,
    decision.keyId,
  )
}

/** By identity: a caller may write the same patterns, and theirs bind. */
function aliasLists({ aliases }: LlmRegistry): ReadonlySet<readonly string[]> {
  return new Set(aliases.flatMap(([, , among]) => (among === undefined ? [] : [among])))
}

async function admitted(
  router: RequestRouter,
  ids: readonly LlmId[],
  request: RoutingRequest,
  keyId: string | undefined,
): Promise<readonly CandidateTerms[]> {
  const found: CandidateTerms[] = []
  for (const id of new Set(ids)) {
    try {
      // Deciding stores and calls nothing. Caps are asked when it is called: until then others spend too.
      const decision = await router.route({ ...request, pinnedLlm: id }, { keyId, budgetUsd: undefined })
      found.push(...decision.candidates.filter(({ llm }) => llm === id))
    } catch (error) {
      if (!(error instanceof RoutingError) || (error.code !== 'no_admissible_llm' && error.code !== 'unknown_llm')) {
        throw error
      }
    }
  }
  return found
}
