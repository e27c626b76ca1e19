export interface SymmetricEigen {
  /** λ, shape [n], descending. */
  readonly values: Float64Array
  /** V, row-major [n × n]: column i is the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array
}

/** Quadratic convergence makes 6–10 sweeps enough in practice; reaching this many means the input is not finite. */
const maximumSweeps = 60

/**
 * All eigenvalues and eigenvectors of a symmetric matrix, A = VΛVᵀ, by cyclic Jacobi rotations
 * (Golub and Van Loan, Matrix Computations, §8.5). Meant for n up to a few hundred: O(n³) a sweep.
 *
 * @param a row-major, shape [n × n], finite and symmetric. Not changed.
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  const work = Float64Array.from(a.subarray(0, n * n))
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  let scale = 0
  for (const entry of work) scale += entry * entry
  const negligible = scale * Number.EPSILON ** 2
  for (let sweep = 0; sweep < maximumSweeps && offDiagonalSquares(work, n) > negligible; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(work, vectors, n, p, q)
  }
  return inDescendingOrder(work, vectors, n)
}

function offDiagonalSquares(a: Float64Array, n: number): number {
  let sum = 0
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) sum += 2 * a[i * n + j]! * a[i * n + j]!
  return sum
}

/** One rotation in the plane (p, q) that annihilates a[p, q]. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!
  if (apq === 0) return
  const tau = (a[q * n + q]! - a[p * n + p]!) / (2 * apq)
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau))
  const c = 1 / Math.hypot(1, t)
  const s = t * c
  for (let k = 0; k < n; k++) {
    const akp = a[k * n + p]!
    const akq = a[k * n + q]!
    a[k * n + p] = c * akp - s * akq
    a[k * n + q] = s * akp + c * akq
  }
  for (let k = 0; k < n; k++) {
    const apk = a[p * n + k]!
    const aqk = a[q * n + k]!
    a[p * n + k] = c * apk - s * aqk
    a[q * n + k] = s * apk + c * aqk
    const vkp = vectors[k * n + p]!
    const vkq = vectors[k * n + q]!
    vectors[k * n + p] = c * vkp - s * vkq
    vectors[k * n + q] = s * vkp + c * vkq
  }
}

function inDescendingOrder(diagonalised: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from({ length: n }, (_, i) => i)
  order.sort((i, j) => diagonalised[j * n + j]! - diagonalised[i * n + i]!)
  const values = new Float64Array(n)
  const sorted = new Float64Array(n * n)
  order.forEach((from, to) => {
    values[to] = diagonalised[from * n + from]!
    for (let k = 0; k < n; k++) sorted[k * n + to] = vectors[k * n + from]!
  })
  return { values, vectors: sorted }
}
