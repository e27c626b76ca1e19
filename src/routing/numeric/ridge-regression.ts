import { choleskyInPlace, solveCholeskyInPlace } from './cholesky.ts'

/** Linear maps to several targets over the same inputs, each fitted on the rows where that target is known. */
export interface RidgeFit {
  /** Row-major, shape [targets × (d + 1)]: slopes, then the intercept. */
  readonly coefficients: Float64Array
  /** Known cells per target. */
  readonly counts: Float64Array
  /** Residual standard deviation per target, in sample, divided by max(n − d, n/2); zero where nothing is known. */
  readonly residualDeviation: Float64Array
  /** Mean input over all rows, shape [d]. */
  readonly center: Float64Array
  /** Cholesky factor of XᵀX + αI over all rows, X centred; row-major [d × d], lower triangle. */
  readonly factor: Float64Array
}

/**
 * Ridge regression with an unpenalised intercept: minimises Σ(y − b − wᵀx)² + α‖w‖² per target
 * (Hoerl and Kennard 1970). Targets known on the same rows share one factorisation.
 *
 * @param x row-major, shape [n × d], finite.
 * @param y row-major, shape [n × targets]; NaN is unknown.
 * @param alpha α > 0.
 * @returns newly allocated. A target without known cells gets slopes and intercept zero. O(n·d²) per pattern of known rows.
 */
export function fitRidge(
  x: Float64Array,
  y: Float64Array,
  n: number,
  d: number,
  targets: number,
  alpha: number,
): RidgeFit {
  return fitRidges(x, y, n, d, targets, [alpha])[0]!
}

/** {@link fitRidge} for each α, bit for bit, at little more than the cost of one. */
export function fitRidges(
  x: Float64Array,
  y: Float64Array,
  n: number,
  d: number,
  targets: number,
  alphas: readonly number[],
): RidgeFit[] {
  const all = Array.from({ length: n }, (_, i) => i)
  const pooled = gramOf(x, all, d)
  const counts = new Float64Array(targets)
  const fits = alphas.map((alpha) => ({
    alpha,
    coefficients: new Float64Array(targets * (d + 1)),
    residualDeviation: new Float64Array(targets),
    factor: factorise(pooled, d, alpha),
  }))
  for (const { rows, members } of groupByKnownRows(y, n, targets)) {
    if (rows.length === 0) continue
    for (const target of members) counts[target] = rows.length
    const gram = rows.length === n ? pooled : gramOf(x, rows, d)
    for (const { alpha, coefficients, residualDeviation, factor: pooledFactor } of fits) {
      const factor = gram === pooled ? pooledFactor : factorise(gram, d, alpha)
      for (const target of members) {
        residualDeviation[target] = solveTarget(x, y, rows, d, targets, target, gram.center, factor, coefficients)
      }
    }
  }
  return fits.map(({ coefficients, residualDeviation, factor }) => {
    return { coefficients, counts: counts.slice(), residualDeviation, center: pooled.center.slice(), factor }
  })
}

/** Σ slope·x + intercept of one target of {@link RidgeFit.coefficients}. */
export function ridgeValue(coefficients: Float64Array, target: number, x: Float64Array): number {
  const d = x.length
  const start = target * (d + 1)
  let sum = coefficients[start + d]!
  for (let j = 0; j < d; j++) sum += coefficients[start + j]! * x[j]!
  return sum
}

interface KnownRows {
  readonly rows: readonly number[]
  readonly members: readonly number[]
}

function groupByKnownRows(y: Float64Array, n: number, targets: number): KnownRows[] {
  const groups = new Map<string, { rows: number[]; members: number[] }>()
  for (let target = 0; target < targets; target++) {
    const rows: number[] = []
    for (let i = 0; i < n; i++) if (!Number.isNaN(y[i * targets + target]!)) rows.push(i)
    const key = rows.length === n ? 'all' : rows.join(',')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { rows, members: [target] })
    else group.members.push(target)
  }
  return [...groups.values()]
}

interface Gram {
  /** Mean input. */
  readonly center: Float64Array
  /** XᵀX, X centred; row-major [d × d], lower triangle. */
  readonly products: Float64Array
}

function gramOf(x: Float64Array, rows: readonly number[], d: number): Gram {
  const center = new Float64Array(d)
  for (const row of rows) for (let j = 0; j < d; j++) center[j]! += x[row * d + j]! / rows.length
  const products = new Float64Array(d * d)
  const centred = new Float64Array(d)
  for (const row of rows) {
    for (let j = 0; j < d; j++) centred[j] = x[row * d + j]! - center[j]!
    for (let i = 0; i < d; i++) {
      const value = centred[i]!
      for (let j = 0; j <= i; j++) products[i * d + j]! += value * centred[j]!
    }
  }
  return { center, products }
}

/** The Cholesky factor of XᵀX + αI. */
function factorise({ products }: Gram, d: number, alpha: number): Float64Array {
  const factor = products.slice()
  for (let i = 0; i < d; i++) factor[i * d + i]! += alpha
  choleskyInPlace(factor, d)
  return factor
}

/** Writes one target's slopes and intercept; returns its residual standard deviation. */
function solveTarget(
  x: Float64Array,
  y: Float64Array,
  rows: readonly number[],
  d: number,
  targets: number,
  target: number,
  center: Float64Array,
  factor: Float64Array,
  coefficients: Float64Array,
): number {
  let mean = 0
  for (const row of rows) mean += y[row * targets + target]! / rows.length
  const slopes = coefficients.subarray(target * (d + 1), target * (d + 1) + d)
  for (const row of rows) {
    const residual = y[row * targets + target]! - mean
    for (let j = 0; j < d; j++) slopes[j]! += residual * (x[row * d + j]! - center[j]!)
  }
  solveCholeskyInPlace(factor, d, slopes)
  let intercept = mean
  for (let j = 0; j < d; j++) intercept -= slopes[j]! * center[j]!
  coefficients[target * (d + 1) + d] = intercept
  let squares = 0
  for (const row of rows) {
    let residual = y[row * targets + target]! - intercept
    for (let j = 0; j < d; j++) residual -= slopes[j]! * x[row * d + j]!
    squares += residual * residual
  }
  return Math.sqrt(squares / Math.max(rows.length - d, rows.length / 2))
}
