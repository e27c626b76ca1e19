import type { Migration } from './migration.ts'

/**
 * Responses that callers asked to keep. `previous_id` is no foreign key: a response outlives the one that it continues.
 * They go with their decision, so that retention needs no rule of its own.
 */
const statements = `
CREATE TABLE stored_responses (
  id TEXT PRIMARY KEY NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
  created_at_ms INTEGER NOT NULL,
  key_id TEXT,
  conversation_id TEXT NOT NULL,
  previous_id TEXT,
  input TEXT NOT NULL,
  response TEXT NOT NULL
) STRICT;

CREATE TABLE stored_response_items (
  item_id TEXT NOT NULL,
  response_id TEXT NOT NULL REFERENCES stored_responses (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  PRIMARY KEY (item_id, response_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stored_response_items_by_response ON stored_response_items (response_id, position);
`

export const storedResponses: Migration = { version: 2, up: (database) => database.exec(statements) }
