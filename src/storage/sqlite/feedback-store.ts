import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { type InfluenceCap, maxLabelsPerDecision, maxSourcesPerDecision } from '../../routing/feedback-store.ts'
import type { Feedback } from '../../routing/outcome.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { type DecisionRow, loggedOfflineQuality } from '../decision-row.ts'
import type { LabelRow, StoredLabelRow } from '../label-row.ts'
import { FixedQuery } from './fixed-query.ts'
import { LabelInfluence } from './label-influence.ts'
import type { Schema } from './schema.ts'

/** As a `FeedbackReceipt`, with the label's row in place of the label. */
export type FeedbackReceiptRow =
  | { readonly status: 'accepted'; readonly label: LabelRow; readonly withdrawn?: LabelRow }
  | { readonly status: 'duplicate'; readonly sequence: number; readonly withdrawn?: LabelRow }
  | { readonly status: 'unknown_decision' | 'no_answer' | 'too_many' }

/** Idempotency keys remembered per decision: enough for every label and as many repeats. */
const maxMessagesPerDecision = 2 * maxLabelsPerDecision

interface EarlierLabel {
  readonly sequence: number
  readonly llm: LlmId
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  readonly weight: number
  readonly noise: number | null
  readonly key_id: string | null
  /** Labels that were given since. */
  readonly age: number
}

/** What a new label holds beside its message. */
type NewLabel = Pick<LabelRow, 'llm' | 'offline_quality' | 'weight'>

/** What feedback needs of its decision. */
interface JudgedDecision
  extends Pick<
    DecisionRow,
    'key_id' | 'embedder_id' | 'embedding' | 'explicit' | 'pinned' | 'terms' | 'stored_positions'
  > {
  readonly list: string
  /** Null when no LLM answered, or has not yet. */
  readonly answered: string | null
}

/**
 * The worker's side of the feedback store. Its caller runs each method in a transaction that holds the write lock, so
 * that sequences are given, committed and seen in the same order.
 *
 * An idempotency key counts within its decision. It is remembered for duplicates too: a message that is sent again
 * after its source changed its mind does not change it back. Only of a caller that repeats itself under ever new keys are
 * the last forgotten: what one answer can make the database store is bounded.
 */
export class SqliteFeedbackStore {
  readonly #database: Kysely<Schema>
  readonly #influence: LabelInfluence
  readonly #selectAnswer: FixedQuery<{ readonly id: string }, JudgedDecision>

  /** @param connection what `database` runs on. */
  constructor(database: Kysely<Schema>, connection: DatabaseSync) {
    this.#database = database
    this.#influence = new LabelInfluence(database, connection)
    this.#selectAnswer = new FixedQuery(connection, ['id'], ({ id }) =>
      database
        .selectFrom('decisions')
        .innerJoin('candidate_lists', 'candidate_lists.id', 'decisions.candidate_list')
        .leftJoin('settlements', 'settlements.decision_id', 'decisions.id')
        .select(['decisions.key_id', 'settlements.answered', 'embedder_id', 'embedding', 'explicit'])
        .select(['pinned', 'terms', 'stored_positions', 'list'])
        .where('decisions.id', '=', id)
        .compile(),
    )
  }

  async accept(
    feedback: Feedback,
    visibleTo: string | undefined,
    cap: InfluenceCap | undefined,
  ): Promise<FeedbackReceiptRow> {
    const decision = this.#selectAnswer.first({ id: feedback.decisionId })
    if (decision === undefined || (visibleTo !== undefined && decision.key_id !== visibleTo)) {
      return { status: 'unknown_decision' }
    }
    if (decision.answered === null) return { status: 'no_answer' }
    const repeated = await this.#sequenceOfMessage(feedback)
    if (repeated !== undefined) return { status: 'duplicate', sequence: repeated }
    const llm = feedback.llm ?? decision.answered
    const earlier = await this.#latestOfSource(feedback, llm)
    if (earlier !== undefined && earlier.kind === feedback.kind && earlier.value === feedback.value) {
      await this.#rememberRepeat(feedback, earlier.sequence)
      return { status: 'duplicate', sequence: earlier.sequence, ...(await this.#withdraw(feedback, decision, cap)) }
    }
    if (await this.#isBeyondLimits(feedback)) return { status: 'too_many' }
    const made: NewLabel = {
      llm,
      offline_quality: loggedOfflineQuality(decision, decision.list, llm) ?? null,
      weight: this.#influence.allowedWeight(feedback, llm, earlier, cap),
    }
    const sequence = await this.#insert(feedback, made, earlier)
    await this.#rememberMessage(feedback, sequence)
    const label = labelRow(feedback, sequence, made, decision, earlier)
    return { status: 'accepted', label, ...(await this.#withdraw(feedback, decision, cap)) }
  }

  /** Puts a label of weight 0 in the place of the latest that `withdraws` names; of one that was taken back already the value is 0. */
  async #withdraw(
    { withdraws, ...feedback }: Feedback,
    decision: JudgedDecision,
    cap: InfluenceCap | undefined,
  ): Promise<{ readonly withdrawn?: LabelRow }> {
    if (withdraws === undefined) return {}
    const earlier = await this.#latestOfSource({ ...feedback, source: withdraws })
    if (earlier === undefined || earlier.value === 0) return {}
    const nothing: Feedback = { ...feedback, source: withdraws, kind: 'thumbs', value: 0, weight: 0, noise: undefined }
    const made: NewLabel = {
      llm: earlier.llm,
      offline_quality: loggedOfflineQuality(decision, decision.list, earlier.llm) ?? null,
      weight: this.#influence.allowedWeight(nothing, earlier.llm, earlier, cap),
    }
    const sequence = await this.#insert(nothing, made, earlier)
    return { withdrawn: labelRow(nothing, sequence, made, decision, earlier) }
  }

  async labelsAfter(sequence: number, limit: number): Promise<readonly LabelRow[]> {
    return this.#selectLabels().where('label.sequence', '>', sequence).orderBy('label.sequence').limit(limit).execute()
  }

  async label(sequence: number, visibleTo: string | undefined): Promise<StoredLabelRow | undefined> {
    let found = this.#selectLabels().select('label.received_at_ms').where('label.sequence', '=', sequence)
    if (visibleTo !== undefined) found = found.where('decisions.key_id', '=', visibleTo)
    return found.executeTakeFirst()
  }

  async latestSequence(): Promise<number> {
    const counter = await this.#database.selectFrom('label_counter').select('latest').executeTakeFirstOrThrow()
    return counter.latest
  }

  async #sequenceOfMessage({ decisionId, idempotencyKey }: Feedback): Promise<number | undefined> {
    if (idempotencyKey === undefined) return undefined
    const message = await this.#database
      .selectFrom('feedback_messages')
      .select('sequence')
      .where('decision_id', '=', decisionId)
      .where('idempotency_key', '=', idempotencyKey)
      .executeTakeFirst()
    return message?.sequence
  }

  async #rememberMessage({ decisionId, idempotencyKey }: Feedback, sequence: number): Promise<void> {
    if (idempotencyKey === undefined) return
    await this.#database
      .insertInto('feedback_messages')
      .values({ decision_id: decisionId, idempotency_key: idempotencyKey, sequence })
      .execute()
  }

  async #rememberRepeat(feedback: Feedback, sequence: number): Promise<void> {
    if (feedback.idempotencyKey === undefined) return
    const { messages } = await this.#database
      .selectFrom('feedback_messages')
      .select(({ fn }) => fn.countAll<number>().as('messages'))
      .where('decision_id', '=', feedback.decisionId)
      .executeTakeFirstOrThrow()
    if (messages < maxMessagesPerDecision) await this.#rememberMessage(feedback, sequence)
  }

  async #isBeyondLimits({ decisionId, source }: Feedback): Promise<boolean> {
    const said = await this.#database
      .selectFrom('labels')
      .select(({ fn }) => ['source', fn.countAll<number>().as('labels')])
      .where('decision_id', '=', decisionId)
      .groupBy('source')
      .execute()
    const labels = said.reduce((sum, next) => sum + next.labels, 0)
    const isKnown = said.some((next) => next.source === source)
    return labels >= maxLabelsPerDecision || (!isKnown && said.length >= maxSourcesPerDecision)
  }

  /** @param llm left out: of whichever. */
  async #latestOfSource({ decisionId, source }: Feedback, llm?: LlmId): Promise<EarlierLabel | undefined> {
    let found = this.#database
      .selectFrom('labels')
      .select(['sequence', 'llm', 'kind', 'value', 'weight', 'noise', 'key_id'])
      .where('decision_id', '=', decisionId)
      .where('source', '=', source)
    if (llm !== undefined) found = found.where('llm', '=', llm)
    const label = await found.orderBy('sequence', 'desc').limit(1).executeTakeFirst()
    return label && { ...label, age: (await this.latestSequence()) - label.sequence }
  }

  /** The counter outlives pruned labels, whose sequences are never given twice. */
  async #insert(feedback: Feedback, made: NewLabel, earlier: EarlierLabel | undefined): Promise<number> {
    const { latest: sequence } = await this.#database
      .updateTable('label_counter')
      .set((column) => ({ latest: column('latest', '+', 1) }))
      .returning('latest')
      .executeTakeFirstOrThrow()
    await this.#database
      .insertInto('labels')
      .values({
        sequence,
        ...made,
        decision_id: feedback.decisionId,
        source: feedback.source,
        kind: feedback.kind,
        value: feedback.value,
        noise: feedback.noise ?? null,
        revises: earlier?.sequence ?? null,
        received_at_ms: feedback.receivedAtMs,
        key_id: feedback.keyId ?? null,
      })
      .execute()
    return sequence
  }

  #selectLabels() {
    return this.#database
      .selectFrom('labels as label')
      .innerJoin('decisions', 'decisions.id', 'label.decision_id')
      .leftJoin('labels as revised', 'revised.sequence', 'label.revises')
      .select(['label.sequence', 'label.decision_id', 'label.llm', 'label.source', 'label.key_id'])
      .select(['label.kind', 'label.value', 'label.weight', 'label.noise', 'label.offline_quality'])
      .select(['embedder_id', 'embedding', 'explicit'])
      .select(['revised.sequence as revises_sequence', 'revised.kind as revises_kind'])
      .select(['revised.value as revises_value', 'revised.weight as revises_weight', 'revised.noise as revises_noise'])
  }
}

function labelRow(
  feedback: Feedback,
  sequence: number,
  made: NewLabel,
  { embedder_id, embedding, explicit }: JudgedDecision,
  earlier: EarlierLabel | undefined,
): LabelRow {
  return {
    sequence,
    ...made,
    decision_id: feedback.decisionId,
    source: feedback.source,
    key_id: feedback.keyId ?? null,
    kind: feedback.kind,
    value: feedback.value,
    noise: feedback.noise ?? null,
    revises_sequence: earlier?.sequence ?? null,
    revises_kind: earlier?.kind ?? null,
    revises_value: earlier?.value ?? null,
    revises_weight: earlier?.weight ?? null,
    revises_noise: earlier?.noise ?? null,
    embedder_id,
    embedding,
    explicit,
  }
}
