import type { BoundedChecks } from './bounded-checks.ts'
import { fencedBlock } from './fenced-block.ts'
import { withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { isSameJson } from './same-json.ts'
import { verdict } from './verdict.ts'

/** 1 where the whole answer, or its first fenced block, is JSON that keeps to the schema and equals `answer` where that is given. */
export function createJsonGrader(spec: Extract<GraderSpec, { kind: 'json' }>, checks: BoundedChecks): Grader {
  return {
    async grade({ text }) {
      const parsed = parseJsonAnswer(withoutThinking(text))
      if (parsed === undefined) return verdict(false, 'it is not JSON')
      if (spec.schema !== undefined) {
        const { holds, reason } = await checks.run({ kind: 'schema', schema: spec.schema, value: parsed.value })
        if (!holds) return verdict(false, reason)
      }
      if (spec.answer === undefined || isSameJson(parsed.value, spec.answer)) return verdict(true)
      return verdict(false, 'its value differs')
    },
  }
}

/** The value is wrapped: null is JSON too. */
export function parseJsonAnswer(text: string): { readonly value: unknown } | undefined {
  for (const candidate of [text, fencedBlock(text, ['json', 'json5', 'jsonc'])]) {
    try {
      if (candidate !== undefined) return { value: JSON.parse(candidate) as unknown }
    } catch {
      // The next one may be.
    }
  }
  return undefined
}
