import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import { selectMatrixRows } from '../numeric/matrix.ts'
import type { SnapshotData } from '../policy-store.ts'
import {
  type AmountCalibration,
  type AmountCells,
  calibrateAmounts,
  calibrationFields,
  expectedAmount,
} from './amount-calibration.ts'
import { RidgeMap } from './ridge-map.ts'
import { objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'
import { summariseColumns } from './training-rows.ts'

/** α tried out of fold. Five-fold squared errors on the shared sets were smallest at 10 or 30 (decision 17). */
const penalties = [10, 30, 100] as const

/** Of callers that order their rows anyhow. */
export const defaultFolds = 3

/** Enough to choose one of three numbers and to calibrate by. */
const validationFolds = 3

/**
 * Regression of an amount that is never negative and has a long tail, tokens or USD, one column per LLM (mathematics §3):
 *
 *     v = ŷ², ŷ by ridge on √amount        expected = ȳ_m + κ_m·(v − v̄_m)        90 % point ρ_m·expected
 *
 * The root tames the tail without the logarithm's blow-up on the way back, and takes free answers as they are. ȳ_m is the
 * LLM's mean and v̄_m the mean of v out of fold, so that sums come out right without a smearing factor; κ_m is what an
 * out-of-fold prediction proved worth, 0 where it was worth nothing, so that the mean is what remains. Per column it costs
 * as much as one dot product.
 */
export class AmountRegression {
  readonly columns: number
  /** Whether every column had enough known amounts. */
  readonly isComplete: boolean
  /** Undefined where only means are known. */
  readonly #map: RidgeMap | undefined
  readonly #calibration: AmountCalibration
  readonly #roots: Float64Array

  private constructor(map: RidgeMap | undefined, calibration: AmountCalibration) {
    this.columns = calibration.means.length
    this.isComplete = calibration.means.every((mean) => !Number.isNaN(mean))
    this.#map = map
    this.#calibration = calibration
    this.#roots = new Float64Array(this.columns)
  }

  /** Knows each column's mean and 90 % point, whatever the prompt; NaN where too little is known. */
  static ofMeans(means: Float64Array, means90: Float64Array): AmountRegression {
    requireDimension('The 90 % points', means90.length, means.length)
    const none = means.map(() => Number.NaN)
    return new AmountRegression(undefined, {
      low: none,
      high: none,
      centres: none,
      trust: none,
      spread90: none,
      means: means.slice(),
      means90: means90.slice(),
    })
  }

  /** Whether enough was known of that column. */
  isKnown(column: number): boolean {
    return !Number.isNaN(this.#calibration.means[column]!)
  }

  /** Whether the prompt counts for nothing. */
  get isByMeans(): boolean {
    return this.#map === undefined
  }

  /**
   * @param contexts at least one; row i is in the caller's fold i mod `folds`, and near-duplicates in one.
   * @param amounts row-major, contexts × columns, ≥ 0; NaN is unknown.
   */
  static fit(
    contexts: readonly RoutingContext[],
    amounts: Float64Array,
    columns: number,
    folds = defaultFolds,
  ): AmountRegression {
    const cells: AmountCells = { amounts, roots: amounts.map(Math.sqrt), columns }
    let best: { penalty: number; error: number; roots: Float64Array } | undefined
    const variances = rootVariances(cells)
    const byPenalty = outOfFoldRoots(contexts, cells, folds)
    for (const [index, penalty] of penalties.entries()) {
      const roots = byPenalty[index]!
      const error = squaredError(roots, cells, variances)
      if (best === undefined || error < best.error) best = { penalty, error, roots }
    }
    const { penalty, roots } = best!
    const map = RidgeMap.fit(contexts, cells.roots, columns, penalty)
    return new AmountRegression(map, calibrateAmounts(cells, roots))
  }

  /**
   * @param context one with an empty embedding (nothing was embedded) gets the column's mean and 90 % point.
   * @param mean receives the expected amounts, shape [columns], within the range seen in training; NaN where fewer than 20
   *   were known. @param p90 receives the 90 % points, at least the means. O(d·columns), no allocation.
   */
  predict(context: RoutingContext, mean: Float64Array, p90?: Float64Array): void {
    const blind = this.#map === undefined || context.embedding.length === 0
    if (!blind) this.#map!.predict(context, this.#roots)
    const calibration = this.#calibration
    for (let column = 0; column < this.columns; column++) {
      const expected = blind ? calibration.means[column]! : expectedAmount(calibration, column, this.#roots[column]!)
      mean[column] = expected
      if (p90 === undefined) continue
      p90[column] = blind ? calibration.means90[column]! : expected * calibration.spread90[column]!
    }
  }

  snapshot(): SnapshotData {
    const map = this.#map?.snapshot() ?? null
    return { formatVersion: 1, kind: 'amount-regression', map, ...copied(this.#calibration) }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): AmountRegression {
    const fields = requireSnapshot(data, 'amount-regression')
    const map = fields.map === null ? undefined : RidgeMap.restore(objectField(fields, 'map'))
    const read = calibrationFields.map((name) => [name, vectorField(fields, name, map?.columns)])
    return new AmountRegression(map, Object.fromEntries(read))
  }
}

function copied(calibration: AmountCalibration): Record<string, Float64Array> {
  return Object.fromEntries(calibrationFields.map((name) => [name, calibration[name].slice()]))
}

/**
 * The caller's folds, dealt to three validation folds, are each predicted from the other two thirds; where there are no others, rows
 * predict themselves. A column without known cells among the others is predicted its mean root. One array per penalty.
 */
function outOfFoldRoots(contexts: readonly RoutingContext[], cells: AmountCells, folds: number): Float64Array[] {
  const { roots, columns } = cells
  const predicted = penalties.map(() => new Float64Array(roots.length))
  const overall = summariseColumns(roots, columns)
  const foldOf = (row: number) => (row % folds) % validationFolds
  for (let fold = 0; fold < Math.min(folds, validationFolds); fold++) {
    const others = contexts.flatMap((_, row) => (foldOf(row) === fold ? [] : [row]))
    const train = others.length === 0 ? contexts.map((_, row) => row) : others
    const known = selectMatrixRows(roots, train, columns)
    const { counts } = summariseColumns(known, columns)
    const maps = RidgeMap.fitEach(
      train.map((row) => contexts[row]!),
      known,
      columns,
      penalties,
    )
    contexts.forEach((context, row) => {
      if (foldOf(row) !== fold) return
      for (const [index, map] of maps.entries()) {
        const out = predicted[index]!.subarray(row * columns, (row + 1) * columns)
        map.predict(context, out)
        for (let column = 0; column < columns; column++) if (counts[column] === 0) out[column] = overall.means[column]!
      }
    })
  }
  return predicted
}

/** Columns weigh alike, whatever they charge. */
function squaredError(predicted: Float64Array, { roots, columns }: AmountCells, variances: Float64Array): number {
  let sum = 0
  for (let cell = 0; cell < roots.length; cell++) {
    const variance = variances[cell % columns]!
    if (variance > 0 && !Number.isNaN(roots[cell]!)) sum += (predicted[cell]! - roots[cell]!) ** 2 / variance
  }
  return sum
}

/** Variance of each column's roots; 0 where nothing or only one is known. */
function rootVariances({ roots, columns }: AmountCells): Float64Array {
  const counts = new Float64Array(columns)
  const means = new Float64Array(columns)
  const squares = new Float64Array(columns)
  for (let cell = 0; cell < roots.length; cell++) {
    if (Number.isNaN(roots[cell]!)) continue
    const column = cell % columns
    const count = ++counts[column]!
    const delta = roots[cell]! - means[column]!
    means[column]! += delta / count
    squares[column]! += delta * (roots[cell]! - means[column]!)
  }
  return squares.map((square, column) => (counts[column]! > 0 ? square / counts[column]! : 0))
}
