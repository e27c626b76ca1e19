import type { ParameterSupport } from '../../routing/registry/parameter-support.ts'
import type { ForeignDialect } from '../chat-provider.ts'
import type { ProviderKind } from '../provider-kind.ts'
import { type ParameterHandling, parameterNames } from './parameter.ts'
import { type ParameterApi, parameterApiOf, type ReachedLlm } from './parameter-table.ts'
import type { HostedTools, HostVendor } from './request-parameters.ts'

const nativeDialects: Readonly<Partial<Record<ProviderKind, ForeignDialect>>> = {
  anthropic: 'messages',
  'openai-responses': 'responses',
}

const hostVendors: readonly HostVendor[] = ['openai', 'anthropic', 'google']

/** The table's word on one LLM, as the router and the answer's header use it. */
export function parameterSupportOf(llm: ReachedLlm): ParameterSupport {
  const api = parameterApiOf(llm)
  const refused = new Set<string>([...handled(api, 'refused'), ...foreignTools(api)])
  return {
    api: api.title,
    refused,
    dropped: new Set(handled(api, 'dropped')),
    strippedOfOthers: new Set(api.stripped),
    droppedOfOwn: new Set(api.droppedOfOwn),
    dropsUnknown: api.unknown === 'dropped',
    dialect: nativeDialects[llm.kind],
  }
}

function handled({ column }: ParameterApi, handling: ParameterHandling): readonly string[] {
  return parameterNames.filter((name) => column[name] === handling)
}

function foreignTools({ column, hosts }: ParameterApi): readonly HostedTools[] {
  if (hosts === undefined || column['tools:hosted'] === 'refused') return []
  return hostVendors.filter((vendor) => vendor !== hosts).map((vendor): HostedTools => `tools:hosted:${vendor}`)
}
