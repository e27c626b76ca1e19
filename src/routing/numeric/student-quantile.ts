/** 97.5 % quantile of Student's t; exact to 3 decimals up to 30 degrees of freedom, then by Cornish and Fisher's expansion. */
export function studentQuantile975(degrees: number): number {
  const exact = student975[degrees - 1]
  if (exact !== undefined) return exact
  const z = 1.959964
  const first = (z ** 3 + z) / 4
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96
  return z + first / degrees + second / degrees ** 2
}

const student975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
]
