import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import type { LogCell, LogRow } from './log-cells.ts'
import { packLog } from './pack-log.ts'

const price = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 }
const pool: readonly Llm[] = [{ ...unknownLlmProperties, id: 'b', provider: 'p', upstreamModel: 'b', price }]
const none = Number.NaN

function row(index: number, cells: readonly LogCell[]): LogRow {
  const context = {
    embedderId: 'e',
    embedding: Float32Array.of(index, 0.5),
    explicit: Float32Array.of(index, 2, 3),
  }
  return { decisionId: `d${index}`, conversationId: undefined, context, cells }
}

function cell(llm: string, quality: number, costUsd = none, inputTokens = none, outputTokens = none): LogCell {
  return { llm, quality, costUsd, inputTokens, outputTokens }
}

test('judged requests become rows over all LLMs that were judged, unknown where nothing was said', async () => {
  const packed = await packLog(
    [row(7, [cell('b', 0.25, 0.5, 10, 20)]), row(8, [cell('a', 1), cell('b', 0)])],
    pool,
    undefined,
  )
  expect(packed).toEqual({
    llms: [
      { id: 'a', price: undefined, base: 'a' },
      { id: 'b', price, base: 'b' },
    ],
    embedderId: 'e',
    count: 2,
    embeddings: Float32Array.of(7, 0.5, 8, 0.5),
    explicit: Float32Array.of(7, 2, 3, 8, 2, 3),
    quality: Float32Array.of(none, 0.25, 1, 0),
    costUsd: Float32Array.of(none, 0.5, none, none),
    inputTokens: Float32Array.of(none, 10, none, none),
    outputTokens: Float32Array.of(none, 20, none, none),
    groupOf: Int32Array.of(0, 1),
  })
})

test('no rows, nothing to fit on', async () => {
  expect(await packLog([], pool, undefined)).toBeUndefined()
})

test('other work gets its turn while a long log is packed', async () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => row(index, [cell('a', 1)]))
  let isPacked = false
  const packing = packLog(rows, pool, undefined).then((packed) => {
    isPacked = true
    return packed
  })
  let turns = 0
  while (!isPacked) {
    await nextTurn()
    turns++
  }
  expect((await packing)!.quality).toEqual(new Float32Array(5_000).fill(1))
  expect(turns).toBeGreaterThanOrEqual(10)
})
