import type { Migration } from './migration.ts'

/** What budgets put on a decision's price, of which experiment it was a part, and the decisions of a conversation. */
const statements = `
ALTER TABLE decisions ADD COLUMN budget_dual REAL NOT NULL DEFAULT 0;
ALTER TABLE decisions ADD COLUMN experiment TEXT;
ALTER TABLE decisions ADD COLUMN other_probabilities BLOB;
CREATE INDEX decisions_by_conversation ON decisions (conversation_id) WHERE conversation_id IS NOT NULL;
`

export const experiments: Migration = { version: 9, up: (database) => database.exec(statements) }
