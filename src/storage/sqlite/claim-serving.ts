import { realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../storage-error.ts'
import { createPrivately } from './open-database.ts'
import { isBusy } from './sqlite-fault.ts'

/**
 * Claims a database for the one gateway that serves it, without keeping anybody from opening it: an exclusive
 * transaction in an empty database beside it. SQLite's lock on that file is the kernel's, which takes it back when the
 * process ends, be it by `kill -9`; on a network file system it is as good as that system's locks. The file stays where
 * it is: deleting it would let two gateways each lock a file of that name.
 *
 * @param file is created when there is none. A link is followed, so that both names are one claim.
 * @returns the claim; closing it gives it up. To be kept: what is collected is closed.
 * @throws {StorageError} `storage_in_use`, `storage_unavailable`
 */
export function claimServing(file: string): DatabaseSync {
  createPrivately(file)
  const claimFile = `${realpathSync(file)}.serving`
  createPrivately(claimFile)
  const claim = new DatabaseSync(claimFile, { timeout: 0 })
  try {
    claim.exec('BEGIN EXCLUSIVE')
    return claim
  } catch (error) {
    claim.close()
    if (!isBusy(error)) throw error
    throw new StorageError('storage_in_use', 'Another gateway serves this database; stop it or name another file', {
      cause: error,
    })
  }
}
