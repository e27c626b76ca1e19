import type { Migration } from './migration.ts'

/**
 * Where versions come from, which of them serves and which is on trial, and what a fit can be made anew from.
 * `unneeded_after`: the last decision (rowid) that was there when no version needed the embedder any more; once all decisions are
 * younger, none can need it either, and nobody had to look through them.
 */
const statements = `
ALTER TABLE policy_versions ADD COLUMN origin TEXT CHECK (origin IN ('fit', 'refit', 'onboarding'));
ALTER TABLE policy_versions ADD COLUMN parent_id TEXT;
ALTER TABLE policy_versions ADD COLUMN through_sequence INTEGER;
ALTER TABLE embedders ADD COLUMN unneeded_after INTEGER;

CREATE TABLE policy_rollout (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  serving_id TEXT,
  trials INTEGER NOT NULL,
  candidate_id TEXT,
  phase TEXT CHECK (phase IN ('shadow', 'canary', 'held')),
  since_ms INTEGER,
  reason TEXT,
  trial INTEGER,
  evidence BLOB,
  CHECK (candidate_id IS NULL OR (phase IS NOT NULL AND since_ms IS NOT NULL AND trial IS NOT NULL))
) STRICT;
INSERT INTO policy_rollout (id, trials) VALUES (1, 0);

CREATE TABLE rollout_events (
  id INTEGER PRIMARY KEY NOT NULL,
  at_ms INTEGER NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL
    CHECK (kind IN ('released', 'shadow', 'canary', 'promoted', 'held', 'rolled-back', 'discarded')),
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE training_rows (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  embedder_id TEXT NOT NULL,
  description TEXT NOT NULL,
  data BLOB NOT NULL
) STRICT;
`

export const rollouts: Migration = { version: 8, up: (database) => database.exec(statements) }
