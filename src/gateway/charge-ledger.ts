import type { ChargeSettlement, ChargeStore } from '../accounts/charge-store.ts'
import type { SpendReservation } from '../accounts/daily-spend.ts'
import type { EmbeddingAnswer } from '../providers/embedding-provider.ts'
import { mayHaveBeenBilled } from '../providers/provider-error.ts'
import type { Attempt } from '../providers/resilience/attempt.ts'
import { billedNanoUsd } from '../routing/registry/token-bill.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { keptModelName } from './answer-ledger.ts'
import type { GatewayServices } from './gateway-services.ts'

/** What is called, under its public name. */
export interface ChargedModel {
  readonly id: string
  readonly price: TokenPrice | undefined
}

/** Where a charge is kept, and at which price it is settled; left out: at the model's own. */
export interface ChargeBooks<Model extends ChargedModel> {
  readonly charges: ChargeStore
  readonly priceOf?: ((model: Model, reportedModel: string | undefined) => TokenPrice | undefined) | undefined
}

/** How a call ended. */
export interface ChargeEnd {
  readonly status: ChargeSettlement['status']
  readonly answer: Pick<EmbeddingAnswer, 'usage' | 'reportedModel'> | undefined
  /** Undefined when it ended in a fault of our own, so that nobody knows how each attempt ended. */
  readonly attempts: readonly Attempt[] | undefined
}

/** Keeps the books of one call without a decision, as `AnswerLedger` does of one with. */
export class ChargeLedger<Model extends ChargedModel> {
  readonly #services: GatewayServices
  readonly #books: ChargeBooks<Model>
  readonly #model: Model
  readonly #id: string
  readonly #reservation: SpendReservation
  readonly #appended: Promise<boolean>
  #settled = false

  /** Starts to commit the charge, beside the upstream call. */
  constructor(
    services: GatewayServices,
    books: ChargeBooks<Model>,
    charge: { readonly id: string; readonly model: Model; readonly keyId: string | undefined },
    reservation: SpendReservation,
  ) {
    this.#services = services
    this.#books = books
    this.#model = charge.model
    this.#id = charge.id
    this.#reservation = reservation
    const { parts, storeHealth } = services
    const { id, keyId, model } = charge
    const createdAtMs = Math.round(parts.clock.now())
    const reservedNanoUsd = reservation.nanoUsd
    const appending = storeHealth.write(() =>
      books.charges.append({ id, createdAtMs, keyId, model: model.id, reservedNanoUsd }),
    )
    this.#appended = storeHealth.committed(appending)
    void this.#appended.then(() => reservation.committed())
  }

  /** As `AnswerLedger.mayCall`. */
  get mayCall(): Promise<unknown> | undefined {
    return this.#reservation.isCovered ? undefined : this.#appended
  }

  /**
   * Books how the call ended and waits for the commit. Only the first call counts. Never throws: a store that fails costs the
   * record, not the answer.
   *
   * @returns the cost, nano-USD; undefined when it is not known: what was reserved stays booked.
   */
  async settle(end: ChargeEnd): Promise<number | undefined> {
    const costNanoUsd = this.#costNanoUsd(end)
    if (this.#settled) return costNanoUsd
    this.#settled = true
    const { parts, metrics, storeHealth } = this.#services
    this.#reservation.settle(costNanoUsd)
    const settlement: ChargeSettlement = {
      chargeId: this.#id,
      settledAtMs: Math.round(parts.clock.now()),
      status: end.status,
      reportedModel: keptModelName(end.answer?.reportedModel),
      usage: end.answer?.usage,
      costNanoUsd,
    }
    metrics.chargeEnded(this.#model.id, settlement, end.attempts ?? [])
    // Not after the charge's commit but right behind it, so that one commit can hold both.
    const settling = storeHealth.write(() => this.#books.charges.settle(settlement))
    settling.catch(ignore)
    // Where the charge was lost its settlement fails too, which is no news.
    if (await this.#appended) await storeHealth.committed(settling)
    return costNanoUsd
  }

  /** A call is tried again only where the one before it cannot have been billed: the last attempt tells. */
  #costNanoUsd({ status, answer, attempts }: ChargeEnd): number | undefined {
    if (status === 'completed') return billedNanoUsd(this.#priceOf(answer?.reportedModel), answer?.usage)
    if (attempts === undefined) return undefined
    const billable = attempts.some(({ error }) => error === undefined || mayHaveBeenBilled(error))
    return billable ? undefined : 0
  }

  #priceOf(reportedModel: string | undefined): TokenPrice | undefined {
    const { priceOf } = this.#books
    return priceOf === undefined ? this.#model.price : priceOf(this.#model, reportedModel)
  }
}

function ignore(): void {}
