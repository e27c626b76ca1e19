import type { Migration } from './migration.ts'

/** Whose budget a key's spend counts for, how far its feedback is trusted, and money drawn from budgets ahead of its use. */
const statements = `
ALTER TABLE api_keys ADD COLUMN team TEXT;
ALTER TABLE api_keys ADD COLUMN feedback_share REAL CHECK (feedback_share BETWEEN 0 AND 1);

CREATE TABLE budget_leases (
  id TEXT PRIMARY KEY NOT NULL,
  scope TEXT NOT NULL,
  day INTEGER NOT NULL,
  nano_usd INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_leases_by_day ON budget_leases (day, scope, nano_usd);
`

export const teams: Migration = { version: 10, up: (database) => database.exec(statements) }
