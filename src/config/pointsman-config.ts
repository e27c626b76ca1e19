import type { FeedbackOptions } from '../gateway/feedback/feedback-options.ts'
import type { JudgeSettings } from '../gateway/live-judge/judge-settings.ts'
import type { ProviderKind } from '../providers/provider-kind.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { LlmAlias } from '../routing/registry/llm-aliases.ts'
import type { BudgetsConfig, TeamConfig } from './budgets-schema.ts'
import type { GradingConfig } from './grading-schema.ts'
import type { ProbingConfig } from './probing-schema.ts'
import type { PromotionConfig } from './promotion-schema.ts'
import type { Secret } from './secret.ts'
import type { TrainingConfig } from './training-schema.ts'

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** Everything that can be configured, read once at start; deeply frozen. Durations in ms, money in USD, days in UTC. */
export interface PointsmanConfig {
  /** Absolute path of the file it was read from; undefined when there was none. */
  readonly file: string | undefined
  /** For people: what another gateway's file says that serves differently here, or not at all. */
  readonly notices: readonly string[]
  readonly server: ServerConfig
  readonly database: {
    /** Absolute path. Its folder may not exist yet. */
    readonly file: string
  }
  /** In the order of the file. Empty: use what the environment and this machine offer. */
  readonly providers: readonly ProviderConfig[]
  /**
   * The pool, in the order of the file. Price and capabilities hold only what the file says; the price book fills in
   * the rest.
   */
  readonly llms: readonly Llm[]
  /** Price as for LLMs. */
  readonly embeddings: readonly EmbeddingModel[]
  /** In the order of the file. */
  readonly aliases: readonly LlmAlias[]
  readonly routing: RoutingConfig
  /** In the order of the file. */
  readonly teams: readonly TeamConfig[]
  readonly budgets: BudgetsConfig
  readonly feedback: FeedbackOptions
  readonly probing: ProbingConfig
  readonly training: TrainingConfig
  readonly promotion: PromotionConfig
  readonly grading: GradingConfig
  /** Undefined: no LLM judges. */
  readonly judge: JudgeSettings | undefined
  readonly retentionDays: number
  readonly logLevel: LogLevel
}

export interface ServerConfig {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly limits: ServerLimits
  /** A secret that counts as a key with every scope. */
  readonly masterKey: Secret | undefined
  /** Environment variables that LLMs added at run time may name, whatever their address. */
  readonly modelKeyVariables: readonly string[]
}

export interface ServerLimits {
  readonly maxBodyBytes: number
  readonly maxHeaderBytes: number
  readonly maxConcurrentRequests: number
  readonly requestTimeoutMs: number
  readonly maxAnswerMs: number
}

export interface ProviderTimeouts {
  readonly connectMs: number
  readonly firstTokenMs: number
  readonly stallMs: number
  /** The whole answer, retries at this provider included. */
  readonly totalMs: number
}

export type ProviderConfig = { readonly kind: 'simulated'; readonly name: string } | UpstreamConfig

/** A provider with an upstream. What its kind has no use for is undefined. */
export interface UpstreamConfig {
  readonly kind: ProviderKind
  readonly name: string
  /** Where there is neither a preset nor a `baseUrl`, the kind knows its address (Bedrock: by the region). */
  readonly preset: string | undefined
  /** Wins over the preset's. */
  readonly baseUrl: string | undefined
  /** The variable by which `baseUrl` stands for the preset's own; undefined: it is the file's. */
  readonly addressVariable?: string | undefined
  /** Of `api_key`, or of the preset's variable where `base_url` is the preset's; undefined: none is set. */
  readonly apiKey: Secret | undefined
  readonly authToken: Secret | undefined
  readonly apiVersion: string | undefined
  readonly region: string | undefined
  readonly accessKeyId: Secret | undefined
  readonly secretAccessKey: Secret | undefined
  readonly sessionToken: Secret | undefined
  readonly bearerToken: Secret | undefined
  readonly headers: { readonly [name: string]: Secret }
  readonly timeouts: ProviderTimeouts
}

export interface RoutingConfig {
  /** λ ≥ 0. */
  readonly lambda: number
  /** τ of the latency penalty. */
  readonly timeLimitMs: number | undefined
  readonly exploration: ExplorationConfig
  /** Of the whole gateway, per UTC day. */
  readonly dailyCapUsd: number | undefined
  /** Whether the shipped starter policy serves until something is fitted. */
  readonly starter: boolean
  /** An unsigned 32-bit integer; undefined: a fresh one per start. */
  readonly seed: number | undefined
}

export interface ExplorationConfig {
  readonly enabled: boolean
  /** Most expected utility that one request may give up. */
  readonly price: number
  /** Probability shared by all admissible candidates, [0, 1]. */
  readonly floor: number
}
