import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../providers/chat-provider.ts'
import type { StoredResponse } from '../../../routing/response-store.ts'
import { BodyBudget } from '../../body-budget.ts'
import { parseResponsesRequest } from './responses-request.ts'
import { StateBudget } from './state-budget.ts'
import { resolveState } from './stored-state.ts'

const maxBytes = 100_000

/** A store of one chain and some items that counts what is read of it. */
class Kept {
  reads = 0
  readonly items = new Map<string, unknown>()
  chained: StoredResponse[] = []
  /** Undefined: as it is. */
  bytes: number | undefined

  async chainSize() {
    return { responses: this.chained.length, bytes: this.bytes ?? JSON.stringify(this.chained).length }
  }

  async chain() {
    this.reads += 1
    return this.chained
  }

  async item(id: string) {
    this.reads += 1
    const item = this.items.get(id)
    return item === undefined ? undefined : JSON.stringify(item)
  }
}

function turn(id: string, previousId: string | undefined, item: JsonObject): StoredResponse {
  const body = { id: `resp_${id}`, output: [], tools: ['x'.repeat(1_000)] }
  return {
    id,
    createdAtMs: 0,
    keyId: 'k',
    conversationId: 'c',
    previousId,
    input: JSON.stringify([item]),
    response: JSON.stringify(body),
    itemIds: [],
  }
}

const user = (text: string, id?: string) => ({ role: 'user', content: text, ...(id === undefined ? {} : { id }) })
const reference = (id: string) => ({ type: 'item_reference', id })

describe('what a request brings from the store', () => {
  const budget = new BodyBudget(1_000_000)
  const resolve = (kept: Kept, body: JsonObject) => {
    const share = budget.open()
    const state = resolveState(
      parseResponsesRequest({ model: 'm', ...body }),
      kept,
      'k',
      new StateBudget(maxBytes, share),
    )
    return state.finally(() => share.release())
  }

  it('is refused past the limit of a body, before any of it is read', async () => {
    const kept = new Kept()
    kept.chained = [turn('a', undefined, user('x'))]
    kept.bytes = 4 * maxBytes + 1
    const refused = resolve(kept, { input: 'y', previous_response_id: 'resp_a' })
    await expect(refused).rejects.toMatchObject({ code: 'body_too_large' })
    expect(kept.reads).toBe(0)
  })

  it('counts to all bodies that are held', async () => {
    const kept = new Kept()
    kept.chained = [turn('a', undefined, user('x'))]
    const other = budget.open()
    other.take(1_000_000 - 10)
    const refused = resolve(kept, { input: 'y', previous_response_id: 'resp_a' })
    await expect(refused).rejects.toMatchObject({ code: 'overloaded' })
    other.release()
    expect((await resolve(kept, { input: 'y', previous_response_id: 'resp_a' })).items).toHaveLength(2)
    expect(budget.heldBytes).toBe(0)
  })

  it('counts as items alone: what a response repeats of its request does not', async () => {
    const kept = new Kept()
    kept.chained = Array.from({ length: 150 }, (_, at) => turn(`${at}`, at === 0 ? undefined : `${at - 1}`, user('x')))
    expect((await resolve(kept, { input: 'y', previous_response_id: 'resp_149' })).items).toHaveLength(151)
    kept.chained = [turn('a', undefined, user('x'.repeat(maxBytes)))]
    const refused = resolve(kept, { input: 'y', previous_response_id: 'resp_a' })
    await expect(refused).rejects.toMatchObject({ code: 'body_too_large', param: 'previous_response_id' })
  })

  it('has as few values as a body', async () => {
    const kept = new Kept()
    for (const id of ['a', 'b', 'c']) {
      kept.items.set(id, { id, role: 'user', content: Array.from({ length: 40_000 }, () => 1) })
    }
    const refused = resolve(kept, { input: [reference('a'), reference('b'), reference('c')] })
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', param: 'input' })
  })

  it('is no item twice, and not many', async () => {
    const kept = new Kept()
    for (let at = 0; at < 101; at++) kept.items.set(`i${at}`, user('x', `i${at}`))
    const twice = resolve(kept, { input: [reference('i1'), reference('i1')] })
    await expect(twice).rejects.toMatchObject({ code: 'invalid_request', param: 'input[1]' })
    const all = [...kept.items.keys()].map(reference)
    expect((await resolve(kept, { input: all.slice(0, 100) })).own).toHaveLength(100)
    await expect(resolve(kept, { input: all })).rejects.toMatchObject({ param: 'input[100]' })
  })

  it('may not be endless', async () => {
    const kept = new Kept()
    kept.chained = Array.from({ length: 2_001 }, () => turn('a', 'b', user('')))
    kept.bytes = 1
    const refused = resolve(kept, { input: 'y', previous_response_id: 'resp_a' })
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('2000') })
  })
})
