import { expect, it } from 'vitest'
import type { Storage } from './storage.ts'

/** LLMs that joined while we served. */
export function describePool(use: () => Storage, openAgain: () => Promise<Storage>): void {
  const entry = (id: string, createdAtMs = 1000) => ({ id, createdAtMs, entry: `{"llm":"${id} ✓"}` })

  it('lists entries as they were added, oldest first, also after it was opened anew', async () => {
    await use().pool.add(entry('b', 2000))
    await use().pool.add(entry('a', 3000))
    await use().pool.add(entry('c', 1000))
    const listed = [entry('c', 1000), entry('b', 2000), entry('a', 3000)]
    expect(await use().pool.list()).toEqual(listed)
    const other = await openAgain()
    expect(await other.pool.list()).toEqual(listed)
    await other.close()
  })

  it('takes an id once, until its entry is removed', async () => {
    await use().pool.add(entry('a'))
    await expect(use().pool.add(entry('a'))).rejects.toMatchObject({ code: 'storage_conflict' })
    expect(await use().pool.remove('a')).toBe(true)
    expect(await use().pool.remove('a')).toBe(false)
    await use().pool.add(entry('a'))
    expect(await use().pool.list()).toEqual([entry('a')])
  })

  it('keeps what was changed of an LLM, the latest word of each, until it changes nothing', async () => {
    const price = {
      inputPerMillionTokensUsd: 0.1 + 0.2,
      outputPerMillionTokensUsd: 15,
      tiers: [{ aboveInputTokens: 200_000, inputPerMillionTokensUsd: 6, outputPerMillionTokensUsd: 22.5 }],
    }
    await use().pool.setOverride({ id: 'b', changedAtMs: 1000, paused: true, price: undefined })
    await use().pool.setOverride({ id: 'a', changedAtMs: 2000, paused: true, price })
    await use().pool.setOverride({ id: 'a', changedAtMs: 3000, paused: false, price })
    const other = await openAgain()
    expect(await other.pool.overrides()).toEqual([
      { id: 'a', changedAtMs: 3000, paused: false, price },
      { id: 'b', changedAtMs: 1000, paused: true, price: undefined },
    ])
    await other.close()
    await use().pool.setOverride({ id: 'b', changedAtMs: 4000, paused: false, price: undefined })
    await use().pool.setOverride({ id: 'c', changedAtMs: 4000, paused: false, price: undefined })
    expect((await use().pool.overrides()).map(({ id }) => id)).toEqual(['a'])
  })
}
