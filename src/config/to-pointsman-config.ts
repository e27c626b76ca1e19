import path from 'node:path'
import { providerPresets } from '../providers/openai-compatible/presets.ts'
import { withoutOwnAddress } from '../providers/vendor-address.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { Llm, LlmCapabilities } from '../routing/registry/llm.ts'
import type { LlmAlias } from '../routing/registry/llm-aliases.ts'
import type { TokenPrice, TokenRates } from '../routing/registry/token-price.ts'
import type { ConfigOrigin, ConfigProblem } from './config-error.ts'
import { type ConfigPath, dottedPath } from './config-source.ts'
import type { Environment } from './environment.ts'
import { toFeedbackOptions } from './feedback-schema.ts'
import { gradingNotices, toGradingConfig, toJudgeSettings } from './grading-schema.ts'
import { describeOwnKey, ownKeyVariables } from './own-keys.ts'
import type { PointsmanConfig } from './pointsman-config.ts'
import { toProbingConfig } from './probing-schema.ts'
import { toPromotionConfig } from './promotion-schema.ts'
import { type ConfigFile, llmIdsOf } from './schema.ts'
import { Secret, secretOf } from './secret.ts'
import { type SecretSources, toProviderConfig } from './to-provider-config.ts'
import { toTrainingConfig } from './training-schema.ts'

interface Surroundings {
  /** Absolute path of the file read. */
  readonly file: string | undefined
  /** Absolute path of the folder where relative paths in the file start. */
  readonly folder: string
  readonly environment: Environment
  readonly originOf: (path: ConfigPath) => ConfigOrigin
  /** What people read of a place; default: its dotted path. */
  readonly nameOf?: (path: ConfigPath) => string
  /** What was noticed while the file was read. */
  readonly notices?: readonly string[]
}

const shortestMasterKey = 20

type LlmEntry = ConfigFile['llms'][number]

/**
 * From the file's terms to the program's: camelCase, units in the names, secrets resolved, all of it frozen.
 * `problems` names each secret whose variable is not set, and what the environment might have said and did not.
 */
export function toPointsmanConfig(
  file: ConfigFile,
  around: Surroundings,
): { readonly config: PointsmanConfig; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  const nameOf = around.nameOf ?? dottedPath
  const resolve = (reference: string, at: ConfigPath): Secret => {
    const name = reference.replace(/^(env:|os\.environ\/)/, '')
    const value = secretOf(around.environment[name])
    if (value === undefined) {
      const message = `the environment variable ${name} is not set`
      problems.push({ code: 'config_missing_secret', key: nameOf(at), origin: around.originOf(at), message })
    }
    return value ?? new Secret('')
  }
  const missing = (at: ConfigPath, message: string): void => {
    problems.push({ code: 'config_invalid', key: nameOf(at), origin: around.originOf(at), message })
  }
  const { server, routing } = file
  const environment = withoutOwnAddress(around.environment, server)
  const sources: SecretSources = { environment, resolve, missing }
  const masterKey = server.master_key === undefined ? undefined : resolve(server.master_key, ['server', 'master_key'])
  const config: PointsmanConfig = {
    file: around.file,
    notices: [
      ...(around.notices ?? []),
      ...masterKeyNotices(masterKey),
      ...ownKeyNotices(file, environment),
      ...gradingNotices(file.grading),
    ],
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
      masterKey,
      modelKeyVariables: server.model_key_variables,
    },
    database: { file: path.resolve(around.folder, file.database ?? path.join('.pointsman', 'pointsman.db')) },
    providers: Object.entries(file.providers).map(([name, entry]) => toProviderConfig(name, entry, sources)),
    llms: file.llms.flatMap(toLlms),
    embeddings: file.embeddings.map(toEmbeddingModel),
    aliases: Object.entries(file.aliases).map(toAlias),
    routing: {
      lambda: routing.lambda,
      timeLimitMs: routing.time_limit_ms,
      exploration: { ...routing.exploration },
      dailyCapUsd: routing.daily_cap_usd,
      starter: routing.starter,
      seed: routing.seed,
    },
    teams: Object.entries(file.teams).map(([name, team]) => ({ name, dailyCapUsd: team.daily_cap_usd })),
    budgets: file.budgets,
    feedback: toFeedbackOptions(file.feedback),
    probing: toProbingConfig(file.probing, around.folder),
    training: toTrainingConfig(file.training),
    promotion: toPromotionConfig(file.promotion),
    grading: toGradingConfig(file.grading),
    judge: toJudgeSettings(file.judge),
    retentionDays: file.retention_days,
    logLevel: file.log_level,
  }
  return { config: deepFreeze(config), problems }
}

/** A key that somebody made up: whoever guesses it may do everything. */
function masterKeyNotices(key: Secret | undefined): readonly string[] {
  const length = key?.reveal().length ?? 0
  if (length === 0 || length >= shortestMasterKey) return []
  return [`the master key has ${length} characters, which can be guessed; make it ${shortestMasterKey} or more`]
}

/** Of the providers that would have taken them: without any, of all that are looked for. */
function ownKeyNotices({ providers }: ConfigFile, environment: Environment): readonly string[] {
  const entries = Object.values(providers)
  const takers = entries.filter(({ base_url, api_key }) => base_url === undefined && api_key === undefined)
  const looked = providerPresets.filter(({ name }) => {
    return entries.length === 0 || takers.some(({ preset, kind }) => (preset ?? kind) === name)
  })
  return ownKeyVariables(environment, looked).map(describeOwnKey)
}

function toAlias([name, target]: [string, ConfigFile['aliases'][string]]): LlmAlias {
  return typeof target === 'string' ? [name, target] : [name, target.model, target.allow]
}

/** One LLM, or one for each of its efforts: each with its own id, under which all is learned. */
export function toLlms(entry: LlmEntry): readonly Llm[] {
  const ids = llmIdsOf(entry)
  if (entry.efforts === undefined) return ids.map((id) => toLlm(entry, id, entry.reasoning_effort))
  return entry.efforts.map((effort, i) => toLlm(entry, ids[i]!, effort))
}

function toLlm(entry: LlmEntry, id: string, reasoningEffort: Llm['reasoningEffort']): Llm {
  return {
    id,
    provider: entry.provider,
    upstreamModel: entry.model ?? entry.id,
    price: entry.price === undefined ? undefined : toPrice(entry.price),
    capabilities: toCapabilities(entry.capabilities),
    tags: entry.tags,
    quality: entry.quality,
    timeToFirstTokenMs: entry.time_to_first_token_ms,
    tokensPerSecond: entry.tokens_per_second,
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    ...(entry.fallbacks === undefined ? {} : { fallbacks: entry.fallbacks }),
  }
}

function toEmbeddingModel(entry: ConfigFile['embeddings'][number]): EmbeddingModel {
  const { id, provider, model, price, dimensions } = entry
  return {
    id,
    provider,
    upstreamModel: model ?? id,
    price: price === undefined ? undefined : { inputPerMillionTokensUsd: price.input, outputPerMillionTokensUsd: 0 },
    dimensions,
  }
}

/** A price as the file says it in the program's terms. */
export function toPrice({ tiers, ...rates }: NonNullable<LlmEntry['price']>): TokenPrice {
  if (tiers === undefined) return toRates(rates)
  return {
    ...toRates(rates),
    tiers: tiers.map((tier) => ({ aboveInputTokens: tier.above_input_tokens, ...toRates(tier) })),
  }
}

function toRates(entry: Omit<NonNullable<LlmEntry['price']>, 'tiers'>): TokenRates {
  const { input, output, cached_input, cache_write, cache_write_1h, reasoning } = entry
  const { audio_input, cached_audio_input, audio_output } = entry
  return {
    inputPerMillionTokensUsd: input,
    outputPerMillionTokensUsd: output,
    ...(cached_input === undefined ? {} : { cachedInputPerMillionTokensUsd: cached_input }),
    ...(cache_write === undefined ? {} : { cacheWritePerMillionTokensUsd: cache_write }),
    ...(cache_write_1h === undefined ? {} : { cacheWrite1hPerMillionTokensUsd: cache_write_1h }),
    ...(reasoning === undefined ? {} : { reasoningPerMillionTokensUsd: reasoning }),
    ...(audio_input === undefined ? {} : { audioInputPerMillionTokensUsd: audio_input }),
    ...(cached_audio_input === undefined ? {} : { cachedAudioInputPerMillionTokensUsd: cached_audio_input }),
    ...(audio_output === undefined ? {} : { audioOutputPerMillionTokensUsd: audio_output }),
  }
}

function toCapabilities(entry: LlmEntry['capabilities']): LlmCapabilities {
  const {
    context_window_tokens,
    max_output_tokens,
    tools,
    vision,
    audio,
    files,
    json_schema,
    reasoning,
    reasons_unasked,
  } = entry
  return {
    ...(context_window_tokens === undefined ? {} : { contextWindowTokens: context_window_tokens }),
    ...(max_output_tokens === undefined ? {} : { maxOutputTokens: max_output_tokens }),
    ...(tools === undefined ? {} : { tools }),
    ...(vision === undefined ? {} : { vision }),
    ...(audio === undefined ? {} : { audio }),
    ...(files === undefined ? {} : { files }),
    ...(json_schema === undefined ? {} : { jsonSchema: json_schema }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(reasons_unasked === undefined ? {} : { reasonsUnasked: reasons_unasked }),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) deepFreeze(item)
  }
  return value
}
