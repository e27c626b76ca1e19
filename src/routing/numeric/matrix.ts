/** C = A·B. Row-major: `a` is [n × k], `b` is [k × m], `c` receives [n × m] and must not alias either. O(nkm). */
export function multiplyMatrices(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  n: number,
  k: number,
  m: number,
): void {
  c.fill(0, 0, n * m)
  for (let i = 0; i < n; i++) {
    const rowC = i * m
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l]!
      const rowB = l * m
      for (let j = 0; j < m; j++) c[rowC + j]! += factor * b[rowB + j]!
    }
  }
}

/** G ← G + AᵀA. Row-major: `a` is [n × k], `gram` the full symmetric [k × k]. O(nk²). */
export function addGramMatrix(a: Float64Array, gram: Float64Array, n: number, k: number): void {
  for (let row = 0; row < n; row++) {
    const start = row * k
    for (let i = 0; i < k; i++) {
      const factor = a[start + i]!
      for (let j = i; j < k; j++) gram[i * k + j]! += factor * a[start + j]!
    }
  }
  for (let i = 1; i < k; i++) for (let j = 0; j < i; j++) gram[i * k + j] = gram[j * k + i]!
}

/** The rows at `indices`, in that order, of a row-major [n × k] matrix. Copies. */
export function selectMatrixRows(a: Float64Array, indices: readonly number[], k: number): Float64Array {
  const selected = new Float64Array(indices.length * k)
  indices.forEach((row, i) => {
    selected.set(a.subarray(row * k, (row + 1) * k), i * k)
  })
  return selected
}
