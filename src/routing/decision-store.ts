import type { RoutingDecision } from './decision.ts'
import type { Settlement } from './outcome.ts'
import type { LlmId } from './registry/llm.ts'

export interface StoredDecision {
  readonly decision: RoutingDecision
  /** Undefined while the answer is under way, or when the process died before it ended. */
  readonly settlement: Settlement | undefined
}

/** What was said of one decision: of each source and LLM the latest word. */
export interface LoggedLabel {
  readonly sequence: number
  readonly llm: LlmId
  readonly source: string
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  readonly weight: number
}

export interface LoggedDecision extends StoredDecision {
  readonly labels: readonly LoggedLabel[]
}

/**
 * Decisions and how they ended. Each promise resolves after the commit. Writes take effect in the order they are made; a
 * read sees every write that was acknowledged before it was made, and may miss one that is still pending.
 */
export interface DecisionStore {
  /**
   * May wait some milliseconds for the next call, to share its commit.
   *
   * @param reservedNanoUsd counts as spent until the decision is settled, and for good if it never is.
   */
  append(decision: RoutingDecision, reservedNanoUsd: number): Promise<void>
  /** A second settlement of the same decision changes nothing. */
  settle(settlement: Settlement): Promise<void>
  get(id: string): Promise<StoredDecision | undefined>
  /** The latest completed settlements, oldest first: what cost and latency estimates warm up from. */
  recentSettlements(limit: number): Promise<readonly StoredDecision[]>
  /**
   * The log in the order of decision ids, pinned decisions too: what off-policy estimates and refits read.
   *
   * @param afterId exclusive; '' begins at the oldest.
   */
  logged(afterId: string, limit: number): Promise<readonly LoggedDecision[]>
  /**
   * Answered decisions of a conversation, latest first.
   * @param visibleTo as in `FeedbackStore.accept`.
   */
  ofConversation(conversationId: string, visibleTo: string | undefined, limit: number): Promise<readonly string[]>
  /** Decisions made since `sinceMs` and before `untilMs`, of one key or of all, per hour of the UTC day (24 entries): what a pacer expects of a day. */
  decisionsPerHour(sinceMs: number, keyId?: string, untilMs?: number): Promise<readonly number[]>
  /** Nano-USD booked or reserved since `sinceMs`, of one key or of all; calls without a decision are in it. */
  spentNanoUsd(sinceMs: number, keyId?: string): Promise<number>
  /** Deletes decisions, settlements, labels and calls without a decision older than `beforeMs`; returns how many decisions went. */
  prune(beforeMs: number): Promise<number>
}
