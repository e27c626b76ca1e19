/**
 * Exact search for the k rows with the largest dot product with a query: cosine similarity when all are unit vectors.
 * Holds its buffers, so that one instance serves one call at a time.
 */
export class NearestRows {
  /** How many rows the latest {@link search} found: min(k, rows). */
  count = 0
  /** Rows found by the latest {@link search}, in no particular order. */
  readonly found: Int32Array
  readonly #rows: Float32Array
  readonly #n: number
  readonly #d: number
  /** A min-heap over similarity, beside `found`: its root is the weakest row kept. */
  readonly #similarity: Float64Array

  /** @param rows row-major, [n × d]; kept, not copied. @param k at least 1. */
  constructor(rows: Float32Array, d: number, k: number) {
    this.#rows = rows
    this.#n = rows.length / d
    this.#d = d
    this.found = new Int32Array(k)
    this.#similarity = new Float64Array(k)
  }

  /** Of rows equally similar at the edge, the earlier stay. O(n·d), no allocation. */
  search(query: Float32Array): void {
    const rows = this.#rows
    const d = this.#d
    const k = this.found.length
    // Four sums let the additions overlap; d is a multiple of four for every embedder we ship, and the tail covers others.
    const whole = d - (d % 4)
    this.count = 0
    let weakest = Number.NEGATIVE_INFINITY
    for (let row = 0, start = 0; row < this.#n; row++, start += d) {
      let sum0 = 0
      let sum1 = 0
      let sum2 = 0
      let sum3 = 0
      for (let j = 0; j < whole; j += 4) {
        sum0 += rows[start + j]! * query[j]!
        sum1 += rows[start + j + 1]! * query[j + 1]!
        sum2 += rows[start + j + 2]! * query[j + 2]!
        sum3 += rows[start + j + 3]! * query[j + 3]!
      }
      for (let j = whole; j < d; j++) sum0 += rows[start + j]! * query[j]!
      const similarity = sum0 + sum1 + (sum2 + sum3)
      if (this.count < k) {
        this.#push(row, similarity)
        if (this.count === k) weakest = this.#similarity[0]!
      } else if (similarity > weakest) {
        this.#sink(0, row, similarity)
        weakest = this.#similarity[0]!
      }
    }
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

  #sink(from: number, row: number, similarity: number): void {
    let hole = from
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
