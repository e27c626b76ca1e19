import type { Migration } from './migration.ts'

/**
 * How much a label counts for. `counted` is the same until the label is revised, then 0: the caps on a key's influence are
 * summed from the index alone, which labels that count for nothing stay out of.
 */
const statements = `
ALTER TABLE labels ADD COLUMN weight REAL NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1e9);
ALTER TABLE labels ADD COLUMN noise REAL CHECK (noise > 0);
ALTER TABLE labels ADD COLUMN counted REAL NOT NULL DEFAULT 1;
UPDATE labels SET counted = 0 WHERE sequence IN (SELECT revises FROM labels WHERE revises IS NOT NULL);
CREATE INDEX labels_by_llm ON labels (llm, sequence, key_id, counted) WHERE counted > 0;
`

export const labelWeights: Migration = { version: 6, up: (database) => database.exec(statements) }
