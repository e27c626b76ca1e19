import type { RandomSource } from '../../routing/numeric/random-source.ts'
import { arithmetic } from './tasks/arithmetic.ts'
import { codeOutput } from './tasks/code-output.ts'
import { dates } from './tasks/dates.ts'
import { jsonExtraction } from './tasks/json-extraction.ts'
import { logic } from './tasks/logic.ts'
import { strings } from './tasks/strings.ts'
import { pick, type Task, type TaskKind } from './tasks/task-kind.ts'
import { unitConversion } from './tasks/units.ts'

/** The most particular first: a prompt belongs to the first kind that can solve it. */
export const taskKinds: readonly TaskKind[] = [
  codeOutput,
  jsonExtraction,
  logic,
  dates,
  unitConversion,
  strings,
  arithmetic,
]

/** A task of a random kind, or of the kind given. */
export function generateTask(random: RandomSource, kind: TaskKind = pick(random, taskKinds)): Task {
  return { kind: kind.name, ...kind.generate(random) }
}

/** A prompt that the suite understands, with its right answer. */
export interface RecognisedTask {
  readonly kind: TaskKind
  readonly answer: string
}

/** Reads any text; undefined when no kind of the suite can solve it. */
export function recogniseTask(prompt: string): RecognisedTask | undefined {
  for (const kind of taskKinds) {
    const answer = kind.solve(prompt)
    if (answer !== undefined) return { kind, answer }
  }
  return undefined
}

/**
 * Quality of any LLM's reply to a prompt of the suite.
 * @returns in [0, 1], or undefined when the suite cannot tell.
 */
export function checkReply(prompt: string, reply: string): number | undefined {
  const task = recogniseTask(prompt)
  return task?.kind.grade(task.answer, reply)
}
