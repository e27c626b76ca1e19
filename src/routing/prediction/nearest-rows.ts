import { DotRows } from '../numeric/dot-rows.ts'
import { kthLargest } from '../numeric/kth-largest.ts'

/** Of two thousand cosines some twenty are then in the interval that holds the 80th. */
const intervals = 256

/** Keeps every product within the intervals, whatever the rounding of its 32-bit sum. */
const roundingMargin = 1.001

/**
 * The k rows with the largest dot product with a query: cosine similarity when all are unit vectors. Every row is read;
 * at the sizes kept here that is faster than any index. Holds its buffers, so that one instance serves one call at a time.
 *
 * Products are counted in equal intervals between their bounds, ±‖row‖·‖query‖; only those in the interval of the k-th
 * are compared with one another. At 80 of 2,000 that takes 8 µs where a heap over all took 18.
 */
export class NearestRows {
  /** How many rows the latest {@link search} found: min(k, rows). */
  count = 0
  /** Rows found by the latest {@link search}, in no particular order. */
  readonly found: Int32Array
  readonly #rows: DotRows
  readonly #longestRow: number
  /** Intervals per unit of product, for the latest query. */
  #scale = 0
  readonly #sizes = new Int32Array(intervals)
  /** Rows of the interval of the k-th, ascending; their products; the same, for selecting. */
  readonly #edgeRows: Int32Array
  readonly #edgeProducts: Float32Array
  readonly #reordered: Float32Array

  /** @param rows row-major, [n × d], finite; copied. @param d at least 1. @param k at least 1. */
  constructor(rows: Float32Array, d: number, k: number) {
    this.#rows = new DotRows(rows, d)
    const n = this.#rows.products.length
    this.found = new Int32Array(k)
    let longest = 0
    for (let row = 0; row < n; row++) longest = Math.max(longest, norm(rows.subarray(row * d, (row + 1) * d)))
    this.#longestRow = longest
    this.#edgeRows = new Int32Array(n)
    this.#edgeProducts = new Float32Array(n)
    this.#reordered = new Float32Array(n)
  }

  /** Of rows equally similar at the edge, the earlier stay. O(n·d), no allocation. @param query finite. */
  search(query: Float32Array): void {
    this.#rows.compute(query)
    const bound = roundingMargin * this.#longestRow * norm(query)
    // Without a bound above zero all products are zero, and all in one interval.
    this.#scale = bound > 0 ? intervals / 2 / bound : 0
    this.count = 0
    const edge = this.#edge()
    const atEdge = this.#takeAbove(edge)
    this.#takeFromEdge(atEdge)
  }

  /** The interval of the k-th largest product; the lowest when there are fewer than k. */
  #edge(): number {
    const { products } = this.#rows
    const sizes = this.#sizes
    const scale = this.#scale
    sizes.fill(0)
    for (let row = 0; row < products.length; row++) sizes[intervalOf(products[row]!, scale)]!++
    let edge = intervals - 1
    for (let left = this.found.length - sizes[edge]!; left > 0 && edge > 0; left -= sizes[edge]!) edge--
    return edge
  }

  /** Takes the rows of all higher intervals and gathers those of the edge. @returns how many of these there are. */
  #takeAbove(edge: number): number {
    const { products } = this.#rows
    const scale = this.#scale
    // Most rows are surely below, which a comparison tells without finding their interval.
    const surelyBelow = scale > 0 ? (edge - 1 - intervals / 2) / scale : Number.NEGATIVE_INFINITY
    let atEdge = 0
    for (let row = 0; row < products.length; row++) {
      const product = products[row]!
      if (product < surelyBelow) continue
      const interval = intervalOf(product, scale)
      if (interval < edge) continue
      if (interval > edge) {
        this.found[this.count++] = row
      } else {
        this.#edgeRows[atEdge] = row
        this.#edgeProducts[atEdge++] = product
      }
    }
    return atEdge
  }

  #takeFromEdge(atEdge: number): void {
    const room = Math.min(atEdge, this.found.length - this.count)
    if (room === 0) return
    this.#reordered.set(this.#edgeProducts)
    const smallest = kthLargest(this.#reordered, atEdge, room)
    let equals = room
    for (let i = 0; i < atEdge; i++) if (this.#edgeProducts[i]! > smallest) equals--
    for (let i = 0; i < atEdge; i++) {
      const product = this.#edgeProducts[i]!
      if (product < smallest || (product === smallest && equals-- <= 0)) continue
      this.found[this.count++] = this.#edgeRows[i]!
    }
  }
}

/** 0 to intervals − 1, non-decreasing in the product. */
function intervalOf(product: number, scale: number): number {
  return (intervals / 2 + product * scale) | 0
}

function norm(vector: Float32Array): number {
  let squares = 0
  for (let j = 0; j < vector.length; j++) squares += vector[j]! * vector[j]!
  return Math.sqrt(squares)
}
