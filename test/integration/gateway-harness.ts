import { randomUUID } from 'node:crypto'
import type { ApiKey, KeyScope } from '../../src/accounts/api-key.ts'
import { createApiKeySecret } from '../../src/accounts/api-key-secret.ts'
import type { ChargeStore } from '../../src/accounts/charge-store.ts'
import { DailySpend } from '../../src/accounts/daily-spend.ts'
import { KeyRing } from '../../src/accounts/key-ring.ts'
import { createGateway, type Gateway } from '../../src/gateway/create-gateway.ts'
import type { GatewayOptions } from '../../src/gateway/gateway-options.ts'
import type { EmbeddingService, GatewayParts } from '../../src/gateway/gateway-parts.ts'
import type { LiveJudgeParts } from '../../src/gateway/live-judge/judge-settings.ts'
import type { ChatProvider } from '../../src/providers/chat-provider.ts'
import type { EmbeddingProvider } from '../../src/providers/embedding-provider.ts'
import type { FallbackOptions } from '../../src/providers/resilience/fallback.ts'
import type { Clock } from '../../src/routing/clock.ts'
import type { RoutingPreference } from '../../src/routing/decision/routing-preference.ts'
import type { Label } from '../../src/routing/outcome.ts'
import type { EmbeddingModel } from '../../src/routing/registry/embedding-model.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import {
  MemoryChargeStore,
  MemoryDecisionStore,
  MemoryFeedbackStore,
  MemoryKeyStore,
  MemoryResponseStore,
} from './memory-stores.ts'
import { StubRouter } from './stub-router.ts'

export const machineClock: Clock = { now: () => performance.timeOrigin + performance.now() }

export interface HarnessOptions {
  /** By LLM id, in pool order. */
  readonly providers: Readonly<Record<string, ChatProvider>>
  readonly keys?: readonly {
    readonly id: string
    readonly scopes: readonly KeyScope[]
    readonly dailyCapUsd?: number
    readonly preference?: Partial<RoutingPreference>
  }[]
  readonly gatewayCapUsd?: number
  readonly gateway?: Partial<GatewayOptions>
  readonly resilience?: FallbackOptions
  readonly host?: string
  /** LLMs in place of those made up for `providers`; their ids are the same. */
  readonly llms?: readonly Llm[]
  readonly priceOf?: GatewayParts['priceOf']
  readonly embeddingPriceOf?: EmbeddingService['priceOf']
  /** What `/v1/embeddings` serves. */
  readonly embeddings?: readonly EmbeddingModel[]
  /** In place of those in memory. */
  readonly charges?: ChargeStore
  /** Judges live answers. */
  readonly judge?: Omit<LiveJudgeParts, 'charges'>
  readonly embeddingProviderFor?: (model: EmbeddingModel) => EmbeddingProvider
  /** Off, the test calls `gateway.listen` itself. Default: on. */
  readonly listen?: boolean
}

/** A gateway on a free port, with stores in memory and a stub router. */
export interface Harness {
  readonly gateway: Gateway
  readonly url: string
  readonly router: StubRouter
  readonly decisions: MemoryDecisionStore
  readonly charges: MemoryChargeStore
  readonly spend: DailySpend
  readonly feedback: MemoryFeedbackStore
  readonly responses: MemoryResponseStore
  readonly labels: readonly Label[]
  /** Sequences that learning was pointed to. */
  readonly nudges: readonly number[]
  readonly logged: readonly { readonly level: string; readonly message: string }[]
  /** By key id. */
  readonly secrets: ReadonlyMap<string, string>
  /** POSTs JSON. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
}

export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const keyStore = new MemoryKeyStore()
  const secrets = new Map<string, string>()
  for (const key of options.keys ?? []) {
    const { secret, ...kept } = createApiKeySecret()
    secrets.set(key.id, secret)
    await keyStore.create(toApiKey(key, kept))
  }
  const decisions = new MemoryDecisionStore()
  const feedback = new MemoryFeedbackStore(decisions)
  const responses = new MemoryResponseStore()
  const charges = new MemoryChargeStore()
  const { embeddings = [] } = options
  const llms = options.llms ?? Object.keys(options.providers).map(toLlm)
  const embeddingNames = embeddings.map(({ id }) => id)
  const router = new StubRouter(new LlmRegistry(llms, [], embeddingNames))
  const labels: Label[] = []
  const nudges: number[] = []
  const logged: { level: string; message: string }[] = []
  const keys = await KeyRing.load(keyStore)
  const log = (level: string) => (_fields: object, message: string) => void logged.push({ level, message })
  const spend = await DailySpend.load(decisions, machineClock, {
    gatewayCapUsd: options.gatewayCapUsd,
    keys: () => keys.everIssued(),
  })
  const gateway = createGateway(
    {
      router,
      decisions,
      feedback,
      responses,
      keys,
      labels: { accept: (label) => void labels.push(label), nudge: (sequence) => void nudges.push(sequence) },
      spend,
      providerFor: (llm) => options.providers[llm.id]!,
      ...(options.priceOf === undefined ? {} : { priceOf: options.priceOf }),
      embeddings: {
        list: () => embeddings,
        priceOf: options.embeddingPriceOf,
        providerFor: (model) => {
          if (options.embeddingProviderFor === undefined) throw new Error('The test gave no embedding provider')
          return options.embeddingProviderFor(model)
        },
        charges: options.charges ?? charges,
      },
      judge: options.judge === undefined ? undefined : { ...options.judge, charges: options.charges ?? charges },
      resilience: options.resilience ?? {},
      clock: machineClock,
      newId: randomUUID,
      log: { info: log('info'), warn: log('warn'), error: log('error') },
    },
    { version: '0.0.0-test', drainTimeoutMs: 500, ...options.gateway },
  )
  const url = options.listen === false ? '' : (await gateway.listen(options.host ?? '127.0.0.1', 0)).url
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
  return {
    gateway,
    url,
    router,
    decisions,
    charges,
    spend,
    feedback,
    responses,
    labels,
    nudges,
    logged,
    secrets,
    post,
    get,
  }
}

export function userMessage(content: unknown = 'What is 2 + 2?') {
  return { model: 'auto', messages: [{ role: 'user', content }] }
}

/** The `data:` lines of an SSE answer, in order. */
export async function readSse(response: Response): Promise<readonly string[]> {
  const text = await response.text()
  return text
    .split('\n\n')
    .filter((block) => block.length > 0)
    .map((block) => {
      if (!block.startsWith('data: ')) throw new Error(`Not a data event: ${block}`)
      return block.slice('data: '.length)
    })
}

function toApiKey(
  key: NonNullable<HarnessOptions['keys']>[number],
  kept: { readonly secretHash: string; readonly prefix: string },
): ApiKey {
  return {
    id: key.id,
    name: key.id,
    ...kept,
    scopes: key.scopes,
    preference: key.preference ?? {},
    dailyCapUsd: key.dailyCapUsd,
    createdAtMs: 0,
    revokedAtMs: undefined,
  }
}

function toLlm(id: string): Llm {
  return {
    ...unknownLlmProperties,
    id,
    provider: 'scripted',
    upstreamModel: `upstream-${id}`,
    price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 },
  }
}
