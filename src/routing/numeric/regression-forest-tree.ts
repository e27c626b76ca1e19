import type { RandomSource } from './random-source.ts'
import type { FeatureBins } from './regression-forest-bins.ts'
import { SplitFinder, type SplitOptions } from './regression-forest-split.ts'

/** The nodes of all trees, one after the other; children of a node are neighbours. */
export interface ForestNodes {
  /** Feature that a node splits by; −1 in a leaf. */
  readonly features: number[]
  /** A value not above it goes to the first child. */
  readonly thresholds: number[]
  /** Index of the first child; in a leaf the number of the leaf. */
  readonly next: number[]
  /** Row-major, [leaves × outputs]. */
  readonly values: number[]
}

export interface GrowOptions extends SplitOptions {
  readonly maxDepth: number
  /** Rows that a tree draws. */
  readonly drawsPerTree: number
}

interface Span {
  readonly node: number
  readonly start: number
  readonly end: number
  readonly depth: number
  /** What a leaf says of an output that none of its rows knows: its parent's mean offset. */
  readonly inherited: Float64Array
}

/** Grows regression trees on binned features; keeps the buffers between trees. */
export class TreeGrower {
  readonly #data: FeatureBins
  /** Row-major [rows × outputs], less {@link #means}, so that sums of squares lose no digits; NaN unknown. */
  readonly #y: Float64Array
  readonly #means: Float64Array
  readonly #outputs: number
  readonly #isComplete: boolean
  readonly #maxDepth: number
  readonly #drawsPerTree: number
  /** How often the bootstrap drew each row. */
  readonly #draws: Float64Array
  /** The rows drawn, ordered so that each node's are contiguous. */
  readonly #rows: Int32Array
  readonly #splits: SplitFinder

  /** @param y row-major [rows × outputs], NaN unknown; copied. @param means of the outputs. */
  constructor(data: FeatureBins, y: Float64Array, means: Float64Array, options: GrowOptions) {
    const outputs = means.length
    this.#data = data
    this.#y = y.map((value, cell) => value - means[cell % outputs]!)
    this.#means = means
    this.#outputs = outputs
    this.#isComplete = !y.some(Number.isNaN)
    this.#maxDepth = options.maxDepth
    this.#drawsPerTree = options.drawsPerTree
    this.#draws = new Float64Array(data.rows)
    this.#rows = new Int32Array(data.rows)
    this.#splits = new SplitFinder(
      { data, y: this.#y, outputs, isComplete: this.#isComplete, rows: this.#rows, draws: this.#draws },
      options,
    )
  }

  /** Adds one tree, grown on a bootstrap sample. Its root is the first node added. */
  grow(random: RandomSource, nodes: ForestNodes): void {
    const count = this.#drawRows(random)
    const inherited = new Float64Array(this.#outputs)
    const open: Span[] = [{ node: addNode(nodes), start: 0, end: count, depth: 0, inherited }]
    for (let span = open.pop(); span !== undefined; span = open.pop()) {
      const isInner = span.depth < this.#maxDepth && this.#splits.find(span.start, span.end, random)
      if (isInner) this.#split(span, nodes, open)
      else {
        nodes.next[span.node] = nodes.values.length / this.#outputs
        const offsets = this.#meanOffsets(span)
        for (let o = 0; o < this.#outputs; o++) nodes.values.push(this.#means[o]! + offsets[o]!)
      }
    }
  }

  #drawRows(random: RandomSource): number {
    const { rows } = this.#data
    this.#draws.fill(0)
    for (let i = 0; i < this.#drawsPerTree; i++) this.#draws[Math.floor(random.next() * rows)]!++
    let count = 0
    for (let row = 0; row < rows; row++) if (this.#draws[row]! > 0) this.#rows[count++] = row
    return count
  }

  #split(span: Span, nodes: ForestNodes, open: Span[]): void {
    const { node, start, end, depth } = span
    const { feature, bin } = this.#splits
    const middle = this.#partition(start, end, feature, bin)
    const inherited = this.#isComplete ? span.inherited : this.#meanOffsets(span)
    const first = addNode(nodes)
    addNode(nodes)
    nodes.features[node] = feature
    nodes.thresholds[node] = this.#data.edges[feature]![bin]!
    nodes.next[node] = first
    open.push({ node: first + 1, start: middle, end, depth: depth + 1, inherited })
    open.push({ node: first, start, end: middle, depth: depth + 1, inherited })
  }

  /** Moves the rows up to the bin to the front of the span; returns where the others start. */
  #partition(start: number, end: number, feature: number, lastBin: number): number {
    const rows = this.#rows
    const offset = feature * this.#data.rows
    let left = start
    let right = end - 1
    while (left <= right) {
      const row = rows[left]!
      if (this.#data.bins[offset + row]! <= lastBin) left++
      else {
        rows[left] = rows[right]!
        rows[right--] = row
      }
    }
    return left
  }

  /** Mean of each output over a span's draws, less that of all rows. */
  #meanOffsets({ start, end, inherited }: Span): Float64Array {
    const sums = new Float64Array(this.#outputs)
    const counts = new Float64Array(this.#outputs)
    for (let i = start; i < end; i++) {
      const row = this.#rows[i]!
      const draws = this.#draws[row]!
      for (let output = 0; output < this.#outputs; output++) {
        const value = this.#y[row * this.#outputs + output]!
        if (Number.isNaN(value)) continue
        sums[output]! += draws * value
        counts[output]! += draws
      }
    }
    return sums.map((sum, output) => (counts[output]! > 0 ? sum / counts[output]! : inherited[output]!))
  }
}

function addNode(nodes: ForestNodes): number {
  nodes.features.push(-1)
  nodes.thresholds.push(0)
  return nodes.next.push(0) - 1
}
