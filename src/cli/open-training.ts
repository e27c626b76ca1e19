import type { TrainingConfig } from '../config/training-schema.ts'
import type { Logger } from '../gateway/logger.ts'
import type { PolicyAdmin } from '../gateway/policy-admin.ts'
import type { Router } from '../routing/router.ts'
import type { Storage } from '../storage/storage.ts'
import type { LivePolicy } from '../training/live-policy.ts'
import { PolicyDesk } from '../training/policy-desk.ts'
import { refitInWorker } from '../training/refit-in-worker.ts'
import { type RefitEnd, RefitScheduler } from '../training/refit-scheduler.ts'
import { prunePolicies } from '../training/rollout.ts'
import { systemClock } from './system.ts'

/** How soon it is noticed that enough labels or hours have passed. */
const checkMs = 15_000

/** Versions are made by fits, refits and newcomers; those out of use go. */
const pruneMs = 3_600_000

export interface Training extends PolicyAdmin {
  /** Ends a refit that runs. Idempotent. */
  close(): Promise<void>
}

/** What serves policy versions and fits new ones in a gateway. */
export function openTraining(
  config: TrainingConfig,
  parts: { readonly router: Router; readonly live: LivePolicy; readonly storage: Storage; readonly log: Logger },
): Training {
  const { router, live, storage, log } = parts
  const changed = () => live.follow()
  const desk = new PolicyDesk({ ...storage, pool: () => router.pool.list(), clock: systemClock, changed })
  const refits = new RefitScheduler(
    { router, stores: storage, clock: systemClock, refit: refitInWorker, changed, onEnd: (end) => tell(end, log) },
    config,
  )
  const prune = () =>
    prunePolicies(storage.policies, config.keepVersions).catch((err: unknown) =>
      log.error({ err }, 'old policy versions could not be removed'),
    )
  const timers = [setInterval(() => void refits.check(), checkMs), setInterval(() => void prune(), pruneMs)]
  for (const timer of timers) timer.unref()
  return {
    desk,
    refits,
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      await refits.close()
    },
  }
}

function tell(end: RefitEnd, log: Logger): void {
  if (end.status === 'done') {
    const { version, ms } = end
    log.info({ policy: version, ms }, end.released ? 'a refit serves' : 'a refit is on trial')
  } else if (end.status === 'refused') log.info({ reason: end.reason }, 'a refit was not taken up')
  else if (end.status === 'failed') log.error({ err: end.error }, 'a refit failed')
}
