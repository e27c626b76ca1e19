/** Spearman's: Pearson's correlation of the ranks, ties shared; NaN of fewer than two different values. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)]
  const [mx, my] = [mean(x), mean(y)]
  const product = mean(x.map((value, i) => (value - mx) * (y[i]! - my)))
  const spread = (values: readonly number[], m: number) => Math.sqrt(mean(values.map((value) => (value - m) ** 2)))
  return product / (spread(x, mx) * spread(y, my))
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of the mean; NaN of fewer than two. */
export function standardError(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)) / (values.length - 1))
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => mean(values.flatMap((other, i) => (other === value ? [rankAt(values, value, i)] : []))))
}

function rankAt(values: readonly number[], value: number, index: number): number {
  return values.filter((other, i) => other < value || (other === value && i < index)).length
}
