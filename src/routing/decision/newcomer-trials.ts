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

/**
 * Who is new: an LLM whose quality nobody measured before it was served, in a pool where others were, or one that was seen to
 * change. Until it has its labels it is on trial, chosen by chance with a bounded probability. Then it is judged like all others, but hopefully (an upper confidence
 * bound, Li et al. 2010): as long as it may be the best, it is asked, and what its labels say settles it; hope fades with them.
 * Not before: while none has come back, hope alone would send it every request.
 *
 * Labels that never come must not keep it on trial: draws count too, twice as many at most. They are counted by each process since its
 * start; after a restart the labels go on counting.
 */
export class NewcomerTrials {
  readonly #draws = new Map<LlmId, number>()

  /** Fills `isTried` and `optimism` of `buffers` in candidate order. */
  mark(candidates: readonly Llm[], policy: RoutingPolicy, options: NewcomerOptions, buffers: CandidateBuffers): void {
    const { trialShare, trials } = options.exploration
    // Where nobody is known, or by the starter alone, all are new, and hope would only choose among guesses.
    const apart = trialShare > 0 && policy.fitted?.isStarter === false && !policy.isCold(candidates)
    for (let i = 0; i < candidates.length; i++) {
      const { id } = candidates[i]!
      const isNew = apart && policy.isUnproven(id)
      const proved = isNew && policy.settledCount(id) >= trials
      const due = isNew && !proved && (this.#draws.get(id) ?? 0) < 2 * trials
      buffers.isTried[i] = due ? 1 : 0
      // Should it change later, it is tried again.
      if (proved) this.#draws.delete(id)
      buffers.optimism[i] = proved ? options.newcomerWidth : options.explorationWidth
    }
  }

  /** One that was on trial was drawn. */
  drawn(llm: LlmId): void {
    this.#draws.set(llm, (this.#draws.get(llm) ?? 0) + 1)
  }
}
