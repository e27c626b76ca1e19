import { RoutingError } from '../errors.ts'
import type { Llm, LlmId } from './llm.ts'
import type { LlmAlias } from './llm-aliases.ts'
import type { TokenPrice } from './token-price.ts'

/** The live pool, in the order the LLMs were registered. Mutable: LLMs join and leave while we run. */
export class LlmRegistry {
  readonly #llms = new Map<LlmId, Llm>()
  #list: readonly Llm[] = []
  /** Further names that requests may use. */
  readonly aliases: readonly LlmAlias[]
  /** Names of embedding models served beside: who asks one of them to chat should hear why not. */
  readonly embeddingModels: readonly string[]

  /** @throws {RoutingError} `invalid_option` */
  constructor(llms: Iterable<Llm> = [], aliases: readonly LlmAlias[] = [], embeddingModels: readonly string[] = []) {
    this.aliases = aliases
    this.embeddingModels = embeddingModels
    for (const llm of llms) {
      checkLlm(llm)
      this.#llms.set(llm.id, llm)
    }
    this.#list = [...this.#llms.values()]
  }

  /**
   * Adds an LLM, or replaces the one of that id in its place.
   *
   * @throws {RoutingError} `invalid_option`
   */
  set(llm: Llm): void {
    checkLlm(llm)
    this.#llms.set(llm.id, llm)
    this.#list = [...this.#llms.values()]
  }

  remove(id: LlmId): boolean {
    const removed = this.#llms.delete(id)
    if (removed) this.#list = [...this.#llms.values()]
    return removed
  }

  get(id: LlmId): Llm | undefined {
    return this.#llms.get(id)
  }

  /** @throws {RoutingError} `unknown_llm` */
  require(id: LlmId): Llm {
    const llm = this.#llms.get(id)
    if (llm === undefined)
      throw new RoutingError('unknown_llm', `The LLM '${id}' is not in the pool`, { param: 'model' })
    return llm
  }

  /** The same array until the pool changes. */
  list(): readonly Llm[] {
    return this.#list
  }
}

function priceFigures(price: TokenPrice | undefined): (readonly [name: string, value: number])[] {
  if (price === undefined) return []
  const { tiers = [], ...rates } = price
  const ofTiers = tiers.flatMap((tier, index) =>
    Object.entries(tier).map(([name, value]) => [`price.tiers[${index}].${name}`, value as number] as const),
  )
  return [...Object.entries(rates).map(([name, value]) => [`price.${name}`, value] as const), ...ofTiers]
}

/** One figure that is no number would make every utility of the pool one. */
function checkLlm(llm: Llm): void {
  const figures: readonly (readonly [name: string, value: number | undefined, highest?: number])[] = [
    ...priceFigures(llm.price),
    ['quality', llm.quality, 1],
    ['timeToFirstTokenMs', llm.timeToFirstTokenMs],
    ['tokensPerSecond', llm.tokensPerSecond],
  ]
  for (const [name, value, highest = Number.MAX_VALUE] of figures) {
    if (value !== undefined && !(value >= 0 && value <= highest)) {
      throw new RoutingError('invalid_option', `${name} of the LLM '${llm.id}' is out of range: ${value}`)
    }
  }
  if (llm.tokensPerSecond === 0) {
    throw new RoutingError('invalid_option', `tokensPerSecond of the LLM '${llm.id}' must be above 0`)
  }
}
