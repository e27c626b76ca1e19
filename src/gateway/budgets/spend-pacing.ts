import { setImmediate as otherWork } from 'node:timers/promises'
import type { ApiKey } from '../../accounts/api-key.ts'
import { type DailySpend, gatewayScope, keyScope, type Spender, teamScope, utcDay } from '../../accounts/daily-spend.ts'
import { expectedRequestsLeft, type HourlyCounts } from '../../accounts/request-forecast.ts'
import type { Clock } from '../../routing/clock.ts'
import { BudgetPacer, type SpendCurve } from '../../routing/decision/budget-pacer.ts'
import type { DecisionStore, StoredDecision } from '../../routing/decision-store.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { loggedSpendCurve, type PresentCosts, type RepricedDecision, repriced } from './logged-spend-curve.ts'

/** Days whose hours say what a day is like. */
const profileDays = 7

/** Decisions that a curve is worked out from: enough for a mean within a few percent, and a hundredth of a second to read. */
const curveDecisions = 300

/** With fewer of its own, a budget's curve is that of all traffic. */
const fewestOwnDecisions = 100

/** Candidates in them together, so that a large pool takes no longer to read; but {@link fewestOwnDecisions} at least. */
const curveCandidates = 6_000

/** Decisions priced anew at a time: a request that comes meanwhile waits for no more. */
const batch = 25

const dayMs = 86_400_000
const hoursOfDay = 24

export interface SpendPacingParts {
  readonly spend: DailySpend
  readonly decisions: Pick<DecisionStore, 'recentSettlements' | 'decisionsPerHour'>
  /** The keys in use, to know whose spend a team's is. */
  readonly keys: () => readonly Pick<ApiKey, 'id' | 'team'>[]
  /** Of now, with its prices. */
  readonly pool: Pick<LlmRegistry, 'get' | 'list'>
  /** The version that serves. */
  readonly policy: () => PresentCosts['policy']
  readonly clock: Clock
}

/** What the pacing of one budget comes to, for people. */
export interface PacingState {
  readonly scope: string
  /** ν; 0: it is not short, or nobody knows yet how much is to come. */
  readonly dual: number
  /** Undefined: not known. */
  readonly expectedRequestsLeft: number | undefined
  /** What one request may cost on average, USD; undefined where it is not known how many are to come. */
  readonly paceUsd: number | undefined
}

interface Paced {
  readonly scope: string
  pacer: BudgetPacer | undefined
  expectedRequestsLeft: number | undefined
  day: number
  earlier: readonly HourlyCounts[]
  today: number
  firstAtMs: number | undefined
}

/**
 * Spreads each capped budget over its UTC day (mathematics §18): one pacer per budget, whose ν goes into the utilities of the requests that it pays for. A
 * request that several budgets pay for has the largest ν: the shortest of them decides, and the others see that less is spent than they allow. Hard stops stay where they were.
 *
 * What is expected and the curve are renewed now and then, off the request path; bills are followed one by one.
 */
export class SpendPacing {
  readonly #parts: SpendPacingParts
  readonly #paced = new Map<string, Paced>()
  #refreshing: Promise<void> | undefined
  /** The pool that the curves are of. */
  #priced: ReturnType<LlmRegistry['list']> | undefined

  constructor(parts: SpendPacingParts) {
    this.#parts = parts
  }

  /** ν of a request of that spender; 0 where nothing is short, capped or known. A microsecond per cap. */
  dualFor(spender: Spender): number {
    if (this.#paced.size === 0) return 0
    let dual = 0
    for (const scope of this.#parts.spend.cappedScopes(spender)) {
      const pacer = this.#paced.get(scope)?.pacer
      if (pacer !== undefined) dual = Math.max(dual, pacer.dual)
    }
    return dual
  }

  /** A request that a decision was made for was booked, on that budget. */
  booked(scope: string, nanoUsd: number): void {
    const paced = this.#paced.get(scope)
    if (paced === undefined) return
    paced.today++
    paced.firstAtMs ??= this.#parts.clock.now()
    paced.pacer?.charge(nanoUsd / 1e9)
  }

  /** Renews what is expected of the day and the curves; calls that overlap share one. Reads the store only where a budget is capped. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Whether the pool, or a price in it, is another than the one that the curves are of. */
  get isStale(): boolean {
    return this.#priced !== this.#parts.pool.list()
  }

  states(): readonly PacingState[] {
    return [...this.#paced.values()].map(({ scope, pacer, expectedRequestsLeft }) => ({
      scope,
      dual: pacer?.dual ?? 0,
      expectedRequestsLeft,
      paceUsd: pacer?.paceUsd,
    }))
  }

  async #refresh(): Promise<void> {
    const { spend, pool, clock, decisions } = this.#parts
    this.#priced = pool.list()
    const budgets = spend.budgets()
    const capped = new Set(budgets.map(({ scope }) => scope))
    for (const scope of this.#paced.keys()) if (!capped.has(scope)) this.#paced.delete(scope)
    if (budgets.length === 0) return
    const affordable = Math.max(fewestOwnDecisions, Math.floor(curveCandidates / Math.max(1, this.#priced.length)))
    const recent = await this.#repriced(await decisions.recentSettlements(Math.min(curveDecisions, affordable)))
    const ofAll = this.#curveOf(recent)
    for (const { scope, capNanoUsd } of budgets) {
      const paced = await this.#ofToday(scope)
      const left = expectedRequestsLeft(paced.earlier, paced.today, paced.firstAtMs, clock.now())
      paced.expectedRequestsLeft = left
      const own = this.#ownOf(scope, recent)
      const curve = own === undefined ? ofAll : this.#curveOf(own)
      this.#retarget(paced, (capNanoUsd - spend.spentNanoUsd(scope)) / 1e9, left, curve)
      await otherWork()
    }
  }

  async #repriced(settled: readonly StoredDecision[]): Promise<readonly RepricedDecision[]> {
    const present = { llm: this.#parts.pool.get.bind(this.#parts.pool), policy: this.#parts.policy() }
    const found: RepricedDecision[] = []
    for (let i = 0; i < settled.length; i++) {
      if (i % batch === 0) await otherWork()
      const decision = repriced(settled[i]!.decision, present)
      if (decision !== undefined) found.push(decision)
    }
    return found
  }

  #curveOf(decisions: readonly RepricedDecision[]): SpendCurve | undefined {
    return loggedSpendCurve(decisions, this.#parts.policy().costReferenceUsd)
  }

  #retarget(paced: Paced, leftUsd: number, requests: number | undefined, curve: SpendCurve | undefined): void {
    if (requests === undefined || curve === undefined) {
      paced.pacer = undefined
      return
    }
    // A budget that is used up is the hard stop's business; the pacer wants some amount.
    const target = { budgetUsd: Math.max(leftUsd, 1e-9), expectedRequests: Math.max(1, requests) }
    if (paced.pacer === undefined) {
      paced.pacer = new BudgetPacer({ ...target, curve })
    } else {
      paced.pacer.retarget(target)
      paced.pacer.follow(curve)
    }
  }

  /** Undefined: too few to say more than those of all traffic do. */
  #ownOf(scope: string, recent: readonly RepricedDecision[]): readonly RepricedDecision[] | undefined {
    if (scope === gatewayScope) return undefined
    const keyIds = new Set(this.#keyIdsOf(scope))
    const own = recent.filter(({ keyId }) => keyId !== undefined && keyIds.has(keyId))
    return own.length >= fewestOwnDecisions ? own : undefined
  }

  #keyIdsOf(scope: string): readonly string[] {
    const keys = this.#parts.keys()
    return keys
      .filter(({ id, team }) => keyScope(id) === scope || (team !== undefined && teamScope(team) === scope))
      .map(({ id }) => id)
  }

  /** What earlier days were like is read once a day, and today is counted here from then on. */
  async #ofToday(scope: string): Promise<Paced> {
    const now = this.#parts.clock.now()
    const day = utcDay(now)
    const known = this.#paced.get(scope)
    if (known?.day === day) return known
    const counts = await this.#countsSince(scope, day)
    const first = counts.earlier.findIndex((hours) => hours.some((count) => count > 0))
    const todays = counts.today.findIndex((count) => count > 0)
    const paced: Paced = {
      scope,
      pacer: known?.pacer,
      expectedRequestsLeft: undefined,
      day,
      earlier: first === -1 ? [] : counts.earlier.slice(first),
      today: counts.today.reduce((sum, count) => sum + count, 0),
      firstAtMs: todays === -1 ? undefined : day * dayMs + (todays * dayMs) / hoursOfDay,
    }
    this.#paced.set(scope, paced)
    return paced
  }

  async #countsSince(scope: string, day: number): Promise<{ earlier: readonly HourlyCounts[]; today: HourlyCounts }> {
    const earlier: HourlyCounts[] = []
    for (let back = profileDays; back > 0; back--) earlier.push(await this.#hourly(scope, day - back))
    return { earlier, today: await this.#hourly(scope, day) }
  }

  async #hourly(scope: string, day: number): Promise<HourlyCounts> {
    const { decisions } = this.#parts
    const [sinceMs, untilMs] = [day * dayMs, (day + 1) * dayMs]
    if (scope === gatewayScope) return decisions.decisionsPerHour(sinceMs, undefined, untilMs)
    const sum = new Array<number>(hoursOfDay).fill(0)
    for (const keyId of this.#keyIdsOf(scope)) {
      const hours = await decisions.decisionsPerHour(sinceMs, keyId, untilMs)
      for (let hour = 0; hour < hoursOfDay; hour++) sum[hour]! += hours[hour]!
    }
    return sum
  }
}
