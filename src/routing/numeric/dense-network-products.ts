/**
 * C ← A·Bᵀ, or C ← C + A·Bᵀ. Row-major: `a` is [n × k], `b` is [m × k], `c` is [n × m] and must not alias either. Four rows
 * of A meet two of B at a time, so that eight sums stay in registers and each number read is used more than once. O(nmk).
 */
export function multiplyByTransposed(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  n: number,
  m: number,
  k: number,
  accumulate: boolean,
): void {
  if (!accumulate) c.fill(0, 0, n * m)
  const fullRows = n - (n % 4)
  const fullColumns = m - (m % 2)
  for (let i = 0; i < fullRows; i += 4) {
    for (let j = 0; j < fullColumns; j += 2) addBlock(a, b, c, i, j, m, k)
  }
  for (let i = 0; i < fullRows; i++) {
    for (let j = fullColumns; j < m; j++) c[i * m + j]! += dotProduct(a, i * k, b, j * k, k)
  }
  for (let i = fullRows; i < n; i++) addRow(a, b, c, i, m, k)
}

/** Aᵀ. Row-major: `a` is [n × k], `out` receives [k × n]. */
export function transpose(a: Float64Array, out: Float64Array, n: number, k: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) out[j * n + i] = a[i * k + j]!
}

function addBlock(a: Float64Array, b: Float64Array, c: Float64Array, i: number, j: number, m: number, k: number): void {
  const a0 = i * k
  const a1 = a0 + k
  const a2 = a1 + k
  const a3 = a2 + k
  const b0 = j * k
  const b1 = b0 + k
  let c00 = 0
  let c01 = 0
  let c10 = 0
  let c11 = 0
  let c20 = 0
  let c21 = 0
  let c30 = 0
  let c31 = 0
  for (let l = 0; l < k; l++) {
    const left = b[b0 + l]!
    const right = b[b1 + l]!
    const first = a[a0 + l]!
    c00 += first * left
    c01 += first * right
    const second = a[a1 + l]!
    c10 += second * left
    c11 += second * right
    const third = a[a2 + l]!
    c20 += third * left
    c21 += third * right
    const fourth = a[a3 + l]!
    c30 += fourth * left
    c31 += fourth * right
  }
  const start = i * m + j
  c[start]! += c00
  c[start + 1]! += c01
  c[start + m]! += c10
  c[start + m + 1]! += c11
  c[start + 2 * m]! += c20
  c[start + 2 * m + 1]! += c21
  c[start + 3 * m]! += c30
  c[start + 3 * m + 1]! += c31
}

/** One row of A against four of B at a time: a single request's forward pass is all of this, and one sum would wait for itself. */
function addRow(a: Float64Array, b: Float64Array, c: Float64Array, i: number, m: number, k: number): void {
  const start = i * k
  const full = m - (m % 4)
  for (let j = 0; j < full; j += 4) {
    const b0 = j * k
    const b1 = b0 + k
    const b2 = b1 + k
    const b3 = b2 + k
    let c0 = 0
    let c1 = 0
    let c2 = 0
    let c3 = 0
    for (let l = 0; l < k; l++) {
      const value = a[start + l]!
      c0 += value * b[b0 + l]!
      c1 += value * b[b1 + l]!
      c2 += value * b[b2 + l]!
      c3 += value * b[b3 + l]!
    }
    const at = i * m + j
    c[at]! += c0
    c[at + 1]! += c1
    c[at + 2]! += c2
    c[at + 3]! += c3
  }
  for (let j = full; j < m; j++) c[i * m + j]! += dotProduct(a, start, b, j * k, k)
}

function dotProduct(a: Float64Array, startA: number, b: Float64Array, startB: number, k: number): number {
  let sum = 0
  for (let l = 0; l < k; l++) sum += a[startA + l]! * b[startB + l]!
  return sum
}
