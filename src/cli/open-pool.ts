import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig, ProviderConfig } from '../config/pointsman-config.ts'
import type { ChatProvider } from '../providers/chat-provider.ts'
import { OpenAiCompatibleProvider } from '../providers/openai-compatible/openai-compatible-provider.ts'
import { providerPreset } from '../providers/openai-compatible/presets.ts'
import { DeadlineProvider } from '../providers/resilience/deadline-provider.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { plainError } from './plain-error.ts'

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
  readonly providerFor: (llm: Llm) => ChatProvider
  close(): Promise<void>
}

/** The configured pool; without one, what the environment and this machine offer; with neither, the simulated pool. */
export async function openPool(config: PointsmanConfig, _environment: Environment): Promise<OpenPool> {
  const providers = config.providers.map(openProvider)
  return joinPool('configured', config.llms, providers, [], config.routing.dailyCapUsd)
}

function joinPool(
  origin: OpenPool['origin'],
  llms: readonly Llm[],
  providers: readonly OpenProvider[],
  notes: readonly string[],
  dailyCapUsd: number | undefined,
): OpenPool {
  const byName = new Map(providers.map((provider) => [provider.name, provider.chat]))
  return {
    origin,
    llms,
    providers,
    notes,
    dailyCapUsd,
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
  if (config.kind === 'simulated') throw plainError('simulated is not there yet')
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
  const deadlines = { totalMs: timeouts.totalMs, firstContentMs: timeouts.firstTokenMs, stallMs: timeouts.stallMs }
  return {
    name,
    chat: new DeadlineProvider(chat, deadlines),
    keyVariable: preset?.keyVariable,
    hasKey: apiKey !== undefined,
  }
}
