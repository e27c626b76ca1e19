import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import type { NamedModel } from './model-name.ts'

/**
 * Whether a caller may send what chooses another LLM behind the one that was admitted, or bills what its estimate does not
 * hold: whoever names an LLM without being confined to some. No choice of ours is bent then.
 */
export function maySteer({ pinnedLlm }: NamedModel, { allow, deny }: Partial<RoutingPreference>): boolean {
  return pinnedLlm !== undefined && (allow?.length ?? 0) === 0 && (deny?.length ?? 0) === 0
}
