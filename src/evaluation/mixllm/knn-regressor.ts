import { NearestRows } from '../../routing/prediction/nearest-rows.ts'
import type { RegressionProblem, ScalarRegressor } from './scalar-regressor.ts'

/** k; the paper does not say. */
const neighbours = 40

/** Added to distances, so that a prompt met in training does not answer alone. */
const nearest = 0.01

/**
 * The nearest rows of one set by cosine, and their weights 1/(1 − cosine + .01). All regressors on the same rows share one:
 * asked for the same query again, it does not search again.
 */
export class NeighbourSearch {
  /** Of the latest {@link search}. */
  readonly rows: Int32Array
  readonly weights: Float64Array
  count = 0
  readonly #unit: Float32Array
  readonly #d: number
  readonly #index: NearestRows
  readonly #latest: Float64Array
  readonly #query: Float32Array

  /** @param x row-major [n × d], finite; copied. */
  constructor(x: Float64Array, d: number) {
    this.#d = d
    this.#unit = new Float32Array(x.length)
    for (let start = 0; start < x.length; start += d) {
      writeUnit(x.subarray(start, start + d), this.#unit.subarray(start, start + d))
    }
    const k = Math.min(neighbours, x.length / d)
    this.#index = new NearestRows(this.#unit, d, k)
    this.rows = this.#index.found
    this.weights = new Float64Array(k)
    this.#latest = new Float64Array(d).fill(Number.NaN)
    this.#query = new Float32Array(d)
  }

  /** No allocation. */
  search(embedding: Float64Array): void {
    if (this.#isLatest(embedding)) return
    this.#latest.set(embedding)
    writeUnit(embedding, this.#query)
    this.#index.search(this.#query)
    this.count = this.#index.count
    for (let i = 0; i < this.count; i++) {
      const start = this.rows[i]! * this.#d
      let cosine = 0
      for (let j = 0; j < this.#d; j++) cosine += this.#unit[start + j]! * this.#query[j]!
      this.weights[i] = 1 / (Math.max(0, 1 - cosine) + nearest)
    }
  }

  #isLatest(embedding: Float64Array): boolean {
    for (let j = 0; j < this.#d; j++) if (this.#latest[j] !== embedding[j]) return false
    return true
  }
}

/** The weighted mean over the nearest rows. @param search over the rows of `problem`, in their order. */
export function fitKnnRegressor(
  problem: RegressionProblem,
  search: NeighbourSearch = new NeighbourSearch(problem.x, problem.d),
): ScalarRegressor {
  const y = problem.y.slice()
  return {
    predict(embedding) {
      search.search(embedding)
      let sum = 0
      let total = 0
      for (let i = 0; i < search.count; i++) {
        sum += search.weights[i]! * y[search.rows[i]!]!
        total += search.weights[i]!
      }
      return sum / total
    },
  }
}

function writeUnit(vector: Float64Array, out: Float32Array): void {
  let squares = 0
  for (let j = 0; j < vector.length; j++) squares += vector[j]! * vector[j]!
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0
  for (let j = 0; j < vector.length; j++) out[j] = vector[j]! * scale
}
