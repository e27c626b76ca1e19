import type { Clock } from '../routing/clock.ts'
import type { DecisionStore } from '../routing/decision-store.ts'

/** Who spends, and how much they may per UTC day; an undefined cap is none. */
export interface Spender {
  readonly keyId: string | undefined
  readonly dailyCapUsd: number | undefined
}

/** Money set aside for one request. */
export interface SpendReservation {
  readonly nanoUsd: number
  /** Books the real cost in place of what was set aside; undefined keeps the estimate. Only the first call counts. */
  settle(nanoUsd: number | undefined): void
}

interface Account {
  spentNanoUsd: number
}

const dayMs = 86_400_000

/**
 * Spend of the current UTC day, per key and in all, in nano-USD: reserve before the call, settle after it. Kept in
 * memory; it starts from what the store has booked, and the store books the same reservations and settlements.
 */
export class DailySpend {
  readonly #clock: Clock
  readonly #gatewayCapNanoUsd: number
  #day: number
  #total: Account = { spentNanoUsd: 0 }
  #byKey = new Map<string, Account>()

  private constructor(clock: Clock, gatewayCapUsd: number | undefined) {
    this.#clock = clock
    this.#gatewayCapNanoUsd = toCapNanoUsd(gatewayCapUsd)
    this.#day = utcDay(clock.now())
  }

  /** @param keyIds keys whose spend of today is read; others start from zero. */
  static async load(
    store: Pick<DecisionStore, 'spentNanoUsd'>,
    clock: Clock,
    gatewayCapUsd: number | undefined,
    keyIds: Iterable<string>,
  ): Promise<DailySpend> {
    const spend = new DailySpend(clock, gatewayCapUsd)
    const sinceMs = spend.#day * dayMs
    spend.#total = { spentNanoUsd: await store.spentNanoUsd(sinceMs) }
    for (const keyId of keyIds) {
      spend.#byKey.set(keyId, { spentNanoUsd: await store.spentNanoUsd(sinceMs, keyId) })
    }
    return spend
  }

  /** What the caps still allow, USD: 0 when one is used up, undefined when there is none. */
  remainingUsd(spender: Spender): number | undefined {
    this.#turnDay()
    const left = Math.min(
      this.#gatewayCapNanoUsd - this.#total.spentNanoUsd,
      toCapNanoUsd(spender.dailyCapUsd) - this.#account(spender.keyId).spentNanoUsd,
    )
    return left === Number.POSITIVE_INFINITY ? undefined : Math.max(0, left) / 1e9
  }

  /** Sets money aside, or returns undefined when a cap does not allow it. */
  reserve(spender: Spender, nanoUsd: number): SpendReservation | undefined {
    this.#turnDay()
    const total = this.#total
    const account = this.#account(spender.keyId)
    if (
      total.spentNanoUsd + nanoUsd > this.#gatewayCapNanoUsd ||
      account.spentNanoUsd + nanoUsd > toCapNanoUsd(spender.dailyCapUsd)
    ) {
      return undefined
    }
    total.spentNanoUsd += nanoUsd
    account.spentNanoUsd += nanoUsd
    let open = true
    return {
      nanoUsd,
      // The accounts are held, not looked up: a request that ends after midnight is booked on the day it began.
      settle(actualNanoUsd) {
        if (!open) return
        open = false
        if (actualNanoUsd === undefined) return
        total.spentNanoUsd += actualNanoUsd - nanoUsd
        account.spentNanoUsd += actualNanoUsd - nanoUsd
      },
    }
  }

  /** Booked or reserved today, all keys together, USD. */
  get spentTodayUsd(): number {
    this.#turnDay()
    return this.#total.spentNanoUsd / 1e9
  }

  /** Milliseconds until the next UTC day, when the caps start anew. */
  get resetsInMs(): number {
    return dayMs - (this.#clock.now() % dayMs)
  }

  #account(keyId: string | undefined): Account {
    const name = keyId ?? ''
    let account = this.#byKey.get(name)
    if (account === undefined) {
      account = { spentNanoUsd: 0 }
      this.#byKey.set(name, account)
    }
    return account
  }

  #turnDay(): void {
    const day = utcDay(this.#clock.now())
    if (day === this.#day) return
    this.#day = day
    this.#total = { spentNanoUsd: 0 }
    this.#byKey = new Map()
  }
}

function utcDay(nowMs: number): number {
  return Math.floor(nowMs / dayMs)
}

function toCapNanoUsd(capUsd: number | undefined): number {
  return capUsd === undefined ? Number.POSITIVE_INFINITY : Math.floor(capUsd * 1e9)
}
