import type { Migration } from './migration.ts'

/** Calls behind which stands no decision; the index alone answers what they spent. */
const statements = `
CREATE TABLE charges (
  id TEXT PRIMARY KEY NOT NULL,
  created_at_ms INTEGER NOT NULL,
  key_id TEXT,
  model TEXT NOT NULL,
  reserved_nano_usd INTEGER NOT NULL,
  settled_at_ms INTEGER,
  status TEXT CHECK (status IN ('completed', 'aborted', 'failed')),
  reported_model TEXT,
  usage TEXT,
  cost_nano_usd INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX charges_spent ON charges (created_at_ms, key_id, reserved_nano_usd, cost_nano_usd);
`

export const charges: Migration = { version: 3, up: (database) => database.exec(statements) }
