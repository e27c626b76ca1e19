import { describe, expect, test, vi } from 'vitest'
import { StoreHealth } from './store-health.ts'

function health() {
  const logged: string[] = []
  const log = (_fields: object, message: string) => void logged.push(message)
  const onFailure = vi.fn()
  const options = { commitTimeoutMs: 600_000, storeTimeoutMs: 600_000 }
  const store = new StoreHealth({ now: () => 0 }, { info: log, warn: log, error: log }, options, onFailure)
  return { store, logged, onFailure }
}

const fail = () => Promise.reject(new Error('disk full'))
const hang = () => new Promise<void>(() => {})

describe('StoreHealth', () => {
  test('waits for a commit while the store works', async () => {
    const { store, onFailure } = health()
    expect(await store.committed(store.write(() => Promise.resolve()))).toBe(true)
    expect(store.degraded).toBe(false)
    expect(onFailure).not.toHaveBeenCalled()
  })

  test('after a failure it waits for nothing until a record is committed, be it an earlier one', async () => {
    const { store, onFailure } = health()
    let commit = () => {}
    const late = store.write(
      () =>
        new Promise<void>((resolve) => {
          commit = resolve
        }),
    )
    expect(await store.committed(store.write(fail))).toBe(false)
    expect(store.degraded).toBe(true)
    expect(await store.committed(store.write(hang))).toBe(false)
    expect(onFailure).toHaveBeenCalledTimes(2)
    commit()
    await late
    expect(store.degraded).toBe(false)
  })

  test('holds a bounded number of records for a store that does not answer', async () => {
    const { store } = health()
    await store.committed(store.write(fail))
    const start = vi.fn(hang)
    for (let i = 0; i < 10_000; i++) void store.write(start)
    await expect(store.write(start)).rejects.toThrow('wait for the store already')
    expect(start).toHaveBeenCalledTimes(10_000)
  })

  test('one refused record is counted and told, and changes nothing else', async () => {
    const { store, logged, onFailure } = health()
    const refuse = () => Promise.reject(Object.assign(new Error('taken'), { code: 'storage_conflict' }))
    expect(await store.committed(store.write(refuse))).toBe(false)
    expect(store.degraded).toBe(false)
    expect(onFailure).toHaveBeenCalledTimes(1)
    expect(logged).toEqual([expect.stringContaining('refused a record')])
  })
})
