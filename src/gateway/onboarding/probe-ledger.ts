import type { ChargeStore } from '../../accounts/charge-store.ts'
import type { DailySpend } from '../../accounts/daily-spend.ts'
import type { ProbeBooks, ProbeCallEnd } from '../../probing/probe-books.ts'
import type { Clock } from '../../routing/clock.ts'
import type { LlmId } from '../../routing/registry/llm.ts'

/** Nobody's request caused it: it counts for the gateway alone. */
const gatewayItself = { keyId: undefined, dailyCapUsd: undefined }

/** Books probes as charges, within the daily cap of the gateway: written down before each call, settled after it. */
export class ProbeLedger implements ProbeBooks {
  readonly #spend: Pick<DailySpend, 'remainingUsd' | 'reserve'>
  readonly #charges: ChargeStore
  readonly #clock: Clock
  readonly #newId: () => string

  constructor(parts: {
    readonly spend: Pick<DailySpend, 'remainingUsd' | 'reserve'>
    readonly charges: ChargeStore
    readonly clock: Clock
    readonly newId: () => string
  }) {
    this.#spend = parts.spend
    this.#charges = parts.charges
    this.#clock = parts.clock
    this.#newId = parts.newId
  }

  async open(llm: LlmId, nanoUsd: number): Promise<((end: ProbeCallEnd) => Promise<void>) | undefined> {
    const left = this.#spend.remainingUsd(gatewayItself)
    if (left !== undefined && left <= 0) return undefined
    const reservation = this.#spend.reserve(gatewayItself, nanoUsd, false)
    if (reservation === undefined) return undefined
    const id = `probe_${this.#newId()}`
    const createdAtMs = Math.floor(this.#clock.now())
    try {
      await this.#charges.append({ id, createdAtMs, keyId: undefined, model: llm, reservedNanoUsd: nanoUsd })
    } catch (error) {
      reservation.settle(0)
      throw error
    }
    return async (end) => {
      reservation.settle(end.costNanoUsd)
      await this.#charges.settle({ ...end, chargeId: id, settledAtMs: Math.floor(this.#clock.now()) })
    }
  }
}
