import { createChoiceGrader } from './choice-grader.ts'
import { createCodeGrader } from './code-grader.ts'
import { createCommandGrader } from './command-grader.ts'
import { createExactGrader } from './exact-grader.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import type { GradingServices } from './grading-services.ts'
import { createJsonGrader } from './json-grader.ts'
import { createJudgeGrader } from './judge-grader.ts'
import { createNumberGrader } from './number-grader.ts'
import { createRegexGrader } from './regex-grader.ts'
import { createSqlGrader } from './sql-grader.ts'
import { createTextGrader } from './text-grader.ts'
import { createToolCallGrader } from './tool-call-grader.ts'

/**
 * The grader that a specification asks for. Cheap: nothing is started before the first answer.
 *
 * @throws {GradingError} `grader_disabled` and `grader_unavailable`, so that nobody pays for answers that cannot be graded.
 */
export function createGrader(spec: GraderSpec, services: GradingServices): Grader {
  const { checks, folder, code: isolation = 'off', commands = false, judge, environment = {} } = services
  switch (spec.kind) {
    case 'exact':
      return createExactGrader(spec)
    case 'text':
      return createTextGrader(spec)
    case 'number':
      return createNumberGrader(spec)
    case 'choice':
      return createChoiceGrader(spec)
    case 'regex':
      return createRegexGrader(spec, checks)
    case 'json':
      return createJsonGrader(spec, checks)
    case 'tool-call':
      return createToolCallGrader(spec)
    case 'code':
      if (isolation === 'off') throw disabled('Code of answers is not run', 'grading.code: namespace')
      return createCodeGrader(spec, { isolation, environment })
    case 'sql':
      return createSqlGrader(spec, folder)
    case 'judge':
      if (judge === undefined)
        throw new GradingError('grader_unavailable', 'No LLM judges; judge.llm in the configuration names one')
      return createJudgeGrader(spec, judge)
    case 'command':
      if (!commands) throw disabled(`${spec.command[0]} is not run`, 'grading.command: true')
      return createCommandGrader(spec, { folder, environment })
  }
}

function disabled(what: string, switchOn: string): GradingError {
  return new GradingError('grader_disabled', `${what}: ${switchOn} in the configuration switches it on`)
}
