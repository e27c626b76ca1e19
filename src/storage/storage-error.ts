/**
 * What can be wrong with the database.
 *
 * - `storage_full`: no space left. Later calls succeed once there is space again.
 * - `storage_locked`: another process held the write lock for longer than the busy timeout. Worth a retry.
 * - `storage_corrupt`: the file is damaged, is no database, or is one of another program.
 * - `storage_closed`: the call came after `close()`.
 * - `storage_newer_version`: a newer Pointsman wrote the database.
 * - `storage_in_use`: another gateway serves this database.
 * - `storage_unavailable`: the file cannot be opened, read or written, was removed or replaced, its worker died, or so
 *   many calls wait for it that no more are taken.
 * - `storage_conflict`: the record contradicts what is stored (an id used twice, a settlement without its decision)
 *   or breaks a rule of the schema. Only the one call fails.
 */
export type StorageErrorCode =
  | 'storage_full'
  | 'storage_locked'
  | 'storage_corrupt'
  | 'storage_closed'
  | 'storage_newer_version'
  | 'storage_in_use'
  | 'storage_unavailable'
  | 'storage_conflict'

/** A fault of the database. Callers switch on `code`; the message says what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
  }
}
