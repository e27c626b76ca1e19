import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { defaultExploration, noExploration } from '../routing/decision/choice.ts'
import { RoutingError } from '../routing/errors.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../routing/prediction/completion-time-model.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import { Router, type RouterOptions } from '../routing/router.ts'
import type { Storage } from '../storage/storage.ts'
import { describeIdleLabels, labelsByEmbedder } from '../training/label-embedders.ts'
import { LivePolicy, type LivePolicyOptions } from '../training/live-policy.ts'
import { loadServingPolicy, shortcomingOf } from '../training/load-policy.ts'
import { loadStarter } from '../training/starter/starter-file.ts'
import type { OpenPool } from './open-pool.ts'
import { newDecisionId, randomSeed, systemClock } from './system.ts'

/** A router on the newest policy, with every committed label learned. */
export async function openRouter(
  config: PointsmanConfig,
  pool: OpenPool,
  storage: Storage,
  hooks: LivePolicyOptions & {
    readonly isHealthy?: (llm: string) => boolean
    /** The starter policy cannot be read, and is not used. */
    readonly onStarterError: (error: unknown) => void
    /** The policy serves, but worse than it could. */
    readonly onShortcoming: (shortcoming: string) => void
  },
): Promise<{ readonly router: Router; readonly live: LivePolicy }> {
  const { seed } = config.routing
  const starter = config.routing.starter ? await loadStarter().catch(hooks.onStarterError) : undefined
  const start = { starter: starter ?? undefined, namesOf: pool.namesOf, feedback: storage.feedback }
  const policy = await loadServingPolicy(storage.policies, pool.llms, {}, start).catch((error: unknown) => {
    throw inDatabase(error, config.database.file)
  })
  const shortcoming = shortcomingOf(policy)
  if (shortcoming !== undefined) hooks.onShortcoming(shortcoming)
  const idle = describeIdleLabels(await labelsByEmbedder(storage.feedback), policy.embedder.id)
  if (idle !== undefined) hooks.onShortcoming(idle)
  const router = new Router(
    {
      pool: new LlmRegistry(
        pool.llms,
        pool.aliases,
        pool.embeddings.map(({ id }) => id),
      ),
      policy,
      times: new CompletionTimeModel(),
      random: new SeededRandom(seed ?? randomSeed()),
      clock: systemClock,
      newId: newDecisionId,
      ...(hooks.isHealthy === undefined ? {} : { isHealthy: hooks.isHealthy }),
    },
    routerOptionsOf(config),
  )
  const live = new LivePolicy(router, storage, { ...hooks, start })
  await live.start()
  return { router, live }
}

/** How requests are decided, as configured. */
export function routerOptionsOf({ routing: { exploration, timeLimitMs } }: PointsmanConfig): Partial<RouterOptions> {
  return {
    exploration: exploration.enabled
      ? { ...defaultExploration, price: exploration.price, floor: exploration.floor }
      : noExploration,
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  }
}

/** A policy that cannot be read is told with the database it is in. */
function inDatabase(error: unknown, file: string): unknown {
  if (!(error instanceof RoutingError)) return error
  return new RoutingError(error.code, `${file}: ${error.message}`, { cause: error })
}
