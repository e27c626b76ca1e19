import { RoutingError, requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { floatVectorField, integersField, numberField, requireSnapshot } from '../prediction/snapshot-fields.ts'
import { SeededRandom } from './random-source.ts'
import { binFeatures } from './regression-forest-bins.ts'
import { type ForestNodes, TreeGrower } from './regression-forest-tree.ts'

export interface RegressionForestOptions {
  /** Default 100. */
  readonly trees?: number
  /** Fewest distinct rows in a leaf. Default 5. */
  readonly leaf?: number
  /** Share of the features that each split looks at, (0, 1]. Default 0.3. */
  readonly featureShare?: number
  /** Default: none. */
  readonly maxDepth?: number
  /** Rows that each tree draws, with replacement, at most. Default: as many as there are. */
  readonly maxDraws?: number
  readonly seed: number
}

/** Outputs that a split is judged by; with more, each split draws its own. Time grows with it. */
const maxOutputsPerSplit = 32

/** What a fitted forest is made of; see {@link ForestNodes}, here in typed arrays, with where each tree starts. */
interface Trees {
  readonly inputs: number
  readonly outputs: number
  readonly roots: Int32Array
  readonly features: Int32Array
  readonly thresholds: Float32Array
  readonly next: Int32Array
  readonly values: Float32Array
}

/**
 * A random forest for regression (Breiman 2001) with several outputs at once: each tree on a bootstrap sample, each split
 * the largest fall in squared error summed over the outputs, among a random share of the features that vary in the node.
 *
 * Deviations: splits lie between at most 64 quantile bins per feature; unknown cells are left out of sums and counts, and
 * an output that a leaf knows nothing of takes the mean of the nearest ancestor that does; beyond 32 outputs each split is
 * judged by 32 of them drawn at random. Outputs are not rescaled: they should be of one unit.
 */
export class RegressionForest {
  readonly inputs: number
  readonly outputs: number
  readonly #trees: Trees

  private constructor(trees: Trees) {
    this.inputs = trees.inputs
    this.outputs = trees.outputs
    this.#trees = trees
  }

  /**
   * @param x row-major [n × d], finite; n ≥ 1. @param y row-major [n × m], NaN unknown. An output without any known cell
   *   predicts 0.
   * @throws {RoutingError} `invalid_option`, `dimension_mismatch`
   */
  static fit(
    x: Float64Array,
    d: number,
    y: Float64Array,
    m: number,
    options: RegressionForestOptions,
  ): RegressionForest {
    const { trees = 100, leaf = 5, featureShare = 0.3, maxDepth = Number.POSITIVE_INFINITY, maxDraws, seed } = options
    const n = x.length / d
    requireDimension('The outputs', y.length, n * m)
    if (!(trees >= 1) || !(leaf >= 1) || !(featureShare > 0 && featureShare <= 1) || !(n >= 1)) {
      const message = `${trees} trees of leaves of ${leaf} on ${featureShare} of the features and ${n} rows are no forest`
      throw new RoutingError('invalid_option', message)
    }
    const grower = new TreeGrower(binFeatures(x, n, d), y, columnMeans(y, m), {
      leaf,
      maxDepth,
      drawsPerTree: Math.min(n, maxDraws ?? n),
      featuresPerSplit: Math.max(1, Math.round(featureShare * d)),
      outputsPerSplit: Math.min(m, maxOutputsPerSplit),
    })
    const nodes: ForestNodes = { features: [], thresholds: [], next: [], values: [] }
    const random = new SeededRandom(seed)
    const roots = Int32Array.from({ length: trees }, () => {
      const root = nodes.features.length
      grower.grow(random, nodes)
      return root
    })
    return new RegressionForest({
      inputs: d,
      outputs: m,
      roots,
      features: Int32Array.from(nodes.features),
      thresholds: Float32Array.from(nodes.thresholds),
      next: Int32Array.from(nodes.next),
      values: Float32Array.from(nodes.values),
    })
  }

  /**
   * @param x shape [inputs]. @param out receives the mean over the trees, shape [outputs].
   * @param spread receives the standard deviation over the trees (divisor: their number), shape [outputs]. Left out, no
   *   work is done for it. O(trees × (depth + outputs)), no allocation.
   */
  predict(x: Float64Array, out: Float64Array, spread?: Float64Array): void {
    requireDimension('The input', x.length, this.inputs)
    requireDimension('The output', out.length, this.outputs)
    if (spread !== undefined) requireDimension('The spread', spread.length, this.outputs)
    const { roots, values } = this.#trees
    out.fill(0)
    spread?.fill(0)
    for (let tree = 0; tree < roots.length; tree++) {
      const start = this.#leaf(roots[tree]!, x) * this.outputs
      for (let o = 0; o < this.outputs; o++) out[o]! += values[start + o]!
      if (spread === undefined) continue
      for (let o = 0; o < this.outputs; o++) spread[o]! += values[start + o]! * values[start + o]!
    }
    for (let o = 0; o < this.outputs; o++) out[o]! /= roots.length
    if (spread === undefined) return
    for (let o = 0; o < this.outputs; o++) {
      spread[o] = Math.sqrt(Math.max(0, spread[o]! / roots.length - out[o]! * out[o]!))
    }
  }

  #leaf(root: number, x: Float64Array): number {
    const { features, thresholds, next } = this.#trees
    let node = root
    for (let feature = features[node]!; feature !== -1; feature = features[node]!) {
      node = next[node]! + (x[feature]! <= thresholds[node]! ? 0 : 1)
    }
    return next[node]!
  }

  snapshot(): SnapshotData {
    const { roots, features, thresholds, next, values } = this.#trees
    return {
      formatVersion: 1,
      kind: 'regression-forest',
      inputs: this.inputs,
      outputs: this.outputs,
      roots: roots.slice(),
      features: features.slice(),
      thresholds: thresholds.slice(),
      next: next.slice(),
      values: values.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): RegressionForest {
    const fields = requireSnapshot(data, 'regression-forest')
    const features = integersField(fields, 'features')
    return new RegressionForest({
      inputs: numberField(fields, 'inputs'),
      outputs: numberField(fields, 'outputs'),
      roots: integersField(fields, 'roots'),
      features,
      thresholds: floatVectorField(fields, 'thresholds', features.length),
      next: integersField(fields, 'next', features.length),
      values: floatVectorField(fields, 'values'),
    })
  }
}

function columnMeans(y: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns)
  const counts = new Float64Array(columns)
  for (let cell = 0; cell < y.length; cell++) {
    if (Number.isNaN(y[cell]!)) continue
    sums[cell % columns]! += y[cell]!
    counts[cell % columns]!++
  }
  return sums.map((sum, column) => (counts[column]! > 0 ? sum / counts[column]! : 0))
}
