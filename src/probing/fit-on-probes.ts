import { type OutcomeData, unknownCells } from '../outcomes/outcome-data.ts'
import type { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { ProbeOutcome } from '../routing/probe-store.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { type FitResult, fitPolicy } from '../training/fit-policy.ts'
import type { ProbeSet } from './probe.ts'
import type { SeenProbe } from './probe-contexts.ts'

/** Of one set; with fewer an LLM is left out of a fit on probes. */
export const fewestOutcomesToFit = 50

/** LLMs with so many outcomes; one alone leaves nothing to choose. */
export const fewestLlmsToFit = 2

const fitSeed = 1

/** The LLMs of the pool that have enough graded outcomes for a fit. */
export function llmsToFit(pool: readonly Llm[], outcomes: readonly ProbeOutcome[]): readonly Llm[] {
  return pool.filter(
    ({ id }) =>
      outcomes.filter(({ llm, quality }) => llm === id && quality !== undefined).length >= fewestOutcomesToFit,
  )
}

/** Outcomes of probes as outcome data; what is not known is NaN. Rows are the probes that somebody has answered. */
export function probeOutcomeData(
  set: Pick<ProbeSet, 'name'>,
  seen: readonly SeenProbe[],
  llms: readonly Llm[],
  outcomes: readonly ProbeOutcome[],
): OutcomeData {
  const columnOf = new Map(llms.map(({ id }, column) => [id, column]))
  const graded = outcomes.filter(({ llm, quality }) => quality !== undefined && columnOf.has(llm))
  const answered = new Set(graded.map(({ probeId }) => probeId))
  const rows = seen.filter(({ id }) => answered.has(id))
  const rowOf = new Map(rows.map(({ id }, row) => [id, row]))
  const cells = () => unknownCells(rows.length * llms.length)
  const data = {
    quality: cells(),
    costUsd: cells(),
    inputTokens: cells(),
    outputTokens: cells(),
    latencyMs: cells(),
  }
  for (const outcome of graded) {
    const row = rowOf.get(outcome.probeId)
    if (row === undefined) continue
    const cell = row * llms.length + columnOf.get(outcome.llm)!
    data.quality[cell] = outcome.quality!
    if (outcome.costNanoUsd !== undefined) data.costUsd[cell] = outcome.costNanoUsd / 1e9
    if (outcome.inputTokens !== undefined) data.inputTokens[cell] = outcome.inputTokens
    if (outcome.outputTokens !== undefined) data.outputTokens[cell] = outcome.outputTokens
    if (outcome.completionMs !== undefined) data.latencyMs[cell] = outcome.completionMs
  }
  return {
    name: `probes ${set.name}`,
    prompts: rows.map(({ id, task, request }) => ({ id, source: task, text: request.userText, extra: {} })),
    llms: llms.map(({ id, price }) => ({ id, price, base: id, extra: {} })),
    ...data,
  }
}

/**
 * The first version of a pool that nothing was fitted for, on what its LLMs did with the probes.
 *
 * @param embedder the one that serves, so that labels given under it go on to teach.
 * @throws {FitError} where the outcomes are too few.
 */
export function fitOnProbes(data: OutcomeData, embedder: HashedNgramEmbedder, now: number): Promise<FitResult> {
  return fitPolicy(data, { seed: fitSeed, now, embedder })
}
