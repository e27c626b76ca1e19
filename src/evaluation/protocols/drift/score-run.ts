import type { OnlineGoal } from '../../online/online-policy.ts'
import { realisedUtility } from '../../online/realised-utility.ts'
import type { DriftStream } from './drift-stream.ts'

/** Prompts of every rolling mean. */
export const rollingWindow = 100

/** Of the told router's level that counts as recovered, and of the ideal share that counts as adopted. */
const recoveredLevel = 0.95
const adoptedShare = 0.8

/** A newcomer with less than this to win has nothing to be adopted for. */
export const leastIdealShare = 0.05

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

/** Figures of one policy on one order. NaN where a figure does not exist. */
export interface RunScores {
  readonly quality: number
  readonly costUsd: number
  /** Mean utility below the full-information router's, per prompt after the change. */
  readonly regret: number
  /** The same with what was spent beyond it charged at its ν: what overspending bought is not counted as skill. */
  readonly pricedRegret: number
  /** In the first 50 prompts after the change, and in prompts 300 to 600. */
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
 * @param told the full-information router on the same stream. @param dual its ν, quality per C_ref.
 * @param newcomer who joins at the change; undefined in other scenarios.
 */
export function scoreRun(
  stream: DriftStream,
  run: Run,
  told: Run,
  goal: OnlineGoal,
  dual: number,
  newcomer: number | undefined,
): RunScores {
  const { changeAt, length } = stream
  const lost = told.utility.map((value, step) => value - run.utility[step]!)
  const overspent = run.costUsd.map((value, step) => (dual * (value - told.costUsd[step]!)) / goal.costReferenceUsd)
  const changes = changeAt > 0
  const window = (from: number, to: number) =>
    changes && changeAt + to <= length ? meanOf(lost, changeAt + from, changeAt + to) : Number.NaN
  const recovery = changes && newcomer === undefined ? recoverySteps(run, told, changeAt) : undefined
  const adoption = newcomer === undefined ? undefined : adoptionSteps(run, told, changeAt, newcomer)
  return {
    quality: meanOf(run.quality, changeAt, length),
    costUsd: meanOf(run.costUsd, 0, length),
    regret: meanOf(lost, changeAt, length),
    pricedRegret:
      goal.budgetUsd === undefined ? Number.NaN : meanOf(lost, changeAt, length) + meanOf(overspent, changeAt, length),
    regretEarly: window(0, 50),
    regretLate: window(300, 600),
    recoverySteps: recovery?.steps ?? Number.NaN,
    recovered: recovery === undefined ? Number.NaN : Number(recovery.reached),
    adoptionSteps: adoption?.steps ?? Number.NaN,
    adopted: adoption === undefined ? Number.NaN : Number(adoption.reached),
    newcomerShare: newcomer === undefined ? Number.NaN : shareOf(run, newcomer, changeAt + newcomerSettled, length),
    budgetOvershoot: goal.budgetUsd === undefined ? Number.NaN : meanOf(run.costUsd, 0, length) / goal.budgetUsd - 1,
  }
}

interface Reached {
  readonly steps: number
  readonly reached: boolean
}

/**
 * The first n ≥ 100 at which the mean utility of the last 100 prompts, all after the change, is at least the told router's on
 * the same prompts less 5 % of its size.
 */
function recoverySteps(run: Run, told: Run, changeAt: number): Reached {
  return firstWindow(run.utility.length - changeAt, (end) => {
    const from = changeAt + end - rollingWindow
    const level = meanOf(told.utility, from, changeAt + end)
    return meanOf(run.utility, from, changeAt + end) >= level - (1 - recoveredLevel) * Math.abs(level)
  })
}

/**
 * The first n ≥ 100 at which the newcomer answered, of the last 100 prompts, all since it joined, 80 % of its ideal share:
 * what the full-information router gives it from then to the end. Undefined where that is under 5 %.
 */
function adoptionSteps(run: Run, told: Run, joinedAt: number, newcomer: number): Reached | undefined {
  const ideal = shareOf(told, newcomer, joinedAt, told.choices.length)
  if (ideal < leastIdealShare) return undefined
  return firstWindow(run.choices.length - joinedAt, (end) => {
    const share = shareOf(run, newcomer, joinedAt + end - rollingWindow, joinedAt + end)
    return share >= adoptedShare * ideal
  })
}

function firstWindow(steps: number, holds: (end: number) => boolean): Reached {
  for (let end = rollingWindow; end <= steps; end++) if (holds(end)) return { steps: end, reached: true }
  return { steps, reached: false }
}

/** Share of the steps from `from` to before `to` that an LLM answered; NaN of none. */
export function shareOf({ choices }: Run, llm: number, from: number, to: number): number {
  let count = 0
  for (let step = from; step < to; step++) if (choices[step] === llm) count++
  return count / (to - from)
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0
  for (let step = from; step < to; step++) sum += values[step]!
  return sum / (to - from)
}
