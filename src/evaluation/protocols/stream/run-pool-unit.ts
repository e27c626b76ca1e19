import { type OutcomeData, selectLlms, selectRows } from '../../../outcomes/outcome-data.ts'
import { trainingRows } from '../../../training/fit-contexts.ts'
import { fitMixLlm } from '../../mixllm/fit-mixllm.ts'
import type { MixLlmEstimates } from '../../mixllm/mixllm-estimates.ts'
import { offlineMixLlm } from '../../mixllm/offline-mixllm.ts'
import { maker } from './run-ablation-unit.ts'
import { testRun } from './run-main-unit.ts'
import type { StreamCase } from './stream-case.ts'
import { mixLlmTrees } from './stream-fits.ts'
import type { StreamRun, StreamUnitOutput } from './stream-output.ts'
import { curveLambdas } from './stream-setting.ts'

/** Dearer than this share of the dearest LLM, and an addition says little about saving. */
const cheapShare = 0.25

/**
 * The LLM that joins: as the paper added a cheap and strong one, that of the best mean quality among those which cost at most
 * a quarter of the dearest.
 */
export function addedLlm(from: StreamCase): number {
  let best = -1
  from.meanCostUsd.forEach((costUsd, llm) => {
    if (costUsd > cheapShare * from.costReferenceUsd) return
    if (best === -1 || from.meanQuality[llm]! > from.meanQuality[best]!) best = llm
  })
  return best
}

/**
 * The pool before and after an LLM joins by its own regressors, fitted on the same offline prompts; nothing else is fitted again,
 * and C_ref stays (MixLLM, section 4.6).
 */
export async function runPoolUnit(from: StreamCase, offlineShare: number): Promise<StreamUnitOutput> {
  const { data, parts, seed } = from
  const added = addedLlm(from)
  const before = data.llms.flatMap((_, llm) => (llm === added ? [] : [llm]))
  if (added === -1 || before.length < 2) return { seed, runs: [], courses: [], notes: [] }
  const offlineData = selectRows(data, parts.offline)
  const rowsOf = (llms: readonly number[]) => trainingRows(selectLlms(offlineData, llms), from.offlineRows.contexts)
  const known = rowsOf(before)
  const fitted = await fitMixLlm(known, {
    texts: from.offlineTexts,
    sources: from.offlineSources,
    prices: before.map((llm) => from.prices[llm]),
    seed,
    tags: 'domains',
    trees: mixLlmTrees,
  })
  const runs: StreamRun[] = []
  const stages: readonly [string, MixLlmEstimates, readonly number[]][] = [
    ['before', fitted, before],
    ['after', fitted.addLlm(rowsOf([added]), from.prices[added]), data.llms.map((_, llm) => llm)],
  ]
  for (const [pool, estimates, candidates] of stages) {
    const offline = offlineMixLlm(estimates, from.offlineRows, idsOf(data))
    for (const lambda of curveLambdas) {
      const setting = {
        lambda,
        offlineShare,
        feedback: 'none',
        timeLimit: null,
        pool,
      } as const
      runs.push(await testRun(from, 'mixllm', setting, maker(from, offline, setting), { candidates }))
    }
  }
  return { seed, runs, courses: [], notes: [`Seed ${seed}: ${data.llms[added]!.id} joins the pool without it.`] }
}

function idsOf(data: OutcomeData): string[] {
  return data.llms.map((llm) => llm.id)
}
