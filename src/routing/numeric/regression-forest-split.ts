import type { RandomSource } from './random-source.ts'
import { type FeatureBins, maxBins } from './regression-forest-bins.ts'

export interface SplitOptions {
  /** Fewest distinct rows in a leaf. */
  readonly leaf: number
  readonly featuresPerSplit: number
  readonly outputsPerSplit: number
}

/** What a tree is grown on; the arrays are the grower's and change under the finder. */
export interface BootstrapSample {
  readonly data: FeatureBins
  /** Row-major [rows × outputs], NaN unknown. */
  readonly y: Float64Array
  readonly outputs: number
  /** Whether no cell of y is unknown: then counts need not be kept per output. */
  readonly isComplete: boolean
  /** The rows drawn, ordered so that each node's are contiguous. */
  readonly rows: Int32Array
  /** How often each row was drawn. */
  readonly draws: Float64Array
}

/** A smaller fall in squared error is rounding. */
const negligibleGain = 1e-9

/** Finds the split of a node that lowers the squared error most, by one histogram per feature; keeps its buffers between nodes. */
export class SplitFinder {
  /** Of the latest split found: values in bins up to `bin` of `feature` go to the first child. */
  feature = -1
  bin = 0
  readonly #sample: BootstrapSample
  readonly #options: SplitOptions
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
  #gain = 0

  constructor(sample: BootstrapSample, options: SplitOptions) {
    const { data, outputs, isComplete } = sample
    const seen = options.outputsPerSplit
    this.#sample = sample
    this.#options = options
    this.#featureOrder = Int32Array.from({ length: data.features }, (_, feature) => feature)
    this.#outputOrder = Int32Array.from({ length: outputs }, (_, output) => output)
    this.#nodeSums = new Float64Array(data.rows * seen)
    this.#nodeCounts = new Float64Array(isComplete ? 0 : data.rows * seen)
    this.#total = new Float64Array(seen)
    this.#totalCounts = new Float64Array(seen)
    this.#binSums = new Float64Array(maxBins * seen)
    this.#binCounts = new Float64Array(isComplete ? 0 : maxBins * seen)
    this.#left = new Float64Array(seen)
    this.#leftCounts = new Float64Array(seen)
  }

  /** Looks at enough features that vary in a span of the rows. @returns whether some split lowers the squared error. */
  find(start: number, end: number, random: RandomSource): boolean {
    const { leaf, featuresPerSplit } = this.#options
    if (end - start < 2 * leaf) return false
    this.#gather(start, end, random)
    this.feature = -1
    this.#gain = this.#gainOf(this.#total, this.#totalCounts) + negligibleGain
    const order = this.#featureOrder
    let examined = 0
    for (let i = 0; i < order.length && examined < featuresPerSplit; i++) {
      drawNext(order, i, random)
      if (this.#examine(order[i]!, start, end)) examined++
    }
    return this.feature !== -1
  }

  /** Lays the span's labels out in order, for the outputs looked at. */
  #gather(start: number, end: number, random: RandomSource): void {
    const { y, outputs, isComplete, rows, draws } = this.#sample
    const seen = this.#total.length
    if (seen < outputs) for (let i = 0; i < seen; i++) drawNext(this.#outputOrder, i, random)
    const total = this.#total.fill(0)
    const counts = this.#totalCounts.fill(0)
    for (let i = start; i < end; i++) {
      const row = rows[i]!
      const times = draws[row]!
      for (let o = 0; o < seen; o++) {
        const value = y[row * outputs + this.#outputOrder[o]!]!
        const known = Number.isNaN(value) ? 0 : times
        const cell = (i - start) * seen + o
        this.#nodeSums[cell] = known === 0 ? 0 : times * value
        if (!isComplete) this.#nodeCounts[cell] = known
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
    const { data, rows, isComplete } = this.#sample
    const offset = feature * data.rows
    let lowest = maxBins
    let highest = 0
    for (let i = start; i < end; i++) {
      const bin = data.bins[offset + rows[i]!]!
      if (bin < lowest) lowest = bin
      if (bin > highest) highest = bin
    }
    if (lowest === highest) return false
    this.#fillHistogram(offset, start, end)
    if (isComplete) this.#scanComplete(feature, end - start, lowest, highest)
    else this.#scanMasked(feature, end - start, lowest, highest)
    return true
  }

  /** The first row of a bin overwrites what the feature before has left there. */
  #fillHistogram(offset: number, start: number, end: number): void {
    const { data, rows, draws, isComplete } = this.#sample
    const seen = this.#total.length
    const binRows = this.#binRows.fill(0)
    const sums = this.#binSums
    const counts = this.#binCounts
    const nodeSums = this.#nodeSums
    for (let i = start; i < end; i++) {
      const row = rows[i]!
      const bin = data.bins[offset + row]!
      const from = (i - start) * seen
      const to = bin * seen
      if (binRows[bin]! === 0) {
        this.#binDraws[bin] = 0
        for (let o = 0; o < seen; o++) sums[to + o] = nodeSums[from + o]!
        if (!isComplete) for (let o = 0; o < seen; o++) counts[to + o] = this.#nodeCounts[from + o]!
      } else {
        for (let o = 0; o < seen; o++) sums[to + o]! += nodeSums[from + o]!
        if (!isComplete) for (let o = 0; o < seen; o++) counts[to + o]! += this.#nodeCounts[from + o]!
      }
      binRows[bin]!++
      this.#binDraws[bin]! += draws[row]!
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
    if (gain <= this.#gain) return
    this.#gain = gain
    this.feature = feature
    this.bin = bin
  }
}

/** One step of a Fisher–Yates shuffle from the front: the place gets one of the items not yet drawn. */
function drawNext(items: Int32Array, place: number, random: RandomSource): void {
  const other = place + Math.floor(random.next() * (items.length - place))
  const kept = items[place]!
  items[place] = items[other]!
  items[other] = kept
}
