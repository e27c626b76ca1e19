import type { Clock } from '../routing/clock.ts'
import type { EmbeddingModel } from '../routing/registry/embedding-model.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { providerPreset } from './openai-compatible/presets.ts'
import type { PriceBook } from './price-book.ts'

/** Upstreams that choose a model themselves, and say in the answer which: those of their own presets. */
const routingPresets: ReadonlySet<string> = new Set(['openrouter'])

/** Look-ups remembered, and the longest name looked up: what an upstream calls its model is its own text, of any length. */
const maxRemembered = 1_000
const maxNameLength = 200

/** List prices change at whole minutes, if within a day at all. */
const rememberedMs = 60_000

/**
 * At which price an answer is settled, by the model that the upstream says answered.
 *
 * - The model asked for, one of its aliases or dated forms (the price book's canonical names agree): the LLM's own price.
 * - Another model that the book knows: that one's list price, and where the book has none, unknown.
 * - One it does not know: the LLM's own price; deployments and servers of one's own go by any name. Not so behind a router
 *   of upstreams: there another name means another model at another price, and the bill is unknown without `usage.cost`.
 * - An LLM without a price whose name the book does not know, such as a deployment: the list price of what answered.
 *
 * A price that is the book's own is taken at the moment of settlement: some change with the hour of the day. Look-ups are
 * remembered for a minute, a bounded number of them.
 */
export class SettlementPrices {
  readonly #book: PriceBook
  readonly #presetOf: (provider: string) => string
  readonly #clock: Clock
  readonly #known = new Map<string, KnownModel>()
  #knownSinceMs = Number.NEGATIVE_INFINITY

  /**
   * @param presetOf the preset behind the name of a provider.
   */
  constructor(book: PriceBook, presetOf: (provider: string) => string, clock: Clock) {
    this.#book = book
    this.#presetOf = presetOf
    this.#clock = clock
  }

  /** Names kept. */
  get remembered(): number {
    return this.#known.size
  }

  /** @returns undefined when the price of what answered is not known. */
  priceOf(llm: Llm, reportedModel: string | undefined): TokenPrice | undefined {
    const isListed = llm.price !== undefined && this.#book.isListPrice(llm.price)
    const own = (preset: string) => (isListed ? this.#lookUp(preset, llm.upstreamModel).price : llm.price)
    return this.#priceOf(llm, reportedModel, own, (_preset, reported) => reported.price)
  }

  /** The same of an embedding model. */
  embeddingPriceOf(model: EmbeddingModel, reportedModel: string | undefined): TokenPrice | undefined {
    const listed = (preset: string) => this.#book.embeddingPrice(preset, reportedModel!)
    return this.#priceOf(model, reportedModel, () => model.price, listed)
  }

  #priceOf(
    { provider, upstreamModel, price }: Pick<Llm, 'provider' | 'upstreamModel' | 'price'>,
    reportedModel: string | undefined,
    own: (preset: string) => TokenPrice | undefined,
    listed: (preset: string, reported: KnownModel) => TokenPrice | undefined,
  ): TokenPrice | undefined {
    const preset = this.#presetOf(provider)
    if (reportedModel === undefined || reportedModel === upstreamModel) return own(preset)
    if (providerPreset(preset)?.local === true) return price
    const reported = this.#lookUp(preset, reportedModel)
    const asked = this.#lookUp(preset, upstreamModel)
    if (reported.canonicalName === undefined) {
      return routingPresets.has(preset) && !isDatedForm(upstreamModel, reportedModel) ? undefined : own(preset)
    }
    if (asked.canonicalName === undefined && !routingPresets.has(preset)) return own(preset) ?? listed(preset, reported)
    return asked.canonicalName === reported.canonicalName ? own(preset) : listed(preset, reported)
  }

  #lookUp(preset: string, model: string): KnownModel {
    if (model.length > maxNameLength) return unknownModel
    const nowMs = this.#clock.now()
    if (nowMs - this.#knownSinceMs >= rememberedMs) {
      this.#known.clear()
      this.#knownSinceMs = nowMs - (nowMs % rememberedMs)
    }
    const key = `${preset} ${model}`
    const remembered = this.#known.get(key)
    if (remembered !== undefined) return remembered
    const { canonicalName, price } = this.#book.lookUp(preset, model, nowMs)
    const found = { canonicalName, price }
    if (this.#known.size >= maxRemembered) this.#known.clear()
    this.#known.set(key, found)
    return found
  }
}

interface KnownModel {
  readonly canonicalName: string | undefined
  readonly price: TokenPrice | undefined
}

const unknownModel: KnownModel = { canonicalName: undefined, price: undefined }

/** Whether two names differ in a date alone. */
function isDatedForm(asked: string, reported: string): boolean {
  return withoutDate(asked) === withoutDate(reported)
}

function withoutDate(name: string): string {
  return name.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, '')
}
