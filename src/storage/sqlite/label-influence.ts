import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import type { InfluenceCap } from '../../routing/feedback-store.ts'
import { revisableLabels } from '../../routing/learning/residual-state.ts'
import type { Feedback } from '../../routing/outcome.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { FixedQuery } from './fixed-query.ts'
import type { Schema } from './schema.ts'

const dayMs = 86_400_000

/** Under this name the row of an LLM that counts what all keys have offered: no key is called so. */
const everybody = '*'

type Credit = Schema['label_credits']

interface CreditOf {
  readonly llm: LlmId
  readonly key: string
}

/** What is known of a key before it speaks, and of all others. */
interface Standing {
  /** Null where it was never counted. */
  readonly all: number | null
  readonly own: number | null
  readonly others: number | null
  readonly credit: number | null
  readonly atMs: number | null
}

/** What each key may say of each LLM, as a credit that others' labels and time fill. Reads and writes two rows per label, however many keys there are. */
export class LabelInfluence {
  readonly #standing: FixedQuery<CreditOf, Standing>
  readonly #offered: FixedQuery<Pick<CreditOf, 'llm'>, { readonly all: number }>
  readonly #keep: FixedQuery<Credit>

  constructor(database: Kysely<Schema>, connection: DatabaseSync) {
    this.#standing = standingQuery(database, connection)
    this.#offered = offeredQuery(database, connection)
    this.#keep = keepQuery(database, connection)
  }

  /**
   * Counts a label as offered, and takes what it weighs from its key's credit.
   *
   * @param earlier the label it revises, `age` labels ago, whose weight goes back to the key that gave it as long as learning takes the label back:
   * of what is older a revision is one more label, and the key would be heard twice.
   * @returns what it may weigh.
   */
  allowedWeight(
    { weight: wanted = 1, keyId, receivedAtMs }: Feedback,
    llm: LlmId,
    earlier: { readonly weight: number; readonly key_id: string | null; readonly age: number } | undefined,
    cap: InfluenceCap | undefined,
  ): number {
    const key = keyId ?? ''
    const found = this.#standing.first({ llm, key })
    const own = found?.own ?? 0
    // Of a database from before it was counted there is the sum.
    const all = found?.all ?? this.#offered.first({ llm })?.all ?? 0
    const others = all - own
    const isCapped = cap !== undefined && cap.share < 1
    const isReturned = earlier !== undefined && (earlier.key_id ?? '') === key && earlier.age < revisableLabels
    const returned = isReturned ? earlier.weight : 0
    const credit = isCapped ? creditOf(cap, found, others, receivedAtMs) + returned : (found?.credit ?? null)
    const allowed = credit === null || !isCapped ? wanted : Math.min(wanted, Math.max(0, credit))
    this.#keep.change({
      llm,
      key_id: key,
      offered: own + 1,
      others: isCapped ? others : (found?.others ?? 0),
      credit: credit === null || !isCapped ? credit : credit - allowed,
      at_ms: isCapped ? Math.max(receivedAtMs, found?.atMs ?? 0) : (found?.atMs ?? receivedAtMs),
    })
    this.#keep.change({ llm, key_id: everybody, offered: all + 1, others: 0, credit: null, at_ms: 0 })
    return allowed
  }
}

/** See {@link InfluenceCap}. */
function creditOf(
  { window, free, burst = free, share }: InfluenceCap,
  found: Standing | undefined,
  others: number,
  atMs: number,
): number {
  const perLabel = share / (1 - share)
  const most = Math.max(others === 0 ? free : 0, burst, perLabel * window)
  if (found === undefined || found.credit === null) return Math.min(most, free + perLabel * others)
  const days = Math.max(0, atMs - found.atMs!) / dayMs
  return Math.min(most, found.credit + perLabel * (others - found.others!) + free * days)
}

function standingQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  const parameters = ['key', 'key', 'key', 'key', 'llm', 'key'] as const
  return new FixedQuery<CreditOf, Standing>(connection, parameters, ({ llm, key }) => {
    const own = (column: 'offered' | 'others' | 'credit' | 'at_ms') =>
      sql<number | null>`max(${sql.ref(column)}) FILTER (WHERE key_id = ${key})`
    return database
      .selectFrom('label_credits')
      .select(sql<number | null>`max(offered) FILTER (WHERE key_id = ${sql.lit(everybody)})`.as('all'))
      .select([own('offered').as('own'), own('others').as('others')])
      .select([own('credit').as('credit'), own('at_ms').as('atMs')])
      .where('llm', '=', llm)
      .where((row) => row.or([row('key_id', '=', key), row('key_id', '=', sql.lit(everybody))]))
      .compile()
  })
}

function offeredQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  return new FixedQuery<Pick<CreditOf, 'llm'>, { readonly all: number }>(connection, ['llm'], ({ llm }) =>
    database.selectFrom('label_credits').select(sql<number>`total(offered)`.as('all')).where('llm', '=', llm).compile(),
  )
}

function keepQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  const columns = ['llm', 'key_id', 'offered', 'others', 'credit', 'at_ms'] as const
  return new FixedQuery<Credit>(connection, columns, (row) =>
    database
      .replaceInto('label_credits')
      .columns([...columns])
      .values(row)
      .compile(),
  )
}
