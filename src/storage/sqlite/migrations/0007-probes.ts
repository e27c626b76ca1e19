import type { Migration } from './migration.ts'

/** What LLMs did with probes, onboarding runs, and what was changed of LLMs while we served. */
const statements = `
CREATE TABLE probe_outcomes (
  probe_set TEXT NOT NULL,
  llm TEXT NOT NULL,
  probe_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  quality REAL CHECK (quality BETWEEN 0 AND 1),
  cost_nano_usd INTEGER,
  input_tokens REAL,
  output_tokens REAL,
  completion_ms REAL,
  error TEXT,
  PRIMARY KEY (probe_set, llm, probe_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX probe_outcomes_by_llm ON probe_outcomes (llm);

CREATE TABLE probe_runs (
  id TEXT PRIMARY KEY NOT NULL,
  llm TEXT NOT NULL,
  probe_set TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  status TEXT NOT NULL CHECK (status IN ('running', 'admitted', 'refused', 'stopped')),
  probes INTEGER NOT NULL,
  cap_usd REAL,
  report TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX probe_runs_by_start ON probe_runs (started_at_ms, id);

CREATE TABLE pool_overrides (
  id TEXT PRIMARY KEY NOT NULL,
  changed_at_ms INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  price TEXT
) STRICT, WITHOUT ROWID;
`

export const probes: Migration = { version: 7, up: (database) => database.exec(statements) }
