import { SeededRandom } from '../../routing/numeric/random-source.ts'

/**
 * Which seeds bootstrap replicate b averages over: as many as there are, drawn with replacement, so that an interval holds
 * the spread between fits as well as that between prompts. Depends on (count, b) alone, so that two policies meet the same
 * seeds. Of n seeds it holds (n − 1)/n of that spread, as every bootstrap of n values does; of one it holds none.
 *
 * @returns indices, 0 … count − 1, shape [count].
 */
export function drawSeeds(count: number, replicate: number): readonly number[] {
  const random = new SeededRandom(Math.imul(replicate + 1, 0x85ebca6b))
  return Array.from({ length: count }, () => Math.floor(random.next() * count))
}
