import type { ChatCompletion, ChunkEvent } from '../providers/chat-provider.ts'
import type { RoutingDecision } from '../routing/decision.ts'
import type { LlmId } from '../routing/registry/llm.ts'

/** What an answer says of itself. */
export interface AnswerReceipt {
  readonly decision: RoutingDecision
  readonly answered: LlmId
  /** Parameters the caller sent that the answering LLM's API does not take; mostly none. */
  readonly droppedParameters: readonly string[]
  /** What the answering LLM billed; undefined while, or because, it is not known. */
  readonly costUsd: number | undefined
  readonly overheadMs: number
}

/** Writes one answer in its dialect. Nothing is written before the first call. */
export interface AnswerWriter {
  /** A whole answer, and the end. */
  complete(completion: ChatCompletion, receipt: AnswerReceipt): void
  /** A stream begins; the cost is not known yet. */
  open(receipt: AnswerReceipt): void
  /** One event of the stream. A promise asks to wait: the caller reads slower than the LLM writes. */
  chunk(event: ChunkEvent): Promise<void> | undefined
  /** The stream ended whole; called after the settlement was committed. */
  finish(receipt: AnswerReceipt): void
  /** The stream broke off after it began. */
  fail(error: unknown): void
}
