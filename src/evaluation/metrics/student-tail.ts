/** Terms of the continued fraction; it converges long before. */
const mostTerms = 300

/**
 * P(|T| ≥ |t|) for Student's T: I_x(ν/2, ½) at x = ν/(ν + t²), to about 1e-12 relative (Abramowitz and Stegun 26.5.27, 26.7.1);
 * at least the smallest positive number.
 *
 * @param degrees ν, a positive whole number.
 */
export function twoSidedStudentP(t: number, degrees: number): number {
  const x = degrees / (degrees + t * t)
  const a = degrees / 2
  // The fraction converges fast on one side of the mean of the Beta distribution, its mirror image on the other.
  const isNear = x < (a + 1) / (a + 2.5)
  const p = isNear ? betaShare(x, a, 0.5, degrees) : 1 - betaShare(1 - x, 0.5, a, degrees)
  return Math.max(Number.MIN_VALUE, p)
}

/** I_x(a, b), where {a, b} = {ν/2, ½}. */
function betaShare(x: number, a: number, b: number, degrees: number): number {
  if (x === 0) return 0
  return (x ** a * (1 - x) ** b) / (a * completeBeta(degrees) * fraction(x, a, b))
}

/** B(ν/2, ½), from B(½, ½) = π and B(1, ½) = 2 upwards by B(a + 1, ½) = B(a, ½)·a/(a + ½). */
function completeBeta(degrees: number): number {
  let beta = degrees % 2 === 0 ? 2 : Math.PI
  for (let a = degrees % 2 === 0 ? 1 : 0.5; a < degrees / 2; a++) beta *= a / (a + 0.5)
  return beta
}

/** 1 + d₁/(1 + d₂/(1 + …)) of the incomplete Beta function (Abramowitz and Stegun 26.5.8), from the far end. */
function fraction(x: number, a: number, b: number): number {
  let tail = 1
  for (let j = mostTerms; j >= 1; j--) {
    const m = Math.floor(j / 2)
    const d =
      j % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : -((a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    tail = 1 + d / tail
  }
  return tail
}
