import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig, ProviderConfig, ProviderTimeouts } from '../config/pointsman-config.ts'
import { defaultProviderTimeouts } from '../config/to-pointsman-config.ts'
import type { ChatProvider } from '../providers/chat-provider.ts'
import { discoverProviders } from '../providers/discover.ts'
import { OpenAiCompatibleProvider } from '../providers/openai-compatible/openai-compatible-provider.ts'
import { providerPreset } from '../providers/openai-compatible/presets.ts'
import { loadPriceBook, type PriceBook } from '../providers/price-book.ts'
import { DeadlineProvider } from '../providers/resilience/deadline-provider.ts'
import { simulatedLlms, simulatedProviderName } from '../providers/simulated/simulated-pool.ts'
import { SimulatedProvider } from '../providers/simulated/simulated-provider.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { NamesOf } from '../routing/starter/starter-policy.ts'
import { plainError } from './plain-error.ts'
import { systemClock } from './system.ts'

/** A provider of the pool, opened. */
export interface OpenProvider {
  readonly name: string
  readonly chat: ChatProvider
  /** The variable its key is read from; undefined where it needs none. */
  readonly keyVariable: string | undefined
  readonly hasKey: boolean
}

/** The LLMs that serve and the connections to them. */
export interface OpenPool {
  readonly origin: 'configured' | 'discovered' | 'simulated'
  /** With the price book filled in where the configuration is silent. */
  readonly llms: readonly Llm[]
  readonly providers: readonly OpenProvider[]
  /** Said to people before serving: what was found, and where. */
  readonly notes: readonly string[]
  readonly dailyCapUsd: number | undefined
  /** What else an LLM is called: its canonical name in the price book. */
  readonly namesOf: NamesOf
  readonly providerFor: (llm: Llm) => ChatProvider
  close(): Promise<void>
}

/** Money on a key that was found, not configured, is spent carefully. */
const discoveredDailyCapUsd = 5

/** Speeds of the simulated pool, as a share of the real time they stand for. */
const simulatedTimeScale = 0.1

/**
 * The configured pool; without one, what the environment and this machine offer; with neither, the simulated pool.
 *
 * @throws {PlainError} when providers are configured but no LLM is.
 */
export async function openPool(config: PointsmanConfig, environment: Environment): Promise<OpenPool> {
  const { providers, routing } = config
  if (config.llms.length > 0) {
    const opened = providers.map(openProvider)
    const priceBook = await loadPriceBook(systemClock.now())
    const presetOf = presetNames(config)
    const namesOf = canonicalNames(priceBook, presetOf)
    return joinPool('configured', fillIn(config, priceBook, presetOf), opened, [], routing.dailyCapUsd, namesOf)
  }
  const simulated = providers.find((provider) => provider.kind === 'simulated')
  if (simulated !== undefined) return openSimulatedPool(config, simulated.name, [])
  if (providers.length > 0) {
    const names = providers.map((provider) => provider.name).join(', ')
    throw plainError(`The configuration has providers (${names}) but no llms: list the LLMs that may serve`)
  }
  return openDiscoveredPool(config, environment)
}

async function openDiscoveredPool(config: PointsmanConfig, environment: Environment): Promise<OpenPool> {
  const priceBook = await loadPriceBook(systemClock.now())
  const { providers, unusable } = await discoverProviders(environment, priceBook, new AbortController().signal)
  const problems = unusable.map(
    ({ preset, reason }) => `${preset.title} (${preset.keyVariable} is set): not used: ${reason}`,
  )
  if (providers.length === 0) {
    const nothing = 'No provider key in the environment, no Ollama or vLLM on this machine.'
    return openSimulatedPool(config, simulatedProviderName, problems.length > 0 ? problems : [nothing])
  }
  const opened = providers.map(({ preset, apiKey }) => {
    const { name, baseUrl, dialect, keyVariable } = preset
    const chat = new OpenAiCompatibleProvider({ name, baseUrl, apiKey, dialect })
    return { name, chat: withDeadlines(chat, defaultProviderTimeouts()), keyVariable, hasKey: apiKey !== undefined }
  })
  const found = providers.map(({ preset, llms }) => {
    const how = preset.keyVariable === undefined ? `answers at ${preset.baseUrl}` : `by ${preset.keyVariable}`
    return `${preset.title}, ${how}: ${llms.length} LLMs`
  })
  const llms = providers.flatMap((provider) => provider.llms)
  const cap = config.routing.dailyCapUsd ?? discoveredDailyCapUsd
  return joinPool(
    'discovered',
    llms,
    opened,
    [...found, ...problems],
    cap,
    canonicalNames(priceBook, (name) => name),
  )
}

function openSimulatedPool(config: PointsmanConfig, name: string, notes: readonly string[]): OpenPool {
  const chat = new SimulatedProvider({ timeScale: simulatedTimeScale })
  const llms = simulatedLlms(name, simulatedTimeScale)
  const provider = { name, chat, keyVariable: undefined, hasKey: false }
  return joinPool('simulated', llms, [provider], notes, config.routing.dailyCapUsd)
}

/** What the configuration says of an LLM wins; the price book says the rest. */
function fillIn(config: PointsmanConfig, priceBook: PriceBook, presetOf: (provider: string) => string): Llm[] {
  return config.llms.map((llm) => {
    const known = priceBook.lookUp(presetOf(llm.provider), llm.upstreamModel)
    return { ...llm, price: llm.price ?? known.price, capabilities: { ...known.capabilities, ...llm.capabilities } }
  })
}

function canonicalNames(priceBook: PriceBook, presetOf: (provider: string) => string): NamesOf {
  return ({ provider, upstreamModel }) => {
    const { canonicalName } = priceBook.lookUp(presetOf(provider), upstreamModel)
    return canonicalName === undefined ? [] : [canonicalName]
  }
}

/** The preset behind the name of a configured provider. */
function presetNames(config: PointsmanConfig): (provider: string) => string {
  const presets = new Map(
    config.providers.map((provider) => [
      provider.name,
      provider.kind === 'simulated' ? provider.name : (provider.preset ?? provider.name),
    ]),
  )
  return (provider) => presets.get(provider) ?? provider
}

function joinPool(
  origin: OpenPool['origin'],
  llms: readonly Llm[],
  providers: readonly OpenProvider[],
  notes: readonly string[],
  dailyCapUsd: number | undefined,
  namesOf: NamesOf = () => [],
): OpenPool {
  const byName = new Map(providers.map((provider) => [provider.name, provider.chat]))
  return {
    origin,
    llms,
    providers,
    notes,
    dailyCapUsd,
    namesOf,
    providerFor(llm) {
      const chat = byName.get(llm.provider)
      if (chat === undefined) throw new Error(`The LLM ${llm.id} names the provider ${llm.provider}, which is not open`)
      return chat
    },
    async close() {
      await Promise.all(providers.map(({ chat }) => chat.close()))
    },
  }
}

function openProvider(config: ProviderConfig): OpenProvider {
  if (config.kind === 'simulated') {
    const chat = new SimulatedProvider({ timeScale: simulatedTimeScale })
    return { name: config.name, chat, keyVariable: undefined, hasKey: false }
  }
  const { name, apiKey, headers, timeouts } = config
  const preset = config.preset === undefined ? undefined : providerPreset(config.preset)
  const chat = new OpenAiCompatibleProvider({
    name,
    baseUrl: config.baseUrl ?? preset!.baseUrl,
    apiKey: apiKey?.reveal(),
    headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, value.reveal()])),
    connectTimeoutMs: timeouts.connectMs,
    ...(preset === undefined ? {} : { dialect: preset.dialect }),
  })
  return { name, chat: withDeadlines(chat, timeouts), keyVariable: preset?.keyVariable, hasKey: apiKey !== undefined }
}

function withDeadlines(chat: ChatProvider, timeouts: ProviderTimeouts): ChatProvider {
  const { totalMs, firstTokenMs, stallMs } = timeouts
  return new DeadlineProvider(chat, { totalMs, firstContentMs: firstTokenMs, stallMs })
}
