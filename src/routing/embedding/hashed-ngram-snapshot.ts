import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { bucketsPerBlock, ngramBlocks, ngramHashVersion } from './ngram-hasher.ts'
import { largestVocabulary } from './ngram-vocabulary.ts'

/** What fitting learns: the known features and the projection of each. Row i of every array belongs to features[i]. */
export type FittedNgrams = {
  /** block · 2^16 + bucket, ascending. */
  readonly features: Int32Array
  /** Shape [features.length]. */
  readonly idf: Float32Array
  /** Row-major, shape [features.length × dimension]. */
  readonly entries: Int8Array
  /** What one unit of a row's entries is worth, shape [features.length]. */
  readonly scales: Float32Array
}

/** Everything an embedder is made of. A type alias, since an interface would not be assignable to {@link SnapshotData}. */
export type HashedNgramSnapshot = {
  readonly formatVersion: 1
  readonly kind: 'hashed-ngram'
  readonly hashVersion: number
  readonly dimension: number
  /** Null before anything is fitted. */
  readonly fitted: FittedNgrams | null
}

/**
 * @returns `snapshot`, when it is one of ours: its arrays are checked by the embedder.
 * @throws {RoutingError} `unknown_snapshot_format`
 */
export function parseHashedNgramSnapshot(snapshot: SnapshotData): HashedNgramSnapshot {
  const fields = fieldsOf(snapshot)
  const { formatVersion, kind, hashVersion, dimension, fitted } = fields
  if (formatVersion !== 1 || kind !== 'hashed-ngram' || hashVersion !== ngramHashVersion) {
    const found = JSON.stringify({ kind, formatVersion, hashVersion })
    throw unknownFormat(`it is ${found}; this release reads hashed-ngram, format 1, hash ${ngramHashVersion}`)
  }
  if (typeof dimension !== 'number') throw unknownFormat('its dimension is missing')
  return { formatVersion, kind, hashVersion, dimension, fitted: fitted === null ? null : parseFitted(fitted) }
}

function parseFitted(data: SnapshotData | undefined): FittedNgrams {
  const { features, idf, entries, scales } = fieldsOf(data)
  if (
    features instanceof Int32Array &&
    idf instanceof Float32Array &&
    entries instanceof Int8Array &&
    scales instanceof Float32Array
  ) {
    return { features, idf, entries, scales }
  }
  throw unknownFormat('its projection lacks an array')
}

function fieldsOf(data: SnapshotData | undefined): { readonly [field: string]: SnapshotData | undefined } {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || ArrayBuffer.isView(data)) {
    throw unknownFormat('an object is expected')
  }
  return data as { readonly [field: string]: SnapshotData | undefined }
}

function unknownFormat(detail: string): RoutingError {
  return new RoutingError('unknown_snapshot_format', `This embedder snapshot cannot be read: ${detail}. Fit it again.`)
}

/** @throws {RoutingError} `dimension_mismatch` or `not_finite` when the arrays do not belong together. */
export function requireConsistentNgrams(fitted: FittedNgrams, dimension: number): void {
  const { features, idf, entries, scales } = fitted
  const rows = features.length
  if (
    idf.length !== rows ||
    scales.length !== rows ||
    entries.length !== rows * dimension ||
    rows > largestVocabulary
  ) {
    const lengths = `${rows} features, ${idf.length} idf, ${scales.length} scales, ${entries.length} entries`
    throw new RoutingError(
      'dimension_mismatch',
      `The arrays of the projection disagree: ${lengths} at d = ${dimension}`,
    )
  }
  for (let row = 0; row < rows; row++) {
    const ascending = features[row]! > (row === 0 ? -1 : features[row - 1]!)
    if (!ascending || features[row]! >= ngramBlocks * bucketsPerBlock) {
      throw new RoutingError('dimension_mismatch', `The projection's features are not ascending bucket numbers`)
    }
    if (!Number.isFinite(idf[row]) || !Number.isFinite(scales[row])) {
      throw new RoutingError('not_finite', `The projection's row ${row} is not finite`)
    }
  }
}

/** FNV-1a over every byte of the projection, 8 hex digits: the part of an embedder's id that tells fits apart. */
export function fingerprintNgrams(fitted: FittedNgrams): string {
  let hash = Math.imul(0x811c9dc5 ^ ngramHashVersion, 0x01000193)
  for (const array of [fitted.features, fitted.idf, fitted.entries, fitted.scales]) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
