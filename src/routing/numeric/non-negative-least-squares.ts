import { choleskyInPlace, solveCholeskyInPlace } from './cholesky.ts'

/**
 * Non-negative least squares from the normal equations: minimises ½wᵀGw − bᵀw over w ≥ 0, which is ‖Aw − y‖² for
 * G = AᵀA, b = Aᵀy. Active set method of Lawson and Hanson (1974), chapter 23.
 *
 * @param gram G, row-major, shape [n × n], symmetric positive semi-definite. Not changed.
 * @param rhs b, shape [n]. Not changed.
 * @returns w, shape [n]. A variable that would make the active block singular stays at zero.
 */
export function nonNegativeLeastSquares(gram: Float64Array, rhs: Float64Array): Float64Array {
  const n = rhs.length
  const w = new Float64Array(n)
  const active: number[] = []
  const refused = new Set<number>()
  const tolerance = 1e-12 * Math.max(1, ...rhs.map(Math.abs))
  // Each round adds a variable or refuses one; the bound only guards against rounding that makes two of them alternate.
  for (let round = 0; round < 3 * n + 3; round++) {
    const entering = steepestVariable(gram, rhs, w, active, refused, tolerance)
    if (entering === -1) break
    active.push(entering)
    if (!descend(gram, rhs, w, active)) {
      active.splice(active.indexOf(entering), 1)
      refused.add(entering)
    }
  }
  return w
}

function steepestVariable(
  gram: Float64Array,
  rhs: Float64Array,
  w: Float64Array,
  active: readonly number[],
  refused: ReadonlySet<number>,
  tolerance: number,
): number {
  const n = rhs.length
  let best = -1
  let steepest = tolerance
  for (let i = 0; i < n; i++) {
    if (active.includes(i) || refused.has(i)) continue
    let slope = rhs[i]!
    for (let j = 0; j < n; j++) slope -= gram[i * n + j]! * w[j]!
    if (slope > steepest) {
      steepest = slope
      best = i
    }
  }
  return best
}

/** Moves w to the unconstrained optimum on `active`, dropping variables that reach zero; false when singular. */
function descend(gram: Float64Array, rhs: Float64Array, w: Float64Array, active: number[]): boolean {
  for (;;) {
    const target = solveActive(gram, rhs, active)
    if (target === undefined) return false
    let step = 1
    active.forEach((variable, i) => {
      const goal = target[i]!
      if (goal <= 0) step = Math.min(step, w[variable]! / (w[variable]! - goal))
    })
    if (!(step >= 0)) return false
    active.forEach((variable, i) => {
      w[variable]! += step * (target[i]! - w[variable]!)
    })
    if (step === 1) return true
    const kept = active.filter((variable) => w[variable]! > 1e-15)
    for (const variable of active) if (!kept.includes(variable)) w[variable] = 0
    if (kept.length === active.length) return false
    active.splice(0, active.length, ...kept)
  }
}

function solveActive(gram: Float64Array, rhs: Float64Array, active: readonly number[]): Float64Array | undefined {
  const n = rhs.length
  const size = active.length
  const block = new Float64Array(size * size)
  const solution = new Float64Array(size)
  active.forEach((row, i) => {
    solution[i] = rhs[row]!
    active.forEach((column, j) => {
      block[i * size + j] = gram[row * n + column]!
    })
  })
  if (!choleskyInPlace(block, size)) return undefined
  solveCholeskyInPlace(block, size, solution)
  return solution
}
