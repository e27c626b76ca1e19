import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import type { ChatProvider } from './chat-provider.ts'
import { listsModel } from './lists-model.ts'
import { openUpstream } from './open-upstream.ts'
import { type ProviderPreset, providerPresets } from './openai-compatible/presets.ts'
import type { PriceBook } from './price-book.ts'
import { ProviderError } from './provider-error.ts'
import { linkAbort } from './resilience/linked-abort.ts'
import { systemTimers, type Timers } from './resilience/timers.ts'
import { vendorAddress } from './vendor-address.ts'

/**
 * Models to begin with, from cheap to dear, two generations where the older is still sold. Only those that the
 * provider lists are used; each has a price in the price book.
 */
export const starterModels: Readonly<Record<string, readonly string[]>> = {
  openai: ['gpt-6-luna', 'gpt-5-mini', 'gpt-6-sol', 'gpt-5.4', 'gpt-6-astra'],
  anthropic: ['claude-haiku-4-5', 'claude-sonnet-4-5', 'claude-sonnet-5', 'claude-opus-5'],
  gemini: ['gemini-2.5-flash-lite', 'gemini-2.5-flash', 'gemini-3.5-flash', 'gemini-2.5-pro', 'gemini-3.1-pro-preview'],
  openrouter: [
    'openai/gpt-5-mini',
    'deepseek/deepseek-v3.2',
    'google/gemini-2.5-flash',
    'anthropic/claude-haiku-4.5',
    'anthropic/claude-sonnet-4.5',
  ],
  groq: [
    'llama-3.1-8b-instant',
    'openai/gpt-oss-20b',
    'openai/gpt-oss-120b',
    'qwen/qwen3-32b',
    'llama-3.3-70b-versatile',
  ],
  deepseek: ['deepseek-v4-flash', 'deepseek-chat', 'deepseek-v4-pro', 'deepseek-reasoner'],
  mistral: ['ministral-8b-latest', 'mistral-small-latest', 'mistral-medium-latest', 'mistral-large-latest'],
  together: ['meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
  fireworks: [
    'accounts/fireworks/models/gpt-oss-20b',
    'accounts/fireworks/models/gpt-oss-120b',
    'accounts/fireworks/models/deepseek-v4-flash',
    'accounts/fireworks/models/deepseek-v4-pro',
  ],
  xai: ['grok-4-fast-non-reasoning', 'grok-code-fast-1', 'grok-4-fast-reasoning', 'grok-4.3'],
}

/** A local server may hold dozens of models; more than this is no starting point. */
const maxLocalModels = 10
const notForChat = /embed|rerank|whisper|tts|moderation/i

type Environment = Readonly<Record<string, string | undefined>>

export interface DiscoverOptions {
  /** Default 300. */
  readonly localTimeoutMs?: number
  /** Default 3000. */
  readonly cloudTimeoutMs?: number
  /** Default: the machine's time. */
  readonly timers?: Timers
  /** How a provider is reached, to list its models. It is closed afterwards. */
  readonly open?: (preset: ProviderPreset, key: FoundKey) => ChatProvider | Promise<ChatProvider>
}

/** What the environment holds for a provider; neither for local servers. */
export interface FoundKey {
  readonly apiKey: string | undefined
  /** A bearer token, where there is no key. */
  readonly authToken: string | undefined
}

/** A provider that can be used. */
export interface DiscoveredProvider extends FoundKey {
  /** `baseUrl` is the one to use: the environment may name another than the preset's own. `keyVariable` is the one that was set. */
  readonly preset: ProviderPreset
  /** Named `<provider>/<model>`; never empty. */
  readonly llms: readonly Llm[]
}

export interface Discovery {
  readonly providers: readonly DiscoveredProvider[]
  /** Providers with a key in the environment that cannot be used, and why; for people. */
  readonly unusable: readonly { readonly preset: ProviderPreset; readonly reason: string }[]
}

/**
 * What first start has to work with: cloud providers whose key is in the environment, and local servers that answer.
 * Only they are contacted, each once, to list its models; without any key, nothing beyond this machine.
 *
 * @param environment the process's variables. `OPENAI_BASE_URL` and its like are obeyed: the key may not belong to the vendor.
 * @throws the signal's reason when aborted.
 */
export async function discoverProviders(
  environment: Environment,
  priceBook: PriceBook,
  signal: AbortSignal,
  options: DiscoverOptions = {},
): Promise<Discovery> {
  const asked = providerPresets.flatMap((preset) => askedWith(preset, environment))
  const answers = await Promise.all(
    asked.map(async ({ fault, ...found }) => {
      const { preset } = found
      const listed = fault ?? (await listModels(found, signal, options))
      return typeof listed === 'string'
        ? { ...found, llms: [], reason: listed }
        : {
            ...found,
            llms: llmsOf(preset, listed, priceBook),
            reason: 'it lists none of the models we start with',
          }
    }),
  )
  signal.throwIfAborted()
  return {
    providers: answers.filter(({ llms }) => llms.length > 0).map(({ reason: _reason, ...found }) => found),
    // That nothing runs on a local port is no news.
    unusable: answers
      .filter(({ preset, llms }) => llms.length === 0 && !preset.local)
      .map(({ preset, reason }) => ({ preset, reason })),
  }
}

interface Asked extends FoundKey {
  readonly preset: ProviderPreset
  /** Why nobody is to be asked. */
  readonly fault?: string | undefined
}

/** Nothing when it needs a key and has none. */
function askedWith(preset: ProviderPreset, environment: Environment): readonly Asked[] {
  const { keyVariable, otherKeyVariable, tokenVariable } = preset
  if (keyVariable === undefined) return [{ preset, apiKey: undefined, authToken: undefined }]
  for (const name of [keyVariable, otherKeyVariable, tokenVariable]) {
    const secret = name === undefined ? undefined : environment[name]?.trim()
    if (secret === undefined || secret === '') continue
    const isToken = name === tokenVariable
    const key = { apiKey: isToken ? undefined : secret, authToken: isToken ? secret : undefined }
    const address = vendorAddress(preset, environment)
    const found = { ...preset, keyVariable: name }
    if (typeof address === 'string') return [{ preset: found, ...key, fault: address }]
    return [{ preset: { ...found, baseUrl: address.baseUrl }, ...key }]
  }
  return []
}

/** @returns the models, or why there are none. */
async function listModels(
  { preset, ...key }: Asked,
  signal: AbortSignal,
  options: DiscoverOptions,
): Promise<readonly string[] | string> {
  const timeoutMs = preset.local ? (options.localTimeoutMs ?? 300) : (options.cloudTimeoutMs ?? 3000)
  const link = linkAbort(signal)
  const cancel = (options.timers ?? systemTimers).after(timeoutMs, () => link.controller.abort())
  const provider = await (options.open ?? openPreset)(preset, key)
  try {
    signal.throwIfAborted()
    return (await provider.probe(link.controller.signal)).models
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    return error.code === 'aborted' ? `it did not answer within ${timeoutMs} ms` : error.message
  } finally {
    cancel()
    link.release()
    await provider.close()
  }
}

function openPreset({ kind, name, baseUrl, dialect }: ProviderPreset, key: FoundKey): Promise<ChatProvider> {
  return openUpstream({ kind, name, baseUrl, dialect, ...key, maxResponseBytes: 8 * 1024 * 1024 })
}

function llmsOf(preset: ProviderPreset, listed: readonly string[], priceBook: PriceBook): readonly Llm[] {
  const models = preset.local
    ? listed.filter((model) => !notForChat.test(model)).slice(0, maxLocalModels)
    : (starterModels[preset.name] ?? []).filter((model) => listsModel(listed, model))
  return models.map((model) => {
    const { price, capabilities } = priceBook.lookUp(preset.name, model)
    const id = `${preset.name}/${model}`
    return { ...unknownLlmProperties, id, provider: preset.name, upstreamModel: model, price, capabilities }
  })
}
