import { z } from 'zod'
import { providerPreset, providerPresets } from '../providers/openai-compatible/presets.ts'
import { type ProviderKind, providerKinds } from '../providers/provider-kind.ts'
import { addressFault } from '../providers/vendor-address.ts'

const milliseconds = z.int().positive()

/** Of one provider; every field has its default. */
export const timeoutsSchema = z.strictObject({
  connect_ms: milliseconds.default(5_000).describe('Until the connection stands.'),
  first_token_ms: milliseconds.default(60_000).describe('Until the first content of a streamed answer.'),
  stall_ms: milliseconds.default(60_000).describe('Longest silence inside a streamed answer.'),
  total_ms: milliseconds
    .default(600_000)
    .describe('The whole answer, retries at this provider included. Reasoning LLMs may take minutes.'),
})

export const secretReference = z.string().regex(/^(env:|os\.environ\/)[A-Za-z_][A-Za-z0-9_]*$/, {
  // A literal key in the file must not come back in the message.
  error: 'name the environment variable that holds the key, as env:NAME',
})

const fields = z.strictObject({
  kind: z
    .enum([...providerKinds, 'simulated'])
    .optional()
    .describe(
      "The API it speaks. openai-compatible: chat completions, as most services have them. simulated: the try-out pool. Default: the preset's, else openai-compatible.",
    ),
  preset: z
    .enum(providerPresets.map((preset) => preset.name))
    .optional()
    .describe('A known service: brings its kind, its base_url and the name of its key variable.'),
  base_url: z
    .url({ protocol: /^https?$/ })
    .refine((address) => addressFault(address) === undefined, {
      error: ({ input }) => addressFault(String(input)) ?? '',
    })
    .optional()
    .describe(
      "Where the API lives, version path included where the API has one, such as https://api.example.com/v1. Azure: the address of the resource. Default: the preset's, or what the vendor's own variable names, such as OPENAI_BASE_URL.",
    ),
  api_key: secretReference
    .optional()
    .describe(
      "env:NAME or os.environ/NAME: the environment variable that holds the key, never the key itself. Default: the preset's, such as OPENAI_API_KEY, unless base_url says where to; AZURE_OPENAI_API_KEY for Azure.",
    ),
  auth_token: secretReference
    .optional()
    .describe(
      "anthropic, azure-openai: env:NAME of a bearer token instead of a key. Default: Anthropic's ANTHROPIC_AUTH_TOKEN.",
    ),
  api_version: z
    .string()
    .min(1)
    .optional()
    .describe('azure-openai: the api-version of the older paths by deployment; left out: the v1 paths.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, { error: 'a region looks like us-east-1' })
    .optional()
    .describe('bedrock: the AWS region. Default: AWS_REGION or AWS_DEFAULT_REGION.'),
  access_key_id: secretReference.optional().describe('bedrock: env:NAME. Default: AWS_ACCESS_KEY_ID.'),
  secret_access_key: secretReference.optional().describe('bedrock: env:NAME. Default: AWS_SECRET_ACCESS_KEY.'),
  session_token: secretReference
    .optional()
    .describe('bedrock: env:NAME, for temporary credentials. Default: AWS_SESSION_TOKEN.'),
  bearer_token: secretReference
    .optional()
    .describe('bedrock: env:NAME of a Bedrock API key, instead of signing. Default: AWS_BEARER_TOKEN_BEDROCK.'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string())
    .default({})
    .describe('Sent with every call. A value may be env:NAME.'),
  timeouts: timeoutsSchema.prefault({}).describe('How long this provider may take.'),
})

export type ProviderEntry = z.output<typeof fields>

/** What only some kinds take; `headers` and `timeouts` are for all. */
const keysOfKind: Readonly<Record<ProviderKind | 'simulated', readonly (keyof ProviderEntry)[]>> = {
  'openai-compatible': ['preset', 'base_url', 'api_key'],
  'openai-responses': ['preset', 'base_url', 'api_key'],
  anthropic: ['preset', 'base_url', 'api_key', 'auth_token'],
  gemini: ['preset', 'base_url', 'api_key'],
  'azure-openai': ['base_url', 'api_key', 'auth_token', 'api_version'],
  bedrock: ['base_url', 'region', 'access_key_id', 'secret_access_key', 'session_token', 'bearer_token'],
  simulated: [],
}
const someKindsOnly = [...new Set(Object.values(keysOfKind).flat())]

/** The API an entry speaks: as it says, else its preset's. */
export function kindOf(entry: Pick<ProviderEntry, 'kind' | 'preset'>): ProviderKind | 'simulated' {
  return entry.kind ?? presetOf(entry)?.kind ?? 'openai-compatible'
}

export function presetOf({ preset }: Pick<ProviderEntry, 'preset'>) {
  return preset === undefined ? undefined : providerPreset(preset)
}

interface Fault {
  readonly message: string
  readonly path?: readonly [keyof ProviderEntry]
}

function faultsOf(entry: ProviderEntry): readonly Fault[] {
  const kind = kindOf(entry)
  const faults: Fault[] = someKindsOnly
    .filter((key) => entry[key] !== undefined && !keysOfKind[kind].includes(key))
    .map((key) => ({ message: misplaced(key, kind), path: [key] }))
  const fault = presetFault(entry, kind) ?? missingAddress(entry, kind) ?? credentialFault(entry)
  return fault === undefined ? faults : [...faults, fault]
}

function misplaced(key: keyof ProviderEntry, kind: ProviderKind | 'simulated'): string {
  if (kind === 'simulated') return 'a simulated provider has no upstream'
  const takers = Object.entries(keysOfKind).filter(([, keys]) => keys.includes(key))
  return `not for kind ${kind}; for ${takers.map(([taker]) => taker).join(', ')}`
}

/** Many services of the chat completions API have OpenAI's Responses API beside it; no other pair is at home together. */
function presetFault(entry: ProviderEntry, kind: ProviderKind | 'simulated'): Fault | undefined {
  const preset = presetOf(entry)
  if (preset === undefined || kind === preset.kind || !keysOfKind[kind].includes('preset')) return undefined
  if (kind === 'openai-responses' && preset.kind === 'openai-compatible') return undefined
  return {
    message: `the preset ${preset.name} speaks ${preset.kind}, not ${kind}; leave one of them out`,
    path: ['kind'],
  }
}

function missingAddress(entry: ProviderEntry, kind: ProviderKind | 'simulated'): Fault | undefined {
  if (entry.base_url !== undefined) return undefined
  if (kind === 'azure-openai') {
    return { message: 'needs a base_url: the address of your Azure resource, such as https://name.openai.azure.com' }
  }
  const needsOne = kind === 'openai-compatible' || kind === 'openai-responses'
  return needsOne && entry.preset === undefined ? { message: 'needs a preset or a base_url' } : undefined
}

function credentialFault(entry: ProviderEntry): Fault | undefined {
  if (entry.api_key !== undefined && entry.auth_token !== undefined) {
    return { message: 'there is an api_key already; one of them is enough', path: ['auth_token'] }
  }
  const { access_key_id: id, secret_access_key: secret, session_token: session, bearer_token: bearer } = entry
  if (id === undefined && secret === undefined && session === undefined) return undefined
  if (bearer !== undefined) {
    return { message: 'there is an access key already; one of them is enough', path: ['bearer_token'] }
  }
  if (id === undefined) return { message: 'missing; it goes with the rest of the access key', path: ['access_key_id'] }
  if (secret !== undefined) return undefined
  return { message: 'missing; it goes with the rest of the access key', path: ['secret_access_key'] }
}

/** An entry of `providers`. */
export const providerSchema = fields.check((context) => {
  for (const { message, path } of faultsOf(context.value)) {
    context.issues.push({
      code: 'custom',
      input: context.value,
      message,
      ...(path === undefined ? {} : { path: [...path] }),
    })
  }
})
