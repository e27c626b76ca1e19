import { describe, expect, it } from 'vitest'
import { packSnapshot, unpackSnapshot } from './packed-snapshot.ts'

const data = {
  text: 'ß',
  none: null,
  list: [1, 'two', true],
  bytes: Int8Array.from([-128, 0, 127]),
  floats: Float32Array.from([0.1, -1e30]),
  doubles: Float64Array.from([Math.PI, Number.MIN_VALUE]),
  integers: Int32Array.from([-1, 2 ** 31 - 1]),
}

describe('a packed snapshot', () => {
  it('comes back bit for bit, and packs to the same bytes', () => {
    expect(unpackSnapshot(packSnapshot(data))).toEqual(data)
    expect(packSnapshot(unpackSnapshot(packSnapshot(data)))).toEqual(packSnapshot(data))
  })

  it('refuses what is damaged, and numbers that JSON would lose', () => {
    const bytes = packSnapshot(data)
    for (const broken of [bytes.subarray(0, bytes.length - 9), Uint8Array.from([1, 2, 3]), new Uint8Array(0)]) {
      expect(() => unpackSnapshot(broken)).toThrowError(/damaged/)
    }
    expect(() => packSnapshot({ value: Number.NaN })).toThrowError(TypeError)
  })
})
