import type { ParameterSupport } from '../../routing/registry/parameter-support.ts'
import type { ForeignDialect } from '../chat-provider.ts'
import { type ParameterHandling, parameterNames } from './parameter.ts'
import { type ParameterApi, parameterApiOf, type ReachedLlm } from './parameter-table.ts'
import { hostVendors, type VendorForm } from './vendor-forms.ts'

const nativeDialects: Readonly<Partial<Record<ReachedLlm['kind'], ForeignDialect>>> = {
  anthropic: 'messages',
  'openai-responses': 'responses',
}

const fittedApis: Readonly<Partial<Record<ReachedLlm['kind'], ParameterSupport['fitted']>>> = {
  anthropic: 'messages',
  bedrock: 'converse',
}

/** Requests of another dialect bring the tools of its vendor, and its files; ids may serve where the vendor is the same. */
const hostedTools: ReadonlySet<string> = new Set(['tools:hosted'])
const vendorForms: ReadonlySet<string> = new Set(['tools:hosted', 'content:file_by_id'])

/** The table's word on one LLM, as the router and the answer's header use it. */
export function parameterSupportOf(llm: ReachedLlm): ParameterSupport {
  const api = parameterApiOf(llm)
  const refused = new Set<string>([...handled(api, 'refused'), ...foreignForms(api), 'content:hosted_item'])
  return {
    api: api.title,
    refused,
    refusedOfOthers: api.keeps === undefined ? vendorForms : hostedTools,
    dropped: new Set(handled(api, 'dropped')),
    takenUnthinking: new Set(api.takenUnthinking),
    strippedOfOthers: new Set(api.stripped),
    droppedOfOwn: new Set(api.droppedOfOwn),
    showsThinking: api.showsThinking === true,
    dropsUnknown: api.unknown === 'dropped',
    fitted: fittedApis[llm.kind],
    dialect: nativeDialects[llm.kind],
  }
}

function handled({ column }: ParameterApi, handling: ParameterHandling): readonly string[] {
  return parameterNames.filter((name) => column[name] === handling)
}

/** What other vendors alone can read. */
function foreignForms({ column, hosts, keeps }: ParameterApi): readonly VendorForm[] {
  const forms: VendorForm[] = []
  for (const vendor of hostVendors) {
    if (hosts !== undefined && hosts !== vendor && column['tools:hosted'] !== 'refused')
      forms.push(`tools:hosted:${vendor}`)
    if (keeps !== undefined && keeps !== vendor && column['content:file_by_id'] !== 'refused')
      forms.push(`content:file_by_id:${vendor}`)
  }
  return forms
}
