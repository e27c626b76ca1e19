import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../storage-error.ts'
import { migrate } from './migrations/migrate.ts'
import { isBusy } from './sqlite-fault.ts'

export interface DatabaseOptions {
  /** Path of the database file, created (readable by its owner alone) when there is none; `:memory:` for none. */
  readonly file: string
  /** How long a write waits for another process's write. */
  readonly busyTimeoutMs: number
  /** The file may not grow past this: writes then fail as on a full disk. Unlimited when undefined. */
  readonly maxFileBytes: number | undefined
}

/** Decision rows are about 1.5 kB: two of them would leave a quarter of a page of 4 kB unused. */
const pageBytes = 8192
/** After a checkpoint the write-ahead log is cut back to this. */
const maxIdleLogBytes = 64 * 1024 * 1024
const retryAfterMs = 20

/** Opens and migrates a database in WAL mode with foreign keys. @throws an error of SQLite or a `StorageError`. */
export function openDatabase({ file, busyTimeoutMs, maxFileBytes }: DatabaseOptions): DatabaseSync {
  if (file !== ':memory:') createPrivately(file)
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: busyTimeoutMs })
  try {
    database.exec(`PRAGMA page_size = ${pageBytes}`)
    migrate(database)
    switchToWriteAheadLog(database, busyTimeoutMs)
    database.exec(`PRAGMA journal_size_limit = ${maxIdleLogBytes}`)
    if (maxFileBytes !== undefined) {
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pageBytes))}`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * A second connection to a database that is open, which writers do not hold up and which changes nothing. It must be
 * closed first, so that the other one cleans up the write-ahead log.
 */
export function openReader({ file, busyTimeoutMs }: DatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  try {
    database.exec('PRAGMA query_only = ON')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Creates a file that its owner alone may read, if there is none. SQLite gives the log files the same permissions.
 *
 * @throws {StorageError} `storage_unavailable`
 */
export function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StorageError('storage_unavailable', `The database file cannot be opened: ${reason}`, { cause })
  }
}

/** SQLite does not wait when another process is changing the journal mode of the same new file, so we do. */
function switchToWriteAheadLog(database: DatabaseSync, busyTimeoutMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waitedMs = 0; ; waitedMs += retryAfterMs) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw error
      Atomics.wait(pause, 0, 0, retryAfterMs)
    }
  }
}
