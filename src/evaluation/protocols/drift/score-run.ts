import type { OnlineGoal } from '../../online/online-policy.ts'
import { realisedUtility } from '../../online/realised-utility.ts'
import type { DriftStream } from './drift-stream.ts'
import { isAffordable } from './informed-choices.ts'

/** Prompts of every rolling mean. */
export const rollingWindow = 100

/** Of the told router's level that counts as recovered, and of the ideal share that counts as adopted. */
const recoveredLevel = 0.95
const adoptedShare = 0.8

/** A newcomer with less than this to win has nothing to be adopted for, and who asked an LLM less has no loss to recover from. */
const leastIdealShare = 0.05

/** Of the windows from recovery or adoption to the end. */
const steadyShare = 0.9

/** Steps since the change: as long before it as what counts as late. */
export const beforeWindow = [-300, 0] as const
export const lateWindow = [300, 600] as const

/** From here on a newcomer has had its chance, prompts after joining. */
const newcomerSettled = 200

/** What happened at each step under one policy. */
export interface Run {
  readonly choices: Uint16Array
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  /** Under the goal: q itself under a budget. */
  readonly utility: Float64Array
}

export function realiseRun(stream: DriftStream, choices: Uint16Array, goal: OnlineGoal): Run {
  const quality = Float64Array.from(choices, (llm, step) => stream.quality(step, llm))
  const costUsd = Float64Array.from(choices, (llm, step) => stream.costUsd(step, llm))
  const utility = quality.map((value, step) => realisedUtility(value, costUsd[step]!, goal))
  return { choices, quality, costUsd, utility }
}

/** Who a change is about. */
export interface RunCast {
  /** Joins at the change; undefined in other scenarios. */
  readonly newcomer: number | undefined
  /** Loses quality at the change; undefined in other scenarios. */
  readonly dropped: number | undefined
}

/** Figures of one policy on one order. NaN where a figure does not exist. */
export interface RunScores {
  readonly quality: number
  readonly costUsd: number
  /** Mean utility below the full-information router's, per prompt after the change. */
  readonly regret: number
  /** Over the whole stream, with what was spent beyond it charged at its ν: what overspending bought is not counted as skill. */
  readonly pricedRegret: number
  /** In the 300 prompts before the change, in the first 50 after it, and in prompts 300 to 600. */
  readonly regretBefore: number
  readonly regretEarly: number
  readonly regretLate: number
  /** Prompts from the change until recovered; the rest of the stream where that does not happen. */
  readonly recoverySteps: number
  readonly recovered: number
  /** The same of the newcomer's adoption. */
  readonly adoptionSteps: number
  readonly adopted: number
  /** The newcomer's share from 200 prompts after joining on. */
  readonly newcomerShare: number
  /** Mean bill over budget − 1. */
  readonly budgetOvershoot: number
}

/**
 * @param told the full-information router on the same stream. @param dual its ν, quality per C_ref; where no ν keeps to the
 *   budget there is no priced regret.
 */
export function scoreRun(
  stream: DriftStream,
  run: Run,
  told: Run,
  goal: OnlineGoal,
  dual: number,
  { newcomer, dropped }: RunCast,
): RunScores {
  const { changeAt, length } = stream
  const lost = told.utility.map((value, step) => value - run.utility[step]!)
  const overspent = run.costUsd.map((value, step) => (dual * (value - told.costUsd[step]!)) / goal.costReferenceUsd)
  const changes = changeAt > 0
  const window = (from: number, to: number) =>
    changes && changeAt + from >= 0 && changeAt + to <= length
      ? meanOf(lost, changeAt + from, changeAt + to)
      : Number.NaN
  const concerned = dropped === undefined || shareOf(run, dropped, 0, changeAt) >= leastIdealShare
  const recovery = changes && newcomer === undefined && concerned ? recoverySteps(run, told, changeAt) : undefined
  const adoption = newcomer === undefined ? undefined : adoptionSteps(run, told, changeAt, newcomer)
  const hasPrice = goal.budgetUsd !== undefined && isAffordable(dual)
  return {
    quality: meanOf(run.quality, changeAt, length),
    costUsd: meanOf(run.costUsd, 0, length),
    regret: meanOf(lost, changeAt, length),
    pricedRegret: hasPrice ? meanOf(lost, 0, length) + meanOf(overspent, 0, length) : Number.NaN,
    regretBefore: window(...beforeWindow),
    regretEarly: window(0, 50),
    regretLate: window(...lateWindow),
    recoverySteps: recovery?.steps ?? Number.NaN,
    recovered: recovery === undefined ? Number.NaN : Number(recovery.reached),
    adoptionSteps: adoption?.steps ?? Number.NaN,
    adopted: adoption === undefined ? Number.NaN : Number(adoption.reached),
    newcomerShare: newcomer === undefined ? Number.NaN : settledShare(run, newcomer, changeAt + newcomerSettled),
    budgetOvershoot: goal.budgetUsd === undefined ? Number.NaN : meanOf(run.costUsd, 0, length) / goal.budgetUsd - 1,
  }
}

interface Reached {
  readonly steps: number
  readonly reached: boolean
}

/**
 * The first n ≥ 100 from which on the mean utility of the last 100 prompts, all after the change, stays at or above the told
 * router's on the same prompts less 5 % of its size ({@link holdsFrom}).
 */
function recoverySteps(run: Run, told: Run, changeAt: number): Reached | undefined {
  return holdsFrom(run.utility.length - changeAt, (end) => {
    const from = changeAt + end - rollingWindow
    const level = meanOf(told.utility, from, changeAt + end)
    return meanOf(run.utility, from, changeAt + end) >= level - (1 - recoveredLevel) * Math.abs(level)
  })
}

/**
 * The first n ≥ 100 from which on the newcomer answers, of the last 100 prompts, all since it joined, 80 % of its ideal
 * share: what the full-information router gives it from then to the end. Undefined where that is under 5 %.
 */
function adoptionSteps(run: Run, told: Run, joinedAt: number, newcomer: number): Reached | undefined {
  const ideal = shareOf(told, newcomer, joinedAt, told.choices.length)
  if (!(ideal >= leastIdealShare)) return undefined
  return holdsFrom(run.choices.length - joinedAt, (end) => {
    const share = shareOf(run, newcomer, joinedAt + end - rollingWindow, joinedAt + end)
    return share >= adoptedShare * ideal
  })
}

/**
 * The first n at which a window holds and from which on nine of ten do to the end: one crossing says little, as a single one
 * may be forced trials or chance. What is judged is at least 100 windows, or all there are. Undefined of fewer than 100 steps.
 */
function holdsFrom(steps: number, holds: (end: number) => boolean): Reached | undefined {
  if (steps < rollingWindow) return undefined
  const latest = Math.max(rollingWindow, steps - rollingWindow + 1)
  let first: number | undefined
  let held = 0
  for (let end = steps; end >= rollingWindow; end--) {
    const now = holds(end)
    if (now) held++
    if (now && end <= latest && held >= steadyShare * (steps - end + 1)) first = end
  }
  return first === undefined ? { steps, reached: false } : { steps: first, reached: true }
}

/** Of fewer than 100 steps a share says nothing. */
function settledShare(run: Run, newcomer: number, from: number): number {
  const { length } = run.choices
  return length - from < rollingWindow ? Number.NaN : shareOf(run, newcomer, from, length)
}

/** Share of the steps from `from` to before `to` that an LLM answered; NaN of none. */
export function shareOf({ choices }: Run, llm: number, from: number, to: number): number {
  let count = 0
  for (let step = from; step < to; step++) if (choices[step] === llm) count++
  return to > from ? count / (to - from) : Number.NaN
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let step = from; step < to; step++) sum += values[step]!
  return sum / (to - from)
}
