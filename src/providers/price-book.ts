import type { LlmCapabilities } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { tieredPrice, tokenRates, withMistralCachePrice } from './book-prices.ts'
import { providerPreset } from './openai-compatible/presets.ts'

/** What is known of one model without asking anyone. Parts that are not known are left out. */
export interface ModelFacts {
  readonly price: TokenPrice | undefined
  /** Where the price comes from. `local`: one's own machine, where a token has no list price and is declared free. */
  readonly priceSource: 'genai-prices' | 'models.dev' | 'local' | undefined
  readonly capabilities: LlmCapabilities
  /** What `@pydantic/genai-prices` calls the model, whatever its alias at the provider; undefined where it knows none. */
  readonly canonicalName?: string
}

/** Of every kind: what one's own machine computes has no list price. */
const free: TokenPrice = {
  inputPerMillionTokensUsd: 0,
  outputPerMillionTokensUsd: 0,
  cacheWrite1hPerMillionTokensUsd: 0,
  audioInputPerMillionTokensUsd: 0,
  cachedAudioInputPerMillionTokensUsd: 0,
  audioOutputPerMillionTokensUsd: 0,
}

export interface PriceBook {
  /**
   * @param provider a preset's name, such as `openai`, or `azure-openai` or `bedrock`. Unknown providers have no facts.
   * @param model its name at that provider; dated and aliased names are found too.
   * @param atMs at another moment than the book was opened for: some prices change with the hour (DeepSeek's).
   */
  lookUp(provider: string, model: string, atMs?: number): ModelFacts
  /** Whether a price is one that {@link lookUp} gave, and not one that somebody states. */
  isListPrice(price: TokenPrice): boolean
  /** What an embedding model takes for its input; undefined where that is not known. */
  embeddingPrice(provider: string, model: string): TokenPrice | undefined
}

type GenaiPrices = typeof import('@pydantic/genai-prices')
type TokenLens = typeof import('tokenlens')
type CatalogModel = NonNullable<TokenLens['defaultCatalog'][string]>['models'][string]

/** Names of our presets and kinds where the two libraries use others. */
const genaiProviderIds: ReadonlyMap<string, string> = new Map([
  ['xai', 'x-ai'],
  ['anthropic', 'anthropic'],
  ['gemini', 'google'],
  ['bedrock', 'aws'],
  ['azure', 'azure'],
  ['azure-openai', 'azure'],
])
const catalogProviderIds: ReadonlyMap<string, string> = new Map([
  ['together', 'togetherai'],
  ['fireworks', 'fireworks-ai'],
  ['gemini', 'google'],
  ['bedrock', 'amazon-bedrock'],
  ['azure-openai', 'azure'],
])
/** OpenRouter's names begin with the maker: whose own catalogue may know more. */
const catalogByMaker: ReadonlyMap<string, string> = new Map([
  ['x-ai', 'xai'],
  ['mistralai', 'mistral'],
])

/**
 * Opens the price data bundled with `@pydantic/genai-prices` and, for capabilities, the models.dev data bundled with
 * `tokenlens`; nothing is fetched. Loaded on demand, for it takes about a tenth of a second and nobody needs it who
 * states every price.
 *
 * Prices are those of the moment `atMs`, with the tiers of long prompts.
 *
 * @param atMs milliseconds since the epoch.
 */
export async function loadPriceBook(atMs: number): Promise<PriceBook> {
  const [genai, lens] = await Promise.all([import('@pydantic/genai-prices'), import('tokenlens')])
  const at = new Date(atMs)
  const listPrices = new WeakSet<TokenPrice>()
  const lookUp = (provider: string, name: string, thenMs?: number): ModelFacts => {
    const model = bareName(provider, name)
    const catalogModel = findInCatalog(lens, provider, model)
    const found = findPrice(genai, provider, model, thenMs === undefined ? at : new Date(thenMs))
    const capabilities = capabilitiesOf(catalogModel, found?.contextWindowTokens)
    const named = found === undefined ? {} : { canonicalName: found.canonicalName }
    if (providerPreset(provider)?.local === true) {
      return { price: free, priceSource: 'local', capabilities }
    }
    if (found?.price !== undefined) return { price: found.price, priceSource: 'genai-prices', capabilities, ...named }
    // OpenRouter's `:free`, `:nitro` and the like are the same model at another price.
    const price = provider === 'openrouter' && model.includes(':') ? undefined : catalogPriceOf(catalogModel)
    return { price, priceSource: price === undefined ? undefined : 'models.dev', capabilities, ...named }
  }
  return {
    lookUp(provider, name, thenMs) {
      const facts = lookUp(provider, name, thenMs)
      if (facts.price !== undefined) listPrices.add(facts.price)
      return facts
    },
    isListPrice: (price) => listPrices.has(price),
    embeddingPrice(provider, model) {
      if (providerPreset(provider)?.local === true) return free
      const prices = findModel(genai, provider, bareName(provider, model), at)?.model_price
      return prices === undefined ? undefined : tieredPrice({ ...prices, output_mtok: 0 })
    },
  }
}

/** Google's API calls its models `models/<name>`. */
function bareName(provider: string, model: string): string {
  return provider === 'gemini' && model.startsWith('models/') ? model.slice('models/'.length) : model
}

function findPrice(
  genai: GenaiPrices,
  provider: string,
  model: string,
  timestamp: Date,
):
  | {
      readonly price: TokenPrice | undefined
      readonly contextWindowTokens: number | undefined
      readonly canonicalName: string
    }
  | undefined {
  const found = findModel(genai, provider, model, timestamp)
  if (found === undefined) return undefined
  const { model: known, model_price: prices } = found
  const listed = tieredPrice(prices)
  const price = provider === 'mistral' && listed !== undefined ? withMistralCachePrice(listed) : listed
  return { price, contextWindowTokens: known.context_window, canonicalName: known.id }
}

function findModel(genai: GenaiPrices, provider: string, model: string, timestamp: Date) {
  const providerId = genaiProviderIds.get(provider) ?? provider
  // For a provider it does not know the library would guess one from the model's name.
  if (providerPreset(provider) === undefined && !genaiProviderIds.has(provider)) return undefined
  if (genai.findProvider({ providerId })?.id !== providerId) return undefined
  const result = genai.calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId, timestamp })
  return result === null || result.provider.id !== providerId ? undefined : result
}

function catalogPriceOf(model: CatalogModel | undefined): TokenPrice | undefined {
  const { input, output, cache_read: cacheRead, cache_write: cacheWrite, reasoning } = model?.cost ?? {}
  return tokenRates({ input, output, cacheRead, cacheWrite, reasoning })
}

function findInCatalog(lens: TokenLens, provider: string, model: string): CatalogModel | undefined {
  const catalog = lens.defaultCatalog
  const undated = model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '')
  const modelsOf = (id: string) => ownField(catalog, id)?.models ?? {}
  const own = modelsOf(catalogProviderIds.get(provider) ?? provider)
  const found = ownField(own, model) ?? ownField(own, undated)
  if (found !== undefined || provider !== 'openrouter') return found
  const [maker = '', ...name] = undated.replace(/:[a-z]+$/, '').split('/')
  return ownField(modelsOf(catalogByMaker.get(maker) ?? maker), name.join('/'))
}

/** Names are people's own, and upstreams': `constructor` is one too. */
function ownField<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/**
 * Where the two sources differ on the context window, the larger counts: too small a window excludes the LLM for good,
 * too large a one costs a refused call, which is not billed and falls back. A catalogue that names no documents does not
 * say that there are none: it names none of gpt-4o and of Claude, which read them. What the API takes, the table of
 * parameters knows.
 */
function capabilitiesOf(model: CatalogModel | undefined, pricedWindow: number | undefined): LlmCapabilities {
  const contextWindowTokens = Math.max(pricedWindow ?? 0, model?.limit?.context ?? 0)
  const maxOutputTokens = model?.limit?.output ?? 0
  const inputs = model?.modalities?.input
  return {
    ...(contextWindowTokens > 0 ? { contextWindowTokens } : {}),
    ...(maxOutputTokens > 0 ? { maxOutputTokens } : {}),
    ...(model?.tool_call === undefined ? {} : { tools: model.tool_call }),
    ...(model?.reasoning === undefined ? {} : { reasoning: model.reasoning }),
    ...(inputs === undefined
      ? {}
      : {
          vision: inputs.includes('image'),
          audio: inputs.includes('audio'),
          ...(inputs.includes('pdf') ? { files: true } : {}),
        }),
  }
}
