import { randomUUID } from 'node:crypto'
import { BudgetLeases } from '../accounts/budget-leases.ts'
import { DailySpend } from '../accounts/daily-spend.ts'
import type { KeyRing } from '../accounts/key-ring.ts'
import type { PointsmanConfig } from '../config/pointsman-config.ts'
import { SpendPacing } from '../gateway/budgets/spend-pacing.ts'
import { judgeSpenderId } from '../gateway/live-judge/judge-settings.ts'
import type { Logger } from '../gateway/logger.ts'
import type { Router } from '../routing/router.ts'
import type { Storage } from '../storage/storage.ts'
import { systemClock } from './system.ts'

/** How often the pacers learn anew what is to come of the day. */
const refreshMs = 60_000
/** How soon what a command spends, such as one that probes an LLM, counts for the gateway's cap. */
const followMs = 2_000
/** How soon a price or a pool that was changed counts for them. */
const staleMs = 1_000

/** What the caps of a serving process rest on. */
export interface OpenBudgets {
  readonly spend: DailySpend
  /** Undefined: caps are hard stops alone. */
  readonly pacing: SpendPacing | undefined
  /** When nothing is under way any more: gives the leases back. */
  close(): Promise<void>
}

/** The caps of gateway, teams and keys, with what was spent today. */
export async function openBudgets(
  config: Pick<PointsmanConfig, 'teams' | 'budgets' | 'judge'>,
  gatewayCapUsd: number | undefined,
  storage: Pick<Storage, 'charges' | 'decisions' | 'leases'>,
  keys: KeyRing,
  router: Router,
  log: Logger,
): Promise<OpenBudgets> {
  const leases = new BudgetLeases(storage.leases, systemClock, {
    newId: randomUUID,
    onError: (error) => log.warn({ err: error }, 'no lease on a budget: requests wait for their commits'),
  })
  const teamCapsUsd = new Map(
    config.teams.flatMap(({ name, dailyCapUsd }) => (dailyCapUsd === undefined ? [] : [[name, dailyCapUsd] as const])),
  )
  // What the judge spends has a cap of its own, as a key's has.
  const judge = { id: judgeSpenderId, dailyCapUsd: config.judge?.dailyCapUsd }
  let pacing: SpendPacing | undefined
  const spend: DailySpend = await DailySpend.load(storage.decisions, systemClock, {
    gatewayCapUsd,
    teamCapsUsd,
    keys: () => [...keys.everIssued(), judge],
    leases,
    others: storage.charges,
    onBooked: (scope, nanoUsd) => pacing?.booked(scope, nanoUsd),
  })
  if (config.budgets.pacing) {
    pacing = new SpendPacing({
      spend,
      decisions: storage.decisions,
      keys: () => keys.everIssued(),
      pool: router.pool,
      policy: () => router.policy,
      clock: systemClock,
    })
  }
  const refresh = (): void => {
    pacing?.refresh().catch((error: unknown) => log.warn({ err: error }, 'budgets could not be paced anew'))
  }
  refresh()
  const timers = [
    setInterval(refresh, refreshMs),
    setInterval(() => {
      if (pacing?.isStale === true) refresh()
    }, staleMs),
    followOthers(spend, (error) => log.warn({ err: error }, 'what commands spend could not be counted')),
  ]
  for (const timer of timers) timer.unref()
  return {
    spend,
    pacing,
    async close() {
      for (const timer of timers) clearInterval(timer)
      await leases.close()
    },
  }
}

/** Counts what other processes spend, until it is cleared. */
export function followOthers(spend: DailySpend, onError: (error: unknown) => void): NodeJS.Timeout {
  return setInterval(() => void spend.follow().catch(onError), followMs)
}
