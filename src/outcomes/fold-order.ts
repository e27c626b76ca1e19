import { SeededRandom, shuffle } from '../routing/numeric/random-source.ts'

/**
 * The rows in an order such that position mod `count`, the fold, is random by the seed and the same for all rows of a group
 * where sizes allow it: largest groups first, each into the fold with most room left; only a group larger than any room
 * left is spread.
 *
 * @returns as many as `rows`.
 */
export function foldOrder(rows: readonly number[], groupOf: Int32Array, count: number, seed: number): number[] {
  const members = new Map<number, number[]>()
  for (const row of rows) {
    const group = members.get(groupOf[row]!)
    if (group === undefined) members.set(groupOf[row]!, [row])
    else group.push(row)
  }
  const order = [...members.keys()]
  shuffle(order, new SeededRandom(seed))
  const groups = order.map((group) => members.get(group)!).sort((a, b) => b.length - a.length)
  const places = Array.from({ length: count }, (_, fold) => Math.ceil((rows.length - fold) / count))
  const filled: number[][] = places.map(() => [])
  const room = (fold: number): number => places[fold]! - filled[fold]!.length
  for (const group of groups) {
    const roomiest = places.reduce((best, _, fold) => (room(fold) > room(best) ? fold : best), 0)
    for (const row of group) {
      const fold = room(roomiest) > 0 ? roomiest : places.findIndex((_, other) => room(other) > 0)
      filled[fold]!.push(row)
    }
  }
  return rows.map((_, position) => filled[position % count]![Math.floor(position / count)]!)
}
