import type { SnapshotData } from '../routing/policy-store.ts'
import { StorageError } from './storage-error.ts'
import { fromTaggedJson, type Json, toTaggedJson } from './tagged-json.ts'

const magic = 0x504e_5350
const formatVersion = 1
const prefixBytes = 12
const alignment = 8

const arrayTypes = { Float32Array, Float64Array, Int8Array, Int32Array, Uint8Array } as const
type ArrayTypeName = keyof typeof arrayTypes
type SnapshotArray = InstanceType<(typeof arrayTypes)[ArrayTypeName]>

/**
 * A snapshot as bytes: `PSNP`, the format version and the header's length as three 32-bit integers in the machine's
 * byte order; a JSON header (UTF-8) with the plain data, each typed array as [type, byte offset, length]; then the
 * arrays' memory, each at a multiple of 8. Numbers and arrays come back bit for bit, NaN payloads included. Fields
 * that are undefined are left out.
 */
export function encodeSnapshot(snapshot: SnapshotData): Uint8Array<ArrayBuffer> {
  const arrays: { readonly at: number; readonly array: SnapshotArray }[] = []
  let payloadBytes = 0
  const tree = toTaggedJson(snapshot, {
    pack(value) {
      const type = arrayTypeOf(value)
      if (type === undefined) return undefined
      const array = value as SnapshotArray
      const at = payloadBytes
      arrays.push({ at, array })
      payloadBytes += aligned(array.byteLength)
      return [type, at, array.length]
    },
    unpack: refuse,
  })
  const header = new TextEncoder().encode(JSON.stringify(tree))
  const payloadStart = aligned(prefixBytes + header.byteLength)
  const bytes = new Uint8Array(payloadStart + payloadBytes)
  new Uint32Array(bytes.buffer, 0, 3).set([magic, formatVersion, header.byteLength])
  bytes.set(header, prefixBytes)
  for (const { at, array } of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), payloadStart + at)
  }
  return bytes
}

/**
 * The inverse of {@link encodeSnapshot}; the arrays are copies.
 *
 * @throws {StorageError} `storage_newer_version` for an unknown format version; `storage_corrupt` for bytes that are
 * no snapshot, are cut short, or were written on a machine of the other byte order.
 */
export function decodeSnapshot(bytes: Uint8Array): SnapshotData {
  const prefix = new Uint32Array(bytes.slice(0, prefixBytes).buffer, 0, bytes.byteLength < prefixBytes ? 0 : 3)
  if (prefix[0] !== magic) throw new StorageError('storage_corrupt', 'The stored bytes are not a snapshot')
  if (prefix[1] !== formatVersion) {
    throw new StorageError(
      'storage_newer_version',
      `The snapshot has format version ${prefix[1]}; this Pointsman reads version ${formatVersion}`,
    )
  }
  const headerEnd = prefixBytes + prefix[2]!
  const payload = bytes.subarray(aligned(headerEnd))
  return fromTaggedJson(parseHeader(bytes.subarray(prefixBytes, headerEnd)), {
    pack: refuse,
    unpack: ([type, at, length]) => arrayFrom(payload, type, at, length),
  }) as SnapshotData
}

function arrayFrom(payload: Uint8Array, type: unknown, at: unknown, length: unknown): SnapshotArray {
  if (typeof type !== 'string' || !Object.hasOwn(arrayTypes, type) || !isCount(at) || !isCount(length)) {
    throw new StorageError('storage_corrupt', 'The snapshot names an array type that is not known')
  }
  const ArrayType = arrayTypes[type as ArrayTypeName]
  const end = at + length * ArrayType.BYTES_PER_ELEMENT
  if (end > payload.byteLength) throw new StorageError('storage_corrupt', 'The snapshot is cut short')
  return new ArrayType(payload.slice(at, end).buffer)
}

function parseHeader(bytes: Uint8Array): Json {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
  } catch (cause) {
    throw new StorageError('storage_corrupt', "The snapshot's header cannot be read", { cause })
  }
}

function arrayTypeOf(value: object): ArrayTypeName | undefined {
  for (const name of Object.keys(arrayTypes) as ArrayTypeName[]) {
    if (value instanceof arrayTypes[name]) return name
  }
  if (ArrayBuffer.isView(value)) throw new TypeError(`A snapshot cannot hold a ${value.constructor.name}`)
  return undefined
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / alignment) * alignment
}

function refuse(): never {
  throw new StorageError('storage_corrupt', 'Unexpected array in a snapshot')
}
