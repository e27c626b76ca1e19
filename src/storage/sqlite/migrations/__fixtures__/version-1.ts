import { DatabaseSync } from 'node:sqlite'
import { firstTables } from '../0001-first-tables.ts'

/**
 * Writes a database as version 1 left it, with one row per table, in plain SQL: it must not follow the code that later
 * versions change.
 */
export function buildVersion1(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL')
  firstTables.up(database)
  database.exec(rows)
  database.exec('PRAGMA application_id = 0x5054534d; PRAGMA user_version = 1')
  database.close()
}

const one = '0000803F'
const two = '00000040'
const terms = Array.from({ length: 2 * 11 }, (_, i) => (i === 5 ? '000000000000F87F' : '000000000000E03F')).join('')

const rows = `
INSERT INTO candidate_lists (id, list, last_used_ms)
  VALUES (x'00112233445566778899AABBCCDDEEFF', '[["a","b"],"fp",[["c","no_tools"]]]', 1000);
INSERT INTO decisions (id, created_at_ms, key_id, conversation_id, policy_version, label_sequence, cold, pinned, cheapest, lambda,
    max_cost_usd, max_latency_ms, min_quality, filters, input_tokens, max_output_tokens, choices, drawn, propensity,
    reserved_nano_usd, embedder_id, embedding, explicit, candidate_list, terms, stored_positions, probabilities)
  VALUES ('d1', 1000, 'k1', NULL, 'v1', 0, 0, 0, 1, 1.4, NULL, 900, NULL, '[[["a"]],["z"]]', 40, 256, 3, 'b', 0.5, 600, 'e1',
    x'${one}${two}', x'${two}', x'00112233445566778899AABBCCDDEEFF', x'${terms}', NULL, NULL);
INSERT INTO settlements (decision_id, settled_at_ms, status, answered, reported_model, usage, cost_nano_usd, streamed,
    time_to_first_token_ms, completion_ms, overhead_ms, attempts, decided_at_ms, key_id, adjustment_nano_usd)
  VALUES ('d1', 2000, 'completed', 'b', NULL, '{"inputTokens":40,"outputTokens":9}', 450, 1, 12.5, 99, 0.5,
    '[["a","upstream_timeout",7],["b",null,92]]', 1000, 'k1', -150);
UPDATE label_counter SET latest = 2;
INSERT INTO labels (sequence, decision_id, llm, source, kind, value, offline_quality, revises, received_at_ms, key_id)
  VALUES (1, 'd1', 'b', 'user', 'thumbs', 1, NULL, NULL, 3000, 'k1'), (2, 'd1', 'b', 'user', 'score', 0.25, 0.5, 1, 4000, NULL);
INSERT INTO feedback_messages (decision_id, idempotency_key, sequence) VALUES ('d1', 'm1', 1);
INSERT INTO policy_versions (id, created_at_ms, embedder_id, description, snapshot)
  VALUES ('v1', 500, 'e1', 'First', x'50534E5001000000020000005B5D0000');
INSERT INTO embedders (id, snapshot) VALUES ('e1', x'50534E5001000000020000005B5D0000');
INSERT INTO learned_states (policy_version, sequence, state) VALUES ('v1', 2, x'50534E5001000000020000005B5D0000');
INSERT INTO api_keys (id, name, secret_hash, prefix, scopes, preference, daily_cap_usd, created_at_ms, revoked_at_ms)
  VALUES ('k1', 'First', 'hash', 'pm-1', '["admin"]', '{"lambda":{"$":"Infinity"}}', 5, 100, NULL);
`
