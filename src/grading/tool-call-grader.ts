import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { isSameJson } from './same-json.ts'
import { verdict } from './verdict.ts'

/**
 * 1 where the answer calls that tool and nothing else, with arguments equal by value; 0 otherwise, also where the arguments are not JSON.
 * More calls than one are wrong: whoever runs them would do what nobody asked for.
 */
export function createToolCallGrader(spec: Extract<GraderSpec, { kind: 'tool-call' }>): Grader {
  return {
    grade: async ({ toolCalls }) => {
      const [call] = toolCalls
      if (call === undefined) return verdict(false, 'no tool was called')
      if (toolCalls.length > 1) return verdict(false, `${toolCalls.length} tools were called`)
      if (call.name !== spec.name) return verdict(false, 'another tool was called')
      const given = parseArguments(call.arguments)
      if (given === undefined) return verdict(false, 'its arguments are not JSON')
      if (spec.arguments === undefined || isSameJson(given, spec.arguments)) return verdict(true)
      return verdict(false, 'its arguments differ')
    },
  }
}

/** Some providers leave the text empty where a tool takes no arguments. */
function parseArguments(text: string): unknown {
  try {
    return text.trim() === '' ? {} : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
