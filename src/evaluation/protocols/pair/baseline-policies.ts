import { avengersPro } from '../../baselines/avengers-pro.ts'
import { forc } from '../../baselines/forc.ts'
import { optllm } from '../../baselines/optllm.ts'
import { zooter } from '../../baselines/zooter.ts'
import type { FittedStaticPolicy, StaticPolicy, StaticPrompts, StaticTraining } from '../static/static-policy.ts'
import { type PairPolicy, type PairPrompts, type PairTraining, strongLlm } from './pair-policy.ts'

/**
 * Cost weights of the `static` protocol lie 13 % apart; asked at so many costs in between, thresholds lie 1.6 % apart.
 */
const costsBetween = 8
const weightRatio = 10 ** (6.5 / 119)

/**
 * A baseline that trades quality off against cost, as a policy of two: a call of the strong LLM costs 1, of the weak
 * one 0, in what it is fitted and tuned on and in what it is asked. Its knob then buys strong calls, which is what this
 * protocol counts, and its own tuning by AIQ is by the area under quality over the share of strong calls. The gain of a
 * prompt is the share of all settings at which it goes to the strong LLM.
 *
 * @param costs of a strong call relative to a weak one, at which its settings are asked. A negative one makes the weak
 *   call the dear one: its knob then buys those, and so ranks the prompts on which the strong LLM is expected to lose.
 */
function boughtCalls(policy: StaticPolicy, weight: number, costs: readonly number[]): PairPolicy {
  return {
    names: [policy.name],
    weight,
    async gains(training, prompts) {
      const fitted = await policy.fit(withCountedCalls(training))
      return [shareOfStrong(fitted, prompts, costs)]
    },
  }
}

function thresholdCosts(): number[] {
  const between = Array.from({ length: costsBetween }, (_, i) => weightRatio ** (i / costsBetween))
  return [...between, ...between.map((cost) => -cost)]
}

/** Training rows on which a strong call costs 1 and a weak one 0. */
export function withCountedCalls({ data, rows, embedder, seed, folds }: PairTraining): StaticTraining {
  const costUsd = countedCalls(rows.contexts.length, 1)
  return {
    rows: { ...rows, costUsd },
    texts: data.prompts.map((prompt) => prompt.text),
    sources: data.prompts.map((prompt) => prompt.source),
    prices: data.llms.map((llm) => llm.price),
    embedder,
    seed,
    outOfFoldCostUsd: costUsd,
    folds,
  }
}

function countedCalls(prompts: number, strongCost: number): Float64Array {
  const [weak, strong] = strongCost >= 0 ? [0, strongCost] : [-strongCost, 0]
  return Float64Array.from({ length: 2 * prompts }, (_, cell) => (cell % 2 === strongLlm ? strong : weak))
}

function shareOfStrong(fitted: FittedStaticPolicy, prompts: PairPrompts, costs: readonly number[]): Float64Array {
  const count = prompts.contexts.length
  const strong = new Float64Array(count)
  let settings = 0
  for (const cost of costs) {
    const shown: StaticPrompts = { ...prompts, predictedCostUsd: countedCalls(count, cost) }
    const choices = fitted.choose(shown)
    choices.answeredBy.forEach((llm, choice) => {
      if (llm === strongLlm) strong[choice % count]!++
    })
    settings += choices.settings
  }
  return strong.map((times) => times / settings)
}

/**
 * The baselines of the `static` protocol that mean something for two LLMs. CARROT's plug-in rule is here its regressor
 * alone, which the rows `knn` and `ridge` are; AutoMix would need a verifier's word on every answer. Avengers-Pro
 * scales marks between a cluster's worst and best LLM: of two it keeps only which one is better there, and where that
 * is the strong one everywhere, no prompt differs.
 */
export const baselinePolicies: readonly PairPolicy[] = [
  boughtCalls(avengersPro, 8, [1]),
  boughtCalls(zooter, 16, thresholdCosts()),
  boughtCalls(optllm, 9, [1, -1]),
  boughtCalls(forc, 16, [1, -1]),
]
