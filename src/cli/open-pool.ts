import type { Environment } from '../config/environment.ts'
import { withoutOwnKeys } from '../config/own-keys.ts'
import type { PointsmanConfig, ProviderConfig } from '../config/pointsman-config.ts'
import type { ChatProvider } from '../providers/chat-provider.ts'
import { discoverProviders } from '../providers/discover.ts'
import type { EmbeddingProvider } from '../providers/embedding-provider.ts'
import { parameterSupportOf } from '../providers/parameters/parameter-support-of.ts'
import { reasonsUnasked } from '../providers/parameters/reasons-unasked.ts'
import { loadPriceBook, type PriceBook } from '../providers/price-book.ts'
import { SettlementPrices } from '../providers/settlement-prices.ts'
import { simulatedLlms, simulatedProviderName } from '../providers/simulated/simulated-pool.ts'
import { withoutOwnAddress } from '../providers/vendor-address.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { LlmAlias } from '../routing/registry/llm-aliases.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import type { NamesOf } from '../routing/starter/starter-policy.ts'
import { counted } from './counted.ts'
import {
  type OpenProvider,
  openDiscoveredProvider,
  openProvider,
  openSimulatedProvider,
  simulatedTimeScale,
} from './open-provider.ts'
import { plainError } from './plain-error.ts'
import { systemClock } from './system.ts'

/** The LLMs that serve and the connections to them. */
export interface OpenPool {
  readonly origin: 'configured' | 'discovered' | 'simulated'
  /** With everything known of them filled in where the configuration is silent. */
  readonly llms: readonly Llm[]
  /** The configured ones; without any, the simulated pool answers to vendors' names, so that their clients can be tried. */
  readonly aliases: readonly LlmAlias[]
  readonly providers: readonly OpenProvider[]
  /** Said to people before serving: what was found, and where. */
  readonly notes: readonly string[]
  /** Of them those that tell what was found and is not used. */
  readonly problems: readonly string[]
  readonly dailyCapUsd: number | undefined
  /** What else an LLM is called: its canonical name in the price book. */
  readonly namesOf: NamesOf
  /** At which price an answer is settled, by the model id its upstream reports. */
  readonly priceOf: (llm: Llm, reportedModel: string | undefined) => TokenPrice | undefined
  /** An LLM of one of the pool's providers, filled in as those of `llms` are: for LLMs that join later. */
  readonly describe: (llm: Llm) => Llm
  /**
   * Takes in an LLM with the provider it brings, whose name no other has; it stays open until the pool closes. From then on it
   * is among `llms`.
   *
   * @returns the LLM, filled in.
   */
  readonly join: (provider: ProviderConfig, llm: Llm) => Promise<Llm>
  /** The same for an LLM of a provider that is open. @returns undefined: there is none of that name. */
  readonly joinOpen: (llm: Llm) => Llm | undefined
  readonly leave: (id: LlmId) => void
  readonly providerFor: (llm: Llm) => ChatProvider
  /** What `/v1/embeddings` serves. */
  readonly embeddings: readonly EmbeddingModel[]
  readonly embeddingProviderFor: (model: EmbeddingModel) => EmbeddingProvider
  /** The same for embedding models; undefined: always their own. */
  readonly embeddingPriceOf:
    | ((model: EmbeddingModel, reportedModel: string | undefined) => TokenPrice | undefined)
    | undefined
  close(): Promise<void>
}

/** Money on a key that was found, not configured, is spent carefully. */
const discoveredDailyCapUsd = 5

const simulatedAliases: readonly LlmAlias[] = [
  ['claude-*', 'auto'],
  ['gpt-*', 'auto'],
]

/**
 * The configured pool; without one, what the environment and this machine offer; with neither, the simulated pool.
 *
 * @throws {PlainError} when providers are configured but no LLM is.
 */
export async function openPool(config: PointsmanConfig, environment: Environment): Promise<OpenPool> {
  const { providers, embeddings } = config
  if (config.llms.length > 0) return openConfiguredPool(config)
  const simulated = providers.find((provider) => provider.kind === 'simulated')
  if (simulated !== undefined) return openSimulatedPool(config, simulated.name, [])
  if (providers.length > 0) {
    const names = providers.map((provider) => provider.name).join(', ')
    const served = embeddings.length > 0 ? 'embeddings but no llms' : 'no llms'
    throw plainError(`The configuration has providers (${names}) but ${served}: list the LLMs that may serve`)
  }
  return openDiscoveredPool(config, environment)
}

async function openConfiguredPool(config: PointsmanConfig): Promise<OpenPool> {
  const providers = await Promise.all(config.providers.map(openProvider))
  const priceBook = await loadPriceBook(systemClock.now())
  const bookNameOf = bookNames(providers)
  const settlementPrices = new SettlementPrices(priceBook, bookNameOf, systemClock)
  return joinPool({
    origin: 'configured',
    llms: config.llms,
    aliases: config.aliases,
    embeddings: config.embeddings.map((model) => ({
      ...model,
      price: model.price ?? priceBook.embeddingPrice(bookNameOf(model.provider), model.upstreamModel),
    })),
    providers,
    notes: [],
    problems: [],
    dailyCapUsd: config.routing.dailyCapUsd,
    namesOf: canonicalNames(priceBook, bookNameOf),
    priceOf: (llm, reportedModel) => settlementPrices.priceOf(llm, reportedModel),
    embeddingPriceOf: (model, reportedModel) => settlementPrices.embeddingPriceOf(model, reportedModel),
    fill: fillFrom(priceBook, bookNameOf),
  })
}

async function openDiscoveredPool(config: PointsmanConfig, environment: Environment): Promise<OpenPool> {
  const priceBook = await loadPriceBook(systemClock.now())
  const elsewhere = withoutOwnKeys(withoutOwnAddress(environment, config.server))
  const { providers, unusable } = await discoverProviders(elsewhere, priceBook, new AbortController().signal)
  const problems = unusable.map(
    ({ preset, reason }) => `${preset.title} (${preset.keyVariable} is set): not used: ${reason}`,
  )
  if (providers.length === 0) {
    const nothing = 'No provider key in the environment, no Ollama or vLLM on this machine.'
    return openSimulatedPool(config, simulatedProviderName, problems.length > 0 ? problems : [nothing], problems)
  }
  const found = providers.map(({ preset, llms }) => {
    const how = preset.keyVariable === undefined ? `answers at ${preset.baseUrl}` : `by ${preset.keyVariable}`
    return `${preset.title}, ${how}: ${counted(llms.length, 'LLM')}`
  })
  const open = await Promise.all(providers.map(openDiscoveredProvider))
  const bookNameOf = bookNames(open)
  const settlementPrices = new SettlementPrices(priceBook, bookNameOf, systemClock)
  return joinPool({
    origin: 'discovered',
    llms: providers.flatMap((provider) => provider.llms),
    aliases: config.aliases,
    embeddings: [],
    providers: open,
    notes: [...found, ...problems],
    problems,
    dailyCapUsd: config.routing.dailyCapUsd ?? discoveredDailyCapUsd,
    namesOf: canonicalNames(priceBook, bookNameOf),
    priceOf: (llm, reportedModel) => settlementPrices.priceOf(llm, reportedModel),
    embeddingPriceOf: (model, reportedModel) => settlementPrices.embeddingPriceOf(model, reportedModel),
    fill: fillFrom(priceBook, bookNameOf),
  })
}

function openSimulatedPool(
  config: PointsmanConfig,
  name: string,
  notes: readonly string[],
  problems: readonly string[] = [],
): OpenPool {
  return joinPool({
    origin: 'simulated',
    llms: simulatedLlms(name, simulatedTimeScale),
    aliases: config.aliases.length > 0 ? config.aliases : simulatedAliases,
    embeddings: [],
    providers: [openSimulatedProvider(name)],
    notes,
    problems,
    dailyCapUsd: config.routing.dailyCapUsd,
    namesOf: () => [],
    priceOf: (llm) => llm.price,
    embeddingPriceOf: undefined,
    fill: (llm) => llm,
  })
}

/** What is said of an LLM wins; the price book says the rest. */
function fillFrom(priceBook: PriceBook, bookNameOf: (provider: string) => string): (llm: Llm) => Llm {
  return (llm) => {
    const known = priceBook.lookUp(bookNameOf(llm.provider), llm.upstreamModel)
    return { ...llm, price: llm.price ?? known.price, capabilities: { ...known.capabilities, ...llm.capabilities } }
  }
}

/** What the API behind an LLM makes of parameters, and whether it thinks unasked. */
function withApi(llm: Llm, { kind, preset }: OpenProvider): Llm {
  const { upstreamModel } = llm
  const unasked = reasonsUnasked(upstreamModel)
  const byName = unasked === true ? { reasoning: true, reasonsUnasked: true } : {}
  const capabilities = { ...byName, ...llm.capabilities }
  const { reasoning } = capabilities
  return {
    ...llm,
    capabilities,
    parameters: parameterSupportOf({ kind, preset: preset?.name, upstreamModel, reasoning }),
  }
}

function canonicalNames(priceBook: PriceBook, bookNameOf: (provider: string) => string): NamesOf {
  return ({ provider, upstreamModel }) => {
    const { canonicalName } = priceBook.lookUp(bookNameOf(provider), upstreamModel)
    return canonicalName === undefined ? [] : [canonicalName]
  }
}

/**
 * What the price book calls a configured provider: by its preset; else by the API it speaks, where only one vendor's models
 * are behind that. Whoever else is at an address asks prices of their own, whatever the file calls them: the book knows none
 * of a provider without a name.
 */
function bookNames(providers: readonly OpenProvider[]): (provider: string) => string {
  const ofKind = (kind: OpenProvider['kind']) =>
    kind === 'openai-compatible' || kind === 'openai-responses' || kind === 'simulated' ? undefined : kind
  const names = new Map<string, string>()
  return (provider) => {
    let bookName = names.get(provider)
    if (bookName !== undefined) return bookName
    const found = providers.find(({ name }) => name === provider)
    // Providers may join later: only what was found is remembered.
    if (found === undefined) return ''
    bookName = found.preset?.name ?? ofKind(found.kind) ?? ''
    names.set(provider, bookName)
    return bookName
  }
}

interface PoolParts
  extends Omit<
    OpenPool,
    'describe' | 'join' | 'joinOpen' | 'leave' | 'providers' | 'providerFor' | 'embeddingProviderFor' | 'close'
  > {
  /** Grows as LLMs bring theirs. */
  readonly providers: OpenProvider[]
  /** Says of an LLM what its owner did not. */
  readonly fill: (llm: Llm) => Llm
}

function joinPool({ fill, ...parts }: PoolParts): OpenPool {
  const byName = new Map(parts.providers.map((provider) => [provider.name, provider]))
  const providerOf = ({ id, provider }: Llm | EmbeddingModel): OpenProvider => {
    const found = byName.get(provider)
    if (found === undefined) throw new Error(`${id} names the provider ${provider}, which is not open`)
    return found
  }
  for (const model of parts.embeddings) {
    const { name, kind, embedding } = providerOf(model)
    if (embedding === undefined) throw plainError(`embeddings: ${model.id}: ${name} (${kind}) has no embeddings API`)
  }
  const describe = (llm: Llm) => withApi(fill(llm), providerOf(llm))
  const llms = parts.llms.map(describe)
  return {
    ...parts,
    llms,
    describe,
    async join(config, llm) {
      const provider = await openProvider(config)
      byName.set(provider.name, provider)
      parts.providers.push(provider)
      const described = describe(llm)
      llms.push(described)
      return described
    },
    joinOpen(llm) {
      if (!byName.has(llm.provider)) return undefined
      const described = describe(llm)
      llms.push(described)
      return described
    },
    leave(id) {
      const index = llms.findIndex((llm) => llm.id === id)
      if (index >= 0) llms.splice(index, 1)
    },
    providerFor: (llm) => providerOf(llm).chat,
    embeddingProviderFor(model) {
      const { embedding } = providerOf(model)
      if (embedding === undefined) throw new Error(`The provider of ${model.id} has no embeddings`)
      return embedding
    },
    async close() {
      await Promise.all(parts.providers.map(({ chat }) => chat.close()))
    },
  }
}
