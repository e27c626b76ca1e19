import type { Generated } from 'kysely'
import type { PolicyVersionSummary } from '../../routing/policy-store.ts'
import type { ApiKeyRow } from '../api-key-row.ts'
import type { BookedChargeRow } from '../charge-row.ts'
import type { DecisionRow } from '../decision-row.ts'
import type { LeaseRow } from '../lease-row.ts'
import type { PoolEntryRow, PoolOverrideRow } from '../pool-entry-row.ts'
import type { ProbeOutcomeRow, ProbeRunRow } from '../probe-row.ts'
import type { ResponseRow } from '../response-row.ts'
import type { RolloutEventRow, RolloutRow } from '../rollout-row.ts'
import type { SettlementRow } from '../settlement-row.ts'

/** The tables as the newest migration leaves them. */
export interface Schema {
  readonly candidate_lists: CandidateListsTable
  readonly decisions: DecisionRow & { readonly candidate_list: Uint8Array }
  readonly settlements: SettlementsTable
  readonly label_counter: { readonly id: 1; readonly latest: number }
  readonly labels: LabelsTable
  readonly label_credits: LabelCreditsTable
  readonly feedback_messages: FeedbackMessagesTable
  readonly policy_versions: PolicyVersionsTable
  readonly embedders: EmbeddersTable
  readonly policy_rollout: RolloutRow & { readonly id: 1 }
  readonly rollout_events: RolloutEventRow & { readonly id: Generated<number> }
  readonly training_rows: TrainingRowsTable
  readonly learned_states: LearnedStatesTable
  readonly api_keys: ApiKeyRow
  readonly budget_leases: LeaseRow
  readonly charges: BookedChargeRow
  readonly pool_entries: PoolEntryRow
  readonly pool_overrides: PoolOverrideRow
  readonly probe_outcomes: ProbeOutcomeRow
  readonly probe_runs: ProbeRunRow
  readonly stored_responses: ResponseRow
  readonly stored_response_items: StoredResponseItemsTable
}

/** Which LLMs were candidates or excluded, and why: one row for all decisions that agree on it. */
interface CandidateListsTable {
  /** The first 16 bytes of the list's SHA-256. */
  readonly id: Uint8Array
  readonly list: string
  /** Not before the newest decision that refers to it, less an hour. */
  readonly last_used_ms: number
}

interface SettlementsTable extends SettlementRow {
  /** The decision's own time and key, so that spend is summed from one index. */
  readonly decided_at_ms: number
  readonly key_id: string | null
  /** What the settlement adds to the decision's reservation to give what it spent. */
  readonly adjustment_nano_usd: number
}

export const decisionColumns = columnsOf<Schema['decisions']>({
  id: true,
  created_at_ms: true,
  key_id: true,
  conversation_id: true,
  policy_version: true,
  label_sequence: true,
  cold: true,
  pinned: true,
  cheapest: true,
  lambda: true,
  max_cost_usd: true,
  max_latency_ms: true,
  min_quality: true,
  filters: true,
  input_tokens: true,
  max_output_tokens: true,
  choices: true,
  drawn: true,
  propensity: true,
  reserved_nano_usd: true,
  embedder_id: true,
  embedding: true,
  explicit: true,
  candidate_list: true,
  terms: true,
  stored_positions: true,
  probabilities: true,
  budget_dual: true,
  experiment: true,
  other_probabilities: true,
})

export const settlementRowColumns = columnsOf<SettlementRow>({
  decision_id: true,
  settled_at_ms: true,
  status: true,
  answered: true,
  reported_model: true,
  usage: true,
  cost_nano_usd: true,
  billed_nano_usd: true,
  streamed: true,
  time_to_first_token_ms: true,
  completion_ms: true,
  overhead_ms: true,
  attempts: true,
})

interface LabelsTable {
  readonly sequence: number
  readonly decision_id: string
  readonly llm: string
  readonly source: string
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  /** The decision's own estimate for that LLM. */
  readonly offline_quality: number | null
  readonly revises: number | null
  readonly received_at_ms: number
  readonly key_id: string | null
  readonly weight: number
  readonly noise: number | null
}

/** What a key has said of an LLM, and may still. */
interface LabelCreditsTable {
  readonly llm: string
  /** '' for none, '*' for all together. */
  readonly key_id: string
  /** Labels, whatever they weigh. */
  readonly offered: number
  /** Labels that others had offered when the credit was last reckoned. */
  readonly others: number
  /** Weight; null: never reckoned. */
  readonly credit: number | null
  readonly at_ms: number
}

/** Messages that carried an idempotency key, and the label that answered each. */
interface FeedbackMessagesTable {
  readonly decision_id: string
  readonly idempotency_key: string
  readonly sequence: number
}

interface PolicyVersionsTable {
  readonly id: string
  readonly created_at_ms: number
  readonly embedder_id: string
  readonly description: string
  readonly snapshot: Uint8Array
  readonly origin: NonNullable<PolicyVersionSummary['origin']> | null
  readonly parent_id: string | null
  readonly through_sequence: number | null
}

interface EmbeddersTable {
  readonly id: string
  readonly snapshot: Uint8Array
  /** Rowid of the last decision that may need it; null while a version does. */
  readonly unneeded_after: number | null
}

interface TrainingRowsTable {
  readonly id: 1
  readonly embedder_id: string
  readonly description: string
  /** A snapshot, compressed (Zstandard). */
  readonly data: Uint8Array
}

interface LearnedStatesTable {
  readonly policy_version: string
  readonly sequence: number
  readonly state: Uint8Array
}

/** Which items a kept response holds, in their order. */
interface StoredResponseItemsTable {
  readonly item_id: string
  readonly response_id: string
  readonly position: number
}

/** An object rather than a list, so that a column that is forgotten does not compile. */
function columnsOf<Row>(columns: { readonly [Column in keyof Row]: true }): readonly (keyof Row)[] {
  return Object.keys(columns) as (keyof Row)[]
}
