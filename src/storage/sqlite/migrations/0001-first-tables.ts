import type { Migration } from './migration.ts'

const statements = `
CREATE TABLE candidate_lists (
  id BLOB PRIMARY KEY NOT NULL,
  list TEXT NOT NULL,
  last_used_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
  id TEXT PRIMARY KEY NOT NULL,
  created_at_ms INTEGER NOT NULL,
  key_id TEXT,
  conversation_id TEXT,
  policy_version TEXT NOT NULL,
  label_sequence INTEGER NOT NULL,
  cold INTEGER NOT NULL,
  pinned INTEGER NOT NULL,
  cheapest INTEGER NOT NULL,
  lambda REAL NOT NULL,
  max_cost_usd REAL,
  max_latency_ms REAL,
  min_quality REAL,
  filters TEXT,
  input_tokens REAL NOT NULL,
  max_output_tokens REAL,
  choices INTEGER NOT NULL CHECK (choices >= 1),
  drawn TEXT NOT NULL,
  propensity REAL NOT NULL,
  reserved_nano_usd INTEGER NOT NULL,
  embedder_id TEXT NOT NULL,
  embedding BLOB NOT NULL,
  explicit BLOB NOT NULL,
  candidate_list BLOB NOT NULL REFERENCES candidate_lists (id),
  terms BLOB NOT NULL,
  stored_positions BLOB,
  probabilities BLOB
) STRICT;
CREATE INDEX decisions_reserved ON decisions (created_at_ms, key_id, reserved_nano_usd);

CREATE TABLE settlements (
  decision_id TEXT PRIMARY KEY NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
  settled_at_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('completed', 'cut', 'aborted', 'failed')),
  answered TEXT,
  reported_model TEXT,
  usage TEXT,
  cost_nano_usd INTEGER,
  streamed INTEGER NOT NULL,
  time_to_first_token_ms REAL,
  completion_ms REAL NOT NULL,
  overhead_ms REAL NOT NULL,
  attempts TEXT NOT NULL,
  decided_at_ms INTEGER NOT NULL,
  key_id TEXT,
  adjustment_nano_usd INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settlements_adjustment ON settlements (decided_at_ms, key_id, adjustment_nano_usd);
CREATE INDEX settlements_completed ON settlements (settled_at_ms) WHERE status = 'completed';

CREATE TABLE label_counter (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  latest INTEGER NOT NULL
) STRICT;
INSERT INTO label_counter (id, latest) VALUES (1, 0);

CREATE TABLE labels (
  sequence INTEGER PRIMARY KEY NOT NULL,
  decision_id TEXT NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
  llm TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('score', 'thumbs')),
  value REAL NOT NULL CHECK (value BETWEEN 0 AND 1),
  offline_quality REAL,
  revises INTEGER REFERENCES labels (sequence) ON DELETE CASCADE,
  received_at_ms INTEGER NOT NULL,
  key_id TEXT
) STRICT;
CREATE INDEX labels_by_decision ON labels (decision_id, source, sequence);
CREATE INDEX labels_by_revised ON labels (revises) WHERE revises IS NOT NULL;

CREATE TABLE feedback_messages (
  decision_id TEXT NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
  idempotency_key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (decision_id, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_versions (
  id TEXT PRIMARY KEY NOT NULL,
  created_at_ms INTEGER NOT NULL,
  embedder_id TEXT NOT NULL,
  description TEXT NOT NULL,
  snapshot BLOB NOT NULL
) STRICT;
CREATE INDEX policy_versions_by_time ON policy_versions (created_at_ms);

CREATE TABLE embedders (
  id TEXT PRIMARY KEY NOT NULL,
  snapshot BLOB NOT NULL
) STRICT;

CREATE TABLE learned_states (
  policy_version TEXT PRIMARY KEY NOT NULL,
  sequence INTEGER NOT NULL,
  state BLOB NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  scopes TEXT NOT NULL,
  preference TEXT NOT NULL,
  daily_cap_usd REAL,
  created_at_ms INTEGER NOT NULL,
  revoked_at_ms INTEGER
) STRICT;
`

export const firstTables: Migration = { version: 1, up: (database) => database.exec(statements) }
