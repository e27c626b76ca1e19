import type { Clock } from '../routing/clock.ts'
import type { DecisionStore } from '../routing/decision-store.ts'

/** Who spends, and how much they may per UTC day; an undefined cap is none. */
export interface Spender {
  readonly keyId: string | undefined
  readonly dailyCapUsd: number | undefined
}

/** Money set aside for one request. */
export interface SpendReservation {
  /** As first set aside, without what was added. */
  readonly nanoUsd: number
  /** Sets more aside, for a further call; false, and nothing changed, when a cap does not allow it. */
  extend(nanoUsd: number): boolean
  /** Books the real cost in place of all that was set aside; undefined keeps `nanoUsd`. Only the first call counts. */
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
    // The accounts are held, not looked up: a request that ends after midnight is booked on the day it began.
    const accounts = [
      { account: this.#total, capNanoUsd: this.#gatewayCapNanoUsd },
      { account: this.#account(spender.keyId), capNanoUsd: toCapNanoUsd(spender.dailyCapUsd) },
    ]
    let reserved = 0
    let open = true
    const extend = (more: number): boolean => {
      if (accounts.some(({ account, capNanoUsd }) => account.spentNanoUsd + more > capNanoUsd)) return false
      reserved += more
      for (const { account } of accounts) account.spentNanoUsd += more
      return true
    }
    if (!extend(nanoUsd)) return undefined
    return {
      nanoUsd,
      extend: (more) => open && extend(more),
      settle(actualNanoUsd) {
        if (!open) return
        open = false
        const correction = (actualNanoUsd ?? nanoUsd) - reserved
        for (const { account } of accounts) account.spentNanoUsd += correction
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
