import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { CandidateAppraiser } from '../../src/routing/decision/candidate-appraiser.ts'
import { tradeOff } from '../../src/routing/decision/utility.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { plainRequest, type RoutingRequest } from '../../src/routing/request.ts'
import { defaultRouterOptions } from '../../src/routing/router.ts'
import type { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { realisedUtility, recordedPool } from './recorded-pool.ts'

/** A recorded prompt as it would be decided. */
export interface TestedPrompt {
  /** Of the data. */
  readonly row: number
  readonly request: RoutingRequest
  readonly context: RoutingContext
}

export function testedPrompt(data: OutcomeData, row: number, context: RoutingContext): TestedPrompt {
  return { row, request: plainRequest(data.prompts[row]!.text), context }
}

/**
 * What a policy's choices, draws and hope for newcomers included, come to on prompts of known outcomes. Latency plays no part.
 *
 * @param columns of `data`: the pool.
 * @returns of each column its share of the prompts; utility a prompt, as recorded.
 */
export function servedUtility(
  policy: RoutingPolicy,
  data: OutcomeData,
  columns: readonly number[],
  prompts: readonly TestedPrompt[],
  { lambda, costReferenceUsd }: { readonly lambda: number; readonly costReferenceUsd: number },
): { readonly shares: Float64Array; readonly utility: number } {
  const llms = recordedPool(data)
  const pool = columns.map((column) => llms[column]!)
  const appraiser = new CandidateAppraiser(new CompletionTimeModel(), defaultRouterOptions)
  const weights = tradeOff(lambda)
  const shares = new Float64Array(columns.length)
  let utility = 0
  for (const { row, request, context } of prompts) {
    appraiser.estimate(request, policy, context, pool, weights)
    appraiser.choose(request, policy, pool, weights)
    columns.forEach((column, i) => {
      const part = appraiser.buffers.probability[i]! / prompts.length
      const cell = row * data.llms.length + column
      shares[i]! += part
      utility += part * realisedUtility(data.quality[cell]!, data.costUsd[cell]!, lambda, costReferenceUsd)
    })
  }
  return { shares, utility }
}
