import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import type { InfluenceCap } from '../../routing/feedback-store.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { FixedQuery } from './fixed-query.ts'
import type { Schema } from './schema.ts'

interface WindowOf {
  readonly llm: LlmId
  readonly key: string | null
  readonly window: number
}

interface WindowWeights {
  readonly all: number
  readonly own: number
  readonly ownLabels: number
}

/** What the last labels of an LLM weigh, and what a cap leaves of the weight of the next. Reads at most `window` entries of an index. */
export class LabelInfluence {
  readonly #weigh: FixedQuery<WindowOf, WindowWeights>

  constructor(database: Kysely<Schema>, connection: DatabaseSync) {
    this.#weigh = weighQuery(database, connection)
  }

  /**
   * @param wanted what the label is to weigh.
   * @returns what it may.
   */
  allowedWeight(wanted: number, llm: LlmId, keyId: string | undefined, cap: InfluenceCap | undefined): number {
    if (cap === undefined || cap.share >= 1) return wanted
    const { window, free, share } = cap
    const weighed = this.#weigh.first({ llm, key: keyId ?? null, window })
    const { all, own, ownLabels } = weighed ?? { all: 0, own: 0, ownLabels: 0 }
    const others = all - own
    // Many labels of hardly any weight would push the others, and then the key's own, out of the window.
    const charged = Math.max(own, (ownLabels * 2 * free) / window)
    const allowed = Math.max(free, (share / (1 - share)) * others) - charged
    return Math.min(wanted, Math.max(0, allowed))
  }
}

/** Labels without a key are those of one nameless key. */
function weighQuery(database: Kysely<Schema>, connection: DatabaseSync) {
  return new FixedQuery<WindowOf, WindowWeights>(connection, ['key', 'key', 'llm', 'window'], ({ llm, key, window }) =>
    database
      .selectFrom((from) =>
        from
          .selectFrom('labels')
          .select(['key_id', 'counted'])
          .where('llm', '=', llm)
          .where('counted', '>', sql.lit(0))
          .orderBy('sequence', 'desc')
          .limit(window)
          .as('last'),
      )
      .select(sql<number>`total(counted)`.as('all'))
      .select(sql<number>`total(counted) FILTER (WHERE key_id IS ${key})`.as('own'))
      .select(sql<number>`count(*) FILTER (WHERE key_id IS ${key})`.as('ownLabels'))
      .compile(),
  )
}
