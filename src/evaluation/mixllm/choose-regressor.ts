import { fitForestRegressor } from './forest-regressor.ts'
import { fitKnnRegressor, NeighbourSearch } from './knn-regressor.ts'
import { fitMlpRegressor } from './mlp-regressor.ts'
import {
  type RegressionProblem,
  type RegressorCandidate,
  type RegressorOptions,
  type ScalarRegressor,
  selectProblemRows,
} from './scalar-regressor.ts'

export interface ChooseOptions extends RegressorOptions {
  readonly folds: number
  /** Fold in which each row is held out, 0 … folds − 1, shape [rows of x]; default: row i in fold i mod `folds`. */
  readonly foldOf?: Int32Array
  /** Of the forests that are only there to be compared. */
  readonly validationTrees: number
}

/** A candidate, and what it predicted for rows it had not seen. */
export interface ChosenRegressor {
  readonly candidate: RegressorCandidate
  /** Shape [n]. */
  readonly outOfFold: Float64Array
  /** Mean squared error out of fold, in the order of the candidates. */
  readonly errors: readonly number[]
}

/** Searches that several LLMs share as they know the same rows; by what the rows are. */
export class NeighbourSearches {
  readonly #searches = new Map<string, NeighbourSearch>()

  /** @param key the same for the same rows only. */
  of(key: string, problem: RegressionProblem): NeighbourSearch {
    let search = this.#searches.get(key)
    if (search === undefined) {
      search = new NeighbourSearch(problem.x, problem.d)
      this.#searches.set(key, search)
    }
    return search
  }
}

/** The options for some of the rows. */
export function ofRows<Options extends ChooseOptions>(options: Options, rows: readonly number[]): Options {
  const { foldOf } = options
  return foldOf === undefined ? options : { ...options, foldOf: Int32Array.from(rows, (row) => foldOf[row]!) }
}

/** Fits one candidate. @param search for kNN, over the same rows. */
export function fitRegressor(
  candidate: RegressorCandidate,
  problem: RegressionProblem,
  options: RegressorOptions,
  search: () => NeighbourSearch,
): ScalarRegressor {
  if (candidate.kind === 'forest') return fitForestRegressor(problem, candidate.leaf, options)
  if (candidate.kind === 'mlp') return fitMlpRegressor(problem, options)
  return fitKnnRegressor(problem, search())
}

/**
 * The candidate with the smallest squared error on held-out rows: MixLLM's choice per LLM "by validation" (arXiv:2502.18482).
 *
 * @param candidates at least one; of equal ones the first stays. @param rowsKey names the rows of the problem, for sharing searches.
 */
export function chooseRegressor(
  candidates: readonly RegressorCandidate[],
  problem: RegressionProblem,
  options: ChooseOptions,
  searches: NeighbourSearches,
  rowsKey: string,
): ChosenRegressor {
  const { folds, validationTrees, seed } = options
  const foldOf = options.foldOf ?? Int32Array.from(problem.y, (_, row) => row % folds)
  const outOfFold = candidates.map(() => new Float64Array(problem.y.length))
  const rows = Array.from(problem.y, (_, row) => row)
  for (let fold = 0; fold < folds; fold++) {
    const train = selectProblemRows(
      problem,
      rows.filter((row) => foldOf[row] !== fold),
    )
    const search = () => searches.of(`${fold}/${folds} ${rowsKey}`, train)
    candidates.forEach((candidate, index) => {
      const regressor = fitRegressor(candidate, train, { seed, trees: validationTrees }, search)
      for (const row of rows) {
        if (foldOf[row] !== fold) continue
        outOfFold[index]![row] = regressor.predict(problem.x.subarray(row * problem.d, (row + 1) * problem.d))
      }
    })
  }
  const errors = outOfFold.map((predicted) => meanSquare(predicted, problem.y))
  const best = errors.indexOf(Math.min(...errors))
  return { candidate: candidates[best]!, outOfFold: outOfFold[best]!, errors }
}

function meanSquare(predicted: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let row = 0; row < y.length; row++) sum += (predicted[row]! - y[row]!) ** 2 / y.length
  return sum
}
