import type { Llm } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { providerPreset } from './openai-compatible/presets.ts'
import type { PriceBook } from './price-book.ts'

/** Upstreams that choose a model themselves, and say in the answer which: those of their own presets. */
const routingPresets: ReadonlySet<string> = new Set(['openrouter'])

/** Look-ups remembered, and the longest name looked up: what an upstream calls its model is its own text, of any length. */
const maxRemembered = 1_000
const maxNameLength = 200

/**
 * At which price an answer is settled, by the model that the upstream says answered.
 *
 * - The model asked for, one of its aliases or dated forms (the price book's canonical names agree): the LLM's own price.
 * - Another model that the book knows: that one's list price, and where the book has none, unknown.
 * - One it does not know: the LLM's own price; deployments and servers of one's own go by any name. Not so behind a router
 *   of upstreams: there another name means another model at another price, and the bill is unknown without `usage.cost`.
 * - An LLM without a price whose name the book does not know, such as a deployment: the list price of what answered.
 *
 * Look-ups are remembered, a bounded number of them.
 */
export class SettlementPrices {
  readonly #book: PriceBook
  readonly #presetOf: (provider: string) => string
  readonly #known = new Map<string, KnownModel>()

  /** @param presetOf the preset behind the name of a provider. */
  constructor(book: PriceBook, presetOf: (provider: string) => string) {
    this.#book = book
    this.#presetOf = presetOf
  }

  /** Names kept. */
  get remembered(): number {
    return this.#known.size
  }

  /** @returns undefined when the price of what answered is not known. */
  priceOf(llm: Llm, reportedModel: string | undefined): TokenPrice | undefined {
    if (reportedModel === undefined || reportedModel === llm.upstreamModel) return llm.price
    const preset = this.#presetOf(llm.provider)
    if (providerPreset(preset)?.local === true) return llm.price
    const reported = this.#lookUp(preset, reportedModel)
    const asked = this.#lookUp(preset, llm.upstreamModel)
    if (reported.canonicalName === undefined) {
      return routingPresets.has(preset) && !isDatedForm(llm.upstreamModel, reportedModel) ? undefined : llm.price
    }
    if (asked.canonicalName === undefined && !routingPresets.has(preset)) return llm.price ?? reported.price
    return asked.canonicalName === reported.canonicalName ? llm.price : reported.price
  }

  #lookUp(preset: string, model: string): KnownModel {
    if (model.length > maxNameLength) return unknownModel
    const key = `${preset} ${model}`
    const remembered = this.#known.get(key)
    if (remembered !== undefined) return remembered
    const { canonicalName, price } = this.#book.lookUp(preset, model)
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
