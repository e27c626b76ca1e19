import type { DatabaseSync } from 'node:sqlite'

/** One step forward. A migration that has been released is never edited. */
export interface Migration {
  /** 1, 2, 3, … without gaps. */
  readonly version: number
  /** Runs inside a transaction. */
  readonly up: (database: DatabaseSync) => void
}
