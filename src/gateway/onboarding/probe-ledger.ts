import type { ChargeStore } from '../../accounts/charge-store.ts'
import type { DailySpend, SpendReservation } from '../../accounts/daily-spend.ts'
import type { ProbeBooks, ProbeCallEnd } from '../../probing/probe-books.ts'
import type { Clock } from '../../routing/clock.ts'
import type { LlmId } from '../../routing/registry/llm.ts'

/** Nobody's request caused it: it counts for the gateway alone. */
const gatewayItself = { keyId: undefined, dailyCapUsd: undefined }

/**
 * Books probes as charges, within the daily cap of the gateway: written down before each call, settled after it. What is set aside for a
 * call is many times its usual bill, so that probes wait for one another rather than take from requests: all under way hold no more than
 * half of what is left of the day, one alone what it needs.
 */
export class ProbeLedger implements ProbeBooks {
  readonly #spend: Pick<DailySpend, 'remainingUsd' | 'reserve'>
  readonly #charges: ChargeStore
  readonly #clock: Clock
  readonly #newId: () => string
  #heldNanoUsd = 0
  #underWay = 0
  #waiting: (() => void)[] = []

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
    let reservation = this.#reserve(nanoUsd)
    while (reservation === undefined) {
      if (this.#underWay === 0) return undefined
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
      reservation = this.#reserve(nanoUsd)
    }
    const held = reservation
    this.#heldNanoUsd += nanoUsd
    this.#underWay++
    const release = (spentNanoUsd: number | undefined): void => {
      held.settle(spentNanoUsd)
      this.#heldNanoUsd -= nanoUsd
      this.#underWay--
      const waiting = this.#waiting
      this.#waiting = []
      for (const resolve of waiting) resolve()
    }
    const id = `probe_${this.#newId()}`
    const createdAtMs = Math.floor(this.#clock.now())
    try {
      await this.#charges.append({ id, createdAtMs, keyId: undefined, model: llm, reservedNanoUsd: nanoUsd })
    } catch (error) {
      release(0)
      throw error
    }
    held.committed()
    return async (end) => {
      release(end.costNanoUsd)
      await this.#charges.settle({ ...end, chargeId: id, settledAtMs: Math.floor(this.#clock.now()) })
    }
  }

  #reserve(nanoUsd: number): SpendReservation | undefined {
    const leftUsd = this.#spend.remainingUsd(gatewayItself)
    if (leftUsd !== undefined && leftUsd <= 0) return undefined
    const isAlone = this.#underWay === 0
    const half = leftUsd === undefined ? Number.POSITIVE_INFINITY : (leftUsd * 1e9 + this.#heldNanoUsd) / 2
    if (!isAlone && this.#heldNanoUsd + nanoUsd > half) return undefined
    return this.#spend.reserve(gatewayItself, nanoUsd, false)
  }
}
