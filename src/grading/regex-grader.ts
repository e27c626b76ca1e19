import type { BoundedChecks } from './bounded-checks.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { verdict } from './verdict.ts'

/** 1 where the pattern matches somewhere in the trimmed answer; a match that takes too long is a `not_graded`. */
export function createRegexGrader(spec: Extract<GraderSpec, { kind: 'regex' }>, checks: BoundedChecks): Grader {
  const { pattern, flags } = spec
  return {
    grade: async ({ text }) => verdict((await checks.run({ kind: 'regex', pattern, flags, text: text.trim() })).holds),
  }
}
