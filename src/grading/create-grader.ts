import { createChoiceGrader } from './choice-grader.ts'
import { createExactGrader } from './exact-grader.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import type { GradingServices } from './grading-services.ts'
import { createNumberGrader } from './number-grader.ts'
import { createTextGrader } from './text-grader.ts'
import { createToolCallGrader } from './tool-call-grader.ts'

/**
 * The grader that a specification asks for. Cheap: nothing is started before the first answer.
 *
 * @throws {GradingError} `grader_disabled` and `grader_unavailable`, so that nobody pays for answers that cannot be graded.
 */
export function createGrader(spec: GraderSpec, _services: GradingServices): Grader {
  switch (spec.kind) {
    case 'exact':
      return createExactGrader(spec)
    case 'text':
      return createTextGrader(spec)
    case 'number':
      return createNumberGrader(spec)
    case 'choice':
      return createChoiceGrader(spec)
    case 'tool-call':
      return createToolCallGrader(spec)
    case 'regex':
    case 'json':
    case 'code':
    case 'sql':
    case 'judge':
    case 'command':
      throw new GradingError('grader_unavailable', `Graders of kind ${spec.kind} are not built yet`)
  }
}
