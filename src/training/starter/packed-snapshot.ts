import { gunzipSync, gzipSync } from 'node:zlib'
import { RoutingError } from '../../routing/errors.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'

const arrayTypes = { Float32Array, Float64Array, Int8Array, Int32Array, Uint8Array } as const
type ArrayTypeName = keyof typeof arrayTypes

/** The one field of an object that stands for a typed array: type, then its bytes in little-endian order as base64. */
const arrayField = '$array'

/**
 * Plain data as compressed JSON, typed arrays as base64: a file that is the same bytes for the same data, and that any
 * language reads. Fields that are undefined are left out; numbers must be finite.
 */
export function packSnapshot(data: SnapshotData): Uint8Array {
  const text = JSON.stringify(data, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('A packed number must be finite')
    if (!ArrayBuffer.isView(value)) return value
    const type = Object.keys(arrayTypes).find((name) => value instanceof arrayTypes[name as ArrayTypeName])
    if (type === undefined) throw new TypeError('A packed array must be one of those that snapshots hold')
    return { [arrayField]: [type, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')] }
  })
  return gzipSync(text, { level: 9 })
}

/** @throws {RoutingError} `unknown_snapshot_format` for bytes that {@link packSnapshot} did not write or that are cut short. */
export function unpackSnapshot(bytes: Uint8Array): SnapshotData {
  try {
    return JSON.parse(gunzipSync(bytes).toString('utf8'), (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || !(arrayField in value)) return value
      const [type, base64] = (value as { readonly [arrayField]: readonly [ArrayTypeName, string] })[arrayField]
      const content = Uint8Array.from(Buffer.from(base64, 'base64'))
      return new arrayTypes[type](content.buffer)
    }) as SnapshotData
  } catch (cause) {
    throw new RoutingError('unknown_snapshot_format', 'The packed snapshot cannot be read: it is damaged', { cause })
  }
}
