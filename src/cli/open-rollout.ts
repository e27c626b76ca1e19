import { randomUUID } from 'node:crypto'
import type { PromotionConfig } from '../config/promotion-schema.ts'
import type { Logger } from '../gateway/logger.ts'
import { RolloutController } from '../gateway/rollout/rollout-controller.ts'
import type { Router } from '../routing/router.ts'
import type { Storage } from '../storage/storage.ts'
import type { LivePolicy } from '../training/live-policy.ts'
import { decisionIdAt, systemClock } from './system.ts'

/** How soon a candidate is taken up, and what its conversations showed counts. */
const stepMs = 5_000

/** What tries candidates out in a gateway. */
export function openRollout(
  options: PromotionConfig,
  lambda: number,
  parts: { readonly router: Router; readonly live: LivePolicy; readonly storage: Storage; readonly log: Logger },
): { readonly controller: RolloutController; readonly close: () => Promise<void> } {
  const { router, live, storage, log } = parts
  const controller = new RolloutController(
    {
      router,
      policies: storage.policies,
      decisions: storage.decisions,
      candidate: () => live.candidatePolicy(),
      changed: () => live.follow(),
      lambda,
      clock: systemClock,
      newSalt: randomUUID,
      idAt: decisionIdAt,
      log,
    },
    options,
  )
  const timer = setInterval(() => void controller.step(), stepMs)
  timer.unref()
  void controller.step()
  return {
    controller,
    close: async () => {
      clearInterval(timer)
      await controller.close()
    },
  }
}
