import type { ChatRequest } from '../providers/chat-provider.ts'

/** An answer, and what it answers. */
export interface AnswerToGrade {
  readonly request: ChatRequest
  /** The text of the answer; '' where there is none. */
  readonly text: string
  /** The tool calls of the answer. */
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
}

export interface Grade {
  /** [0, 1]. */
  readonly quality: number
  /** Why, for people; short. */
  readonly reason?: string | undefined
  /** What the grading itself was billed, USD; undefined: nothing, or not known. */
  readonly costUsd?: number | undefined
}

/** Judges answers. Upstream output is data: nothing of it is executed, but by graders that say so and are off by default. */
export interface Grader {
  /**
   * @throws {GradingError} when the answer cannot be graded, which says nothing of its quality. A wrong or malformed answer is not
   *   such a case: it is graded 0.
   */
  grade(answer: AnswerToGrade, signal: AbortSignal): Promise<Grade>
}
