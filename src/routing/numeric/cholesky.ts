/**
 * Cholesky factor of a symmetric positive definite matrix, A = LLᵀ, in place: on return the lower triangle of `a`
 * holds L; the strict upper triangle is left as it was.
 *
 * @param a row-major, shape [n × n]; only its lower triangle is read.
 * @returns false when A is not positive definite to working precision; `a` is then spoiled.
 */
export function choleskyInPlace(a: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n
    let diagonal = a[rowJ + j]!
    for (let k = 0; k < j; k++) diagonal -= a[rowJ + k]! * a[rowJ + k]!
    if (!(diagonal > 0)) return false
    const pivot = Math.sqrt(diagonal)
    a[rowJ + j] = pivot
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n
      let sum = a[rowI + j]!
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!
      a[rowI + j] = sum / pivot
    }
  }
  return true
}

/** Solves Ly = b in place; `l` as {@link choleskyInPlace} leaves it. O(n²). */
export function solveLowerInPlace(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * n
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= l[row + k]! * b[k]!
    b[i] = sum / l[row + i]!
  }
}

/** Solves Lᵀx = y in place. O(n²). */
export function solveUpperInPlace(l: Float64Array, n: number, y: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i]!
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * y[k]!
    y[i] = sum / l[i * n + i]!
  }
}

/** Solves Ax = b in place, from A's factor. O(n²). */
export function solveCholeskyInPlace(l: Float64Array, n: number, b: Float64Array): void {
  solveLowerInPlace(l, n, b)
  solveUpperInPlace(l, n, b)
}
