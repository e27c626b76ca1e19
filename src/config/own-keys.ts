import { looksLikeApiKeySecret } from '../accounts/api-key-secret.ts'
import { type ProviderPreset, providerPresets } from '../providers/openai-compatible/presets.ts'
import type { Environment } from './environment.ts'

/** What stands in the documentation for a key of ours. */
const placeholder = 'pm-your-key'

/** Whether a text is a key of a Pointsman gateway, which no vendor has given out. */
export function isOwnKey(text: string): boolean {
  return text === placeholder || looksLikeApiKeySecret(text)
}

/**
 * The variables of vendors' keys that hold a key of ours: clients of ours take it from the same variables. Where the environment
 * names another address than the vendor's, another gateway may be there, whose key it is.
 *
 * @param environment without addresses of this gateway.
 */
export function ownKeyVariables(
  environment: Environment,
  presets: readonly ProviderPreset[] = providerPresets,
): readonly string[] {
  const found = presets.flatMap(({ keyVariable, otherKeyVariable, tokenVariable, baseUrlVariable }) => {
    if ((baseUrlVariable === undefined ? '' : (environment[baseUrlVariable]?.trim() ?? '')) !== '') return []
    const names = [keyVariable, otherKeyVariable, tokenVariable].filter((name) => name !== undefined)
    return names.filter((name) => isOwnKey(environment[name]?.trim() ?? ''))
  })
  return [...new Set(found)]
}

/** The environment without them. */
export function withoutOwnKeys(environment: Environment): Environment {
  const own = ownKeyVariables(environment)
  if (own.length === 0) return environment
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !own.includes(name)))
}

/** For people. */
export function describeOwnKey(variable: string): string {
  return `${variable} is not used: it holds a key of a Pointsman gateway, not of the vendor`
}
