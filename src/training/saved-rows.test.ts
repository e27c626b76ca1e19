import { expect, test } from 'vitest'
import { packRows, readSavedRows, savedRowsData, unpackRows } from './saved-rows.ts'

const nothing = Number.NaN
const context = (entry: number) => ({
  embedderId: 'e',
  embedding: Float32Array.of(entry, 1 - entry),
  explicit: Float32Array.of(entry, 0, 3),
})
const source = {
  llms: [
    { id: 'a', price: { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 }, base: 'a' },
    { id: 'b', price: undefined, base: 'family' },
  ],
  rows: {
    llms: ['a', 'b'],
    contexts: [context(0.25), context(0.5)],
    quality: Float64Array.of(0.5, nothing, 1, 0.25),
    costUsd: Float64Array.of(0.125, nothing, nothing, 0),
    inputTokens: Float64Array.of(7, 7, 9, 9),
    outputTokens: Float64Array.of(1, nothing, 3, 4),
  },
  groupOf: Int32Array.of(0, 1),
}

test('rows come back as they were', () => {
  expect(unpackRows(readSavedRows(savedRowsData(packRows(source))))).toEqual(source)
})

test('what is not whole is refused with what to do', () => {
  const whole = savedRowsData(packRows(source)) as object
  const refused = { code: 'unknown_snapshot_format', message: expect.stringContaining('pointsman fit') }
  const errorOf = (data: object) => {
    try {
      return readSavedRows(data as never)
    } catch (error) {
      return error
    }
  }
  expect(errorOf({ ...whole, formatVersion: 2 })).toMatchObject(refused)
  expect(errorOf({ ...whole, quality: new Float32Array(3) })).toMatchObject(refused)
  expect(errorOf({ ...whole, groupOf: undefined })).toMatchObject(refused)
})
