import { selectMatrixRows } from '../numeric/matrix.ts'
import { fitRidge, ridgeValue } from '../numeric/ridge-regression.ts'
import type { DomainPrompts } from './tag-enhanced-loss.ts'
import type { TagEnhancedProjection } from './tag-enhanced-projection.ts'

/** Quality that held-out prompts are predicted for. */
export interface ProjectionLabels {
  /** Row-major, prompts × columns, NaN unknown. */
  readonly quality: Float64Array
  readonly columns: number
}

/** Errors of held-out prompts. */
export interface HeldOutErrors {
  readonly mean: number
  /** In the order of the held-out rows. */
  readonly perPrompt: Float64Array
}

/** Of the ridge; the better one counts, so that no projection wins by changing the scale alone. */
const penalties = [50, 200] as const

/** As in the design vector of the regressions (mathematics §1). */
const blockScale = 0.3

/**
 * How well ridge on [e ‖ p] tells prompts of one domain apart: the held-out squared error of quality after the mean over the
 * domain's held-out prompts is taken off prediction and label alike. What a projection gains by giving away the domain
 * counts for nothing.
 */
export class WithinDomainError {
  readonly #prompts: DomainPrompts
  readonly #labels: ProjectionLabels
  readonly #train: readonly number[]
  readonly #heldOut: readonly number[]
  readonly #trainQuality: Float64Array
  /** Labels of the held-out rows, centred. */
  readonly #centred: Float64Array
  /** Of each held-out row. */
  readonly #domainOf: Int32Array

  constructor(prompts: DomainPrompts, labels: ProjectionLabels, train: readonly number[], heldOut: readonly number[]) {
    this.#prompts = prompts
    this.#labels = labels
    this.#train = train
    this.#heldOut = heldOut
    this.#trainQuality = selectMatrixRows(labels.quality, train, labels.columns)
    this.#centred = selectMatrixRows(labels.quality, heldOut, labels.columns)
    this.#domainOf = Int32Array.from(heldOut, (row) => prompts.domainOf[row]!)
    this.#centre(this.#centred, this.#centred)
  }

  errors(projection: TagEnhancedProjection): HeldOutErrors {
    const x = besideRaw(projection, this.#prompts.embeddings, this.#train)
    const heldOutX = besideRaw(projection, this.#prompts.embeddings, this.#heldOut)
    const [first, second] = penalties.map((penalty) => this.#errorsOf(x, heldOutX, penalty))
    return first!.mean <= second!.mean ? first! : second!
  }

  #errorsOf(x: Float64Array, heldOutX: Float64Array, penalty: number): HeldOutErrors {
    const d = 2 * this.#prompts.dimension
    const { columns } = this.#labels
    const { coefficients } = fitRidge(x, this.#trainQuality, this.#train.length, d, columns, penalty)
    const predicted = new Float64Array(this.#centred.length)
    for (let i = 0; i < this.#heldOut.length; i++) {
      const row = heldOutX.subarray(i * d, (i + 1) * d)
      for (let m = 0; m < columns; m++) predicted[i * columns + m] = ridgeValue(coefficients, m, row)
    }
    this.#centre(predicted, this.#centred)
    const perPrompt = new Float64Array(this.#heldOut.length)
    let mean = 0
    for (let i = 0; i < perPrompt.length; i++) {
      perPrompt[i] = meanSquare(predicted, this.#centred, i * columns, (i + 1) * columns)
      mean += perPrompt[i]! / perPrompt.length
    }
    return { mean, perPrompt }
  }

  /** Takes off the mean of each (domain, column) over the cells where `known` is known. */
  #centre(cells: Float64Array, known: Float64Array): void {
    const { columns } = this.#labels
    const groups = (this.#prompts.domains + 1) * columns
    const sums = new Float64Array(groups)
    const counts = new Float64Array(groups)
    const groupOf = (cell: number): number =>
      (this.#domainOf[Math.floor(cell / columns)]! + 1) * columns + (cell % columns)
    for (let cell = 0; cell < cells.length; cell++) {
      if (Number.isNaN(known[cell]!)) continue
      sums[groupOf(cell)]! += cells[cell]!
      counts[groupOf(cell)]!++
    }
    for (let cell = 0; cell < cells.length; cell++) {
      const group = groupOf(cell)
      if (counts[group]! > 0) cells[cell]! -= sums[group]! / counts[group]!
    }
  }
}

/** Over the known cells of a row; 0 where there is none. */
function meanSquare(predicted: Float64Array, labels: Float64Array, from: number, to: number): number {
  let sum = 0
  let known = 0
  for (let cell = from; cell < to; cell++) {
    if (Number.isNaN(labels[cell]!)) continue
    sum += (predicted[cell]! - labels[cell]!) ** 2
    known++
  }
  return known === 0 ? 0 : sum / known
}

/** [.3·√d·e ‖ .3·√d·p] of some rows. Row-major [rows × 2d]. */
function besideRaw(projection: TagEnhancedProjection, embeddings: Float32Array, rows: readonly number[]): Float64Array {
  const d = projection.dimension
  const scale = blockScale * Math.sqrt(d)
  const x = new Float64Array(rows.length * 2 * d)
  const p = new Float64Array(d)
  rows.forEach((row, i) => {
    const e = embeddings.subarray(row * d, (row + 1) * d)
    projection.project(e, p)
    for (let j = 0; j < d; j++) {
      x[i * 2 * d + j] = scale * e[j]!
      x[i * 2 * d + d + j] = scale * p[j]!
    }
  })
  return x
}
