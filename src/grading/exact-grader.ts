import { withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { graded } from './verdict.ts'

/** 1 where the answer without the white space around it is one of the answers, character by character; else 0. */
export function createExactGrader({ answers }: Extract<GraderSpec, { kind: 'exact' }>): Grader {
  const right = new Set(answers.map((answer) => answer.trim()))
  return graded(({ text }) => right.has(withoutThinking(text).trim()))
}
