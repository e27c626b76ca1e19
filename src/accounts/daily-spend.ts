import type { Clock } from '../routing/clock.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { BudgetLeases } from './budget-leases.ts'
import type { ChargeStore } from './charge-store.ts'

/** Who spends, and how much they may per UTC day; an undefined cap is none. */
export interface Spender {
  readonly keyId: string | undefined
  readonly dailyCapUsd: number | undefined
  /** Whose budget it counts for, too. */
  readonly team?: string | undefined
}

/** Money set aside for one request. */
export interface SpendReservation {
  /** As first set aside, without what was added. */
  readonly nanoUsd: number
  /**
   * Whether money drawn before covers the request: where it does not, it may be promised to an upstream only once the decision is committed, or a
   * process that dies would forget it.
   */
  readonly isCovered: boolean
  /** The decision is committed, or will never be: what it set aside no longer leans on what was drawn. */
  committed(): void
  /** Sets more aside, for a further call; false, and nothing changed, when a cap does not allow it. */
  extend(nanoUsd: number): boolean
  /** Books the real cost in place of all that was set aside; undefined keeps `nanoUsd`. Only the first call counts. */
  settle(nanoUsd: number | undefined): void
}

/** A key as budgets see it. */
export interface SpendingKey {
  readonly id: string
  readonly team?: string | undefined
  readonly dailyCapUsd?: number | undefined
  /** Of one that was revoked the team still bears what it spent. */
  readonly revokedAtMs?: number | undefined
}

/** What one budget stands at, nano-USD. */
export interface BudgetState {
  /** `gateway`, `team:<name>` or `key:<id>`. */
  readonly scope: string
  readonly capNanoUsd: number
  /** Booked or reserved, and leases of processes that died. */
  readonly spentNanoUsd: number
}

export interface DailySpendOptions {
  /** Undefined: none. */
  readonly gatewayCapUsd?: number | undefined
  readonly teamCapsUsd?: ReadonlyMap<string, number> | undefined
  /** All keys of now, revoked ones too. What those of the start spent today is read; later ones start from zero. */
  readonly keys?: (() => readonly SpendingKey[]) | undefined
  /** Told of each routed request that was settled, per capped budget. */
  readonly onBooked?: ((scope: string, nanoUsd: number) => void) | undefined
  /** Left out: a process that dies forgets what it promised in its last moments. */
  readonly leases?: BudgetLeases | undefined
  /** Left out: what other processes spend counts from the next start only. */
  readonly others?: Pick<ChargeStore, 'spentByOthersNanoUsd'> | undefined
}

interface Account {
  readonly scope: string
  spentNanoUsd: number
  /** Reserved by decisions that are not committed yet. */
  uncommittedNanoUsd: number
}

interface CappedAccount {
  readonly account: Account
  readonly capNanoUsd: number
}

export const gatewayScope = 'gateway'
export const teamScope = (team: string): string => `team:${team}`
export const keyScope = (keyId: string): string => `key:${keyId}`

const dayMs = 86_400_000

/**
 * Spend of the current UTC day, per key, per team and in all, in nano-USD: reserve before the call, settle after it. Kept in
 * memory; it starts from what the store has booked, and the store books the same reservations and settlements. What other
 * processes book meanwhile, such as a command that probes an LLM, {@link follow} adds.
 */
export class DailySpend {
  readonly #clock: Clock
  readonly #gatewayCapNanoUsd: number
  readonly #teamCapsUsd: ReadonlyMap<string, number>
  readonly #leases: BudgetLeases | undefined
  readonly #others: DailySpendOptions['others']
  readonly #onBooked: DailySpendOptions['onBooked']
  readonly #keys: () => readonly SpendingKey[]
  #day: number
  #accounts = new Map<string, Account>()
  /** Of today, as last read; part of what the gateway's account has. */
  #othersNanoUsd = 0

  private constructor(clock: Clock, options: DailySpendOptions) {
    const { gatewayCapUsd, teamCapsUsd = new Map(), keys = () => [], leases, others, onBooked } = options
    this.#clock = clock
    this.#keys = keys
    this.#gatewayCapNanoUsd = toCapNanoUsd(gatewayCapUsd)
    this.#teamCapsUsd = teamCapsUsd
    this.#leases = leases
    this.#others = others
    this.#onBooked = onBooked
    this.#day = utcDay(clock.now())
  }

  static async load(
    store: Pick<DecisionStore, 'spentNanoUsd'>,
    clock: Clock,
    options: DailySpendOptions = {},
  ): Promise<DailySpend> {
    const spend = new DailySpend(clock, options)
    const sinceMs = spend.#day * dayMs
    // Asked for together, they are of one moment.
    const [spentNanoUsd, othersNanoUsd] = await Promise.all([
      store.spentNanoUsd(sinceMs),
      options.others?.spentByOthersNanoUsd(sinceMs) ?? 0,
    ])
    spend.#account(gatewayScope).spentNanoUsd = spentNanoUsd
    spend.#othersNanoUsd = othersNanoUsd
    for (const { id, team, revokedAtMs } of spend.#keys()) {
      // Today it spent nothing.
      if (revokedAtMs !== undefined && revokedAtMs < sinceMs) continue
      const spentNanoUsd = await store.spentNanoUsd(sinceMs, id)
      spend.#account(keyScope(id)).spentNanoUsd = spentNanoUsd
      if (team !== undefined) spend.#account(teamScope(team)).spentNanoUsd += spentNanoUsd
    }
    // What processes that died had drawn may have been spent: nobody knows, so it was.
    for (const { scope, nanoUsd } of (await options.leases?.lost(spend.#day)) ?? []) {
      spend.#account(scope).spentNanoUsd += nanoUsd
    }
    return spend
  }

  /**
   * Counts what other processes booked or settled since the last look, for the gateway as a whole: commands call for nobody's request. Between two
   * looks both may take what is left, so that a cap can be passed by what is spent in that time.
   *
   * @throws what the store throws; the count then stays as it was.
   */
  async follow(): Promise<void> {
    if (this.#others === undefined) return
    this.#turnDay()
    const day = this.#day
    const nanoUsd = await this.#others.spentByOthersNanoUsd(day * dayMs)
    this.#turnDay()
    // A new day began meanwhile: that was yesterday's.
    if (day !== this.#day) return
    this.#account(gatewayScope).spentNanoUsd += nanoUsd - this.#othersNanoUsd
    this.#othersNanoUsd = nanoUsd
  }

  /** What the caps still allow, USD: 0 when one is used up, undefined when there is none. */
  remainingUsd(spender: Spender): number | undefined {
    this.#turnDay()
    let left = Number.POSITIVE_INFINITY
    for (const { account, capNanoUsd } of this.#cappedAccounts(spender)) {
      left = Math.min(left, capNanoUsd - account.spentNanoUsd)
    }
    return left === Number.POSITIVE_INFINITY ? undefined : Math.max(0, left) / 1e9
  }

  /** The capped budgets that this spender's requests count for. */
  cappedScopes(spender: Spender): readonly string[] {
    return this.#cappedAccounts(spender).map(({ account }) => account.scope)
  }

  /**
   * Sets money aside, or returns undefined when a cap does not allow it.
   *
   * @param isRouted whether it is for a routed request, which pacing counts.
   */
  reserve(spender: Spender, nanoUsd: number, isRouted = true): SpendReservation | undefined {
    this.#turnDay()
    // The accounts are held, not looked up: a request that ends after midnight is booked on the day it began.
    const capped = this.#cappedAccounts(spender)
    const accounts = this.#accountsOf(spender)
    let reserved = 0
    let uncommitted = 0
    let open = true
    const extend = (more: number): boolean => {
      if (capped.some(({ account, capNanoUsd }) => account.spentNanoUsd + more > capNanoUsd)) return false
      reserved += more
      uncommitted += more
      for (const account of accounts) {
        account.spentNanoUsd += more
        account.uncommittedNanoUsd += more
      }
      return true
    }
    const commit = (share: number): void => {
      uncommitted -= share
      for (const account of accounts) account.uncommittedNanoUsd -= share
    }
    if (!extend(nanoUsd)) return undefined
    const isCovered = capped.every((one) => this.#isCovered(one))
    const onBooked = isRouted ? this.#onBooked : undefined
    return {
      nanoUsd,
      isCovered,
      // What was added for further calls is in no record yet.
      committed: () => commit(Math.min(uncommitted, nanoUsd)),
      extend: (more) => open && extend(more),
      settle(actualNanoUsd) {
        if (!open) return
        open = false
        commit(uncommitted)
        const correction = (actualNanoUsd ?? nanoUsd) - reserved
        for (const account of accounts) account.spentNanoUsd += correction
        for (const { account } of capped) onBooked?.(account.scope, actualNanoUsd ?? nanoUsd)
      },
    }
  }

  /** Booked or reserved today of one budget. */
  spentNanoUsd(scope: string): number {
    this.#turnDay()
    return this.#accounts.get(scope)?.spentNanoUsd ?? 0
  }

  /** Booked or reserved today, all keys together, USD. */
  get spentTodayUsd(): number {
    this.#turnDay()
    return this.#account(gatewayScope).spentNanoUsd / 1e9
  }

  /** Every capped budget, the gateway's first, then those of teams and of the keys in use. */
  budgets(): readonly BudgetState[] {
    this.#turnDay()
    const caps = new Map<string, number>([[gatewayScope, this.#gatewayCapNanoUsd]])
    for (const [team, capUsd] of this.#teamCapsUsd) caps.set(teamScope(team), toCapNanoUsd(capUsd))
    for (const { id, dailyCapUsd, revokedAtMs } of this.#keys()) {
      if (revokedAtMs === undefined) caps.set(keyScope(id), toCapNanoUsd(dailyCapUsd))
    }
    return [...caps]
      .filter(([, capNanoUsd]) => capNanoUsd !== Number.POSITIVE_INFINITY)
      .map(([scope, capNanoUsd]) => ({ scope, capNanoUsd, spentNanoUsd: this.spentNanoUsd(scope) }))
  }

  /** Milliseconds until the next UTC day, when the caps start anew. */
  get resetsInMs(): number {
    return dayMs - (this.#clock.now() % dayMs)
  }

  #isCovered({ account, capNanoUsd }: CappedAccount): boolean {
    if (this.#leases === undefined) return true
    const leftNanoUsd = capNanoUsd - account.spentNanoUsd
    return account.uncommittedNanoUsd <= this.#leases.heldNanoUsd(account.scope, this.#day, capNanoUsd, leftNanoUsd)
  }

  #accountsOf({ keyId, team }: Spender): readonly Account[] {
    const accounts = [this.#account(gatewayScope), this.#account(keyScope(keyId ?? ''))]
    if (team !== undefined) accounts.push(this.#account(teamScope(team)))
    return accounts
  }

  #cappedAccounts({ keyId, dailyCapUsd, team }: Spender): readonly CappedAccount[] {
    const capped: CappedAccount[] = []
    const add = (scope: string, capNanoUsd: number): void => {
      if (capNanoUsd !== Number.POSITIVE_INFINITY) capped.push({ account: this.#account(scope), capNanoUsd })
    }
    add(gatewayScope, this.#gatewayCapNanoUsd)
    if (team !== undefined) add(teamScope(team), toCapNanoUsd(this.#teamCapsUsd.get(team)))
    if (dailyCapUsd !== undefined) add(keyScope(keyId ?? ''), toCapNanoUsd(dailyCapUsd))
    return capped
  }

  #account(scope: string): Account {
    let account = this.#accounts.get(scope)
    if (account === undefined) {
      account = { scope, spentNanoUsd: 0, uncommittedNanoUsd: 0 }
      this.#accounts.set(scope, account)
    }
    return account
  }

  #turnDay(): void {
    const day = utcDay(this.#clock.now())
    if (day === this.#day) return
    this.#day = day
    this.#accounts = new Map()
    this.#othersNanoUsd = 0
  }
}

export function utcDay(nowMs: number): number {
  return Math.floor(nowMs / dayMs)
}

function toCapNanoUsd(capUsd: number | undefined): number {
  return capUsd === undefined ? Number.POSITIVE_INFINITY : Math.floor(capUsd * 1e9)
}
