import type { LlmCapabilities } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
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

export interface PriceBook {
  /**
   * @param provider a preset's name, such as `openai`. Unknown providers have no facts.
   * @param model its name at that provider; dated and aliased names are found too.
   */
  lookUp(provider: string, model: string): ModelFacts
}

type GenaiPrices = typeof import('@pydantic/genai-prices')
type TokenLens = typeof import('tokenlens')
type CatalogModel = NonNullable<TokenLens['defaultCatalog'][string]>['models'][string]

/** Names of our presets where the two libraries use others. */
const genaiProviderIds: Readonly<Record<string, string>> = { xai: 'x-ai' }
const catalogProviderIds: Readonly<Record<string, string>> = { together: 'togetherai', fireworks: 'fireworks-ai' }
/** OpenRouter's names begin with the maker: whose own catalogue may know more. */
const catalogByMaker: Readonly<Record<string, string>> = { 'x-ai': 'xai', mistralai: 'mistral' }

/**
 * Opens the price data bundled with `@pydantic/genai-prices` and, for capabilities, the models.dev data bundled with
 * `tokenlens`; nothing is fetched. Loaded on demand, for it takes about a tenth of a second and nobody needs it who
 * states every price.
 *
 * Prices are those of the moment `atMs`, at the tier for short prompts: some models are dearer above 200,000 tokens.
 *
 * @param atMs milliseconds since the epoch.
 */
export async function loadPriceBook(atMs: number): Promise<PriceBook> {
  const [genai, lens] = await Promise.all([import('@pydantic/genai-prices'), import('tokenlens')])
  const at = new Date(atMs)
  return {
    lookUp(provider, model) {
      const catalogModel = findInCatalog(lens, provider, model)
      const found = findPrice(genai, provider, model, at)
      const capabilities = capabilitiesOf(catalogModel, found?.contextWindowTokens)
      const named = found === undefined ? {} : { canonicalName: found.canonicalName }
      if (providerPreset(provider)?.local === true) {
        const price = { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 0 }
        return { price, priceSource: 'local', capabilities }
      }
      if (found?.price !== undefined) return { price: found.price, priceSource: 'genai-prices', capabilities, ...named }
      const price = catalogPriceOf(catalogModel)
      return { price, priceSource: price === undefined ? undefined : 'models.dev', capabilities, ...named }
    },
  }
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
  const providerId = genaiProviderIds[provider] ?? provider
  // For a provider it does not know the library would guess one from the model's name.
  if (providerPreset(provider) === undefined || genai.findProvider({ providerId })?.id !== providerId) return undefined
  const result = genai.calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { providerId, timestamp })
  if (result === null || result.provider.id !== providerId) return undefined
  const amount = (name: string) => baseAmount(result.model_price[name])
  const price = tokenPrice({
    input: amount('input_mtok'),
    output: amount('output_mtok'),
    cacheRead: amount('cache_read_mtok'),
    cacheWrite: amount('cache_write_mtok'),
    reasoning: amount('output_reasoning_mtok'),
  })
  return { price, contextWindowTokens: result.model.context_window, canonicalName: result.model.id }
}

function baseAmount(value: number | { readonly base: number } | undefined): number | undefined {
  return typeof value === 'object' ? value.base : value
}

function catalogPriceOf(model: CatalogModel | undefined): TokenPrice | undefined {
  const { input, output, cache_read: cacheRead, cache_write: cacheWrite, reasoning } = model?.cost ?? {}
  return tokenPrice({ input, output, cacheRead, cacheWrite, reasoning })
}

/** Undefined unless both input and output have a price. */
function tokenPrice(usd: {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheWrite: number | undefined
  readonly reasoning: number | undefined
}): TokenPrice | undefined {
  if (usd.input === undefined || usd.output === undefined) return undefined
  return {
    inputPerMillionTokensUsd: usd.input,
    outputPerMillionTokensUsd: usd.output,
    ...(usd.cacheRead === undefined ? {} : { cachedInputPerMillionTokensUsd: usd.cacheRead }),
    ...(usd.cacheWrite === undefined ? {} : { cacheWritePerMillionTokensUsd: usd.cacheWrite }),
    ...(usd.reasoning === undefined ? {} : { reasoningPerMillionTokensUsd: usd.reasoning }),
  }
}

function findInCatalog(lens: TokenLens, provider: string, model: string): CatalogModel | undefined {
  const catalog = lens.defaultCatalog
  const undated = model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '')
  const own = catalog[catalogProviderIds[provider] ?? provider]?.models
  const found = own?.[model] ?? own?.[undated]
  if (found !== undefined || provider !== 'openrouter') return found
  const [maker = '', ...name] = undated.replace(/:[a-z]+$/, '').split('/')
  return catalog[catalogByMaker[maker] ?? maker]?.models[name.join('/')]
}

/**
 * Where the two sources differ on the context window, the larger counts: too small a window excludes the LLM for good,
 * too large a one costs a refused call, which is not billed and falls back.
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
      : { vision: inputs.includes('image'), audio: inputs.includes('audio'), files: inputs.includes('pdf') }),
  }
}
