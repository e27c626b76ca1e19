import type { ProbeOutcome, ProbeRun, ProbeStore } from '../../routing/probe-store.ts'

/** Outcomes and runs in memory, as the store's contract has them. */
export class MemoryProbeStore implements ProbeStore {
  readonly saved: ProbeOutcome[] = []
  readonly #outcomes = new Map<string, ProbeOutcome>()
  readonly #runs = new Map<string, ProbeRun>()

  async saveOutcome(outcome: ProbeOutcome): Promise<void> {
    this.saved.push(outcome)
    this.#outcomes.set(`${outcome.llm}\n${outcome.probeSet}\n${outcome.probeId}`, outcome)
  }

  async outcomes(probeSet: string, llm?: string): Promise<readonly ProbeOutcome[]> {
    return [...this.#outcomes.values()].filter(
      (outcome) => outcome.probeSet === probeSet && (llm === undefined || outcome.llm === llm),
    )
  }

  async forget(llm: string): Promise<number> {
    const gone = [...this.#outcomes].filter(([, outcome]) => outcome.llm === llm)
    for (const [key] of gone) this.#outcomes.delete(key)
    return gone.length
  }

  async saveRun(run: ProbeRun): Promise<void> {
    this.#runs.set(run.id, run)
  }

  async run(id: string): Promise<ProbeRun | undefined> {
    return this.#runs.get(id)
  }

  async runs(limit: number): Promise<readonly ProbeRun[]> {
    return [...this.#runs.values()].toReversed().slice(0, limit)
  }
}
