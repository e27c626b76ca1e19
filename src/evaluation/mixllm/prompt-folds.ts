import { promptGroups } from '../../outcomes/prompt-groups.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'

/** Which part each row is held out with. */
export interface PromptFolds {
  /** 0 … count − 1, shape [rows]. */
  readonly foldOf: Int32Array
  /** Group of nearly equal prompts of each row, shape [rows]. */
  readonly groupOf: Int32Array
}

/**
 * Folds of about equal size, drawn by the seed, with nearly equal prompts (mathematics §10) in one of them: groups in random order
 * fill one fold after the other. A group that is larger than the room left in its fold goes on in the next.
 */
export function promptFolds(texts: readonly string[], count: number, seed: number): PromptFolds {
  const { groupOf } = promptGroups(texts.map((text) => ({ id: '', source: '', text, extra: {} })))
  const members = new Map<number, number[]>()
  groupOf.forEach((group, row) => {
    const rows = members.get(group)
    if (rows === undefined) members.set(group, [row])
    else rows.push(row)
  })
  const order = [...members.keys()]
  shuffle(order, new SeededRandom(seed))
  const foldOf = new Int32Array(texts.length)
  order
    .flatMap((group) => members.get(group)!)
    .forEach((row, place) => {
      foldOf[row] = Math.floor((place * count) / texts.length)
    })
  return { foldOf, groupOf }
}
