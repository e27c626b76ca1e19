import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import { chooseResidualRidge } from './choose-residual-ridge.ts'
import { InverseDesign } from './inverse-design.ts'
import type { OfflineMixLlm } from './meta-decision-maker.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'
import { PromptEstimateMemory } from './prompt-estimates.ts'

/**
 * Joins offline-fitted estimates with the uncertainty matrices of the offline queries (MixLLM, Eq. 14). Offline every LLM
 * that was tried on every query has the same A_l, which then is one object: it cannot change the argmax until the stream
 * breaks the tie, and is worked out once per prompt.
 *
 * @param rows the offline queries. An LLM's A_l takes the queries with a known quality of it.
 * @param llms ids of all LLMs, in the order by which streams index them; those without estimates are newcomers (A = I).
 */
export function offlineMixLlm(estimates: MixLlmEstimates, rows: TrainingRows, llms: readonly string[]): OfflineMixLlm {
  const { dimension } = estimates
  const width = rows.llms.length
  const embeddings = new Float64Array(rows.contexts.length * dimension)
  rows.contexts.forEach((context, row) => {
    estimates.embed(context, embeddings.subarray(row * dimension, (row + 1) * dimension))
  })
  const sharedDesign = InverseDesign.of(embeddings, dimension)
  const fresh = new InverseDesign(dimension)
  const designs = llms.map((id) => {
    const column = rows.llms.indexOf(id)
    if (column === -1 || !estimates.llms.includes(id)) return fresh
    const known = rows.contexts.flatMap((_, row) => (Number.isNaN(rows.quality[row * width + column]!) ? [] : [row]))
    if (known.length === rows.contexts.length) return sharedDesign
    const own = new Float64Array(known.length * dimension)
    known.forEach((row, i) => {
      own.set(embeddings.subarray(row * dimension, (row + 1) * dimension), i * dimension)
    })
    return InverseDesign.of(own, dimension)
  })
  return {
    memory: new PromptEstimateMemory(estimates, sharedDesign),
    columns: Int32Array.from(llms, (id) => estimates.llms.indexOf(id)),
    designs,
    sharedDesign,
    residualRidge: chooseResidualRidge(embeddings, dimension, residualsOf(estimates, rows.contexts.length)),
  }
}

/** Of the LLMs that were fitted on as many rows. */
function residualsOf(estimates: MixLlmEstimates, rows: number): Float64Array[] {
  return estimates.llms.flatMap((_, llm) => {
    const residuals = estimates.qualityResiduals?.(llm)
    return residuals?.length === rows ? [residuals] : []
  })
}
