import { foldOrder } from '../../../outcomes/fold-order.ts'
import { splitLlmsByBase } from '../../../outcomes/split.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import type { PreparedData } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'

/** One random division of prompts and LLMs. Rows and LLMs are indices into the prepared data. */
export interface UnseenSplit {
  /** Groups together at the same position mod 5, for folds. */
  readonly train: readonly number[]
  /** S_val: the first N are the N probes, so that fewer are always among more. */
  readonly probes: readonly number[]
  readonly test: readonly number[]
  /** LLMs with training labels. */
  readonly seen: readonly number[]
  /** The pool that is routed; no base is on both sides. */
  readonly unseen: readonly number[]
}

const trainShare = 0.55
const testShare = 0.3
const probeShare = 1 - trainShare - testShare

/** Share of bases that stay training LLMs. */
const seenShare = 2 / 3

/** Fewer, and there is nothing to cluster or to tell policies apart by. */
const fewestTraining = 50
const fewestTests = 20

/** Of whoever fits on the training prompts. */
const folds = 5

const allProbeCounts = [50, 100, 200, 400] as const

/** N_val: those of 50, 100, 200 and 400 that 15 % of the prompts allow. */
export function probeCounts(prompts: number): number[] {
  return allProbeCounts.filter((count) => count <= probeShare * prompts)
}

/**
 * Divides prompts by their groups, drawn at random: 30 % test, then `probes` labelled ones, then 55 % for training; equal and
 * nearly equal prompts stay on one side, those of a group that is cut stay unused. Divides LLMs by base, a third unseen.
 *
 * @throws {EvaluationError} `unfit_data` when groups are so large that fewer probes than asked for, or fewer than 50 prompts to
 *   train or 20 to test on, are left.
 */
export function splitTrial(prepared: PreparedData, probes: number, seed: number): UnseenSplit {
  const { data, groups } = prepared
  const members: number[][] = Array.from({ length: groups.count }, () => [])
  data.prompts.forEach((_, row) => {
    members[groups.groupOf[row]!]!.push(row)
  })
  const order = Int32Array.from(members.keys())
  // Another stream than that of the LLMs.
  shuffle(order, new SeededRandom(Math.imul(seed, 0x9e3779b1)))
  let next = 0
  const take = (count: number): number[] => {
    const rows: number[] = []
    while (rows.length < count && next < order.length) rows.push(...members[order[next++]!]!)
    return rows
  }
  const test = take(testShare * data.prompts.length)
  const labelled = take(probes).slice(0, probes)
  const train = take(trainShare * data.prompts.length)
  if (test.length < fewestTests || labelled.length < probes || train.length < fewestTraining) {
    const message = `${data.name}: its prompts are too much alike (${groups.count} groups): trial ${seed} has ${train.length} to train, ${labelled.length} of ${probes} probes and ${test.length} to test`
    throw new EvaluationError('unfit_data', message)
  }
  const llms = splitLlmsByBase(data.llms, seenShare, seed)
  return {
    train: foldOrder(train, groups.groupOf, folds, seed),
    probes: labelled,
    test,
    seen: llms.train,
    unseen: llms.unseen,
  }
}
