import type { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../../storage-error.ts'
import { firstTables } from './0001-first-tables.ts'
import { storedResponses } from './0002-stored-responses.ts'
import { charges } from './0003-charges.ts'
import { poolEntries } from './0004-pool-entries.ts'
import { bills } from './0005-bills.ts'
import { labelWeights } from './0006-label-weights.ts'
import { probes } from './0007-probes.ts'
import { rollouts } from './0008-rollouts.ts'
import { experiments } from './0009-experiments.ts'
import { teams } from './0010-teams.ts'
import { bookedBy } from './0011-booked-by.ts'
import type { Migration } from './migration.ts'

/** All of them, oldest first. */
export const migrations: readonly Migration[] = [
  firstTables,
  storedResponses,
  charges,
  poolEntries,
  bills,
  labelWeights,
  probes,
  rollouts,
  experiments,
  teams,
  bookedBy,
]

/** `PTSM`, in the file's header, so that we never write into another program's database. */
const applicationId = 0x5054_534d

/**
 * Brings a database to the newest version, in one transaction. The version is SQLite's `user_version`. Two processes
 * may call it on one file at a time.
 *
 * @throws {StorageError} `storage_newer_version`, or `storage_corrupt` for a database of another program.
 */
export function migrate(database: DatabaseSync, steps: readonly Migration[] = migrations): void {
  if (isOurs(database) && versionOf(database) === steps.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    const from = requireVersion(database, steps.length)
    for (const step of steps.slice(from)) step.up(database)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function requireVersion(database: DatabaseSync, newest: number): number {
  const version = versionOf(database)
  if (!isOurs(database)) {
    if (version === 0 && numberFrom(database, 'SELECT count(*) AS value FROM sqlite_schema') === 0) return 0
    throw new StorageError('storage_corrupt', 'The file is a database of another program; name another file')
  }
  if (version > newest) {
    throw new StorageError(
      'storage_newer_version',
      `The database has version ${version}, this Pointsman knows up to ${newest}: update Pointsman`,
    )
  }
  return version
}

function isOurs(database: DatabaseSync): boolean {
  return numberFrom(database, 'SELECT application_id AS value FROM pragma_application_id') === applicationId
}

function versionOf(database: DatabaseSync): number {
  return numberFrom(database, 'SELECT user_version AS value FROM pragma_user_version')
}

function numberFrom(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.value)
}
