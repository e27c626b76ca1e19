import type { TrainingConfig } from '../config/training-schema.ts'
import type { Logger } from '../gateway/gateway-parts.ts'
import type { PolicyAdmin } from '../gateway/policy-admin.ts'
import type { Router } from '../routing/router.ts'
import type { Storage } from '../storage/storage.ts'
import type { LivePolicy } from '../training/live-policy.ts'
import { PolicyDesk } from '../training/policy-desk.ts'
import { refitInWorker } from '../training/refit-in-worker.ts'
import { type RefitEnd, RefitScheduler } from '../training/refit-scheduler.ts'
import { systemClock } from './system.ts'

/** How soon it is noticed that enough labels or hours have passed. */
const checkMs = 15_000

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
  const timer = setInterval(() => void refits.check(), checkMs)
  timer.unref()
  return {
    desk,
    refits,
    close: async () => {
      clearInterval(timer)
      await refits.close()
    },
  }
}

function tell(end: RefitEnd, log: Logger): void {
  if (end.status === 'done') {
    const { version, ms } = end
    log.info({ policy: version, ms }, end.released ? 'a refit serves' : 'a refit is on trial')
  } else if (end.status === 'refused') log.info({ reason: end.reason }, 'the log does not suffice for a refit yet')
  else if (end.status === 'failed') log.error({ err: end.error }, 'a refit failed')
}
