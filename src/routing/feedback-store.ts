import type { Feedback, Label } from './outcome.ts'

export type FeedbackReceipt =
  /** Committed, with its place in the order. */
  | { readonly status: 'accepted'; readonly sequence: number; readonly label: Label; readonly withdrawn?: Label }
  /** Already known with the same value: nothing was written, but what {@link Feedback.withdraws} asks for. */
  | { readonly status: 'duplicate'; readonly sequence: number; readonly withdrawn?: Label }
  /** No such decision, or it belongs to another key: the two are not told apart. */
  | { readonly status: 'unknown_decision' }
  /** No LLM answered (yet): there is nothing to judge. */
  | { readonly status: 'no_answer' }
  /** Too many sources, or too many changes of mind, about one answer: nobody may drown the others. */
  | { readonly status: 'too_many' }

/** Sources that may judge one answer. */
export const maxSourcesPerDecision = 8

/** Labels that one answer may get from all sources, revisions included. */
export const maxLabelsPerDecision = 32

/**
 * How much one key may say of one LLM: as much as it has credit for. Each label takes its weight of
 * it; what is beyond is kept, with weight 0. Each label that anybody else offers on the LLM gives share/(1 − share) back, so that in the long run the key comes to
 * no more than that share of what is said; each day gives `free` back, so that a key is heard where nobody else speaks. More than
 * max(`burst`, `window` labels of others) is never saved up. It begins with a day's `free` and what all labels of others so far come to, at most that. What a key offers itself changes nothing: it cannot push others out.
 */
export interface InfluenceCap {
  /** Labels of others. */
  readonly window: number
  /** Weight, in labels, per day. */
  readonly free: number
  /** Weight, in labels; left out: `free`, as it is where nobody else has spoken of the LLM and `free` is more. */
  readonly burst?: number
  /** [0, 1]; 1: no cap. */
  readonly share: number
}

/** What became of a label, for people who ask. */
export interface StoredLabel extends Label {
  readonly receivedAtMs: number
  readonly keyId: string | undefined
}

/** Feedback in one total order. */
export interface FeedbackStore {
  /**
   * Checks, numbers and commits (synchronous=FULL) in one transaction.
   * @param visibleTo the key that posts; undefined sees every decision (no keys in use, or an admin).
   * @param cap on the influence of `feedback.keyId`; undefined: none.
   */
  accept(feedback: Feedback, visibleTo: string | undefined, cap?: InfluenceCap): Promise<FeedbackReceipt>
  /** One label by its number; undefined when there is none, or when it is on a decision that `visibleTo` may not see. */
  label(sequence: number, visibleTo: string | undefined): Promise<StoredLabel | undefined>
  /** Labels with a sequence above `sequence`, in order. */
  labelsAfter(sequence: number, limit: number): Promise<readonly Label[]>
  latestSequence(): Promise<number>
}
