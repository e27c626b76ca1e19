import { addGramMatrix, multiplyMatrices } from './matrix.ts'
import { orthonormaliseColumns } from './orthonormalise.ts'
import { nextNormal, type RandomSource } from './random-source.ts'
import { addSparseRowsTransposed, multiplySparseRows, rowRanges, type SparseMatrix } from './sparse-matrix.ts'
import { symmetricEigen } from './symmetric-eigen.ts'
import type { WorkSteps } from './work-steps.ts'

export interface RandomisedSvdOptions {
  readonly random: RandomSource
  /** Columns sampled beyond the rank asked for. Default 16. */
  readonly oversampling?: number
  /** Power iterations, each sharpening the spectrum by σ². Default 4. */
  readonly powerIterations?: number
  /** Called after each pass over the matrix; `total` is {@link randomisedSvdPasses} of the power iterations. */
  readonly onPass?: (done: number, total: number) => void
}

export interface RightSingularVectors {
  /** σ, shape [rank], descending; zero where the matrix has a lower rank. */
  readonly values: Float64Array
  /** V, row-major [columnCount × rank]; columns orthonormal, zero where σ is zero. Each column's largest entry is positive. */
  readonly vectors: Float64Array
}

/** σ² below this share of the largest is rounding noise of AᵀA. */
const negligibleVariance = 1e-12

const defaultPowerIterations = 4

/** Ten to twenty milliseconds. */
const multiplicationsPerStep = 1e7

/** Passes over the matrix that one decomposition takes. */
export function randomisedSvdPasses(powerIterations: number = defaultPowerIterations): number {
  return 2 + 2 * powerIterations
}

/**
 * The leading right singular vectors of a sparse matrix, by randomised range finding with re-orthonormalised power
 * iterations: Halko, Martinsson and Tropp 2011 (arXiv:0909.4061), Algorithms 4.4 and 5.1. The small factor is
 * decomposed through its Gram matrix, which is accurate enough here: only directions within 10⁻⁶ of σ₁ are kept. In steps
 * of some ten million multiplications.
 */
export function* randomisedSvd(
  a: SparseMatrix,
  rank: number,
  options: RandomisedSvdOptions,
): WorkSteps<RightSingularVectors> {
  const { random, oversampling = 16, powerIterations = defaultPowerIterations, onPass } = options
  const width = Math.min(rank + oversampling, a.rowCount, a.columnCount)
  const left = new Float64Array(a.rowCount * width)
  const right = new Float64Array(a.columnCount * width)
  const total = randomisedSvdPasses(powerIterations)
  const ranges = rowRanges(a, multiplicationsPerStep / width)
  let done = 0
  function* toLeft(): WorkSteps<void> {
    for (const rows of ranges) {
      multiplySparseRows(a, right, left, width, rows)
      yield
    }
    yield* orthonormaliseColumns(left, a.rowCount, width)
    onPass?.(++done, total)
  }
  function* toRight(): WorkSteps<void> {
    right.fill(0)
    for (const rows of ranges) {
      addSparseRowsTransposed(a, left, right, width, rows)
      yield
    }
    onPass?.(++done, total)
  }
  for (const part of parts(right, width)) {
    for (let i = 0; i < part.length; i++) part[i] = nextNormal(random)
    yield
  }
  yield* toLeft()
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    yield* toRight()
    yield* orthonormaliseColumns(right, a.columnCount, width)
    yield* toLeft()
  }
  yield* toRight()
  return yield* decomposeRight(right, a.columnCount, width, rank)
}

/** From Bᵀ = AᵀQ [columns × width]: BBᵀ = UΣ²Uᵀ, V = BᵀUΣ⁻¹. */
function* decomposeRight(
  right: Float64Array,
  columns: number,
  width: number,
  rank: number,
): WorkSteps<RightSingularVectors> {
  const gram = new Float64Array(width * width)
  for (const part of parts(right, width)) {
    addGramMatrix(part, gram, part.length / width, width)
    yield
  }
  const eigen = symmetricEigen(gram, width)
  yield
  const values = new Float64Array(rank)
  const turn = new Float64Array(width * rank)
  const floor = negligibleVariance * (eigen.values[0] ?? 0)
  for (let i = 0; i < Math.min(rank, width); i++) {
    const variance = eigen.values[i]!
    if (!(variance > floor)) break
    values[i] = Math.sqrt(variance)
    for (let k = 0; k < width; k++) turn[k * rank + i] = eigen.vectors[k * width + i]! / values[i]!
  }
  const vectors = new Float64Array(columns * rank)
  let end = 0
  for (const part of parts(right, width)) {
    const rows = part.length / width
    multiplyMatrices(part, turn, vectors.subarray(end, end + rows * rank), rows, width, rank)
    end += rows * rank
    yield
  }
  fixSigns(vectors, columns, rank)
  return { values, vectors }
}

/** A row-major matrix of that width as views of whole rows, each of as many as may meet another such matrix in one step. */
function parts(matrix: Float64Array, width: number): Float64Array[] {
  const size = width * Math.ceil(multiplicationsPerStep / width ** 2)
  const views: Float64Array[] = []
  for (let start = 0; start < matrix.length; start += size) views.push(matrix.subarray(start, start + size))
  return views
}

/** Singular vectors are defined up to sign; a rule makes them comparable between fits. */
function fixSigns(vectors: Float64Array, rows: number, rank: number): void {
  for (let column = 0; column < rank; column++) {
    let extreme = 0
    for (let row = 0; row < rows; row++) {
      const entry = vectors[row * rank + column]!
      if (Math.abs(entry) > Math.abs(extreme)) extreme = entry
    }
    if (extreme >= 0) continue
    for (let row = 0; row < rows; row++) vectors[row * rank + column]! *= -1
  }
}
