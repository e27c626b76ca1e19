import { StorageError } from './storage-error.ts'

/**
 * A number for an integer column. SQLite holds integers up to 2^63, but past 2^53 one written can no longer be read
 * back, and a single such row would make every list and sum that it is part of fail.
 *
 * @throws {StorageError} `storage_conflict` when `value` is no integer of at least `least` that a double holds exactly.
 */
export function storedInteger(what: string, value: number, least = 0): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new StorageError('storage_conflict', `The record has ${value} as its ${what}: no integer that can be stored`)
}
