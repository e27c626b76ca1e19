import type { AnswerToGrade, Grade, Grader } from './grader.ts'

/** A grader that tells right from wrong by the answer alone: 1 or 0. */
export function graded(isRight: (answer: AnswerToGrade) => boolean): Grader {
  return { grade: async (answer) => verdict(isRight(answer)) }
}

export function verdict(right: boolean, reason?: string): Grade {
  return { quality: right ? 1 : 0, reason }
}
