import { expect, test } from 'vitest'
import { ConcurrencyLimit } from './concurrency-limit.ts'

test('one key finds half of the places, all callers together every one of them', () => {
  const limit = new ConcurrencyLimit(4)
  const leave = limit.enter('a')
  limit.enter('a')
  expect(() => limit.enter('a')).toThrow(expect.objectContaining({ code: 'too_many_concurrent_requests' }))
  limit.enter('b')
  limit.enter('c')
  expect(() => limit.enter('d')).toThrow(expect.objectContaining({ code: 'overloaded' }))
  expect(limit.inFlight).toBe(4)
  leave()
  limit.enter('a')
  expect(limit.inFlight).toBe(4)
})

test('without keys there is one caller, who may have every place; a key always has one', () => {
  const limit = new ConcurrencyLimit(2)
  limit.enter(undefined)
  limit.enter(undefined)
  expect(() => limit.enter(undefined)).toThrow(expect.objectContaining({ code: 'overloaded' }))
  expect(new ConcurrencyLimit(1).enter('a')).toBeTypeOf('function')
})
