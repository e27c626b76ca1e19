import path from 'node:path'
import { DailySpend } from '../accounts/daily-spend.ts'
import type { Environment } from '../config/environment.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import type { OnboardingDesk } from '../gateway/onboarding/onboarding-desk.ts'
import { loadBuiltInProbeSet, readProbeSet } from '../probing/read-probe-set.ts'
import { keepEmbedder, loadServingPolicy } from '../training/load-policy.ts'
import { loadStarter } from '../training/starter/starter-file.ts'
import { followOthers } from './open-budgets.ts'
import { openOnboarding } from './open-onboarding.ts'
import { openPool } from './open-pool.ts'
import { openStorage, restorePool } from './open-service.ts'
import type { RuntimePool } from './runtime-pool.ts'
import { systemClock } from './system.ts'
import type { Terminal } from './terminal/terminal.ts'

/** What the `llm` commands work on; whoever opened it closes it. A running gateway takes up within seconds what they write down. */
export interface LlmsSession {
  readonly pool: RuntimePool
  readonly desk: OnboardingDesk
  readonly terminal: Terminal
  close(): Promise<void>
}

/** @param folder where relative paths of probe sets begin. */
export async function openLlms(
  config: PointsmanConfig,
  environment: Environment,
  terminal: Terminal,
  folder: string,
): Promise<LlmsSession> {
  const storage = await openStorage(config)
  const pool = await openPool(config, environment)
  const runtimePool = await restorePool(config, environment, pool, storage, (llm, error) =>
    terminal.note(
      `warning: ${llm} was added and cannot serve: ${error instanceof Error ? error.message : String(error)}`,
    ),
  )
  const starter = config.routing.starter ? await loadStarter().catch(() => undefined) : undefined
  const start = { starter, namesOf: pool.namesOf, feedback: storage.feedback }
  const load = () => loadServingPolicy(storage.policies, pool.llms, {}, start)
  let current = await load()
  const spend = await DailySpend.load(storage.decisions, systemClock, {
    gatewayCapUsd: pool.dailyCapUsd,
    others: storage.charges,
  })
  // A gateway spends from the same cap; when it cannot be asked the probes cannot be booked either, which is told.
  const following = followOthers(spend, () => undefined).unref()
  const onboarding = openOnboarding({
    ...{ config, environment, pool, storage, editor: runtimePool, spend },
    current: () => current,
    serving: async () => {
      current = await load()
      return current
    },
    released: async () => {
      current = await load()
    },
    loadSet: (name) => (name === undefined ? loadBuiltInProbeSet() : readProbeSet(path.resolve(folder, name))),
    // Who waits for the end of a run is told of it.
    onError: () => undefined,
  })
  await keepEmbedder(current, storage.policies)
  return {
    pool: runtimePool,
    desk: onboarding.desk,
    terminal,
    async close() {
      clearInterval(following)
      await onboarding.close()
      await pool.close()
      await storage.close()
    },
  }
}
