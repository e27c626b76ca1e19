import { describe, expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { restorePolicy, snapshotPolicy } from '../routing/prediction/fitted-policy.ts'
import { withDescribedLlm } from '../routing/prediction/universal/described-policy.ts'
import { type RefitRequest, refitPolicy } from './refit-policy.ts'
import { packRows, type SavedRows, unpackRows } from './saved-rows.ts'

const llms = ['a', 'b'].map((id) => ({ id, price: undefined, base: id }))

/** `a` is worth .3 and `b` .8 on requests of one kind, the other way round on the other. `known` says which cells are. */
function rowsOf(
  count: number,
  seed: number,
  known: (row: number, llm: number) => boolean,
  shift = 0,
  ids = ['a', 'b'],
): SavedRows {
  const random = new SeededRandom(seed)
  const contexts = Array.from({ length: count }, (_, row) => {
    const embedding = Float32Array.from({ length: 8 }, (_, j) => (j === row % 2 ? 3 : 0) + nextNormal(random))
    const norm = Math.hypot(...embedding)
    return { embedderId: 'e', embedding: embedding.map((v) => v / norm), explicit: new Float32Array(21) }
  })
  const quality = Float64Array.from({ length: count * ids.length }, (_, cell) => {
    const [row, llm] = [Math.floor(cell / ids.length), cell % ids.length]
    const value = 0.55 + (row % 2 === llm ? -0.25 : 0.25) + 0.05 * nextNormal(random) + (llm === 0 ? shift : 0)
    return known(row, llm) ? Math.min(1, Math.max(0, value)) : Number.NaN
  })
  const unknown = new Float64Array(count * ids.length).fill(Number.NaN)
  const costUsd = quality.map((value, cell) => (Number.isNaN(value) ? value : 0.001 * (1 + (cell % ids.length))))
  const rows = { llms: ids, contexts, quality, costUsd, inputTokens: unknown, outputTokens: unknown }
  const own = ids.map((id) => llms.find((llm) => llm.id === id) ?? { id, price: undefined, base: id })
  return packRows({ llms: own, rows, groupOf: Int32Array.from({ length: count }, (_, row) => row) })
}

function requestOf(changes: Partial<RefitRequest>): RefitRequest {
  return {
    seed: 1,
    now: 1_000,
    embedderId: 'e',
    base: rowsOf(120, 1, () => true),
    log: undefined,
    conversations: Array.from({ length: changes.log?.count ?? 0 }, () => undefined),
    prices: new Map(),
    changed: new Map(),
    parentId: 'parent',
    throughSequence: 500,
    ...changes,
  }
}

const oneEach = (row: number, llm: number) => (row * 7) % 3 === llm || ((row * 7) % 3 === 2 && llm === 0)

describe('refitPolicy', () => {
  test('the same rows and labels give the same bits, and its labels are marked', async () => {
    const request = () => requestOf({ log: rowsOf(80, 2, oneEach) })
    const first = await refitPolicy(request())
    expect(snapshotPolicy(await refitPolicy(request()))).toStrictEqual(snapshotPolicy(first))
    expect(first).toMatchObject({ origin: 'refit', parentId: 'parent', throughSequence: 500 })
    expect(first.llms.map(({ labelsThrough }) => labelsThrough)).toEqual([500, 500])
    expect(first.llms.reduce((sum, { labels }) => sum + labels, 0)).toBe(240 + 80)
  })

  test('labels of the log move an estimate that the base rows got wrong', async () => {
    const base = await refitPolicy(requestOf({}))
    const log = rowsOf(240, 3, (row, llm) => llm === Math.floor(row / 2) % 2, -0.25)
    const after = await refitPolicy(requestOf({ log }))
    expect(base.llms[0]!.meanQuality).toBeCloseTo(0.55, 1)
    expect(after.llms[0]!.meanQuality).toBeLessThan(base.llms[0]!.meanQuality - 0.07)
    expect(after.llms[1]!.meanQuality).toBeCloseTo(base.llms[1]!.meanQuality, 1)
  })

  test('of an LLM that changed, the base labels move to the level of the new ones, once there are enough', async () => {
    const log = rowsOf(240, 3, (row, llm) => llm === Math.floor(row / 2) % 2, -0.25)
    const after = await refitPolicy(requestOf({ log, changed: new Map([['a', 200]]) }))
    const changed = after.llms.find(({ id }) => id === 'a')!
    expect(changed).toMatchObject({ labels: 240, labelsThrough: 500, changedAt: 200 })
    expect(changed.meanQuality).toBeCloseTo(0.3, 1)
  })

  test('with few new ones it keeps what it was fitted on, and learning folds all of its labels', async () => {
    const log = rowsOf(80, 3, oneEach, -0.25)
    const after = await refitPolicy(requestOf({ log, changed: new Map([['a', 200]]) }))
    expect(after.llms[0]).toMatchObject({ id: 'a', labels: 120, changedAt: 200 })
    expect(after.llms[0]!.labelsThrough).toBeUndefined()
    expect(after.llms[1]!.labelsThrough).toBe(500)
  })

  test('an LLM that only the log knows is described by its labels', async () => {
    const log = rowsOf(90, 4, (row, llm) => llm === row % 3, 0, ['a', 'b', 'new'])
    const after = await refitPolicy(requestOf({ log }))
    expect(after.llms.map(({ id, source }) => `${id} ${source}`)).toEqual(['a fitted', 'b fitted', 'new described'])
    expect(after.llms[2]).toMatchObject({ labels: 30, labelsThrough: 500 })
  })

  test('an LLM that joined by its probes is taken along, until the log tells more of it', async () => {
    const before = await refitPolicy(requestOf({}))
    const asked = unpackRows(rowsOf(40, 6, () => true, 0, ['new', 'other'])).rows
    const quality = asked.quality.filter((_, cell) => cell % 2 === 0)
    const probes = { contexts: asked.contexts, quality }
    const price = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 1 }
    const onboarded = withDescribedLlm(before, { id: 'new', price }, probes, { id: 'parent', createdAtMs: 1 })
    const refit = (log: SavedRows | undefined) =>
      refitPolicy(requestOf({ now: 2_000, log, parent: snapshotPolicy(onboarded) }))
    for (const after of [await refit(undefined), await refit(rowsOf(80, 2, oneEach))]) {
      expect(after.llms.map(({ id, source }) => `${id} ${source}`)).toEqual(['a fitted', 'b fitted', 'new described'])
      expect(after.llms[2]).toMatchObject({ labels: 40, meanQuality: onboarded.llms[2]!.meanQuality })
      expect(after.llms.map(({ labelsThrough }) => labelsThrough)).toEqual([500, 500, undefined])
      expect(restorePolicy(snapshotPolicy(after)).quality.llms).toEqual(['a', 'b', 'new'])
      const [was, is] = [new Float64Array(3), new Float64Array(3)]
      for (const context of asked.contexts) {
        onboarded.quality.predict(context, was)
        after.quality.predict(context, is)
        expect(Math.abs(is[2]! - was[2]!)).toBeLessThan(0.1)
      }
    }
    const more = await refit(rowsOf(150, 4, (row, llm) => llm === row % 3, 0, ['a', 'b', 'new']))
    expect(more.llms[2]).toMatchObject({ id: 'new', source: 'described', labels: 50, labelsThrough: 500 })
  })

  test('says what is missing', async () => {
    const nothing = requestOf({ base: undefined })
    await expect(refitPolicy(nothing)).rejects.toMatchObject({ code: 'no_llm' })
    const short = requestOf({ base: undefined, log: rowsOf(45, 2, (row, llm) => row % 2 === llm) })
    await expect(refitPolicy(short)).rejects.toMatchObject({ code: 'too_few_prompts' })
  })
})
