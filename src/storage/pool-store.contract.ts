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
}
