/** Coordinates read before a row may be given up; LSA puts the most telling ones first. */
const headDimension = 16

/** Covers the rounding of the bound, so that giving up early never changes the result. */
const boundSlack = 1e-9

/**
 * Exact search for the k rows with the largest dot product with a query: cosine similarity when all are unit vectors.
 *
 * A row is given up after its first 16 coordinates when even the largest possible rest, ‖r_rest‖·‖q_rest‖ (Cauchy and
 * Schwarz), cannot bring it among the k best so far. Rows are kept in 64-bit floats: reading 32-bit ones converts each
 * entry, which costs more than the memory saves. Holds its buffers, so that one instance serves one call at a time.
 */
export class NearestRows {
  /** How many rows the latest {@link search} found: min(k, rows). */
  count = 0
  /** Rows found by the latest {@link search}, in no particular order. */
  readonly found: Int32Array
  readonly #rows: Float64Array
  readonly #n: number
  readonly #d: number
  readonly #head: number
  /** ‖r_rest‖ of each row. */
  readonly #restNorms: Float64Array
  readonly #query: Float64Array
  /** A min-heap over similarity, beside `found`: its root is the weakest row kept. */
  readonly #similarity: Float64Array

  /** @param rows row-major, [n × d]; copied. @param d at least 1. @param k at least 1. */
  constructor(rows: Float32Array, d: number, k: number) {
    this.#rows = Float64Array.from(rows)
    this.#n = rows.length / d
    this.#d = d
    this.#head = d > headDimension ? headDimension : d - (d % 4)
    this.#restNorms = new Float64Array(this.#n)
    for (let row = 0; row < this.#n; row++) this.#restNorms[row] = restNorm(this.#rows, row * d, this.#head, d)
    this.#query = new Float64Array(d)
    this.found = new Int32Array(k)
    this.#similarity = new Float64Array(k)
  }

  /** Of rows equally similar at the edge, the earlier stay. O(n·d), no allocation. */
  search(query: Float32Array): void {
    for (let j = 0; j < this.#d; j++) this.#query[j] = query[j]!
    const queryRest = restNorm(this.#query, 0, this.#head, this.#d)
    const k = this.found.length
    this.count = 0
    let weakest = Number.NEGATIVE_INFINITY
    for (let row = 0; row < this.#n; row++) {
      const start = row * this.#d
      const head = this.#dot(start, 0, this.#head)
      if (head + this.#restNorms[row]! * queryRest + boundSlack < weakest) continue
      const similarity = head + this.#dot(start, this.#head, this.#d)
      if (this.count < k) {
        this.#push(row, similarity)
        if (this.count === k) weakest = this.#similarity[0]!
      } else if (similarity > weakest) {
        this.#replaceWeakest(row, similarity)
        weakest = this.#similarity[0]!
      }
    }
  }

  /** Σ over coordinates from `from` to `to`. Four sums let the additions overlap. */
  #dot(start: number, from: number, to: number): number {
    const rows = this.#rows
    const query = this.#query
    let sum0 = 0
    let sum1 = 0
    let sum2 = 0
    let sum3 = 0
    let j = from
    for (; j + 3 < to; j += 4) {
      sum0 += rows[start + j]! * query[j]!
      sum1 += rows[start + j + 1]! * query[j + 1]!
      sum2 += rows[start + j + 2]! * query[j + 2]!
      sum3 += rows[start + j + 3]! * query[j + 3]!
    }
    for (; j < to; j++) sum0 += rows[start + j]! * query[j]!
    return sum0 + sum1 + (sum2 + sum3)
  }

  #push(row: number, similarity: number): void {
    let hole = this.count++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (this.#similarity[parent]! <= similarity) break
      this.#similarity[hole] = this.#similarity[parent]!
      this.found[hole] = this.found[parent]!
      hole = parent
    }
    this.#similarity[hole] = similarity
    this.found[hole] = row
  }

  #replaceWeakest(row: number, similarity: number): void {
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= this.count) break
      if (child + 1 < this.count && this.#similarity[child + 1]! < this.#similarity[child]!) child++
      if (this.#similarity[child]! >= similarity) break
      this.#similarity[hole] = this.#similarity[child]!
      this.found[hole] = this.found[child]!
      hole = child
    }
    this.#similarity[hole] = similarity
    this.found[hole] = row
  }
}

function restNorm(values: Float64Array, start: number, from: number, to: number): number {
  let squares = 0
  for (let j = from; j < to; j++) squares += values[start + j]! ** 2
  return Math.sqrt(squares)
}
