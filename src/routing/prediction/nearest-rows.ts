import { DotRows } from '../numeric/dot-rows.ts'

/**
 * The k rows with the largest dot product with a query: cosine similarity when all are unit vectors. Every row is read;
 * at the sizes kept here that is faster than any index. Holds its buffers, so that one instance serves one call at a time.
 */
export class NearestRows {
  /** How many rows the latest {@link search} found: min(k, rows). */
  count = 0
  /** Rows found by the latest {@link search}, in no particular order. */
  readonly found: Int32Array
  readonly #rows: DotRows
  /** A min-heap over similarity, beside `found`: its root is the weakest row kept. */
  readonly #similarity: Float64Array

  /** @param rows row-major, [n × d]; copied. @param d at least 1. @param k at least 1. */
  constructor(rows: Float32Array, d: number, k: number) {
    this.#rows = new DotRows(rows, d)
    this.found = new Int32Array(k)
    this.#similarity = new Float64Array(k)
  }

  /** Of rows equally similar at the edge, the earlier stay. O(n·d), no allocation. */
  search(query: Float32Array): void {
    this.#rows.compute(query)
    const { products } = this.#rows
    const k = this.found.length
    this.count = 0
    let weakest = Number.NEGATIVE_INFINITY
    for (let row = 0; row < products.length; row++) {
      const similarity = products[row]!
      if (this.count < k) {
        this.#push(row, similarity)
        if (this.count === k) weakest = this.#similarity[0]!
      } else if (similarity > weakest) {
        this.#replaceWeakest(row, similarity)
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
