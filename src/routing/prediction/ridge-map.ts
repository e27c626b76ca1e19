import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import { solveLowerInPlace } from '../numeric/cholesky.ts'
import { fitRidges, type RidgeFit, ridgeValue } from '../numeric/ridge-regression.ts'
import type { SnapshotData } from '../policy-store.ts'
import { type DesignInteractions, DesignVector } from './design-vector.ts'
import { objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'

/**
 * α on the scale of {@link DesignVector}, for a few thousand rows; the fit chooses its own out of fold. Of 3, 10, 30 and 100
 * the largest had the smallest five-fold squared error on four of five sets. Mathematics §9 has 10, on 128 dimensions.
 */
export const defaultRidgePenalty = 100

/** Ridge regression from a request's context to one number per column; unbounded, in the columns' units. */
export class RidgeMap {
  readonly columns: number
  readonly #design: DesignVector
  readonly #fit: RidgeFit
  readonly #x: Float64Array
  readonly #centred: Float64Array

  private constructor(design: DesignVector, fit: RidgeFit) {
    this.columns = fit.counts.length
    this.#design = design
    this.#fit = fit
    this.#x = new Float64Array(design.dimension)
    this.#centred = new Float64Array(design.dimension)
  }

  /**
   * @param contexts at least one. @param cells row-major, contexts × columns; NaN is unknown, and a column is fitted
   *   on its known rows. A column without any predicts 0.
   */
  static fit(
    contexts: readonly RoutingContext[],
    cells: Float64Array,
    columns: number,
    penalty: number = defaultRidgePenalty,
    interactions?: DesignInteractions,
  ): RidgeMap {
    return RidgeMap.fitEach(contexts, cells, columns, [penalty], interactions)[0]!
  }

  /** One {@link fit} per penalty, at little more than the cost of one. */
  static fitEach(
    contexts: readonly RoutingContext[],
    cells: Float64Array,
    columns: number,
    penalties: readonly number[],
    interactions?: DesignInteractions,
  ): RidgeMap[] {
    const design = DesignVector.fit(contexts, interactions)
    const x = design.matrix(contexts)
    const fits = fitRidges(x, cells, contexts.length, design.dimension, columns, penalties)
    return fits.map((fit) => new RidgeMap(design, fit))
  }

  /** @param out receives one value per column. O(d·columns), no allocation. */
  predict(context: RoutingContext, out: Float64Array): void {
    requireDimension('The output', out.length, this.columns)
    this.#design.write(context, this.#x)
    for (let column = 0; column < this.columns; column++) {
      out[column] = ridgeValue(this.#fit.coefficients, column, this.#x)
    }
  }

  /**
   * Standard errors of the values of the latest {@link predict}: s·√(1/n + h·N/n), with s the residual deviation and n
   * the known rows of the column, N all rows, and h = xᵀ(XᵀX + αI)⁻¹x the leverage over all rows, so that one triangular
   * solve serves every column. Exact for a column known on all rows, up to the bias that shrinkage brings; for one known
   * on a random part of them it takes the part's Gram matrix to be that share of the whole.
   *
   * @param out receives one value per column; infinite for a column without known rows. O(d²), no allocation.
   */
  standardErrors(out: Float64Array): void {
    const { center, factor, counts, residualDeviation } = this.#fit
    const d = center.length
    for (let j = 0; j < d; j++) this.#centred[j] = this.#x[j]! - center[j]!
    solveLowerInPlace(factor, d, this.#centred)
    let leverage = 0
    for (let j = 0; j < d; j++) leverage += this.#centred[j]! * this.#centred[j]!
    let rows = 0
    for (let column = 0; column < this.columns; column++) rows = Math.max(rows, counts[column]!)
    for (let column = 0; column < this.columns; column++) {
      const known = counts[column]!
      out[column] =
        known === 0 ? Number.POSITIVE_INFINITY : residualDeviation[column]! * Math.sqrt((1 + leverage * rows) / known)
    }
  }

  snapshot(): SnapshotData {
    const { coefficients, counts, residualDeviation, center, factor } = this.#fit
    return {
      formatVersion: 1,
      kind: 'ridge-map',
      design: this.#design.snapshot(),
      coefficients: coefficients.slice(),
      counts: counts.slice(),
      residualDeviation: residualDeviation.slice(),
      center: center.slice(),
      factor: factor.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): RidgeMap {
    const fields = requireSnapshot(data, 'ridge-map')
    const design = DesignVector.restore(objectField(fields, 'design'))
    const counts = vectorField(fields, 'counts')
    const d = design.dimension
    return new RidgeMap(design, {
      counts,
      coefficients: vectorField(fields, 'coefficients', counts.length * (d + 1)),
      residualDeviation: vectorField(fields, 'residualDeviation', counts.length),
      center: vectorField(fields, 'center', d),
      factor: vectorField(fields, 'factor', d * d),
    })
  }
}
