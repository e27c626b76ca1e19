import type { RoutingDecision } from '../../routing/decision.ts'
import type { AnswerWriter } from '../answer-writer.ts'
import type { ChatToServe } from '../chat-to-serve.ts'

/** What became of an answer that was drawn to be judged; a label of the metrics. */
export type JudgementOutcome =
  | 'graded'
  /** The judge failed, or gave no score. */
  | 'not_graded'
  /** The request does not let the judge's LLM see it. */
  | 'not_permitted'
  /** It speaks of more than text, or several answers were asked for: the judge could not see what was answered. */
  | 'not_text'
  | 'too_long'
  /** The judge's own LLM answered: it would judge itself. */
  | 'own_answer'
  /** The judge's LLM is not in the pool, or its price is not known, so that no cap could hold. */
  | 'no_judge'
  | 'over_cap'
  /** More answers waited than are kept. */
  | 'dropped'
  /** The store did not take the label. */
  | 'not_stored'

/** Has a share of live answers judged; nothing waits for it and nothing fails with it. */
export interface AnswerJudge {
  /** The writer itself, or one that hands its answer over when it is whole. Never throws. */
  watch(writer: AnswerWriter, decision: RoutingDecision, chat: ChatToServe): AnswerWriter
  /** Ends what is under way; what waits is not judged. Idempotent. */
  close(): Promise<void>
}
