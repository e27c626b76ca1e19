import { StorageError } from './storage-error.ts'

/** What JSON can hold, as `JSON.parse` returns it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json }

/** How values that plain JSON lacks (typed arrays) become a JSON array and return from it. */
export interface TagExtension {
  /** @returns undefined for a value that is not the extension's. */
  readonly pack: (value: object) => readonly Json[] | undefined
  readonly unpack: (packed: readonly Json[]) => unknown
}

const noExtension: TagExtension = {
  pack: () => undefined,
  unpack: () => {
    throw new StorageError('storage_corrupt', 'A stored value has a tag that is not known here')
  },
}

const tag = '$'

/**
 * Plain data as JSON that keeps what `JSON.stringify` loses: NaN, ±Infinity and −0 become `{"$": "NaN"}` and so on,
 * values of the extension `{"$": […]}`, and an object that has a field `$` of its own is wrapped, `{"$": {…}}`.
 * Fields that are undefined are left out. All other numbers come back bit for bit: JSON prints the shortest decimal
 * that reads back as the same double (ECMA-262, Number::toString).
 */
export function toTaggedJson(value: unknown, extension: TagExtension = noExtension): Json {
  if (typeof value === 'number') return packNumber(value)
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((item) => toTaggedJson(item, extension))
  if (typeof value !== 'object') throw new TypeError(`A ${typeof value} is not plain data`)
  const packed = extension.pack(value)
  if (packed !== undefined) return { [tag]: packed }
  const object = Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, toTaggedJson(field, extension)]),
  )
  return Object.hasOwn(object, tag) ? { [tag]: object } : object
}

/** The inverse of {@link toTaggedJson}. @throws {StorageError} `storage_corrupt` for an unknown tag. */
export function fromTaggedJson(json: Json, extension: TagExtension = noExtension): unknown {
  if (json === null || typeof json !== 'object') return json
  if (isList(json)) return json.map((item) => fromTaggedJson(item, extension))
  const tagged = Object.hasOwn(json, tag) ? json[tag] : undefined
  if (tagged === undefined) return unpackFields(json, extension)
  if (typeof tagged === 'string') return unpackNumber(tagged)
  if (tagged !== null && typeof tagged === 'object') {
    return isList(tagged) ? extension.unpack(tagged) : unpackFields(tagged, extension)
  }
  throw new StorageError('storage_corrupt', 'A stored value has a tag that is not known here')
}

function unpackFields(fields: { readonly [field: string]: Json }, extension: TagExtension): object {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fromTaggedJson(field, extension)]))
}

function isList(json: readonly Json[] | { readonly [field: string]: Json }): json is readonly Json[] {
  return Array.isArray(json)
}

function packNumber(value: number): Json {
  if (Object.is(value, -0)) return { [tag]: '-0' }
  return Number.isFinite(value) ? value : { [tag]: String(value) }
}

function unpackNumber(name: string): number {
  if (name !== '-0' && name !== 'NaN' && name !== 'Infinity' && name !== '-Infinity') {
    throw new StorageError('storage_corrupt', `'${name}' is not a stored number`)
  }
  return Number(name)
}
