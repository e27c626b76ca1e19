import type { LlmId } from '../../routing/registry/llm.ts'

/**
 * Logged choices and what came of them, in columns. Candidates lie one behind another: those of row i at the places
 * `offsets[i]` … `offsets[i + 1] − 1`.
 */
export interface OffPolicyLog {
  readonly rows: number
  readonly llms: readonly LlmId[]
  /** Number of conversations; a decision outside of any is one of its own. */
  readonly clusters: number
  /** By row, [0, clusters). */
  readonly cluster: Int32Array
  /** Shape [rows + 1]. */
  readonly offsets: Int32Array
  /** By place: index into `llms`. */
  readonly llm: Int32Array
  /** By place: the probability with which the candidate was to be drawn. */
  readonly logging: Float64Array
  /** By place: q̂, quality units. */
  readonly qualityEstimate: Float64Array
  /** By place: ĉ, USD; NaN where unknown. */
  readonly costEstimate: Float64Array
  /** By row: the place of the LLM drawn. */
  readonly drawn: Int32Array
  /** By row: the probability of that draw, (0, 1]. */
  readonly propensity: Float64Array
  /** By row: of the answer that the draw led to, [0, 1]; NaN where nobody said. */
  readonly quality: Float64Array
  /** By row: what the request cost in the end, USD; NaN where unknown. */
  readonly costUsd: Float64Array
}

/** What another policy would have done with the rows of a log. */
export interface TargetChoices {
  /** By place. */
  readonly probability: Float64Array
  /** By row: probability of LLMs that could not have been drawn at all; undefined: none. */
  readonly unsupported?: Float64Array | undefined
  /** By place: what the target would pay for the answer over what was paid; undefined: the same. */
  readonly costFactor?: Float64Array | undefined
}

/** What was logged of one decision, before it becomes a row. */
export interface LoggedChoice {
  /** Rows of one cluster may depend on one another. */
  readonly cluster: string
  readonly llms: readonly LlmId[]
  /** In the order of `llms`, as are the estimates. */
  readonly logging: ArrayLike<number>
  readonly qualityEstimate: ArrayLike<number>
  readonly costEstimate: ArrayLike<number>
  /** Index into `llms`. */
  readonly drawn: number
  readonly propensity: number
  readonly quality: number
  readonly costUsd: number
}

/** Gathers rows, which may come in pages. */
export class OffPolicyLogBuilder {
  readonly #llms = new Map<LlmId, number>()
  readonly #clusters = new Map<string, number>()
  readonly #cluster: number[] = []
  readonly #offsets: number[] = [0]
  readonly #llm: number[] = []
  readonly #logging: number[] = []
  readonly #qualityEstimate: number[] = []
  readonly #costEstimate: number[] = []
  readonly #drawn: number[] = []
  readonly #propensity: number[] = []
  readonly #quality: number[] = []
  readonly #costUsd: number[] = []

  get rows(): number {
    return this.#cluster.length
  }

  add(choice: LoggedChoice): void {
    const start = this.#llm.length
    choice.llms.forEach((id, i) => {
      this.#llm.push(indexIn(this.#llms, id))
      this.#logging.push(choice.logging[i]!)
      this.#qualityEstimate.push(choice.qualityEstimate[i]!)
      this.#costEstimate.push(choice.costEstimate[i]!)
    })
    this.#offsets.push(this.#llm.length)
    this.#cluster.push(indexIn(this.#clusters, choice.cluster))
    this.#drawn.push(start + choice.drawn)
    this.#propensity.push(choice.propensity)
    this.#quality.push(choice.quality)
    this.#costUsd.push(choice.costUsd)
  }

  build(): OffPolicyLog {
    return {
      rows: this.#cluster.length,
      llms: [...this.#llms.keys()],
      clusters: this.#clusters.size,
      cluster: Int32Array.from(this.#cluster),
      offsets: Int32Array.from(this.#offsets),
      llm: Int32Array.from(this.#llm),
      logging: Float64Array.from(this.#logging),
      qualityEstimate: Float64Array.from(this.#qualityEstimate),
      costEstimate: Float64Array.from(this.#costEstimate),
      drawn: Int32Array.from(this.#drawn),
      propensity: Float64Array.from(this.#propensity),
      quality: Float64Array.from(this.#quality),
      costUsd: Float64Array.from(this.#costUsd),
    }
  }
}

/** The choices that were logged, as a target of their own: the policy that served. */
export function loggingChoices(log: OffPolicyLog): TargetChoices {
  return { probability: log.logging }
}

function indexIn<Key>(indices: Map<Key, number>, key: Key): number {
  const known = indices.get(key)
  if (known !== undefined) return known
  indices.set(key, indices.size)
  return indices.size - 1
}
