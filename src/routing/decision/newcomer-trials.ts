import type { Llm, LlmId } from '../registry/llm.ts'
import type { RoutingPolicy } from '../routing-policy.ts'
import type { CandidateBuffers } from './candidate-buffers.ts'
import type { ExplorationOptions } from './choice.ts'

export interface NewcomerOptions {
  readonly exploration: ExplorationOptions
  /** α: how much of its uncertainty an LLM is credited with. */
  readonly explorationWidth: number
  /** α of a newcomer that has had its trials. */
  readonly newcomerWidth: number
}

/** Draws without a label, per trial that is due, after which no label is expected: one in 80 at 20 trials. */
const drawsPerTrial = 4

/**
 * Who is new: an LLM whose quality nobody measured before it was served, in a pool where others were, or one that was seen to
 * change. Until it has its labels it is on trial, chosen by chance with a bounded probability. Then it is judged like all others, but hopefully (an upper confidence
 * bound, Li et al. 2010): as long as it may be the best, it is asked, and what its labels say settles it; hope fades with them.
 * Not before: while none has come back, hope alone would send it every request.
 *
 * An LLM known by its probes needs no trials, but the same hope: its level is known to a few hundredths, near-equal LLMs are nearer than that, and judged by the mean its first unlucky labels would
 * end its traffic, and with it the labels that would show better.
 *
 * Labels that never come must not keep it on trial: so many draws after the last one (or the first draw) it has to stand on what is known,
 * with hope in proportion to the labels that it has; the next label puts it on trial again. So rare labels only make trials longer. Draws are counted by
 * each process since its start; after a restart the labels go on counting.
 */
export class NewcomerTrials {
  readonly #silences = new Map<LlmId, Silence>()

  /** Fills `isTried` and `optimism` of `buffers` in candidate order. */
  mark(candidates: readonly Llm[], policy: RoutingPolicy, options: NewcomerOptions, buffers: CandidateBuffers): void {
    const { trialShare, trials } = options.exploration
    // Where nobody is known, or by the starter alone, all are new, and hope would only choose among guesses.
    const apart = trialShare > 0 && policy.fitted?.isStarter === false && !policy.isCold(candidates)
    for (let i = 0; i < candidates.length; i++) {
      const { id } = candidates[i]!
      const isNew = apart && policy.isUnproven(id)
      const labels = isNew ? policy.settledCount(id) : 0
      const isProved = isNew && labels >= trials
      const isDue = isNew && !isProved && this.#drawsWithout(id, labels) < drawsPerTrial * trials
      buffers.isTried[i] = isDue ? 1 : 0
      // Should it change later, it is tried again.
      if (isProved) this.#silences.delete(id)
      const hope = hopeOf(isNew, isDue, labels / trials, apart && policy.isDescribed(id))
      buffers.optimism[i] = options.explorationWidth + hope * (options.newcomerWidth - options.explorationWidth)
    }
  }

  /** One that was on trial was drawn. */
  drawn(llm: LlmId): void {
    const silence = this.#silences.get(llm)
    if (silence !== undefined) silence.draws++
  }

  /** Draws since its labels were last seen to change. */
  #drawsWithout(llm: LlmId, labels: number): number {
    const silence = this.#silences.get(llm)
    if (silence?.labels === labels) return silence.draws
    this.#silences.set(llm, { labels, draws: 0 })
    return 0
  }
}

function hopeOf(isNew: boolean, isDue: boolean, labelsOverTrials: number, isDescribed: boolean): number {
  if (isDescribed) return 1
  return !isNew || isDue ? 0 : Math.min(1, labelsOverTrials)
}

interface Silence {
  readonly labels: number
  draws: number
}
