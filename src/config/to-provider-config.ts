import { providerPreset } from '../providers/openai-compatible/presets.ts'
import { vendorAddress } from '../providers/vendor-address.ts'
import type { ConfigPath } from './config-source.ts'
import type { Environment } from './environment.ts'
import { isOwnKey, withoutOwnKeys } from './own-keys.ts'
import type { ProviderConfig, ProviderTimeouts, UpstreamConfig } from './pointsman-config.ts'
import { kindOf, type ProviderEntry, presetOf, timeoutsSchema } from './provider-schema.ts'
import { fitsHeader, Secret, secretOf } from './secret.ts'

/** How a provider's credentials are found. */
export interface SecretSources {
  readonly environment: Environment
  /** The value of the variable that an `env:NAME` names; notes it as a problem when it is not set. */
  readonly resolve: (reference: string, at: ConfigPath) => Secret
  /** Notes a value that is missing. */
  readonly missing: (at: ConfigPath, message: string) => void
}

type SecretKey = 'api_key' | 'auth_token' | 'access_key_id' | 'secret_access_key' | 'session_token' | 'bearer_token'

/** One entry of `providers` in the program's terms, with the credentials that its kind or preset knows variables for. */
export function toProviderConfig(name: string, given: ProviderEntry, sources: SecretSources): ProviderConfig {
  const kind = kindOf(given)
  if (kind === 'simulated') return { kind, name }
  const entry = withOwnPreset(given, kind)
  const address = addressOf(name, entry, sources)
  const named = (key: SecretKey) => {
    const reference = entry[key]
    return reference === undefined ? undefined : sources.resolve(reference, ['providers', name, key])
  }
  const credentials = credentialsOf(kind, entry, named, sources)
  const isVendors = address.baseUrl === undefined && presetOf(entry) !== undefined
  for (const [key, secret] of Object.entries(credentials)) {
    if (secret === undefined) continue
    if (isVendors && isOwnKey(secret.reveal())) {
      const at = ['providers', name, keyNames[key as keyof Credentials]]
      sources.missing(at, 'it is a key of a Pointsman gateway, not of the vendor')
    }
    if (fitsHeader(secret)) continue
    sources.missing(
      ['providers', name],
      `the value of ${keyNames[key as keyof Credentials]} cannot be sent: a line ends within it, or a letter is not Latin`,
    )
  }
  return {
    kind,
    name,
    preset: entry.preset,
    ...address,
    apiVersion: entry.api_version,
    ...credentials,
    region: kind === 'bedrock' ? regionOf(name, entry, sources) : undefined,
    headers: headersOf(name, entry, sources),
    timeouts: toTimeouts(entry.timeouts),
  }
}

/** Anthropic and Google serve their APIs at one address: saying the kind says the preset. */
function withOwnPreset(entry: ProviderEntry, kind: UpstreamConfig['kind']): ProviderEntry {
  if (entry.preset !== undefined || entry.base_url !== undefined) return entry
  return providerPreset(kind) === undefined ? entry : { ...entry, preset: kind }
}

/** Where nothing is said and the environment names another address than the vendor's, the key goes there, as from its own clients. */
function addressOf(
  name: string,
  entry: ProviderEntry,
  { environment, missing }: SecretSources,
): Pick<UpstreamConfig, 'baseUrl' | 'addressVariable'> {
  const preset = presetOf(entry)
  if (entry.base_url !== undefined || preset === undefined) return { baseUrl: entry.base_url }
  const address = vendorAddress(preset, environment)
  if (typeof address === 'string') {
    missing(['providers', name], `${address}; mend it, or say base_url here`)
    return { baseUrl: undefined }
  }
  const { baseUrl, variable: addressVariable } = address
  return addressVariable === undefined ? { baseUrl: undefined } : { baseUrl, addressVariable }
}

type Credentials = Pick<
  UpstreamConfig,
  'apiKey' | 'authToken' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'bearerToken'
>

const keyNames: Readonly<Record<keyof Credentials, SecretKey>> = {
  apiKey: 'api_key',
  authToken: 'auth_token',
  accessKeyId: 'access_key_id',
  secretAccessKey: 'secret_access_key',
  sessionToken: 'session_token',
  bearerToken: 'bearer_token',
}

function credentialsOf(
  kind: UpstreamConfig['kind'],
  entry: ProviderEntry,
  named: (key: SecretKey) => Secret | undefined,
  { environment }: SecretSources,
): Credentials {
  const given: Credentials = {
    apiKey: named('api_key'),
    authToken: named('auth_token'),
    accessKeyId: named('access_key_id'),
    secretAccessKey: named('secret_access_key'),
    sessionToken: named('session_token'),
    bearerToken: named('bearer_token'),
  }
  if (Object.values(given).some((secret) => secret !== undefined)) return given
  // An Azure resource has an address of its own, which is in the file with the intent to use it.
  if (kind === 'azure-openai') return { ...given, apiKey: variable(environment, 'AZURE_OPENAI_API_KEY') }
  // What a preset or a vendor has a variable for goes to their own address only.
  if (entry.base_url !== undefined) return given
  if (kind === 'bedrock') return { ...given, ...awsCredentials(environment) }
  return { ...given, ...presetCredentials(entry, withoutOwnKeys(environment)) }
}

function presetCredentials(entry: ProviderEntry, environment: Environment): Partial<Credentials> {
  const preset = presetOf(entry)
  const apiKey = variable(environment, preset?.keyVariable) ?? variable(environment, preset?.otherKeyVariable)
  return apiKey === undefined ? { authToken: variable(environment, preset?.tokenVariable) } : { apiKey }
}

/** As Amazon's own clients: a Bedrock API key comes before signing. */
function awsCredentials(environment: Environment): Partial<Credentials> {
  const bearerToken = variable(environment, 'AWS_BEARER_TOKEN_BEDROCK')
  if (bearerToken !== undefined) return { bearerToken }
  return {
    accessKeyId: variable(environment, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: variable(environment, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: variable(environment, 'AWS_SESSION_TOKEN'),
  }
}

function regionOf(
  name: string,
  { region }: ProviderEntry,
  { environment, missing }: SecretSources,
): string | undefined {
  const found =
    region ?? variable(environment, 'AWS_REGION')?.reveal() ?? variable(environment, 'AWS_DEFAULT_REGION')?.reveal()
  if (found === undefined) {
    missing(['providers', name], 'needs a region, such as us-east-1, here or in the environment variable AWS_REGION')
  }
  return found
}

function headersOf(
  name: string,
  entry: ProviderEntry,
  { resolve, missing }: SecretSources,
): { readonly [header: string]: Secret } {
  const headers: { [header: string]: Secret } = {}
  for (const [header, value] of Object.entries(entry.headers)) {
    const at = ['providers', name, 'headers', header]
    const secret = /^(env:|os\.environ\/)/.test(value) ? resolve(value, at) : new Secret(value)
    if (!fitsHeader(secret)) missing(at, 'cannot be sent: a line ends within it, or a letter is not Latin')
    headers[header] = secret
  }
  return headers
}

function variable(environment: Environment, name: string | undefined): Secret | undefined {
  return name === undefined ? undefined : secretOf(environment[name])
}

/** How long a provider that was found, not configured, may take. */
export function defaultProviderTimeouts(): ProviderTimeouts {
  return toTimeouts(timeoutsSchema.parse({}))
}

function toTimeouts(timeouts: ProviderEntry['timeouts']): ProviderTimeouts {
  return {
    connectMs: timeouts.connect_ms,
    firstTokenMs: timeouts.first_token_ms,
    stallMs: timeouts.stall_ms,
    totalMs: timeouts.total_ms,
  }
}
