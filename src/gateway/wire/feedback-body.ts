import {
  type FeedbackReceipt,
  maxLabelsPerDecision,
  maxSourcesPerDecision,
  type StoredLabel,
} from '../../routing/feedback-store.ts'
import type { PolicyVersionSummary } from '../../routing/policy-store.ts'
import type { LabelReceipt } from '../feedback/accept-feedback.ts'
import type { ServingState } from '../feedback/serving-state.ts'
import { GatewayError } from '../gateway-error.ts'

const prefix = 'fb-'

/** The id of a piece of feedback: it carries the number of its label. */
function toFeedbackId(sequence: number): string {
  return prefix + sequence
}

/** The label's number; undefined when it is no id of ours. */
export function toLabelSequence(id: string): number | undefined {
  const digits = id.startsWith(prefix) ? id.slice(prefix.length) : id
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined
}

/**
 * The answer to `POST /v1/feedback` on one answer: its own label, and under `labels` all that came of it.
 *
 * @throws {GatewayError} `unknown_decision`, `no_answer_yet`, `too_many_labels` when the statement's own label was not taken.
 */
export function toFeedbackBody(receipts: readonly LabelReceipt[]) {
  const { decisionId, receipt, asked } = receipts[0]!
  const sequence = sequenceOf(receipt)
  return {
    object: 'feedback' as const,
    id: toFeedbackId(sequence),
    status: receipt.status,
    decision_id: decisionId,
    sequence,
    ...loweredWeight(receipt, asked),
    labels: receipts.map(toLabelBody),
  }
}

/**
 * The same on a conversation: what became of each of its answers, the latest first.
 *
 * @throws {GatewayError} `unknown_decision` when it has no answer that the caller may see, `too_many_labels` when no label was taken.
 */
export function toConversationFeedbackBody(conversationId: string, receipts: readonly LabelReceipt[]) {
  const taken = receipts.filter(({ receipt }) => 'sequence' in receipt)
  if (taken.length === 0 && receipts[0] !== undefined) sequenceOf(receipts[0].receipt)
  if (taken.length === 0) {
    throw new GatewayError(
      'unknown_decision',
      'There is no answered decision of that conversation among those of this key',
      {
        param: 'conversation_id',
      },
    )
  }
  const isNew = taken.some(({ receipt }) => receipt.status === 'accepted')
  return {
    object: 'feedback' as const,
    status: isNew ? ('accepted' as const) : ('duplicate' as const),
    conversation_id: conversationId,
    sequences: taken.map(({ receipt }) => sequenceOf(receipt)),
    labels: receipts.map(toLabelBody),
  }
}

/** One label, and what has been learned from it: `GET /v1/feedback/<id>`. */
export function toLabelStateBody(
  label: StoredLabel,
  serving: ServingState | undefined,
  versions: readonly PolicyVersionSummary[],
) {
  return {
    object: 'feedback.label' as const,
    id: toFeedbackId(label.sequence),
    sequence: label.sequence,
    decision_id: label.decisionId,
    llm: label.llm,
    source: label.source,
    kind: label.kind,
    value: label.value,
    weight: label.weight,
    noise: label.noise ?? null,
    revises: label.revises === undefined ? null : toFeedbackId(label.revises.sequence),
    received: Math.floor(label.receivedAtMs / 1_000),
    learned: serving === undefined ? null : toLearnedBody(label, serving),
    in_fit_of: versions.filter(({ throughSequence = 0 }) => throughSequence >= label.sequence).map(({ id }) => id),
  }
}

function toLearnedBody(label: StoredLabel, { policyVersion, labelSequence, embedderId }: ServingState) {
  const reason = unlearnedReason(label, labelSequence, embedderId)
  return {
    policy_version: policyVersion,
    label_sequence: labelSequence,
    applied: reason === undefined,
    reason: reason ?? null,
  }
}

/** Why a label has not moved what serves. */
function unlearnedReason({ sequence, weight, context, revises }: StoredLabel, learnedTo: number, embedderId: string) {
  // One that weighs nothing still takes back what it revises.
  if (weight === 0 && (revises === undefined || revises.weight === 0)) return 'its key has had its say on this LLM'
  if (context.embedding.length === 0) return 'the request named its LLM, which teaches nothing'
  if (context.embedderId !== embedderId) return 'its request was embedded by another embedder than the one that serves'
  return sequence > learnedTo ? 'not folded in yet' : undefined
}

function toLabelBody({ decisionId, receipt, asked }: LabelReceipt) {
  if (!('sequence' in receipt)) return { id: null, status: receipt.status, decision_id: decisionId, sequence: null }
  const { status, sequence } = receipt
  const about = receipt.status === 'accepted' ? { llm: receipt.label.llm } : {}
  return {
    id: toFeedbackId(sequence),
    status,
    decision_id: decisionId,
    sequence,
    ...about,
    ...loweredWeight(receipt, asked),
  }
}

/** Told where a cap on the key's influence left less than was asked. */
function loweredWeight(receipt: FeedbackReceipt, asked: number): { readonly weight?: number } {
  if (receipt.status !== 'accepted' || receipt.label.weight >= asked) return {}
  return { weight: receipt.label.weight }
}

/** @throws {GatewayError} `unknown_decision`, `no_answer_yet`, `too_many_labels` */
function sequenceOf(receipt: FeedbackReceipt): number {
  switch (receipt.status) {
    case 'accepted':
    case 'duplicate':
      return receipt.sequence
    case 'unknown_decision':
      throw new GatewayError('unknown_decision', 'There is no such decision among those of this key')
    case 'no_answer':
      throw new GatewayError('no_answer_yet', 'No LLM has answered this request, so there is nothing to judge')
    case 'too_many':
      throw new GatewayError(
        'too_many_labels',
        `This answer has all the feedback it may get: from ${maxSourcesPerDecision} sources, ${maxLabelsPerDecision} times in all`,
      )
  }
}
