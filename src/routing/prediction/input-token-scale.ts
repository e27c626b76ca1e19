import type { SnapshotData } from '../policy-store.ts'
import { estimatedPromptTokens } from './prompt-tokens.ts'
import { numberField, objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

/** Fewer known counts than this, and an LLM is taken to count as the others do on average. */
const fewestCounts = 20

/** a + b·n. */
interface Line {
  readonly fixed: number
  readonly factor: number
}

/**
 * What an LLM counts of a prompt that the gateway estimates at n tokens: a_m + b_m·n, both ≥ 0 (mathematics §3). Tokenizers differ
 * by a factor, ways of calling by a fixed part: a vendor's template for tools, a system text of its own.
 */
export class InputTokenScale {
  readonly #fixed: Float64Array
  readonly #factor: Float64Array
  readonly #average: Line

  private constructor(fixed: Float64Array, factor: Float64Array, average: Line) {
    this.#fixed = fixed
    this.#factor = factor
    this.#average = average
  }

  /** Every LLM counts as the prompt was estimated. */
  static identity(columns: number): InputTokenScale {
    return new InputTokenScale(new Float64Array(columns), new Float64Array(columns).fill(1), { fixed: 0, factor: 1 })
  }

  /** Least squares on the prompts whose count is known; n is {@link estimatedPromptTokens}, which is also what is known when serving. */
  static fit(rows: TrainingRows): InputTokenScale {
    const columns = rows.llms.length
    const sizes = Float64Array.from(rows.contexts, estimatedPromptTokens)
    const lines = rows.llms.map((_, llm) => nonNegativeLine(sizes, rows.inputTokens, columns, llm))
    const average = averageLine(lines)
    return new InputTokenScale(
      Float64Array.from(lines, (line) => (line ?? average).fixed),
      Float64Array.from(lines, (line) => (line ?? average).factor),
      average,
    )
  }

  /** @param llm its place in the training rows; −1 for any other LLM. @param inputTokens n ≥ 0. */
  tokens(llm: number, inputTokens: number): number {
    if (llm === -1) return this.#average.fixed + this.#average.factor * inputTokens
    return this.#fixed[llm]! + this.#factor[llm]! * inputTokens
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'input-token-scale',
      fixed: this.#fixed.slice(),
      factor: this.#factor.slice(),
      average: { ...this.#average },
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): InputTokenScale {
    const fields = requireSnapshot(data, 'input-token-scale')
    const fixed = vectorField(fields, 'fixed')
    // Versions from before strangers had a line of their own take the estimate as it is.
    const average = fields.average === undefined ? { fixed: 0, factor: 1 } : objectField(fields, 'average')
    return new InputTokenScale(fixed, vectorField(fields, 'factor', fixed.length), {
      fixed: numberField(average, 'fixed'),
      factor: numberField(average, 'factor'),
    })
  }
}

/** The estimate as it is where no LLM's counts are known. */
function averageLine(lines: readonly (Line | undefined)[]): Line {
  const known = lines.filter((line) => line !== undefined)
  if (known.length === 0) return { fixed: 0, factor: 1 }
  const mean = (part: keyof Line) => known.reduce((sum, line) => sum + line[part], 0) / known.length
  return { fixed: mean('fixed'), factor: mean('factor') }
}

/**
 * argmin Σ(y − a − b·x)² over a, b ≥ 0, b drawn to ȳ/x̄: where the free line leaves that quadrant, the edge it left by. A
 * prompt far longer than those of the fit must count in full.
 */
function nonNegativeLine(x: Float64Array, counts: Float64Array, columns: number, column: number): Line | undefined {
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
