/**
 * Mean and its standard error where rows of one group are alike: √Σ_g (Σ_{i∈g} (x_i − x̄))² / n, which with every row for itself is s/√n.
 *
 * @param values by row; NaN is unknown and left out. Nothing known is 0 with an error of 0.
 * @param groupOf by row, ≥ 0; left out, every row is for itself.
 */
export function groupedMean(
  values: Float64Array,
  groupOf?: Int32Array,
): { readonly mean: number; readonly error: number } {
  let sum = 0
  let known = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    known++
  }
  if (known === 0) return { mean: 0, error: 0 }
  const mean = sum / known
  const sums = new Map<number, number>()
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return
    const group = groupOf?.[row] ?? row
    sums.set(group, (sums.get(group) ?? 0) + value - mean)
  })
  let squares = 0
  for (const deviation of sums.values()) squares += deviation * deviation
  return { mean, error: Math.sqrt(squares) / known }
}
