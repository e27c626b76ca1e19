import type { RandomSource } from '../../../routing/numeric/random-source.ts'

export const taskKindNames = [
  'arithmetic',
  'dates',
  'units',
  'strings',
  'json_extraction',
  'code_output',
  'logic',
] as const
export type TaskKindName = (typeof taskKindNames)[number]

/** A prompt with its one right answer. */
export interface Task {
  readonly kind: TaskKindName
  readonly prompt: string
  readonly answer: string
}

/** One kind of checkable task. Solving reads the prompt's own words, so that it also answers what people type. */
export interface TaskKind {
  readonly name: TaskKindName
  /** What to try, for people. */
  readonly example: string
  generate(random: RandomSource): Omit<Task, 'kind'>
  /** @returns the right answer, or undefined when the prompt is not of this kind. Bounded time for any text. */
  solve(prompt: string): string | undefined
  /** A plausible wrong answer; always graded below 1. */
  wrongAnswer(answer: string, random: RandomSource): string
  /**
   * @param answer the right one, from {@link solve}.
   * @param reply whatever an LLM wrote, possibly with words around its answer.
   * @returns quality in [0, 1].
   */
  grade(answer: string, reply: string): number
}

/** A whole number in [low, high]. */
export function integer(random: RandomSource, low: number, high: number): number {
  return low + Math.floor(random.next() * (high - low + 1))
}

export function pick<T>(random: RandomSource, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)]!
}

/** `count` different items, in random order. */
export function pickSome<T>(random: RandomSource, items: readonly T[], count: number): T[] {
  const rest = [...items]
  return Array.from({ length: count }, () => rest.splice(Math.floor(random.next() * rest.length), 1)[0]!)
}
