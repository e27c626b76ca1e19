import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { createRouter } from '../../../routing/create-router.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import type { StarterModel } from '../../../routing/starter/starter-model.ts'
import { type StartPlan, startLambdas, streamLength } from './start-plan.ts'

/** With the starter, and from list prices. */
export const startPolicies = ['pointsman', 'cold-start'] as const

export type StartPolicy = (typeof startPolicies)[number]

/** Who answered each prompt of one order, by LLM index: per λ in the order of {@link startLambdas}, per policy. */
export type StartOrderOutput = readonly Readonly<Record<StartPolicy, readonly number[]>>[]

/** One finished order. */
export interface FinishedStart {
  readonly seed: number
  readonly output: StartOrderOutput
}

/** The first prompts of the test split in the order of a seed; the same wherever it is made. */
export function startOrder(rows: readonly number[], seed: number): Int32Array {
  const order = Int32Array.from(rows)
  shuffle(order, new SeededRandom(Math.imul(seed, 0x5bd1e995)))
  return order.subarray(0, streamLength)
}

/** Streams one order through the real router with and without the starter, feedback at once on the LLM drawn alone. */
export async function runStartOrder(
  { prepared, split }: Pick<StartPlan, 'prepared' | 'split'>,
  starter: StarterModel,
  seed: number,
  onProgress: (share: number) => void,
): Promise<StartOrderOutput> {
  const order = startOrder(split.test, seed)
  const output: Record<StartPolicy, readonly number[]>[] = []
  for (const [index, lambda] of startLambdas.entries()) {
    const random = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
    const replay = (start: StarterModel | undefined) => replayStart(prepared.data, order, lambda, start, random)
    output.push({ pointsman: await replay(starter), 'cold-start': await replay(undefined) })
    onProgress((index + 1) / startLambdas.length)
  }
  return output
}

async function replayStart(
  data: OutcomeData,
  order: Int32Array,
  lambda: number,
  starter: StarterModel | undefined,
  seed: number,
): Promise<readonly number[]> {
  const width = data.llms.length
  const indexOf = new Map(data.llms.map(({ id }, llm) => [id, llm]))
  const router = createRouter({
    llms: data.llms.map(({ id, price }) => ({ id, price })),
    seed,
    ...(starter === undefined ? {} : { starter }),
  })
  const choices: number[] = []
  for (const row of order) {
    const { text } = data.prompts[row]!
    const decision = await router.route({ userText: text, preference: { lambda } })
    const llm = indexOf.get(decision.drawn)!
    const cell = row * width + llm
    const outputTokens = data.outputTokens[cell]!
    const costUsd = data.costUsd[cell]!
    router.recordOutcome(decision, { costUsd, ...(Number.isNaN(outputTokens) ? {} : { outputTokens }) })
    router.recordFeedback(decision, { score: data.quality[cell]! })
    choices.push(llm)
  }
  return choices
}
