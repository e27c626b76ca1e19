import { selectMatrixRows } from '../routing/numeric/matrix.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'

/** One prompt that LLMs were tried on. */
export interface OutcomePrompt {
  readonly id: string
  /** The task or benchmark it comes from; empty where the set does not say. */
  readonly source: string
  readonly text: string
  /** The set's own split (`train`, `val`, `test`), where it brings one. */
  readonly split?: string
  /** Every other field of the line, as read. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** One LLM that was tried. */
export interface OutcomeLlm {
  readonly id: string
  /** At the time of the outcomes. Undefined when either part is unknown. */
  readonly price: TokenPrice | undefined
  /** Deployments of one model share it (mathematics §8: they stay on one side of a split); the id where not given. */
  readonly base: string
  /** Every other field of the entry, as read. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** Outcomes of LLMs on prompts. Matrices are row-major, prompts × llms; NaN marks an unknown cell and is never zero. */
export interface OutcomeData {
  /** Name of the folder it was read from. */
  readonly name: string
  readonly prompts: readonly OutcomePrompt[]
  readonly llms: readonly OutcomeLlm[]
  /** [0, 1]; higher is better. */
  readonly quality: Float64Array
  /** USD per call. */
  readonly costUsd: Float64Array
  readonly inputTokens: Float64Array
  /** Reasoning tokens are inside where the source recorded them. */
  readonly outputTokens: Float64Array
  readonly latencyMs: Float64Array
}

/** The matrices of {@link OutcomeData}, by name. */
export const outcomeMeasures = ['quality', 'costUsd', 'inputTokens', 'outputTokens', 'latencyMs'] as const

export type OutcomeMeasure = (typeof outcomeMeasures)[number]

/** A matrix of the given size with every cell unknown. */
export function unknownCells(size: number): Float64Array {
  return new Float64Array(size).fill(Number.NaN)
}

/** The rows at `indices`, in that order, as a set of its own; the LLMs stay. Copies. */
export function selectRows(data: OutcomeData, indices: readonly number[]): OutcomeData {
  const width = data.llms.length
  const pick = (cells: Float64Array): Float64Array => selectMatrixRows(cells, indices, width)
  return {
    name: data.name,
    prompts: indices.map((row) => data.prompts[row]!),
    llms: data.llms,
    quality: pick(data.quality),
    costUsd: pick(data.costUsd),
    inputTokens: pick(data.inputTokens),
    outputTokens: pick(data.outputTokens),
    latencyMs: pick(data.latencyMs),
  }
}

/** The LLMs at `indices`, in that order, as a set of its own; the prompts stay. Copies. */
export function selectLlms(data: OutcomeData, indices: readonly number[]): OutcomeData {
  const from = data.llms.length
  const to = indices.length
  const pick = (cells: Float64Array): Float64Array => {
    const picked = new Float64Array(data.prompts.length * to)
    for (let row = 0; row < data.prompts.length; row++) {
      for (let i = 0; i < to; i++) picked[row * to + i] = cells[row * from + indices[i]!]!
    }
    return picked
  }
  return {
    name: data.name,
    prompts: data.prompts,
    llms: indices.map((llm) => data.llms[llm]!),
    quality: pick(data.quality),
    costUsd: pick(data.costUsd),
    inputTokens: pick(data.inputTokens),
    outputTokens: pick(data.outputTokens),
    latencyMs: pick(data.latencyMs),
  }
}
