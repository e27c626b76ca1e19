import { type Kysely, sql } from 'kysely'
import type { DecisionRow } from '../decision-row.ts'
import type { SettlementRow } from '../settlement-row.ts'
import type { Schema } from './schema.ts'

/** A label as the log tells it. */
export interface LoggedLabelRow {
  readonly decision_id: string
  readonly sequence: number
  readonly llm: string
  readonly source: string
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  readonly weight: number
}

/** Decisions in the order of their ids, and what belongs to them, each in that order too. */
export interface LogPage {
  readonly decisions: readonly (DecisionRow & { readonly list: number })[]
  /** Candidate lists, each once; `list` of a decision is a place in them. */
  readonly lists: readonly string[]
  readonly settlements: readonly SettlementRow[]
  /** In the order of their sequences within a decision. */
  readonly labels: readonly LoggedLabelRow[]
}

/** The worker's side of what reads many decisions at a time, never row by row. */
export class SqliteDecisionLog {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  async page(afterId: string, limit: number): Promise<LogPage> {
    const rows = await this.#database
      .selectFrom('decisions')
      .selectAll()
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute()
    const last = rows.at(-1)?.id
    if (last === undefined) return { decisions: [], lists: [], settlements: [], labels: [] }
    const places = new Map<string, number>()
    const listIds: Uint8Array[] = []
    const decisions = rows.map(({ candidate_list, ...decision }) => {
      const key = Buffer.from(candidate_list).toString('latin1')
      let list = places.get(key)
      if (list === undefined) {
        list = listIds.push(candidate_list) - 1
        places.set(key, list)
      }
      return { ...decision, list }
    })
    return {
      decisions,
      lists: await Promise.all(listIds.map((id) => this.#list(id))),
      settlements: await this.#settlements(afterId, last),
      labels: await this.#labels(afterId, last),
    }
  }

  /** From an index on the conversation alone, whose entries lie in the order in which decisions were written. */
  async ofConversation(conversationId: string, visibleTo: string | undefined, limit: number): Promise<string[]> {
    let found = this.#database
      .selectFrom('decisions')
      .innerJoin('settlements', 'settlements.decision_id', 'decisions.id')
      .select('decisions.id')
      .where('conversation_id', '=', conversationId)
      .where('answered', 'is not', null)
    if (visibleTo !== undefined) found = found.where('decisions.key_id', '=', visibleTo)
    const rows = await found.orderBy(sql`decisions.rowid`, 'desc').limit(limit).execute()
    return rows.map(({ id }) => id)
  }

  /** Counted from an index alone: about 0.1 s per million decisions. */
  async perHour(sinceMs: number, keyId: string | undefined, untilMs: number | undefined): Promise<number[]> {
    let counted = this.#database
      .selectFrom('decisions')
      .select(sql<number>`(created_at_ms / 3600000) % 24`.as('hour'))
      .select(({ fn }) => fn.countAll<number>().as('decisions'))
      .where('created_at_ms', '>=', sinceMs)
      .groupBy('hour')
    if (keyId !== undefined) counted = counted.where('key_id', '=', keyId)
    if (untilMs !== undefined) counted = counted.where('created_at_ms', '<', untilMs)
    const hours = new Array<number>(24).fill(0)
    for (const { hour, decisions } of await counted.execute()) hours[hour] = decisions
    return hours
  }

  async #list(id: Uint8Array): Promise<string> {
    const { list } = await this.#database
      .selectFrom('candidate_lists')
      .select('list')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return list
  }

  #settlements(afterId: string, lastId: string): Promise<SettlementRow[]> {
    return this.#database
      .selectFrom('settlements')
      .selectAll()
      .where('decision_id', '>', afterId)
      .where('decision_id', '<=', lastId)
      .orderBy('decision_id')
      .execute()
  }

  #labels(afterId: string, lastId: string): Promise<LoggedLabelRow[]> {
    return this.#database
      .selectFrom('labels')
      .select(['decision_id', 'sequence', 'llm', 'source', 'kind', 'value', 'weight'])
      .where('decision_id', '>', afterId)
      .where('decision_id', '<=', lastId)
      .orderBy('decision_id')
      .orderBy('source')
      .orderBy('sequence')
      .execute()
  }
}
