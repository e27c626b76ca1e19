import type { RandomSource } from './random-source.ts'
import { type FeatureBins, maxBins } from './regression-forest-bins.ts'

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

export interface GrowOptions {
  /** Fewest distinct rows in a leaf. */
  readonly leaf: number
  readonly featuresPerSplit: number
  readonly outputsPerSplit: number
  readonly maxDepth: number
}

interface Span {
  readonly node: number
  readonly start: number
  readonly end: number
  readonly depth: number
  /** What a leaf says of an output that none of its rows knows: its parent's mean offset. */
  readonly inherited: Float64Array
}

/** A smaller fall in squared error is rounding. */
const negligibleGain = 1e-9

/** Grows regression trees on binned features; keeps the buffers between trees. */
export class TreeGrower {
  readonly #data: FeatureBins
  /** Row-major [rows × outputs], less {@link #means}, so that sums of squares lose no digits; NaN unknown. */
  readonly #y: Float64Array
  readonly #means: Float64Array
  readonly #outputs: number
  readonly #isComplete: boolean
  readonly #options: GrowOptions
  /** How often the bootstrap drew each row. */
  readonly #draws: Float64Array
  /** The rows drawn, ordered so that each node's are contiguous. */
  readonly #rows: Int32Array
  readonly #featureOrder: Int32Array
  readonly #outputOrder: Int32Array
  /** Of the node at hand: draws × label and draws per row and output looked at; 0 where unknown. */
  readonly #nodeSums: Float64Array
  readonly #nodeCounts: Float64Array
  readonly #total: Float64Array
  readonly #totalCounts: Float64Array
  /** Of the feature at hand, per bin. */
  readonly #binRows = new Int32Array(maxBins)
  readonly #binDraws = new Float64Array(maxBins)
  readonly #binSums: Float64Array
  readonly #binCounts: Float64Array
  readonly #left: Float64Array
  readonly #leftCounts: Float64Array
  #bestGain = 0
  #bestFeature = -1
  #bestBin = 0

  /** @param y row-major [rows × outputs], NaN unknown; copied. @param means of the outputs. */
  constructor(data: FeatureBins, y: Float64Array, means: Float64Array, options: GrowOptions) {
    const seen = options.outputsPerSplit
    const outputs = means.length
    this.#data = data
    this.#y = y.map((value, cell) => value - means[cell % outputs]!)
    this.#means = means
    this.#outputs = outputs
    this.#isComplete = !y.some(Number.isNaN)
    this.#options = options
    this.#draws = new Float64Array(data.rows)
    this.#rows = new Int32Array(data.rows)
    this.#featureOrder = Int32Array.from({ length: data.features }, (_, feature) => feature)
    this.#outputOrder = Int32Array.from({ length: outputs }, (_, output) => output)
    this.#nodeSums = new Float64Array(data.rows * seen)
    this.#nodeCounts = new Float64Array(this.#isComplete ? 0 : data.rows * seen)
    this.#total = new Float64Array(seen)
    this.#totalCounts = new Float64Array(seen)
    this.#binSums = new Float64Array(maxBins * seen)
    this.#binCounts = new Float64Array(this.#isComplete ? 0 : maxBins * seen)
    this.#left = new Float64Array(seen)
    this.#leftCounts = new Float64Array(seen)
  }

  /** Adds one tree, grown on a bootstrap sample. Its root is the first node added. */
  grow(random: RandomSource, nodes: ForestNodes): void {
    const count = this.#drawRows(random)
    const inherited = new Float64Array(this.#outputs)
    const open: Span[] = [{ node: addNode(nodes), start: 0, end: count, depth: 0, inherited }]
    for (let span = open.pop(); span !== undefined; span = open.pop()) {
      if (this.#findSplit(span, random)) this.#split(span, nodes, open)
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
    for (let i = 0; i < rows; i++) this.#draws[Math.floor(random.next() * rows)]!++
    let count = 0
    for (let row = 0; row < rows; row++) if (this.#draws[row]! > 0) this.#rows[count++] = row
    return count
  }

  #split(span: Span, nodes: ForestNodes, open: Span[]): void {
    const { node, start, end, depth } = span
    const feature = this.#bestFeature
    const middle = this.#partition(start, end, feature, this.#bestBin)
    const inherited = this.#isComplete ? span.inherited : this.#meanOffsets(span)
    const first = addNode(nodes)
    addNode(nodes)
    nodes.features[node] = feature
    nodes.thresholds[node] = this.#data.edges[feature]![this.#bestBin]!
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

  /** Looks at enough features that vary in the span; the best split is left in the fields. */
  #findSplit({ start, end, depth }: Span, random: RandomSource): boolean {
    const { leaf, featuresPerSplit, maxDepth } = this.#options
    if (end - start < 2 * leaf || depth >= maxDepth) return false
    this.#gather(start, end, random)
    this.#bestFeature = -1
    this.#bestGain = this.#gainOf(this.#total, this.#totalCounts) + negligibleGain
    const order = this.#featureOrder
    let examined = 0
    for (let i = 0; i < order.length && examined < featuresPerSplit; i++) {
      drawNext(order, i, random)
      if (this.#examine(order[i]!, start, end)) examined++
    }
    return this.#bestFeature !== -1
  }

  /** Lays the span's labels out in order, for the outputs looked at. */
  #gather(start: number, end: number, random: RandomSource): void {
    const seen = this.#total.length
    if (seen < this.#outputs) for (let i = 0; i < seen; i++) drawNext(this.#outputOrder, i, random)
    const total = this.#total.fill(0)
    const counts = this.#totalCounts.fill(0)
    for (let i = start; i < end; i++) {
      const row = this.#rows[i]!
      const draws = this.#draws[row]!
      for (let o = 0; o < seen; o++) {
        const value = this.#y[row * this.#outputs + this.#outputOrder[o]!]!
        const known = Number.isNaN(value) ? 0 : draws
        const cell = (i - start) * seen + o
        this.#nodeSums[cell] = known === 0 ? 0 : draws * value
        if (!this.#isComplete) this.#nodeCounts[cell] = known
        total[o]! += this.#nodeSums[cell]!
        counts[o]! += known
      }
    }
  }

  /** Σ over outputs of (Σ y)²/n: up to a constant, minus the squared error around the mean. */
  #gainOf(sums: Float64Array, counts: Float64Array): number {
    let gain = 0
    for (let o = 0; o < sums.length; o++) {
      if (counts[o]! > 0) gain += (sums[o]! * sums[o]!) / counts[o]!
    }
    return gain
  }

  /** Returns false when all rows of the span are in one bin. */
  #examine(feature: number, start: number, end: number): boolean {
    const { bins, rows } = this.#data
    const offset = feature * rows
    let lowest = maxBins
    let highest = 0
    for (let i = start; i < end; i++) {
      const bin = bins[offset + this.#rows[i]!]!
      if (bin < lowest) lowest = bin
      if (bin > highest) highest = bin
    }
    if (lowest === highest) return false
    this.#fillHistogram(offset, start, end)
    if (this.#isComplete) this.#scanComplete(feature, end - start, lowest, highest)
    else this.#scanMasked(feature, end - start, lowest, highest)
    return true
  }

  /** The first row of a bin overwrites what the feature before has left there. */
  #fillHistogram(offset: number, start: number, end: number): void {
    const seen = this.#total.length
    const { bins } = this.#data
    const binRows = this.#binRows.fill(0)
    const sums = this.#binSums
    const counts = this.#binCounts
    const nodeSums = this.#nodeSums
    for (let i = start; i < end; i++) {
      const row = this.#rows[i]!
      const bin = bins[offset + row]!
      const from = (i - start) * seen
      const to = bin * seen
      if (binRows[bin]! === 0) {
        this.#binDraws[bin] = 0
        for (let o = 0; o < seen; o++) sums[to + o] = nodeSums[from + o]!
        if (!this.#isComplete) for (let o = 0; o < seen; o++) counts[to + o] = this.#nodeCounts[from + o]!
      } else {
        for (let o = 0; o < seen; o++) sums[to + o]! += nodeSums[from + o]!
        if (!this.#isComplete) for (let o = 0; o < seen; o++) counts[to + o]! += this.#nodeCounts[from + o]!
      }
      binRows[bin]!++
      this.#binDraws[bin]! += this.#draws[row]!
    }
  }

  #scanComplete(feature: number, rows: number, lowest: number, highest: number): void {
    const seen = this.#total.length
    const left = this.#left.fill(0)
    const total = this.#total
    const draws = this.#totalCounts[0]!
    let leftRows = 0
    let leftDraws = 0
    for (let bin = lowest; bin < highest; bin++) {
      if (this.#binRows[bin]! === 0) continue
      leftRows += this.#binRows[bin]!
      leftDraws += this.#binDraws[bin]!
      let leftSquares = 0
      let rightSquares = 0
      for (let o = 0; o < seen; o++) {
        const sum = left[o]! + this.#binSums[bin * seen + o]!
        const rest = total[o]! - sum
        left[o] = sum
        leftSquares += sum * sum
        rightSquares += rest * rest
      }
      if (rows - leftRows < this.#options.leaf) return
      if (leftRows < this.#options.leaf) continue
      this.#offer(leftSquares / leftDraws + rightSquares / (draws - leftDraws), feature, bin)
    }
  }

  #scanMasked(feature: number, rows: number, lowest: number, highest: number): void {
    const seen = this.#total.length
    const left = this.#left.fill(0)
    const leftCounts = this.#leftCounts.fill(0)
    let leftRows = 0
    for (let bin = lowest; bin < highest; bin++) {
      if (this.#binRows[bin]! === 0) continue
      leftRows += this.#binRows[bin]!
      let gain = 0
      for (let o = 0; o < seen; o++) {
        const sum = left[o]! + this.#binSums[bin * seen + o]!
        const count = leftCounts[o]! + this.#binCounts[bin * seen + o]!
        const rest = this.#total[o]! - sum
        const restCount = this.#totalCounts[o]! - count
        left[o] = sum
        leftCounts[o] = count
        if (count > 0) gain += (sum * sum) / count
        if (restCount > 0) gain += (rest * rest) / restCount
      }
      if (rows - leftRows < this.#options.leaf) return
      if (leftRows >= this.#options.leaf) this.#offer(gain, feature, bin)
    }
  }

  #offer(gain: number, feature: number, bin: number): void {
    if (gain <= this.#bestGain) return
    this.#bestGain = gain
    this.#bestFeature = feature
    this.#bestBin = bin
  }
}

function addNode(nodes: ForestNodes): number {
  nodes.features.push(-1)
  nodes.thresholds.push(0)
  return nodes.next.push(0) - 1
}

/** One step of a Fisher–Yates shuffle from the front: the place gets one of the items not yet drawn. */
function drawNext(items: Int32Array, place: number, random: RandomSource): void {
  const other = place + Math.floor(random.next() * (items.length - place))
  const kept = items[place]!
  items[place] = items[other]!
  items[other] = kept
}
