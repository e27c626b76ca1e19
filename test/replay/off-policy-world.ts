import { selectRows } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import type { ChoiceRules } from '../../src/proof/off-policy/decide-again.ts'
import type { UtilityScale } from '../../src/proof/off-policy/estimate-target.ts'
import {
  explorationTarget,
  fixedTarget,
  lambdaTarget,
  type TargetPolicy,
  withoutTarget,
} from '../../src/proof/off-policy/target-policy.ts'
import { versionTarget } from '../../src/proof/off-policy/version-target.ts'
import { noExploration } from '../../src/routing/decision/choice.ts'
import type { RoutingDecision } from '../../src/routing/decision.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { defaultRouterOptions, Router } from '../../src/routing/router.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { dataFolder, realisedUtility, recordedPool, recordedRequest } from './recorded-pool.ts'

/** A target and its true value over all prompts. */
export interface KnownTarget {
  readonly name: string
  /** Shape [rows × llms]. */
  readonly probability: Float64Array
  readonly value: number
}

/** Prompts of which every LLM's outcome is known, and what Pointsman makes of them. Matrices are rows × llms. */
export interface World {
  readonly rows: number
  readonly llms: readonly string[]
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  readonly utility: Float64Array
  readonly qualityEstimate: Float64Array
  readonly uncertainty: Float64Array
  readonly costEstimate: Float64Array
  /** As the router chose, with its default exploration. */
  readonly ownChoice: Float64Array
  /** q̂ of each LLM where nothing was ever fitted. */
  readonly priorQuality: Float64Array
  readonly scale: UtilityScale
  readonly rules: ChoiceRules
  readonly targets: readonly KnownTarget[]
}

const splits: Readonly<Record<string, readonly [fit: string, log: string]>> = {
  paretobandit: ['val', 'test'],
  'routerbench-0shot': ['train', 'test'],
}

const lambda = 20

/** Fits on one split of a set; the prompts of the other are the world. */
export async function openWorld(set: string): Promise<World> {
  const source = await readOutcomeData(dataFolder(set))
  const [fitSplit, logSplit] = splits[set] ?? ['train', 'test']
  const fit = await fitPolicy(source, { seed: 1, now: 0, split: fitSplit })
  const test = selectSplit(source, logSplit)
  const data = selectRows(test, completeRows(test))
  const pool = recordedPool(data)
  const { embedder } = fit
  const policy = new RoutingPolicy({ embedder, fitted: fit.policy, pool })
  const decisions: RoutingDecision[] = []
  const router = newRouter(policy, pool)
  for (const { text } of data.prompts) {
    decisions.push(await router.route(recordedRequest(text, lambda), { keyId: undefined, budgetUsd: undefined }))
  }
  // A refit: the same kind of policy from a third of the rows.
  const third = selectRows(source, someRows(source, fitSplit, 1 / 3))
  const refit = await fitPolicy(third, { seed: 2, now: 0, embedder })
  const refitted = new RoutingPolicy({ embedder, fitted: refit.policy, pool })
  const rules = { ...defaultRouterOptions, costReferenceUsd: policy.costReferenceUsd }
  const prior = new RoutingPolicy({ embedder, pool })
  const priorDecision = await newRouter(prior, pool).route(recordedRequest('Why is the sky blue?', lambda), {
    keyId: undefined,
    budgetUsd: undefined,
  })
  const utility = data.quality.map((quality, cell) =>
    realisedUtility(quality, data.costUsd[cell]!, lambda, policy.costReferenceUsd),
  )
  const width = pool.length
  const means = pool.map((_, llm) => meanOf(data.prompts.map((_, row) => utility[row * width + llm]!)))
  const byUtility = pool.map((_, llm) => llm).sort((a, b) => means[b]! - means[a]!)
  const shares = pool.map((_, llm) => meanOf(decisions.map(({ candidates }) => candidates[llm]!.probability)))
  const busiest = pool[shares.indexOf(Math.max(...shares))]!.id
  const policies: TargetPolicy[] = [
    explorationTarget('no exploration', { ...rules, exploration: noExploration }),
    lambdaTarget(4, rules),
    lambdaTarget(100, rules),
    fixedTarget(pool[byUtility[0]!]!.id),
    versionTarget(refitted, { rules, pool }),
    withoutTarget(busiest, rules),
  ]
  const table = (pick: (decision: RoutingDecision) => readonly number[]) => Float64Array.from(decisions.flatMap(pick))
  return {
    rows: data.prompts.length,
    llms: pool.map(({ id }) => id),
    quality: data.quality,
    costUsd: data.costUsd,
    utility,
    qualityEstimate: table(({ candidates }) => candidates.map(({ quality }) => quality)),
    uncertainty: table(({ candidates }) => candidates.map(({ uncertainty }) => uncertainty)),
    costEstimate: table(({ candidates }) => candidates.map(({ costUsd }) => costUsd!)),
    ownChoice: table(({ candidates }) => candidates.map(({ probability }) => probability)),
    priorQuality: Float64Array.from(priorDecision.candidates, ({ quality }) => quality),
    scale: { lambda, costReferenceUsd: policy.costReferenceUsd },
    rules,
    targets: policies.map((target) => {
      const probability = Float64Array.from(
        decisions.flatMap((decision) => [...target.targetProbabilities(decision).probability]),
      )
      return { name: target.name, probability, value: expectedValue(probability, utility, data.prompts.length) }
    }),
  }
}

/** Mean over the rows of Σ p·u. */
export function expectedValue(probability: Float64Array, utility: Float64Array, rows: number): number {
  let sum = 0
  for (let cell = 0; cell < utility.length; cell++) sum += probability[cell]! * utility[cell]!
  return sum / rows
}

function newRouter(policy: RoutingPolicy, pool: ReturnType<typeof recordedPool>): Router {
  let ids = 0
  return new Router({
    pool: new LlmRegistry(pool),
    policy,
    times: new CompletionTimeModel(),
    random: new SeededRandom(1),
    clock: { now: () => 0 },
    newId: () => `d${ids++}`,
  })
}

function completeRows(data: Awaited<ReturnType<typeof readOutcomeData>>): number[] {
  const width = data.llms.length
  return data.prompts.flatMap((_, row) => {
    const cells = [...data.quality.subarray(row * width, (row + 1) * width)]
    const bills = [...data.costUsd.subarray(row * width, (row + 1) * width)]
    return [...cells, ...bills].some(Number.isNaN) ? [] : [row]
  })
}

function someRows(data: Awaited<ReturnType<typeof readOutcomeData>>, split: string, share: number): number[] {
  const rows = data.prompts.flatMap((prompt, row) => (prompt.split === split ? [row] : []))
  shuffle(rows, new SeededRandom(99))
  return rows.slice(0, Math.round(share * rows.length))
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
