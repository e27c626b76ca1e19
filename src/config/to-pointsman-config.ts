import path from 'node:path'
import { providerPreset } from '../providers/openai-compatible/presets.ts'
import type { Llm, LlmCapabilities } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import type { ConfigOrigin, ConfigProblem } from './config-error.ts'
import { type ConfigPath, dottedPath } from './config-source.ts'
import type { Environment } from './environment.ts'
import type { PointsmanConfig, ProviderConfig, ProviderTimeouts } from './pointsman-config.ts'
import { type ConfigFile, timeoutsSchema } from './schema.ts'
import { Secret } from './secret.ts'

interface Surroundings {
  /** Absolute path of the file read. */
  readonly file: string | undefined
  /** Absolute path of the folder where relative paths in the file start. */
  readonly folder: string
  readonly environment: Environment
  readonly originOf: (path: ConfigPath) => ConfigOrigin
}

type ProviderEntry = ConfigFile['providers'][string]
type LlmEntry = ConfigFile['llms'][number]

/**
 * From the file's terms to the program's: camelCase, units in the names, secrets resolved, all of it frozen.
 * `problems` names each secret whose variable is not set.
 */
export function toPointsmanConfig(
  file: ConfigFile,
  around: Surroundings,
): { readonly config: PointsmanConfig; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  const resolve = (reference: string, at: ConfigPath): Secret => {
    const name = reference.replace(/^(env:|os\.environ\/)/, '')
    const value = around.environment[name]
    if (value === undefined || value === '') {
      const message = `the environment variable ${name} is not set`
      problems.push({ code: 'config_missing_secret', key: dottedPath(at), origin: around.originOf(at), message })
    }
    return new Secret(value ?? '')
  }
  const { server, routing } = file
  const config: PointsmanConfig = {
    file: around.file,
    server: {
      host: server.host,
      port: server.port,
      allowedHosts: server.allowed_hosts,
      limits: {
        maxBodyBytes: server.limits.max_body_bytes,
        maxHeaderBytes: server.limits.max_header_bytes,
        maxConcurrentRequests: server.limits.max_concurrent_requests,
        requestTimeoutMs: server.limits.request_timeout_ms,
        maxAnswerMs: server.limits.max_answer_ms,
      },
    },
    database: { file: path.resolve(around.folder, file.database ?? path.join('.pointsman', 'pointsman.db')) },
    providers: Object.entries(file.providers).map(([name, entry]) =>
      toProvider(name, entry, around.environment, resolve),
    ),
    llms: file.llms.map(toLlm),
    routing: {
      lambda: routing.lambda,
      timeLimitMs: routing.time_limit_ms,
      exploration: { ...routing.exploration },
      dailyCapUsd: routing.daily_cap_usd,
      starter: routing.starter,
      seed: routing.seed,
    },
    retentionDays: file.retention_days,
    logLevel: file.log_level,
  }
  return { config: deepFreeze(config), problems }
}

function toProvider(
  name: string,
  entry: ProviderEntry,
  environment: Environment,
  resolve: (reference: string, at: ConfigPath) => Secret,
): ProviderConfig {
  if (entry.kind === 'simulated') return { kind: 'simulated', name }
  const headers: { [header: string]: Secret } = {}
  for (const [header, value] of Object.entries(entry.headers)) {
    const at = ['providers', name, 'headers', header]
    headers[header] = /^(env:|os\.environ\/)/.test(value) ? resolve(value, at) : new Secret(value)
  }
  return {
    kind: 'openai-compatible',
    name,
    preset: entry.preset,
    baseUrl: entry.base_url,
    apiKey:
      entry.api_key === undefined
        ? presetKey(entry, environment)
        : resolve(entry.api_key, ['providers', name, 'api_key']),
    headers,
    timeouts: toTimeouts(entry.timeouts),
  }
}

/** The preset's key goes to the preset's own address only. */
function presetKey(entry: ProviderEntry, environment: Environment): Secret | undefined {
  if (entry.preset === undefined || entry.base_url !== undefined) return undefined
  const variable = providerPreset(entry.preset)?.keyVariable
  const value = variable === undefined ? undefined : environment[variable]
  return value === undefined || value === '' ? undefined : new Secret(value)
}

function toLlm(entry: LlmEntry): Llm {
  return {
    id: entry.id,
    provider: entry.provider,
    upstreamModel: entry.model ?? entry.id,
    price: entry.price === undefined ? undefined : toPrice(entry.price),
    capabilities: toCapabilities(entry.capabilities),
    tags: entry.tags,
    quality: entry.quality,
    timeToFirstTokenMs: entry.time_to_first_token_ms,
    tokensPerSecond: entry.tokens_per_second,
  }
}

function toPrice(price: NonNullable<LlmEntry['price']>): TokenPrice {
  return {
    inputPerMillionTokensUsd: price.input,
    outputPerMillionTokensUsd: price.output,
    ...(price.cached_input === undefined ? {} : { cachedInputPerMillionTokensUsd: price.cached_input }),
    ...(price.cache_write === undefined ? {} : { cacheWritePerMillionTokensUsd: price.cache_write }),
    ...(price.reasoning === undefined ? {} : { reasoningPerMillionTokensUsd: price.reasoning }),
  }
}

function toCapabilities(entry: LlmEntry['capabilities']): LlmCapabilities {
  const { context_window_tokens, max_output_tokens, tools, vision, audio, files, json_schema, reasoning } = entry
  return {
    ...(context_window_tokens === undefined ? {} : { contextWindowTokens: context_window_tokens }),
    ...(max_output_tokens === undefined ? {} : { maxOutputTokens: max_output_tokens }),
    ...(tools === undefined ? {} : { tools }),
    ...(vision === undefined ? {} : { vision }),
    ...(audio === undefined ? {} : { audio }),
    ...(files === undefined ? {} : { files }),
    ...(json_schema === undefined ? {} : { jsonSchema: json_schema }),
    ...(reasoning === undefined ? {} : { reasoning }),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
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
