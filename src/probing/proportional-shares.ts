/**
 * Divides `count` among groups in proportion to their sizes, by largest remainder (Hamilton): each gets the whole part of its share, and
 * what is left goes to the largest fractions, of equal ones to the first. No group gets more than its size.
 *
 * @param sizes ≥ 0. @param count at most their sum.
 */
export function proportionalShares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  if (total === 0) return sizes.map(() => 0)
  const exact = sizes.map((size) => (count * size) / total)
  const shares = exact.map(Math.floor)
  const left = count - shares.reduce((sum, share) => sum + share, 0)
  const byRemainder = [...sizes.keys()].sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || a - b)
  for (const group of byRemainder.slice(0, left)) shares[group]!++
  return shares
}
