import type { Migration } from './migration.ts'

/** How much a label counts for, and what each key may still say of each LLM; '' stands for no key. */
const statements = `
ALTER TABLE labels ADD COLUMN weight REAL NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1e9);
ALTER TABLE labels ADD COLUMN noise REAL CHECK (noise > 0);
CREATE TABLE label_credits (
  llm TEXT NOT NULL,
  key_id TEXT NOT NULL,
  offered INTEGER NOT NULL,
  others INTEGER NOT NULL,
  credit REAL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (llm, key_id)
) WITHOUT ROWID;
`

export const labelWeights: Migration = { version: 6, up: (database) => database.exec(statements) }
