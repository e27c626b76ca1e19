import type { ProbeOutcome } from '../routing/probe-store.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { ProbeSet } from './probe.ts'

/** What LLMs reached on a set: asked by us, else as recorded with the set. */
export class MeasuredQuality {
  readonly #byLlm = new Map<LlmId, Map<string, number>>()

  constructor({ probes, anchors }: Pick<ProbeSet, 'probes' | 'anchors'>, outcomes: Iterable<ProbeOutcome>) {
    const width = anchors.llms.length
    anchors.llms.forEach((llm, column) => {
      probes.forEach(({ id }, row) => {
        const quality = anchors.quality[row * width + column]!
        if (!Number.isNaN(quality)) this.#of(llm).set(id, quality)
      })
    })
    for (const { llm, probeId, quality } of outcomes) if (quality !== undefined) this.#of(llm).set(probeId, quality)
  }

  /** NaN where it is not known. */
  of(llm: LlmId, probeId: string): number {
    return this.#byLlm.get(llm)?.get(probeId) ?? Number.NaN
  }

  /** Probes with a known quality. */
  count(llm: LlmId): number {
    return this.#byLlm.get(llm)?.size ?? 0
  }

  #of(llm: LlmId): Map<string, number> {
    let known = this.#byLlm.get(llm)
    if (known === undefined) {
      known = new Map()
      this.#byLlm.set(llm, known)
    }
    return known
  }
}
