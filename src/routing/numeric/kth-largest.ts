/**
 * The k-th largest of the first n values, by Hoare's selection (1961) with the middle one as pivot. O(n) on average, also
 * when many are equal.
 *
 * @param values finite; reordered. @param k from 1 to n.
 */
export function kthLargest(values: Float32Array, n: number, k: number): number {
  let low = 0
  let high = n - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! > pivot) i++
      while (values[j]! < pivot) j--
      if (i > j) break
      const value = values[i]!
      values[i++] = values[j]!
      values[j--] = value
    }
    if (k - 1 <= j) high = j
    else if (k - 1 >= i) low = i
    else break
  }
  return values[k - 1]!
}
