import { isJsonObject } from '../../../providers/chat-provider.ts'
import { maxChainedResponses, type ResponseStore, type StoredResponse } from '../../../routing/response-store.ts'
import { GatewayError } from '../../gateway-error.ts'
import { writePath } from '../invalid-request.ts'
import { toDecisionId, toResponseId } from '../response-id.ts'
import { wrong } from './input-content.ts'
import { inputItems, itemId, itemType, keptPath, type PlacedItem } from './input-messages.ts'
import type { ResponsesRequestBody } from './responses-request.ts'
import type { StateBudget } from './state-budget.ts'

/** As many as one request may bring. */
const maxItems = 10_000

/** Distinct items that one request may refer to: each is a search of the store. */
const maxReferences = 100

/** The part of the store that requests refer to. */
export type StateReader = Pick<ResponseStore, 'chain' | 'chainSize' | 'item'>

/** What a request continues. */
export interface PriorState {
  /** The whole conversation: items of earlier turns, then the request's own, references resolved. */
  readonly items: readonly PlacedItem[]
  /** The request's own items, as they are kept with its response. */
  readonly own: readonly unknown[]
  /** Whether `items` says more than the request's own `input`. */
  readonly resolved: boolean
  readonly previousId: string | undefined
  /** Undefined: begins a conversation. */
  readonly conversationId: string | undefined
}

/**
 * Looks up what a request refers to: the response it continues, with all before it, and single items.
 *
 * @throws {GatewayError} `previous_response_not_found`, `invalid_request`, `body_too_large`, `overloaded`, and what `store`
 * throws.
 */
export async function resolveState(
  request: ResponsesRequestBody,
  store: StateReader,
  keyId: string | undefined,
  budget: StateBudget,
): Promise<PriorState> {
  const named = request.previous_response_id ?? undefined
  const chain = named === undefined ? [] : await readChain(named, store, keyId, budget)
  const prior = chain.flatMap(itemsOf)
  const references = new References(prior, store, keyId, budget)
  const own: unknown[] = []
  for (const [index, item] of inputItems(request.input).entries()) {
    const path = ['input', index]
    const isReference = itemType(item, path) === 'item_reference'
    own.push(isReference ? await references.resolve(itemId(item), path) : item)
  }
  if (prior.length + own.length > maxItems) {
    throw wrong(['previous_response_id'], `the conversation has over ${maxItems} items`)
  }
  if (prior.length + own.length === 0) throw wrong(['input'], 'there is nothing to answer')
  const items = [
    ...prior.map((item) => ({ item, path: keptPath })),
    ...own.map((item, index) => ({ item, path: ['input', index] })),
  ]
  const resolved = prior.length > 0 || references.any
  if (resolved) budget.check([...prior, ...own], prior.length > 0 ? 'previous_response_id' : 'input')
  const last = chain.at(-1)
  return {
    items,
    own,
    resolved,
    previousId: last?.id,
    conversationId: last?.conversationId,
  }
}

/** A kept response and those it continues, bounded by `budget` before any of it is read; empty when it is not there. */
export async function boundedChain(
  name: string,
  store: Pick<StateReader, 'chain' | 'chainSize'>,
  keyId: string | undefined,
  budget: StateBudget,
): Promise<readonly StoredResponse[]> {
  const id = toDecisionId(name)
  const { bytes } = await store.chainSize(id, keyId)
  budget.take(bytes, 'previous_response_id')
  return store.chain(id, keyId)
}

async function readChain(
  name: string,
  store: StateReader,
  keyId: string | undefined,
  budget: StateBudget,
): Promise<readonly StoredResponse[]> {
  const chain = await boundedChain(name, store, keyId, budget)
  if (chain.length > maxChainedResponses) {
    throw wrong(['previous_response_id'], `the conversation has over ${maxChainedResponses} responses`)
  }
  const [first] = chain
  if (first === undefined) throw notFound(`Previous response with id '${name.slice(0, 100)}' not found.`)
  if (first.previousId !== undefined) {
    const gone = toResponseId(first.previousId, 'responses')
    throw notFound(`'${name.slice(0, 100)}' continues '${gone}', which is not kept any more.`)
  }
  return chain
}

function notFound(message: string): GatewayError {
  const advice = "Only responses made with 'store: true' are kept; else send the whole conversation as 'input'."
  return new GatewayError('previous_response_not_found', `${message} ${advice}`, { param: 'previous_response_id' })
}

/** The items that one request refers to. */
class References {
  readonly #prior = new Map<string, unknown>()
  readonly #seen = new Set<string>()
  readonly #store: StateReader
  readonly #keyId: string | undefined
  readonly #budget: StateBudget

  /** @param prior of the turns before: they are there already. */
  constructor(prior: readonly unknown[], store: StateReader, keyId: string | undefined, budget: StateBudget) {
    for (const item of prior) {
      const id = itemId(item)
      if (id !== undefined) this.#prior.set(id, item)
    }
    this.#store = store
    this.#keyId = keyId
    this.#budget = budget
  }

  get any(): boolean {
    return this.#seen.size > 0
  }

  async resolve(id: string | undefined, path: readonly PropertyKey[]): Promise<unknown> {
    if (id === undefined) throw wrong([...path, 'id'], 'a reference names an item by its id')
    if (this.#seen.has(id)) throw wrong(path, `Duplicate item found with id '${id.slice(0, 100)}'`)
    if (this.#seen.size >= maxReferences) throw wrong(path, `a request refers to ${maxReferences} items at most`)
    this.#seen.add(id)
    const prior = this.#prior.get(id)
    if (prior !== undefined) return prior
    const found = await this.#store.item(id, this.#keyId)
    if (found !== undefined) {
      this.#budget.take(found.length, writePath(path))
      return JSON.parse(found)
    }
    throw wrong(
      path,
      `Item with id '${id.slice(0, 100)}' not found. Items are kept with responses made with 'store: true' only; ` +
        'send the item itself',
    )
  }
}

/** Its own input, then its output. */
export function itemsOf(stored: StoredResponse): readonly unknown[] {
  const input = JSON.parse(stored.input) as readonly unknown[]
  const response: unknown = JSON.parse(stored.response)
  const output: readonly unknown[] = isJsonObject(response) && Array.isArray(response.output) ? response.output : []
  return [...input, ...output]
}
