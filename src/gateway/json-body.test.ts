import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { BodyBudget } from './body-budget.ts'
import { readJsonBody } from './json-body.ts'

/** A request of these pieces, as Node's server hands it over. */
function requestOf(...pieces: readonly string[]): IncomingMessage {
  const body = Readable.from(pieces.map((piece) => Buffer.from(piece)))
  return Object.assign(body, { headers: { 'content-type': 'application/json' } }) as unknown as IncomingMessage
}

describe('readJsonBody', () => {
  test('joins the pieces, and counts them to the share of the request', async () => {
    const budget = new BodyBudget(100)
    const share = budget.open()
    expect(await readJsonBody(requestOf('{"a":', '[1,2]}'), 100, share)).toEqual({ a: [1, 2] })
    expect(budget.heldBytes).toBe(11)
  })

  test('ends where all bodies together would hold too much', async () => {
    const budget = new BodyBudget(8)
    const reading = readJsonBody(requestOf('{"a":', '[1,2]}'), 100, budget.open())
    await expect(reading).rejects.toMatchObject({ code: 'overloaded' })
  })

  test.each([
    ['in a value', '{"a":["\\ud83d"]}'],
    ['in a name', '{"\\uDE00":1}'],
    ['in the wrong order', '["\\ude00\\ud83d"]'],
  ])('refuses half of a surrogate pair %s', async (_where, body) => {
    const share = new BodyBudget(100).open()
    await expect(readJsonBody(requestOf(body), 100, share)).rejects.toMatchObject({ code: 'invalid_json' })
  })

  test('takes whole pairs, and what only looks like half of one', async () => {
    const share = new BodyBudget(100).open()
    const read = await readJsonBody(requestOf('["\\ud83d\\ude00 😀 \\\\ud83d"]'), 100, share)
    expect(read).toEqual(['😀 😀 \\ud83d'])
  })

  test('takes 100,000 values and no more', async () => {
    const share = new BodyBudget(1e9).open()
    const listOf = (values: number) => requestOf(JSON.stringify(Array(values).fill(0)))
    expect(await readJsonBody(listOf(100_000), 1e9, share)).toHaveLength(100_000)
    await expect(readJsonBody(listOf(100_001), 1e9, share)).rejects.toMatchObject({ code: 'invalid_json' })
    expect(await readJsonBody(listOf(100_001), 1e9, share, 100_001)).toHaveLength(100_001)
  })
})
