import type { SpendReservation } from '../accounts/daily-spend.ts'
import type { Attempt } from '../providers/resilience/attempt.ts'
import type { RoutingDecision } from '../routing/decision.ts'
import type { Settlement } from '../routing/outcome.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import { billedNanoUsd } from '../routing/registry/token-bill.ts'
import type { TokenUsage } from '../routing/registry/token-price.ts'
import { type AnswerCost, answerCost } from './answer-cost.ts'
import type { GatewayServices } from './gateway-services.ts'
import type { AskedRequest } from './implicit/implicit-signals.ts'
import type { UpstreamCalls } from './upstream-calls.ts'

/** How an answer ended, as far as the upstream side knows. */
export interface AnswerEnd {
  readonly status: Settlement['status']
  readonly answered: LlmId | undefined
  readonly reportedModel: string | undefined
  readonly usage: TokenUsage | undefined
  readonly timeToFirstTokenMs: number | undefined
  /** Undefined when it ended in a fault of our own, so that nobody knows how each call ended. */
  readonly attempts: readonly Attempt[] | undefined
}

/** Keeps the books of one answer: the decision before it, the settlement before its last byte. */
export class AnswerLedger {
  readonly decision: RoutingDecision
  readonly #services: GatewayServices
  readonly #reservation: SpendReservation
  readonly #calls: UpstreamCalls
  readonly #receivedAtMs: number
  readonly #asked: AskedRequest
  readonly #streamed: boolean
  readonly #onSettling: () => void
  readonly #appended: Promise<boolean>
  #settled = false

  /**
   * Starts to commit the decision, beside the upstream call.
   * @param onSettling called when the upstream has ended, before the wait for the commit.
   */
  constructor(
    services: GatewayServices,
    decision: RoutingDecision,
    reservation: SpendReservation,
    calls: UpstreamCalls,
    request: AskedRequest & { readonly stream: boolean },
    onSettling: () => void,
  ) {
    this.decision = decision
    this.#services = services
    this.#reservation = reservation
    this.#calls = calls
    this.#receivedAtMs = request.receivedAtMs
    this.#asked = request
    this.#streamed = request.stream
    this.#onSettling = onSettling
    const { parts, storeHealth } = services
    const appending = storeHealth.write(() => parts.decisions.append(decision, reservation.nanoUsd))
    this.#appended = storeHealth.committed(appending)
    void this.#appended.then(() => reservation.committed())
  }

  /**
   * Resolves when an upstream may be called: at once, or, where the money set aside leans on nothing that was drawn before, with the decision's
   * commit. A store that fails does not hold requests up.
   */
  get mayCall(): Promise<unknown> | undefined {
    return this.#reservation.isCovered ? undefined : this.#appended
  }

  /** Milliseconds spent here before the first upstream call. */
  get overheadMs(): number {
    return Math.max(0, (this.#calls.firstCallAtMs ?? this.#services.parts.clock.now()) - this.#receivedAtMs)
  }

  /**
   * Books how the answer ended and waits for the commit; what is learned from it runs on its own. Only the first call
   * counts. Never throws: a store that fails costs the record, not the answer.
   */
  async settle(end: AnswerEnd): Promise<Settlement> {
    const settlement = this.#toSettlement(end)
    if (this.#settled) return settlement
    this.#settled = true
    this.#onSettling()
    const { parts, metrics, storeHealth } = this.#services
    this.#reservation.settle(settlement.costNanoUsd)
    this.#calls.end(observedCall(settlement, this.decision.choices))
    metrics.answerEnded(settlement, this.decision.drawn)
    // Not after the decision's commit but right behind it, so that one commit can hold both.
    const settling = storeHealth.write(() => parts.decisions.settle(settlement))
    settling.catch(ignore)
    // Where the decision was lost its settlement fails too, which is no news.
    if (await this.#appended) await storeHealth.committed(settling)
    parts.router.recordOutcome(this.decision, settlement)
    parts.alarms?.settled(this.decision, settlement)
    this.#services.implicit?.settled(this.decision, settlement, this.#asked)
    return settlement
  }

  #toSettlement(end: AnswerEnd): Settlement {
    const { bookedNanoUsd, billedNanoUsd } = this.#costOf(end)
    return {
      decisionId: this.decision.id,
      settledAtMs: Math.round(this.#services.parts.clock.now()),
      status: end.status,
      answered: end.answered,
      reportedModel: keptModelName(end.reportedModel),
      usage: end.usage,
      costNanoUsd: bookedNanoUsd,
      billedNanoUsd,
      streamed: this.#streamed,
      timeToFirstTokenMs: end.timeToFirstTokenMs,
      completionMs: end.attempts?.at(-1)?.ms ?? 0,
      overheadMs: this.overheadMs,
      attempts: [...(end.attempts ?? [])],
    }
  }

  #costOf({ status, answered, attempts, usage, reportedModel }: AnswerEnd): AnswerCost {
    const { router, priceOf } = this.#services.parts
    const llm = answered === undefined ? undefined : router.pool.get(answered)
    const price = llm === undefined || priceOf === undefined ? llm?.price : priceOf(llm, reportedModel)
    const known = attempts ?? this.#calls.called.map((llm) => ({ llm, error: undefined }))
    const billed = billedNanoUsd(price, usage)
    return answerCost(this.#calls.priced, { status, answered, attempts: known, billedNanoUsd: billed })
  }
}

/** Answers asked for together are written side by side: time goes by the length of one. */
function observedCall(settlement: Settlement, choices: number) {
  if (settlement.status !== 'completed') return undefined
  const tokens = settlement.usage?.outputTokens
  return {
    timeToFirstTokenMs: settlement.timeToFirstTokenMs,
    completionMs: settlement.completionMs,
    outputTokens: tokens === undefined ? undefined : tokens / choices,
  }
}

/** As much of a model's name as is stored: it is the upstream's own text, of any length. */
export function keptModelName(reported: string | undefined): string | undefined {
  return reported?.slice(0, 256)
}

function ignore(): void {}
