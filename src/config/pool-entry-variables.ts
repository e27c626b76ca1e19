import { providerPreset } from '../providers/openai-compatible/presets.ts'
import type { Environment } from './environment.ts'
import { liteLlmKeyVariables } from './litellm/import-provider.ts'
import { kindOf, type ProviderEntry, presetOf } from './provider-schema.ts'

/** What an LLM that joins while we serve may know of the environment. */
export interface PoolEntryVariables {
  readonly environment: Environment
  /** `server.model_key_variables`: may be named whatever the address. */
  readonly listed: readonly string[]
}

/** Bedrock's address follows from the region. */
const awsVariables = [
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
] as const

/**
 * Whether an entry may name a variable: whoever adds LLMs chooses where they are, and is not thereby to read the
 * environment. A vendor's own variables go to the vendor's own address; all others have to be listed.
 */
export function mayName(variable: string, entry: ProviderEntry, listed: readonly string[]): boolean {
  return listed.includes(variable) || ownVariables(entry).includes(variable)
}

/** For whoever sent it. */
export function notListed(variable: string): string {
  return `the environment variable ${variable} may be named here only if server.model_key_variables of the configuration lists it (or POINTSMAN_MODEL_KEY_VARIABLES); unlisted, a vendor's own key variable goes to the vendor's own address alone`
}

function ownVariables(entry: ProviderEntry): readonly (string | undefined)[] {
  const kind = kindOf(entry)
  if (kind === 'bedrock') return entry.base_url === undefined ? awsVariables : []
  const preset = presetOf(entry) ?? providerPreset(kind)
  const isAtHome = entry.base_url === undefined || entry.base_url.replace(/\/+$/, '') === preset?.baseUrl
  if (preset === undefined || !isAtHome) return []
  return [preset.keyVariable, preset.otherKeyVariable, preset.tokenVariable, ...liteLlmKeyVariables(preset.name)]
}
