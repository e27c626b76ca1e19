import type { KeyRing } from '../accounts/key-ring.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import type { AlarmBoard } from '../gateway/alarms/alarm-board.ts'
import type { Logger } from '../gateway/logger.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { Storage } from '../storage/storage.ts'
import type { LivePolicy } from '../training/live-policy.ts'
import type { RuntimePool } from './runtime-pool.ts'
import { systemClock } from './system.ts'

/** How soon a key issued or revoked by a command counts, and a version fitted by one serves. */
const keyRefreshMs = 2_000
const policyRefreshMs = 2_000
const poolRefreshMs = 2_000
/** How soon an alarm that labels raised is in the log. */
const alarmPollMs = 5_000
const pruneMs = 6 * 3_600_000
const dayMs = 86_400_000

/** What a serving process looks at now and then: others write to its database too. */
export interface CurrentParts {
  readonly config: PointsmanConfig
  readonly storage: Storage
  readonly live: LivePolicy
  readonly keys: KeyRing
  readonly alarms: AlarmBoard
  readonly runtimePool: RuntimePool
  readonly log: Logger
}

/**
 * Takes up keys, versions and LLMs that commands changed, tells alarms, and removes what is older than retention allows.
 *
 * @returns ends it.
 */
export function keepCurrent({ config, storage, live, keys, alarms, runtimePool, log }: CurrentParts): () => void {
  const timers = [
    setInterval(() => refreshPolicy(live, log), policyRefreshMs),
    setInterval(() => prune(storage, config, log), pruneMs),
    setInterval(() => refreshKeys(keys, log), keyRefreshMs),
    setInterval(() => alarms.poll(), alarmPollMs),
    setInterval(() => refreshPool(runtimePool, live, log), poolRefreshMs),
  ]
  for (const timer of timers) timer.unref()
  prune(storage, config, log)
  return () => {
    for (const timer of timers) clearInterval(timer)
  }
}

function refreshPolicy(live: LivePolicy, log: Logger): void {
  live.refresh().then(
    (version) => {
      if (version !== undefined) log.info({ policy: version }, 'another policy version serves')
    },
    logged(log, 'the policy version to serve could not be loaded'),
  )
}

function refreshPool(runtimePool: RuntimePool, live: LivePolicy, log: Logger): void {
  const onError = (llm: LlmId, error: unknown) => log.warn({ err: error, llm }, 'an LLM added at run time cannot serve')
  runtimePool.refresh(onError, () => live.follow()).catch(logged(log, 'the pool could not be read again'))
}

function refreshKeys(keys: KeyRing, log: Logger): void {
  keys.refresh().catch(logged(log, 'keys could not be read again'))
}

function prune(storage: Storage, config: PointsmanConfig, log: Logger): void {
  const beforeMs = systemClock.now() - config.retentionDays * dayMs
  storage.decisions.prune(beforeMs).then(
    (pruned) => {
      if (pruned > 0) log.info({ pruned }, 'old decisions removed')
    },
    logged(log, 'old decisions could not be removed'),
  )
}

function logged(log: Logger, message: string): (error: unknown) => void {
  return (error) => log.error({ err: error }, message)
}
