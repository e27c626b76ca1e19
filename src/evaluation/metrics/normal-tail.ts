/** Up to here the series of erf loses no more digits than it has to spare. */
const seriesLimit = 2.5

/** P(|Z| ≥ |z|) for a standard normal Z, to 1e-9 relative; at least the smallest positive number. */
export function twoSidedNormalP(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  return x < seriesLimit ? 1 - erfSeries(x) : Math.max(Number.MIN_VALUE, erfcFraction(x))
}

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿx^(2n+1)/(1·3·…·(2n+1)) (Abramowitz and Stegun 7.1.6): all terms positive. */
function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** √π·e^(x²)·erfc x = 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) (Abramowitz and Stegun 7.1.14), from the far end. */
function erfcFraction(x: number): number {
  let tail = x
  for (let k = 80; k >= 1; k--) tail = x + k / 2 / tail
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail)
}
