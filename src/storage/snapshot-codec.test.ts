import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SnapshotData } from '../routing/policy-store.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
/** Arrays of any bits at all: NaN payloads, −0, subnormals. */
const arrays = fc.oneof(
  bytes,
  bytes.map((from) => new Int8Array(from.buffer, from.byteOffset, from.length)),
  bytes.map((from) => new Float32Array(from.slice(0, from.length - (from.length % 4)).buffer)),
  bytes.map((from) => new Int32Array(from.slice(0, from.length - (from.length % 4)).buffer)),
  bytes.map((from) => new Float64Array(from.slice(0, from.length - (from.length % 8)).buffer)),
)
const fieldNames = fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'constructor', 'length', 'toJSON'))
const snapshots: fc.Arbitrary<SnapshotData> = fc.letrec<{ data: SnapshotData }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE),
    fc.string({ unit: 'binary' }),
    arrays,
    fc.array(tie('data'), { maxLength: 5 }),
    fc.array(fc.tuple(fieldNames, tie('data')), { maxLength: 5 }).map((fields) => Object.fromEntries(fields)),
  ),
})).data

/** Equal down to the bits, which no matcher promises for NaN. */
function same(a: SnapshotData, b: SnapshotData): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return false
    return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [before, after] = [Object.entries(a), Object.entries(b)]
  return (
    before.length === after.length &&
    before.every(
      ([name, value], i) => name === after[i]?.[0] && same(value as SnapshotData, after[i]?.[1] as SnapshotData),
    )
  )
}

describe('snapshot codec', () => {
  it('gives back every snapshot bit for bit', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => same(snapshot, decodeSnapshot(encodeSnapshot(snapshot)))),
      { seed: 1, numRuns: 500 },
    )
  })

  it('keeps the payload of a NaN', () => {
    const array = new Float64Array(BigUint64Array.of(0x7ff8_0000_dead_beefn).buffer)
    const back = decodeSnapshot(encodeSnapshot({ array })) as { array: Float64Array }
    expect(new BigUint64Array(back.array.buffer)[0]).toBe(0x7ff8_0000_dead_beefn)
  })

  it('stores a part of an array without the rest, and gives back memory of its own', () => {
    const whole = new Float64Array(1000).fill(7)
    const encoded = encodeSnapshot(whole.subarray(10, 12))
    expect(encoded.byteLength).toBeLessThan(64)
    const first = decodeSnapshot(encoded) as Float64Array
    first.fill(0)
    expect(decodeSnapshot(encoded)).toEqual(Float64Array.of(7, 7))
  })

  it('reads from an address that is not a multiple of eight', () => {
    const encoded = encodeSnapshot([Float64Array.of(1.5), Int8Array.of(-3)])
    const shifted = new Uint8Array(encoded.byteLength + 3)
    shifted.set(encoded, 3)
    expect(decodeSnapshot(shifted.subarray(3))).toEqual([Float64Array.of(1.5), Int8Array.of(-3)])
  })

  it('leaves out fields that are undefined', () => {
    expect(decodeSnapshot(encodeSnapshot({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 })
  })

  it('lays bytes out as its docstring says', () => {
    expect(Buffer.from(encodeSnapshot([])).toString('hex')).toBe('50534e5001000000020000005b5d0000')
  })

  it.each([
    ['no bytes', new Uint8Array(), 'storage_corrupt'],
    ['other bytes', new Uint8Array(64), 'storage_corrupt'],
    ['a later format', withWord(encodeSnapshot([1]), 1, 2), 'storage_newer_version'],
    ['a header past the end', withWord(encodeSnapshot([1]), 2, 4000), 'storage_corrupt'],
    ['an array cut short', encodeSnapshot(Float64Array.of(1, 2)).slice(0, -8), 'storage_corrupt'],
    ['an unknown array type', withText('["Float64Array",0,1]', '["Float16Array",0,1]'), 'storage_corrupt'],
    ['a negative offset', withText('["Float64Array",0,1]', '["Float64Array",-1,1]'), 'storage_corrupt'],
    ['an unknown tag', withText('["Float64Array",0,1]', '7'), 'storage_corrupt'],
  ])('refuses %s', (_, damaged, code) => {
    expect(() => decodeSnapshot(damaged)).toThrow(expect.objectContaining({ name: 'StorageError', code }))
  })

  it('refuses what is no plain data', () => {
    expect(() => encodeSnapshot({ array: new BigInt64Array(1) } as unknown as SnapshotData)).toThrow(TypeError)
    expect(() => encodeSnapshot({ call: () => 1 } as unknown as SnapshotData)).toThrow(TypeError)
  })
})

function withWord(encoded: Uint8Array, index: number, word: number): Uint8Array {
  new DataView(encoded.buffer).setUint32(4 * index, word, true)
  return encoded
}

function withText(text: string, replacement: string): Uint8Array {
  const header = Buffer.from(JSON.stringify({ $: JSON.parse(text) }).replace(text, replacement))
  const encoded = new Uint8Array(12 + header.byteLength + 32)
  new Uint32Array(encoded.buffer, 0, 3).set([0x504e_5350, 1, header.byteLength])
  encoded.set(header, 12)
  return encoded
}
