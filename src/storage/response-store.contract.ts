import { expect, it } from 'vitest'
import type { StoredResponse } from '../routing/response-store.ts'
import { sampleDecision } from './__fixtures__/sample-records.ts'
import type { Storage } from './storage.ts'

/** Responses kept by id. */
export function describeResponses(use: () => Storage): void {
  const keep = async (id: string, fields: Partial<StoredResponse> = {}): Promise<StoredResponse> => {
    const response: StoredResponse = {
      id,
      createdAtMs: 1_790_000_000_000,
      keyId: 'key-a',
      conversationId: 'c-1',
      previousId: undefined,
      input: `[{"type":"message","id":"in_${id}"}]`,
      response: `{"id":"resp_${id}"}`,
      itemIds: [`in_${id}`, `out_${id}`],
      ...fields,
    }
    await use().decisions.append(sampleDecision(id, { createdAtMs: response.createdAtMs }), 0)
    await use().responses.save(response)
    return response
  }

  it('gives a response back as it was, to its own key alone', async () => {
    const mine = await keep('d1')
    const open = await keep('d2', { keyId: undefined })
    const { responses } = use()
    expect(await responses.get('d1', 'key-a')).toStrictEqual(mine)
    expect(await responses.get('d2', undefined)).toStrictEqual(open)
    expect(await responses.get('d1', 'key-b')).toBeUndefined()
    expect(await responses.get('d1', undefined)).toBeUndefined()
    expect(await responses.get('d2', 'key-a')).toBeUndefined()
    expect(await responses.get('d3', 'key-a')).toBeUndefined()
  })

  it('follows a chain, oldest first, as far as it is there', async () => {
    const first = await keep('d1')
    const second = await keep('d2', { previousId: 'd1' })
    const third = await keep('d3', { previousId: 'd2' })
    const { responses } = use()
    expect(await responses.chain('d3', 'key-a')).toStrictEqual([first, second, third])
    expect(await responses.chain('d1', 'key-a')).toStrictEqual([first])
    expect(await responses.chain('d3', 'key-b')).toEqual([])
    expect(await responses.chain('d4', 'key-a')).toEqual([])
    expect(await responses.delete('d1', 'key-a')).toBe(true)
    expect(await responses.chain('d3', 'key-a')).toStrictEqual([second, third])
  })

  it("does not follow a chain into another key's responses", async () => {
    await keep('d1', { keyId: 'key-b' })
    const second = await keep('d2', { previousId: 'd1' })
    expect(await use().responses.chain('d2', 'key-a')).toStrictEqual([second])
  })

  it('tells how much a chain is without reading it', async () => {
    const first = await keep('d1', { input: '["ü"]' })
    const second = await keep('d2', { previousId: 'd1' })
    await keep('d3', { previousId: 'd1', keyId: 'key-b' })
    const { responses } = use()
    const bytesOf = ({ input, response }: StoredResponse) => Buffer.byteLength(input) + Buffer.byteLength(response)
    expect(await responses.chainSize('d2', 'key-a')).toEqual({ responses: 2, bytes: bytesOf(first) + bytesOf(second) })
    expect(await responses.chainSize('d3', 'key-b')).toMatchObject({ responses: 1 })
    expect(await responses.chainSize('d2', 'key-b')).toEqual({ responses: 0, bytes: 0 })
  })

  it('gives an item of the latest response that holds it', async () => {
    const item = (text: string) => ({ id: 'x', n: [1.5, null, text] })
    const holding = (input: readonly unknown[], output: readonly unknown[]) => ({
      input: JSON.stringify(input),
      response: JSON.stringify({ output }),
      itemIds: ['x', 'y', 'x'],
    })
    await keep('d1', holding([item('old')], []))
    const later = holding(['text', null, { id: 'y' }, item('in')], [item('first'), item('"last" ü'), { id: 'other' }])
    await keep('d2', { ...later, createdAtMs: 1_790_000_000_001 })
    const { responses } = use()
    expect(JSON.parse((await responses.item('x', 'key-a')) ?? '')).toEqual(item('"last" ü'))
    expect(await responses.item('y', 'key-a')).toBe('{"id":"y"}')
    expect(await responses.item('x', 'key-b')).toBeUndefined()
    expect(await responses.item('z', 'key-a')).toBeUndefined()
  })

  it('deletes a response once, for its own key alone', async () => {
    await keep('d1')
    const { responses } = use()
    expect(await responses.delete('d1', 'key-b')).toBe(false)
    expect(await responses.delete('d1', 'key-a')).toBe(true)
    expect(await responses.delete('d1', 'key-a')).toBe(false)
    expect(await responses.item('in_d1', 'key-a')).toBeUndefined()
    expect(await use().decisions.get('d1')).toBeDefined()
  })

  it('refuses a response twice, or one without its decision', async () => {
    const conflict = { code: 'storage_conflict' }
    const response = await keep('d1')
    await expect(use().responses.save(response)).rejects.toMatchObject(conflict)
    await expect(use().responses.save({ ...response, id: 'd2' })).rejects.toMatchObject(conflict)
  })

  it('lets a response go with its decision', async () => {
    await keep('d1', { createdAtMs: 1_000 })
    const later = await keep('d2', { createdAtMs: 2_000, previousId: 'd1' })
    expect(await use().decisions.prune(2_000)).toBe(1)
    expect(await use().responses.get('d1', 'key-a')).toBeUndefined()
    expect(await use().responses.chain('d2', 'key-a')).toStrictEqual([later])
  })
}
