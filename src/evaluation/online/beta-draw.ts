import { nextNormal, type RandomSource } from '../../routing/numeric/random-source.ts'

/** A draw from Beta(a, b) as the share of two gamma draws. @param a > 0. @param b > 0. */
export function nextBeta(a: number, b: number, random: RandomSource): number {
  const left = nextGamma(a, random)
  const right = nextGamma(b, random)
  // Both can only be 0 for tiny shapes, whose mass sits at the ends.
  return left + right > 0 ? left / (left + right) : Number(random.next() < a / (a + b))
}

/** A draw from Gamma(shape, 1) by Marsaglia and Tsang (2000); shapes under 1 by their boost. */
function nextGamma(shape: number, random: RandomSource): number {
  if (shape < 1) return nextGamma(shape + 1, random) * (1 - random.next()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = nextNormal(random)
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    const u = 1 - random.next()
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
