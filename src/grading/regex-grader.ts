import type { BoundedChecks } from './bounded-checks.ts'
import { withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { verdict } from './verdict.ts'

/** 1 where the pattern matches somewhere in the trimmed answer; a match that takes too long is a `not_graded`. */
export function createRegexGrader(spec: Extract<GraderSpec, { kind: 'regex' }>, checks: BoundedChecks): Grader {
  const { pattern, flags } = spec
  return {
    async grade({ text }) {
      const answer = withoutThinking(text).trim()
      return verdict((await checks.run({ kind: 'regex', pattern, flags, text: answer })).holds)
    },
  }
}
