import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import type { DecisionRow, EncodedDecision } from '../decision-row.ts'
import type { SettlementRow } from '../settlement-row.ts'
import { StorageError } from '../storage-error.ts'
import { FixedQuery } from './fixed-query.ts'
import { decisionColumns, type Schema, settlementRowColumns } from './schema.ts'

/** How far `last_used_ms` of a candidate list may lag behind: it is then written once an hour, not per decision. */
const listUseLagMs = 3_600_000

/** Candidate lists remembered as written. A pool has few: each is another set of LLMs that were excluded. */
const maxKnownLists = 1024

/** SQLITE_CONSTRAINT_FOREIGNKEY. */
const foreignKeyResultCode = 787

interface KnownList {
  readonly id: Uint8Array
  readonly writtenMs: number
}

export interface StoredDecisionRow {
  readonly decision: DecisionRow
  readonly candidateList: string
  readonly settlement: SettlementRow | undefined
}

/**
 * The worker's side of the decision store: rows in, rows out.
 *
 * A row keeps all terms of at most 32 candidates, the best by utility, and of the LLM drawn, as doubles. A decision
 * over a larger pool keeps of the others only their probability (Float32), so that a row grows by 4 bytes per LLM; read
 * back, such a decision lists the stored candidates alone. LLM names lie in a list that decisions share.
 */
export class SqliteDecisionStore {
  readonly #database: Kysely<Schema>
  readonly #insertList: FixedQuery<Schema['candidate_lists']>
  readonly #insertDecision: FixedQuery<Schema['decisions']>
  readonly #insertSettlement: FixedQuery<SettlementRow>
  readonly #selectId: FixedQuery<Pick<DecisionRow, 'id'>, Pick<DecisionRow, 'id'>>
  readonly #knownLists = new Map<string, KnownList>()

  /** @param connection what `database` runs on. */
  constructor(database: Kysely<Schema>, connection: DatabaseSync) {
    this.#database = database
    this.#insertList = insertListQuery(database, connection)
    this.#insertDecision = new FixedQuery(connection, decisionColumns, (row) =>
      database.insertInto('decisions').values(row).compile(),
    )
    this.#insertSettlement = insertSettlementQuery(database, connection)
    this.#selectId = new FixedQuery(connection, ['id'], ({ id }) =>
      database.selectFrom('decisions').select('id').where('id', '=', id).compile(),
    )
  }

  append({ row, candidateList }: EncodedDecision): void {
    const known = this.#knownLists.get(candidateList)
    if (known === undefined || row.created_at_ms - known.writtenMs > listUseLagMs / 2) {
      this.#appendWithList(row, candidateList)
      return
    }
    try {
      this.#insertDecision.change({ ...row, candidate_list: known.id })
    } catch (error) {
      // The list was pruned, or what wrote it was rolled back.
      if (!isMissingReference(error)) throw error
      this.#appendWithList(row, candidateList)
    }
  }

  #appendWithList(row: DecisionRow, list: string): void {
    const id = hash('sha256', list, 'buffer').subarray(0, 16)
    this.#insertList.change({ id, list, last_used_ms: row.created_at_ms })
    this.#insertDecision.change({ ...row, candidate_list: id })
    if (this.#knownLists.size >= maxKnownLists) this.#knownLists.clear()
    this.#knownLists.set(list, { id, writtenMs: row.created_at_ms })
  }

  /** Only the first settlement of a decision counts. @throws {StorageError} `storage_conflict` when there is no such decision. */
  settle(row: SettlementRow): void {
    if (this.#insertSettlement.change(row) > 0) return
    if (this.#selectId.first({ id: row.decision_id }) !== undefined) return
    throw new StorageError('storage_conflict', `There is no decision '${row.decision_id}' to settle`)
  }

  async get(id: string): Promise<StoredDecisionRow | undefined> {
    const decision = await this.#selectDecisions().where('decisions.id', '=', id).executeTakeFirst()
    if (decision === undefined) return undefined
    const settlement = await this.#selectSettlements().where('decision_id', '=', id).executeTakeFirst()
    return stored(decision, settlement)
  }

  async recentSettlements(limit: number): Promise<readonly StoredDecisionRow[]> {
    const settlements = await this.#selectSettlements()
      .where('status', '=', sql.lit('completed'))
      .orderBy('settled_at_ms', 'desc')
      .orderBy('decision_id', 'desc')
      .limit(limit)
      .execute()
    const found: StoredDecisionRow[] = []
    for (const settlement of settlements.reverse()) {
      const decision = await this.#selectDecisions()
        .where('decisions.id', '=', settlement.decision_id)
        .executeTakeFirstOrThrow()
      found.push(stored(decision, settlement))
    }
    return found
  }

  /**
   * Reservations and adjustments are each summed from an index alone: about 0.1 s per million decisions. `total()` rather
   * than `sum()`, which fails where the sum is past 64 bits: as doubles, sums are exact up to 2^53, nine million USD.
   */
  async spentNanoUsd(sinceMs: number, keyId: string | undefined): Promise<number> {
    let reserved = this.#database
      .selectFrom('decisions')
      .select(({ fn }) => fn<number>('total', ['reserved_nano_usd']).as('total'))
      .where('created_at_ms', '>=', sinceMs)
    let adjusted = this.#database
      .selectFrom('settlements')
      .select(({ fn }) => fn<number>('total', ['adjustment_nano_usd']).as('total'))
      .where('decided_at_ms', '>=', sinceMs)
    if (keyId !== undefined) {
      reserved = reserved.where('key_id', '=', keyId)
      adjusted = adjusted.where('key_id', '=', keyId)
    }
    const { total: reservedTotal } = await reserved.executeTakeFirstOrThrow()
    const { total: adjustedTotal } = await adjusted.executeTakeFirstOrThrow()
    return reservedTotal + adjustedTotal
  }

  /** Deletes at most `limit` decisions, oldest first, with their settlements and labels; returns how many went. */
  async pruneSome(beforeMs: number, limit: number): Promise<number> {
    const oldest = this.#database
      .selectFrom('decisions')
      .select('id')
      .where('created_at_ms', '<', beforeMs)
      .orderBy('created_at_ms')
      .limit(limit)
    const { numDeletedRows } = await this.#database
      .deleteFrom('decisions')
      .where('id', 'in', oldest)
      .executeTakeFirstOrThrow()
    await this.#pruneLists(beforeMs)
    return Number(numDeletedRows)
  }

  async #pruneLists(beforeMs: number): Promise<void> {
    const oldest = await this.#database
      .selectFrom('decisions')
      .select('created_at_ms')
      .orderBy('created_at_ms')
      .limit(1)
      .executeTakeFirst()
    const unusedBeforeMs = Math.min(beforeMs, oldest?.created_at_ms ?? beforeMs) - listUseLagMs
    await this.#database.deleteFrom('candidate_lists').where('last_used_ms', '<', unusedBeforeMs).execute()
  }

  #selectDecisions() {
    return this.#database
      .selectFrom('decisions')
      .innerJoin('candidate_lists', 'candidate_lists.id', 'decisions.candidate_list')
      .selectAll('decisions')
      .select('candidate_lists.list')
  }

  #selectSettlements() {
    return this.#database.selectFrom('settlements').selectAll()
  }
}

function stored(
  { list, ...decision }: DecisionRow & { readonly list: string },
  settlement: SettlementRow | undefined,
): StoredDecisionRow {
  return { decision, candidateList: list, settlement }
}

function isMissingReference(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === foreignKeyResultCode
}

/** Writes a list, or that it was used again: half the lag here, the other half in the store that remembers it. */
function insertListQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  return new FixedQuery<Schema['candidate_lists']>(connection, ['id', 'list', 'last_used_ms'], (row) =>
    database
      .insertInto('candidate_lists')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((column) => ({ last_used_ms: column.ref('excluded.last_used_ms') }))
          .where(sql<boolean>`candidate_lists.last_used_ms < excluded.last_used_ms - ${sql.lit(listUseLagMs / 2)}`),
      )
      .compile(),
  )
}

/** What the row lacks comes from its decision; where the cost is not known, what was reserved stays booked. */
function insertSettlementQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  const parameters = [...settlementRowColumns, 'cost_nano_usd', 'decision_id'] as const
  return new FixedQuery<SettlementRow>(connection, parameters, (row) =>
    database
      .insertInto('settlements')
      .columns([...settlementRowColumns, 'decided_at_ms', 'key_id', 'adjustment_nano_usd'])
      .expression((expression) =>
        expression
          .selectFrom('decisions')
          .select((given) => settlementRowColumns.map((column) => given.val(row[column]).as(column)))
          .select(['created_at_ms', 'key_id'])
          .select(
            sql<number>`coalesce(${row.cost_nano_usd}, reserved_nano_usd) - reserved_nano_usd`.as(
              'adjustment_nano_usd',
            ),
          )
          .where('id', '=', row.decision_id),
      )
      .onConflict((conflict) => conflict.column('decision_id').doNothing())
      .compile(),
  )
}
