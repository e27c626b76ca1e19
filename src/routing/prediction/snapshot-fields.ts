import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'

/** An object inside a snapshot. */
export type SnapshotFields = { readonly [field: string]: SnapshotData | undefined }

/**
 * Checks the head of a snapshot: an object with that `formatVersion` and that `kind`.
 * @throws {RoutingError} `unknown_snapshot_format`
 */
export function requireSnapshot(data: SnapshotData | undefined, kind: string, formatVersion = 1): SnapshotFields {
  if (!isFields(data)) throw wrong(`A snapshot of kind '${kind}' must be an object`)
  if (data.formatVersion !== formatVersion || data.kind !== kind) {
    const found = `${shown(data.kind)}, format ${shown(data.formatVersion)}`
    const wanted = `kind '${kind}', format ${formatVersion}`
    throw wrong(`Expected a snapshot of ${wanted}, found ${found}: fit it anew with this version`)
  }
  return data
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no object. */
export function objectField(fields: SnapshotFields, name: string): SnapshotFields {
  const value = fields[name]
  return isFields(value) ? value : missing(name, 'an object')
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no array. */
export function arrayField(fields: SnapshotFields, name: string): readonly SnapshotData[] {
  const value = fields[name]
  return Array.isArray(value) ? value : missing(name, 'an array')
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no number. */
export function numberField(fields: SnapshotFields, name: string): number {
  const value = fields[name]
  return typeof value === 'number' ? value : missing(name, 'a number')
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no string. */
export function stringField(fields: SnapshotFields, name: string): string {
  const value = fields[name]
  return typeof value === 'string' ? value : missing(name, 'a string')
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no array of strings. */
export function stringsField(fields: SnapshotFields, name: string): readonly string[] {
  return arrayField(fields, name).map((value) => (typeof value === 'string' ? value : missing(name, 'strings')))
}

/**
 * A copy, so that two predictors restored from one snapshot share nothing.
 * @param length when given, the only one accepted.
 * @throws {RoutingError} `unknown_snapshot_format` when it is no Float64Array of that length.
 */
export function vectorField(fields: SnapshotFields, name: string, length?: number): Float64Array {
  const value = fields[name]
  if (!(value instanceof Float64Array)) return missing(name, 'a Float64Array')
  if (length !== undefined && value.length !== length) return missing(name, `${length} numbers`)
  return value.slice()
}

/** As {@link vectorField}, for Float32Array. */
export function floatVectorField(fields: SnapshotFields, name: string, length?: number): Float32Array {
  const value = fields[name]
  if (!(value instanceof Float32Array)) return missing(name, 'a Float32Array')
  if (length !== undefined && value.length !== length) return missing(name, `${length} numbers`)
  return value.slice()
}

/** As {@link vectorField}, for Int32Array. */
export function integersField(fields: SnapshotFields, name: string, length?: number): Int32Array {
  const value = fields[name]
  if (!(value instanceof Int32Array)) return missing(name, 'an Int32Array')
  if (length !== undefined && value.length !== length) return missing(name, `${length} integers`)
  return value.slice()
}

/** A snapshot's own word for what it is, for people. */
export function shown(value: SnapshotData | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? `'${value}'` : 'none'
}

function isFields(value: SnapshotData | undefined): value is SnapshotFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

function missing(name: string, what: string): never {
  throw wrong(`The snapshot's field '${name}' must be ${what}`)
}

function wrong(message: string): RoutingError {
  return new RoutingError('unknown_snapshot_format', message)
}
