import { StorageError, type StorageErrorCode } from '../storage-error.ts'

/** A `StorageError` as it crosses between threads. */
export interface StorageFault {
  readonly code: StorageErrorCode
  readonly message: string
  /** SQLite's own words. */
  readonly detail: string | undefined
}

const busyResultCode = 5

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const faultByResultCode: Readonly<Record<number, readonly [code: StorageErrorCode, message: string]>> = {
  3: ['storage_unavailable', 'The database file may not be accessed; check its permissions'],
  [busyResultCode]: ['storage_locked', 'Another process is writing to the database; try again'],
  6: ['storage_locked', 'Another connection is writing to the database; try again'],
  8: ['storage_unavailable', 'The database file is read-only; check its permissions'],
  10: ['storage_unavailable', 'The database file cannot be read or written; check the disk'],
  11: ['storage_corrupt', 'The database file is damaged; restore it from a backup'],
  13: ['storage_full', 'There is no space left for the database; free some'],
  14: ['storage_unavailable', 'The database file cannot be opened; check that its folder exists and may be written'],
  18: ['storage_conflict', 'The record is too large to be stored'],
  19: ['storage_conflict', 'The record contradicts what is stored or lacks what it refers to'],
  20: ['storage_conflict', 'The record has a value of the wrong kind'],
  26: ['storage_corrupt', 'The file is not a database; name another file'],
}

/** Names what went wrong. Errors that are not of the database stay readable as `storage_unavailable`. */
export function toStorageFault(error: unknown): StorageFault {
  const detail = error instanceof Error ? error.message : String(error)
  if (error instanceof StorageError) return { code: error.code, message: error.message, detail: undefined }
  const resultCode = resultCodeOf(error)
  const [code, message] = (resultCode === undefined ? undefined : faultByResultCode[resultCode & 0xff]) ?? [
    'storage_unavailable',
    'The database failed in an unexpected way',
  ]
  return { code, message, detail }
}

export function toStorageError(fault: StorageFault): StorageError {
  return fault.detail === undefined
    ? new StorageError(fault.code, fault.message)
    : new StorageError(fault.code, `${fault.message} (SQLite: ${fault.detail})`)
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  const resultCode = resultCodeOf(error)
  return resultCode !== undefined && (resultCode & 0xff) === busyResultCode
}

function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
