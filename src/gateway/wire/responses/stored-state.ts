import { isJsonObject } from '../../../providers/chat-provider.ts'
import type { ResponseStore, StoredResponse } from '../../../routing/response-store.ts'
import { GatewayError } from '../../gateway-error.ts'
import { toDecisionId, toResponseId } from '../response-id.ts'
import { wrong } from './input-content.ts'
import { inputItems, itemId, itemType, type PlacedItem } from './input-messages.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/** As many as one request may bring. */
const maxItems = 10_000

/** The part of the store that requests refer to. */
export type StateReader = Pick<ResponseStore, 'chain' | 'holderOf'>

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
 * @throws {GatewayError} `previous_response_not_found`, `invalid_request`, and what `read` throws.
 */
export async function resolveState(
  request: ResponsesRequestBody,
  store: StateReader,
  keyId: string | undefined,
): Promise<PriorState> {
  const named = request.previous_response_id ?? undefined
  const chain = named === undefined ? [] : await readChain(named, store, keyId)
  const known = new Map<string, unknown>()
  const prior = chain.flatMap(itemsOf)
  for (const item of prior) {
    const id = itemId(item)
    if (id !== undefined) known.set(id, item)
  }
  const sent = inputItems(request.input)
  const own: unknown[] = []
  let referred = false
  for (const [index, item] of sent.entries()) {
    const path = ['input', index]
    if (itemType(item, path) === 'item_reference') {
      referred = true
      own.push(await resolveReference(itemId(item), path, known, store, keyId))
    } else own.push(item)
  }
  if (prior.length + own.length > maxItems) {
    throw wrong(['previous_response_id'], `the conversation has over ${maxItems} items`)
  }
  if (prior.length + own.length === 0) throw wrong(['input'], 'there is nothing to answer')
  const items = [
    ...prior.map((item) => ({ item, path: ['previous_response_id'] })),
    ...own.map((item, index) => ({ item, path: ['input', index] })),
  ]
  const last = chain.at(-1)
  return {
    items,
    own,
    resolved: prior.length > 0 || referred,
    previousId: last?.id,
    conversationId: last?.conversationId,
  }
}

async function readChain(
  name: string,
  store: StateReader,
  keyId: string | undefined,
): Promise<readonly StoredResponse[]> {
  const chain = await store.chain(toDecisionId(name), keyId)
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

async function resolveReference(
  id: string | undefined,
  path: readonly PropertyKey[],
  known: Map<string, unknown>,
  store: StateReader,
  keyId: string | undefined,
): Promise<unknown> {
  if (id === undefined) throw wrong([...path, 'id'], 'a reference names an item by its id')
  if (!known.has(id)) {
    const holder = await store.holderOf(id, keyId)
    for (const item of holder === undefined ? [] : itemsOf(holder)) {
      const other = itemId(item)
      if (other !== undefined) known.set(other, item)
    }
  }
  const found = known.get(id)
  if (found !== undefined) return found
  throw wrong(
    path,
    `Item with id '${id.slice(0, 100)}' not found. Items are kept with responses made with 'store: true' only; ` +
      'send the item itself',
  )
}

/** Its own input, then its output. */
export function itemsOf(stored: StoredResponse): readonly unknown[] {
  const input = JSON.parse(stored.input) as readonly unknown[]
  const response: unknown = JSON.parse(stored.response)
  const output: readonly unknown[] = isJsonObject(response) && Array.isArray(response.output) ? response.output : []
  return [...input, ...output]
}
