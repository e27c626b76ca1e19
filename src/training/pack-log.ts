import { setImmediate as nextTurn } from 'node:timers/promises'
import { defaultBase } from '../outcomes/default-base.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { RowLlm } from './fit-rows.ts'
import type { LogRow } from './log-cells.ts'
import type { SavedRows } from './saved-rows.ts'

/** Rows between two turns of the event loop: under a millisecond's work. */
const rowsPerTurn = 500

const matrices = ['quality', 'costUsd', 'inputTokens', 'outputTokens'] as const

/**
 * Judged requests as rows to fit on, of every LLM that was judged, by id; each row is a group of its own. Requests get their turn in between: a
 * log of 50,000 rows is a tenth of a second's work.
 *
 * @param base the rows of the last fit by hand, which know what some LLMs are versions of.
 * @returns undefined for no rows. Its arrays are its own, so that they can be moved to a worker.
 */
export async function packLog(
  rows: readonly LogRow[],
  pool: readonly Llm[],
  base: SavedRows | undefined,
): Promise<SavedRows | undefined> {
  if (rows.length === 0) return undefined
  const ids = await judgedLlms(rows)
  const { embedderId, embedding, explicit } = rows[0]!.context
  const unknown = () => new Float32Array(rows.length * ids.length).fill(Number.NaN)
  const packed = {
    llms: rowLlms(ids, pool, base),
    embedderId,
    count: rows.length,
    embeddings: new Float32Array(rows.length * embedding.length),
    explicit: new Float32Array(rows.length * explicit.length),
    ...{ quality: unknown(), costUsd: unknown(), inputTokens: unknown(), outputTokens: unknown() },
    groupOf: Int32Array.from(rows, (_, row) => row),
  }
  const placeOf = new Map(ids.map((id, place) => [id, place]))
  for (let row = 0; row < rows.length; row++) {
    if (row % rowsPerTurn === 0) await nextTurn()
    const { context, cells } = rows[row]!
    packed.embeddings.set(context.embedding, row * embedding.length)
    packed.explicit.set(context.explicit, row * explicit.length)
    for (const { llm, ...values } of cells) {
      const cell = row * ids.length + placeOf.get(llm)!
      for (const name of matrices) packed[name][cell] = values[name]
    }
  }
  return packed
}

async function judgedLlms(rows: readonly LogRow[]): Promise<readonly LlmId[]> {
  const ids = new Set<LlmId>()
  for (let row = 0; row < rows.length; row++) {
    if (row % rowsPerTurn === 0) await nextTurn()
    for (const { llm } of rows[row]!.cells) ids.add(llm)
  }
  return [...ids].sort()
}

function rowLlms(ids: readonly LlmId[], pool: readonly Llm[], base: SavedRows | undefined): readonly RowLlm[] {
  const known = new Map<LlmId, RowLlm>(base?.llms.map((llm) => [llm.id, llm]))
  const prices = new Map(pool.map(({ id, price }) => [id, price]))
  return ids.map((id) => ({ id, price: prices.get(id), base: known.get(id)?.base ?? defaultBase(id) }))
}
