import type { AnswerToGrade } from '../grader.ts'

/** An answer that is only text, to a question that does not matter. */
export function answerOf(text: string): AnswerToGrade {
  return { request: { messages: [{ role: 'user', content: 'A question' }] }, text, toolCalls: [] }
}

/** An answer that is only calls of tools. */
export function callsOf(...toolCalls: AnswerToGrade['toolCalls']): AnswerToGrade {
  return { ...answerOf(''), toolCalls }
}

export const noSignal = new AbortController().signal
