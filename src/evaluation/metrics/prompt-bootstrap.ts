import { SeededRandom } from '../../routing/numeric/random-source.ts'

/** Of every bootstrap in an evaluation: the same replicate is the same draw everywhere, so that differences are paired. */
export const bootstrapReplicates = 1000

/**
 * Bootstrap weights of prompts: replicate b draws as many groups as there are, with replacement, and a prompt counts as
 * often as its group was drawn. Replicates depend on (groups of the whole set, b) alone: two policies, two seeds and two
 * workers meet the same draw, which pairs their differences and accounts for prompts that several splits share.
 *
 * @param groups the group of each prompt of the whole data set, 0 … groupCount − 1 (equal and nearly equal prompts share one).
 * @returns the weight of each prompt, shape [groups.length].
 */
export function bootstrapWeights(groups: Int32Array, groupCount: number, replicate: number): Float64Array {
  const random = new SeededRandom(Math.imul(replicate + 1, 0x9e3779b1))
  const drawn = new Float64Array(groupCount)
  for (let i = 0; i < groupCount; i++) drawn[Math.floor(random.next() * groupCount)]!++
  return Float64Array.from(groups, (group) => drawn[group]!)
}
