import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import type { AdmissionWay } from './admit-llm.ts'
import { fewestLlmsToFit, fewestOutcomesToFit } from './fit-on-probes.ts'

/** More LLMs are counted, not named. */
const mostNamed = 5

/**
 * What else there is to know of an admission, for people.
 *
 * @param made the version that came of it; undefined: none. @param serving before it. @param ready LLMs with enough probes for a fit.
 */
export function admissionNotes(
  way: AdmissionWay,
  made: FittedPolicy | undefined,
  { id }: Llm,
  { version }: RoutingPolicy,
  ready: readonly Llm[],
): string[] {
  if (way === 'fitted') return [`${version} was fitted on outcomes of ${id}, which its probes leave as they are`]
  if (way === 'not-describable')
    return [`${version} cannot describe LLMs: ${id} is judged by its price until it is fitted anew`]
  if (way === 'described') return []
  if (made !== undefined) {
    const kept = made.llms.filter(({ source }) => source === 'starter' || source === 'sibling').map((llm) => llm.id)
    const who = kept.length > mostNamed ? `${kept.length} other LLMs` : kept.join(', ')
    const others = kept.length === 0 ? '' : `; what the starter knows of ${who} stays until they are probed`
    const fittedOn = ready.map((llm) => llm.id).join(', ')
    return [`nothing was fitted before: ${made.id} is fitted on the probes of ${fittedOn}${others}`]
  }
  if (ready.length >= fewestLlmsToFit) {
    const all = ready.map((llm) => llm.id).join(', ')
    return [`the starter serves on: of ${all} one has fewer than half as many graded probes as another`]
  }
  return [
    `nothing is fitted yet: the outcomes are kept, and ${id} is judged by its price or the starter until ${fewestLlmsToFit} LLMs of the pool have ${fewestOutcomesToFit} graded probes each (${ready.length} so far; pointsman llm probe --all)`,
  ]
}
