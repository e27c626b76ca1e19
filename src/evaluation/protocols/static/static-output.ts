import type { CostQualityPoint } from '../../../routing/decision/cost-quality-hull.ts'
import type { SettingValue } from '../../evaluation-result.ts'
import type { ShuffledGains } from './shuffled-control.ts'
import type { ScoredSweep, TaskQuality } from './static-scorer.ts'

/** A metric as it goes through a file: null where it does not exist, or is never reached. */
export type StoredNumber = number | null

/** One row of one seed. */
export interface StaticRowOutput {
  readonly policy: string
  readonly setting: Readonly<Record<string, SettingValue>>
  readonly points: readonly CostQualityPoint[]
  /** In the order of `staticMetricNames`. */
  readonly metrics: readonly StoredNumber[]
  /** Metrics × replicates; replicate b is the same draw in every unit. */
  readonly replicates: readonly (readonly StoredNumber[])[]
  /** For the policies that a figure shows by task. */
  readonly tasks: readonly StoredTask[]
}

export interface StoredTask {
  readonly task: string
  readonly prompts: number
  readonly quality: StoredNumber
  readonly replicates: readonly StoredNumber[]
}

/** How well one seed's shared cost predictor met the bills of the test prompts. */
export interface CostSkillOutput {
  /** By LLM, of those whose bills vary: 1 − squared error / that of its mean bill on the training prompts. */
  readonly llms: readonly { readonly llm: string; readonly skill: StoredNumber }[]
  /** Mean over these LLMs. */
  readonly skill: StoredNumber
  readonly skillReplicates: readonly StoredNumber[]
  /** All bills predicted, over all that came, − 1. */
  readonly sumBias: StoredNumber
  readonly sumBiasReplicates: readonly StoredNumber[]
}

/** What a unit of the `static` protocol yields. */
export interface StaticOutput {
  readonly rows: readonly StaticRowOutput[]
  /** Of a unit that fitted on shuffled labels; such a unit has no rows. */
  readonly control: ShuffledGains | null
  /** Of the unit of the references. */
  readonly costs?: CostSkillOutput
  /** Wall time of the policy's own fit and choices, without what all share; for the reader, no result rests on it. */
  readonly seconds: { readonly fit: number; readonly choose: number } | null
}

/** Digits kept: replicates are many, and differences below a millionth mean nothing. */
const significantDigits = 6

/** Infinite and NaN become null. */
export function stored(value: number): StoredNumber {
  return Number.isFinite(value) ? Number(value.toPrecision(significantDigits)) : null
}

export function rowOutput(
  policy: string,
  setting: StaticRowOutput['setting'],
  scored: ScoredSweep,
  tasks: readonly TaskQuality[],
): StaticRowOutput {
  return {
    policy,
    setting,
    points: scored.points.map(({ costUsd, quality }) => ({
      costUsd: Number(costUsd.toPrecision(significantDigits)),
      quality: Number(quality.toPrecision(significantDigits)),
    })),
    metrics: scored.metrics.map(stored),
    replicates: scored.metrics.map((_, metric) => scored.replicates.map((values) => stored(values[metric]!))),
    tasks: tasks.map(({ task, prompts, quality, replicates }) => ({
      task,
      prompts,
      quality: stored(quality),
      replicates: replicates.map(stored),
    })),
  }
}
