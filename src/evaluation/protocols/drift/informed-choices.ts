import { solveBudgetDual } from '../../../routing/decision/budget-pacer.ts'
import type { OnlineGoal } from '../../online/online-policy.ts'
import { goalWeights } from '../../online/realised-utility.ts'
import type { ToldEstimates } from './drift-case.ts'
import type { DriftStream } from './drift-stream.ts'
import type { StreamPrompt } from './replay-policy.ts'

/** What `solveBudgetDual` answers when not even the cheapest LLM keeps to the budget. */
const unaffordableDual = 1e6

/** Whether a ν of {@link fullInformationChoices} keeps to its budget, and so is what a dollar was worth. */
export function isAffordable(dual: number): boolean {
  return dual < unaffordableDual
}

/** The best answer at each step, the cheaper of equal ones: no router can do better in quality. */
export function oracleChoices(stream: DriftStream): Uint16Array {
  return Uint16Array.from({ length: stream.length }, (_, step) => {
    const candidates = stream.candidates(step)
    let best = candidates[0]!
    for (const llm of candidates) {
      const gain = stream.quality(step, llm) - stream.quality(step, best)
      if (gain > 0 || (gain === 0 && stream.costUsd(step, llm) < stream.costUsd(step, best))) best = llm
    }
    return best
  })
}

/**
 * The full-information router: the offline stack, told of every change the moment it happens (a loss of quality scales its
 * estimates by what such a loss leaves of that LLM's mean offline, prices scale its costs, the newcomer's outcomes were in its training data), exploring nothing. Under a budget
 * its ν is the best one for this very stream, in hindsight: the smallest under which what was really billed keeps to it.
 *
 * It is the mark to reach without being told, not a bound: a policy that learns from the stream may pass it.
 *
 * @param promptOf by row of the data set.
 * @returns with ν, in quality units per C_ref: what a dollar was worth on this stream.
 */
export function fullInformationChoices(
  stream: DriftStream,
  told: ToldEstimates,
  promptOf: (row: number) => Pick<StreamPrompt, 'context' | 'inputTokens'>,
  goal: OnlineGoal,
): { readonly choices: Uint16Array; readonly dual: number } {
  const place = new Map(told.llms.map((llm, index) => [llm, index]))
  const choices = new Uint16Array(stream.length)
  const chooseAll = (dual: number): number => {
    const weights = goalWeights(goal, dual)
    let billed = 0
    for (let step = 0; step < stream.length; step++) {
      const { context, inputTokens } = promptOf(stream.order[step]!)
      const quality = told.quality.row(context)
      const costs = told.costUsd.row(context, inputTokens)
      let best = -1
      let bestUtility = Number.NEGATIVE_INFINITY
      for (const llm of stream.candidates(step)) {
        const index = place.get(llm)!
        const expected = quality[index]! * (stream.loss(step, llm) > 0 ? told.keptQuality[index]! : 1)
        const cost = (stream.costFactor(step, llm) * costs[index]!) / goal.costReferenceUsd
        const utility = weights.quality * expected - weights.cost * cost
        if (utility <= bestUtility) continue
        best = llm
        bestUtility = utility
      }
      choices[step] = best
      billed += stream.costUsd(step, best)
    }
    return billed / stream.length
  }
  const dual = goal.budgetUsd === undefined ? 0 : solveBudgetDual(chooseAll, goal.budgetUsd)
  chooseAll(dual)
  return { choices, dual }
}
