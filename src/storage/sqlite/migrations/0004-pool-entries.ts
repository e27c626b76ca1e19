import type { Migration } from './migration.ts'

/** LLMs that joined while we served. Secrets are not in here: entries refer to them. */
const statements = `
CREATE TABLE pool_entries (
  id TEXT PRIMARY KEY NOT NULL,
  created_at_ms INTEGER NOT NULL,
  entry TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`

export const poolEntries: Migration = { version: 4, up: (database) => database.exec(statements) }
