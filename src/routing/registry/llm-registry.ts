import { RoutingError } from '../errors.ts'
import type { Llm, LlmId } from './llm.ts'

/** The live pool, in the order the LLMs were registered. Mutable: LLMs join and leave while we run. */
export class LlmRegistry {
  readonly #llms = new Map<LlmId, Llm>()
  #list: readonly Llm[] = []

  constructor(llms: Iterable<Llm> = []) {
    for (const llm of llms) this.#llms.set(llm.id, llm)
    this.#list = [...this.#llms.values()]
  }

  /** Adds an LLM, or replaces the one of that id in its place. */
  set(llm: Llm): void {
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
