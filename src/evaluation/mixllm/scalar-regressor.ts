import { selectMatrixRows } from '../../routing/numeric/matrix.ts'

/** The kinds of learner that MixLLM chooses from, per LLM (arXiv:2502.18482). */
export type RegressorKind = 'forest' | 'mlp' | 'knn'

/** What validation compares: a kind with its settings. */
export type RegressorCandidate =
  | { readonly kind: 'forest' /** Fewest rows in a leaf. */; readonly leaf: number }
  | { readonly kind: 'mlp' }
  | { readonly kind: 'knn' }

/** One number from e_n: quality, or the logarithm of a length or a bill. */
export interface ScalarRegressor {
  /** @param embedding e_n, shape [d]; not kept. */
  predict(embedding: Float64Array): number
}

/** Rows with a known target. */
export interface RegressionProblem {
  /** e_n of each row, row-major [n × d], finite. */
  readonly x: Float64Array
  readonly d: number
  /** Shape [n], n ≥ 1; every cell known. */
  readonly y: Float64Array
  /** `unit`: targets and predictions in [0, 1]; `real`: any number. */
  readonly range: 'unit' | 'real'
}

export interface RegressorOptions {
  readonly seed: number
  /** Of a forest. */
  readonly trees: number
}

/** Always the same number: for LLMs with too few labels. */
export function constantRegressor(value: number): ScalarRegressor {
  return { predict: () => value }
}

/** The rows at `indices`, in that order. Copies. */
export function selectProblemRows(problem: RegressionProblem, indices: readonly number[]): RegressionProblem {
  const { x, d, y, range } = problem
  return { x: selectMatrixRows(x, indices, d), d, y: Float64Array.from(indices, (row) => y[row]!), range }
}
