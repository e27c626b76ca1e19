import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { ReplayDesk } from '../gateway/replay/replay-desk.ts'
import { defaultRouterOptions, type RouterOptions } from '../routing/router.ts'
import { loadServingPolicy } from '../training/load-policy.ts'
import { loadStarter } from '../training/starter/starter-file.ts'
import { openPool } from './open-pool.ts'
import { routerOptionsOf } from './open-router.ts'
import { openStorage, restorePool } from './open-service.ts'
import { decisionIdAt } from './system.ts'

/** A desk on the database's log; whoever opened it closes it. */
export interface ReplaySession {
  readonly desk: ReplayDesk
  close(): Promise<void>
}

/** Opens what a replay reads; a gateway may be serving from the same database. @param onWarning told what is missing. */
export async function openReplay(
  config: PointsmanConfig,
  environment: Environment,
  onWarning: (warning: string) => void,
): Promise<ReplaySession> {
  const storage = await openStorage(config)
  const pool = await openPool(config, environment)
  const close = async () => {
    await pool.close()
    await storage.close()
  }
  try {
    const runtimePool = await restorePool(config, environment, pool, storage, (llm, error) =>
      onWarning(
        `${llm} was added to the pool and cannot serve: ${error instanceof Error ? error.message : String(error)}`,
      ),
    )
    const starter = config.routing.starter ? await loadStarter().catch(() => undefined) : undefined
    const start = { starter, namesOf: pool.namesOf, feedback: storage.feedback }
    const policy = await loadServingPolicy(storage.policies, pool.llms, {}, start)
    const options: RouterOptions = { ...defaultRouterOptions, ...routerOptionsOf(config) }
    const desk = new ReplayDesk({
      decisions: storage.decisions,
      policies: storage.policies,
      // As in a gateway: paused LLMs are no choice.
      pool: () => runtimePool.members().flatMap(({ llm, paused }) => (paused ? [] : [llm])),
      serving: () => policy,
      options,
      lambda: config.routing.lambda,
      idAt: decisionIdAt,
    })
    return { desk, close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}
