/**
 * The known word that was probably meant, or undefined when none is close: at most two edits away, and fewer than half
 * of its letters. Case, `-` and `_` do not count.
 */
export function nearMiss(word: string, known: readonly string[]): string | undefined {
  const wanted = normalise(word)
  let best: string | undefined
  let bestDistance = 3
  for (const candidate of known) {
    const target = normalise(candidate)
    const distance = editDistance(wanted, target)
    if (distance < bestDistance && distance * 2 < Math.max(wanted.length, target.length)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function normalise(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '')
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours each cost 1. */
function editDistance(a: string, b: string): number {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = 0; i <= a.length; i++) table[i * width] = i
  for (let j = 0; j <= b.length; j++) table[j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const here = i * width + j
      const substitution = table[here - width - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(substitution, table[here - 1]! + 1, table[here - width]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, table[here - 2 * width - 2]! + 1)
      }
      table[here] = least
    }
  }
  return table[a.length * width + b.length]!
}
