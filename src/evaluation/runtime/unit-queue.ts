import type { WorkUnit } from '../protocol.ts'

/** Units still to be taken, handed out so that each worker meets what it has in its cache as often as possible. */
export class UnitQueue {
  readonly #waiting: WorkUnit[]
  readonly #affinityOf = new Map<number, string | undefined>()

  constructor(units: readonly WorkUnit[]) {
    this.#waiting = [...units]
  }

  /**
   * The worker's next unit: the first of the affinity it had, else the first of one that no other worker has, else the
   * first there is. Undefined when nothing is left.
   */
  take(worker: number): WorkUnit | undefined {
    const mine = this.#affinityOf.get(worker)
    const others = new Set([...this.#affinityOf].filter(([id]) => id !== worker).map(([, affinity]) => affinity))
    const preferences: readonly ((unit: WorkUnit) => boolean)[] = [
      (unit) => unit.affinity !== undefined && unit.affinity === mine,
      (unit) => unit.affinity === undefined || !others.has(unit.affinity),
      () => true,
    ]
    for (const prefers of preferences) {
      const index = this.#waiting.findIndex(prefers)
      if (index === -1) continue
      const [unit] = this.#waiting.splice(index, 1)
      this.#affinityOf.set(worker, unit!.affinity)
      return unit
    }
    this.#affinityOf.delete(worker)
    return undefined
  }
}
