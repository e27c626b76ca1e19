import type { ProviderConfig, ProviderTimeouts, UpstreamConfig } from '../config/pointsman-config.ts'
import type { Secret } from '../config/secret.ts'
import { defaultProviderTimeouts } from '../config/to-provider-config.ts'
import type { ChatProvider } from '../providers/chat-provider.ts'
import type { DiscoveredProvider } from '../providers/discover.ts'
import type { EmbeddingProvider } from '../providers/embedding-provider.ts'
import { openUpstream } from '../providers/open-upstream.ts'
import { type ProviderPreset, providerPreset } from '../providers/openai-compatible/presets.ts'
import type { ProviderKind } from '../providers/provider-kind.ts'
import { DeadlineProvider } from '../providers/resilience/deadline-provider.ts'
import { SimulatedProvider } from '../providers/simulated/simulated-provider.ts'

/** Speeds of the simulated pool, as a share of the real time they stand for. */
export const simulatedTimeScale = 0.1

/** A provider of the pool, opened. */
export interface OpenProvider {
  readonly name: string
  /** The API it speaks. */
  readonly kind: ProviderKind | 'simulated'
  /** Undefined: none that we know. */
  readonly preset: ProviderPreset | undefined
  readonly chat: ChatProvider
  /** Undefined where it has no embeddings. */
  readonly embedding: EmbeddingProvider | undefined
  /** The variable its key is read from; undefined where it needs none. */
  readonly keyVariable: string | undefined
  readonly hasKey: boolean
}

/** Opens an entry of the configuration. Nothing is sent yet. */
export async function openProvider(config: ProviderConfig): Promise<OpenProvider> {
  if (config.kind === 'simulated') return openSimulatedProvider(config.name)
  const { name, kind, headers, timeouts } = config
  const preset = config.preset === undefined ? undefined : providerPreset(config.preset)
  const upstream = await openUpstream({
    kind,
    name,
    baseUrl: config.baseUrl ?? preset?.baseUrl,
    dialect: preset?.dialect,
    apiVersion: config.apiVersion,
    region: config.region,
    apiKey: config.apiKey?.reveal(),
    authToken: config.authToken?.reveal(),
    accessKeyId: config.accessKeyId?.reveal(),
    secretAccessKey: config.secretAccessKey?.reveal(),
    sessionToken: config.sessionToken?.reveal(),
    bearerToken: config.bearerToken?.reveal(),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, value.reveal()])),
    connectTimeoutMs: timeouts.connectMs,
  })
  const keyVariable = keyVariableOf(config, preset)
  return { name, kind, preset, ...joined(upstream, timeouts), keyVariable, hasKey: secretOf(config) !== undefined }
}

/** Opens what the environment or this machine offers. */
export async function openDiscoveredProvider({ preset, ...key }: DiscoveredProvider): Promise<OpenProvider> {
  const { name, kind, baseUrl, dialect, keyVariable } = preset
  const upstream = await openUpstream({ kind, name, baseUrl, dialect, ...key })
  const hasKey = key.apiKey !== undefined || key.authToken !== undefined
  return { name, kind, preset, ...joined(upstream, defaultProviderTimeouts()), keyVariable, hasKey }
}

export function openSimulatedProvider(name: string): OpenProvider {
  const chat = new SimulatedProvider({ timeScale: simulatedTimeScale })
  const none = { preset: undefined, embedding: undefined, keyVariable: undefined, hasKey: false }
  return { name, kind: 'simulated', chat, ...none }
}

function joined(upstream: ChatProvider, timeouts: ProviderTimeouts): Pick<OpenProvider, 'chat' | 'embedding'> {
  const { totalMs, firstTokenMs, stallMs } = timeouts
  const chat = new DeadlineProvider(upstream, { totalMs, firstContentMs: firstTokenMs, stallMs })
  return { chat, embedding: embeds(upstream) ? upstream : undefined }
}

function embeds(provider: ChatProvider): provider is ChatProvider & EmbeddingProvider {
  return 'embed' in provider && typeof provider.embed === 'function'
}

/** What `doctor` asks for when there is none. */
function keyVariableOf(
  { kind, baseUrl, addressVariable }: UpstreamConfig,
  preset: ProviderPreset | undefined,
): string | undefined {
  if (kind === 'azure-openai') return 'AZURE_OPENAI_API_KEY'
  if (kind === 'bedrock' && baseUrl === undefined) return 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  // The vendor's variable is not sent to another address, where there may be no key at all.
  return baseUrl === undefined || addressVariable !== undefined ? preset?.keyVariable : undefined
}

function secretOf(config: UpstreamConfig): Secret | undefined {
  const { apiKey, authToken, bearerToken, accessKeyId, secretAccessKey } = config
  return apiKey ?? authToken ?? bearerToken ?? (accessKeyId === undefined ? undefined : secretAccessKey)
}
