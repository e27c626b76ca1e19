import type { Feedback, Label } from './outcome.ts'

export type FeedbackReceipt =
  /** Committed, with its place in the order. */
  | { readonly status: 'accepted'; readonly sequence: number; readonly label: Label }
  /** Already known with the same value: nothing was written. */
  | { readonly status: 'duplicate'; readonly sequence: number }
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
 * How much one key may say of one LLM. Of the LLM's last `window` labels that weigh something, revised ones left out, let K be the weight of the
 * key's own, and T of all, both with the new label in: it gets the largest weight, up to what was asked, at which K ≤ max(free, share·T). What is
 * beyond is kept, with weight 0. Labels of weight 0 hold no place in the window: else a key could push the others out of it by posting more. For the
 * same reason each label in the window counts in K for at least 2·free/window, however little it weighs.
 */
export interface InfluenceCap {
  /** Labels. */
  readonly window: number
  /** Weight, in labels. */
  readonly free: number
  /** [0, 1]. */
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
