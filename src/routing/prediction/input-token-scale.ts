import type { SnapshotData } from '../policy-store.ts'
import { requireSnapshot, vectorField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

/** Fewer known counts than this, and an LLM is taken to count like the others. */
const fewestCounts = 20

/**
 * What an LLM counts of a prompt that the pool counts as n tokens: a_m + b_m·n, both ≥ 0 (mathematics §3). Tokenizers differ
 * by a factor, ways of calling by a fixed part: a vendor's template for tools, a system text of its own.
 */
export class InputTokenScale {
  readonly #fixed: Float64Array
  readonly #factor: Float64Array

  private constructor(fixed: Float64Array, factor: Float64Array) {
    this.#fixed = fixed
    this.#factor = factor
  }

  /** Every LLM counts as the prompt was counted. */
  static identity(columns: number): InputTokenScale {
    return new InputTokenScale(new Float64Array(columns), new Float64Array(columns).fill(1))
  }

  /** Least squares on the prompts whose count is known; n is the mean count of the LLMs that know it. */
  static fit(rows: TrainingRows): InputTokenScale {
    const columns = rows.llms.length
    const sizes = meanInputTokens(rows)
    const fixed = new Float64Array(columns)
    const factor = new Float64Array(columns).fill(1)
    for (let llm = 0; llm < columns; llm++) {
      const line = nonNegativeLine(sizes, rows.inputTokens, columns, llm)
      if (line === undefined) continue
      fixed[llm] = line.fixed
      factor[llm] = line.factor
    }
    return new InputTokenScale(fixed, factor)
  }

  /** @param llm its place in the training rows. @param inputTokens n ≥ 0. */
  tokens(llm: number, inputTokens: number): number {
    return this.#fixed[llm]! + this.#factor[llm]! * inputTokens
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'input-token-scale',
      fixed: this.#fixed.slice(),
      factor: this.#factor.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): InputTokenScale {
    const fields = requireSnapshot(data, 'input-token-scale')
    const fixed = vectorField(fields, 'fixed')
    return new InputTokenScale(fixed, vectorField(fields, 'factor', fixed.length))
  }
}

/** Of each row over the LLMs whose count is known; NaN where none is. */
export function meanInputTokens({ llms, inputTokens }: TrainingRows): Float64Array {
  return Float64Array.from({ length: inputTokens.length / llms.length }, (_, row) => {
    let sum = 0
    let known = 0
    for (let cell = row * llms.length; cell < (row + 1) * llms.length; cell++) {
      if (Number.isNaN(inputTokens[cell]!)) continue
      sum += inputTokens[cell]!
      known++
    }
    return known > 0 ? sum / known : Number.NaN
  })
}

/**
 * argmin Σ(y − a − b·x)² over a, b ≥ 0, b drawn to ȳ/x̄: where the free line leaves that quadrant, the edge it left by. A
 * prompt far longer than those of the fit must count in full.
 */
function nonNegativeLine(
  x: Float64Array,
  counts: Float64Array,
  columns: number,
  column: number,
): { readonly fixed: number; readonly factor: number } | undefined {
  let n = 0
  let xMean = 0
  let yMean = 0
  let xx = 0
  let xy = 0
  for (let row = 0; row < x.length; row++) {
    const y = counts[row * columns + column]!
    if (Number.isNaN(y)) continue
    n++
    const deltaX = x[row]! - xMean
    const deltaY = y - yMean
    xMean += deltaX / n
    yMean += deltaY / n
    xx += deltaX * (x[row]! - xMean)
    xy += deltaX * (y - yMean)
  }
  if (n < fewestCounts || !(xMean > 0)) return undefined
  // As if so many rows more lay on the line through 0, at sizes spread by their mean: what hardly varied shows no fixed part.
  const prior = fewestCounts * xMean * xMean
  const factor = (xy + (prior * yMean) / xMean) / (xx + prior)
  if (factor <= 0) return { fixed: yMean, factor: 0 }
  const fixed = yMean - factor * xMean
  if (fixed >= 0) return { fixed, factor }
  return { fixed: 0, factor: (xy + n * xMean * yMean) / (xx + n * xMean * xMean) }
}
