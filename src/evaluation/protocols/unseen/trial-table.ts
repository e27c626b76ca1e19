import type { Interval } from '../../evaluation-result.ts'
import { type LlmEstimate, type LlmTrial, llmJackknife } from '../../metrics/llm-jackknife.ts'
import { signTestPValue } from '../../metrics/sign-test.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { TrialOutput } from './run-trial.ts'
import { curveShares } from './score-trial.ts'
import type { TrialRisk } from './trial-risk.ts'
import type { Setting, TrialRow } from './trial-rows.ts'

/** A row of the result: one policy under one setting. */
export interface RowKey {
  readonly policy: PolicyName
  readonly setting: Setting
}

/** A difference between two rows, trial by trial. */
export interface PairedDifference extends LlmEstimate {
  /** Of the sign test, which takes trials to be independent. */
  readonly signP: number
}

/** All trials of one evaluation, joined by row. */
export class TrialTable {
  /** Left out for every row, as the whole pool was free on the test prompts: there is no cost to trade off. */
  readonly freeTrials: number
  /** In order of first appearance. */
  readonly keys: readonly RowKey[]
  readonly trials: readonly TrialOutput[]
  readonly #bases: number
  /** By row, then by trial; undefined where a trial lacks it. */
  readonly #rows = new Map<string, (TrialRow | undefined)[]>()

  /** @param bases of the whole pool. */
  constructor(outputs: readonly TrialOutput[], bases: number) {
    const trials = outputs.filter((trial) => trial.maxCostUsd > 0)
    this.trials = trials
    this.freeTrials = outputs.length - trials.length
    this.#bases = bases
    const keys = new Map<string, RowKey>()
    trials.forEach((trial, index) => {
      for (const row of trial.rows) {
        const name = nameOf(row)
        keys.set(name, { policy: row.policy, setting: row.setting })
        const rows = this.#rows.get(name) ?? new Array<TrialRow | undefined>(trials.length).fill(undefined)
        rows[index] = row
        this.#rows.set(name, rows)
      }
    })
    this.keys = [...keys.values()]
  }

  has(key: RowKey): boolean {
    return this.#rows.has(nameOf(key))
  }

  /** Names of the metrics of a row. */
  metricsOf(key: RowKey): string[] {
    return [...new Set(this.#of(key).flatMap((row) => Object.keys(row?.metrics ?? {})))]
  }

  /** The ends are held to [0, 1], which all metrics lie in. */
  interval(key: RowKey, metric: string): Interval {
    const { mean, low, high } = this.#estimate((trial) => this.#value(key, metric, trial)).interval
    return { mean, low: low === null ? null : Math.max(0, low), high: high === null ? null : Math.min(1, high) }
  }

  /** Undefined where no trial has both. */
  difference(key: RowKey, against: RowKey, metric: string): PairedDifference | undefined {
    return this.contrast((value) => value(key, metric) - value(against, metric))
  }

  /** The mean over trials of any combination of values. Undefined where no trial has them all. */
  contrast(combine: (value: (key: RowKey, metric: string) => number) => number): PairedDifference | undefined {
    const inTrial = (trial: number): number => combine((key, metric) => this.#value(key, metric, trial))
    const values = this.trials.flatMap((_, trial) => (Number.isFinite(inTrial(trial)) ? [inTrial(trial)] : []))
    if (values.length === 0) return undefined
    return { ...this.#estimate(inTrial), signP: signTestPValue(values) }
  }

  /**
   * Mean curve at equal shares of each trial's c_max, in mean c_max: from where half of the trials have a point, those that have
   * none yet counting with their cheapest, as Area does.
   */
  curve(key: RowKey): { readonly costUsd: number; readonly quality: number }[] {
    const curves = this.#of(key).flatMap((row) => (row?.curve === undefined ? [] : [row.curve]))
    const maxCostUsd = this.meanMaxCostUsd
    return curveShares.flatMap((share, i) => {
      const reached = curves.filter((curve) => typeof curve[i] === 'number').length
      if (reached === 0 || reached < curves.length / 2) return []
      const qualities = curves.flatMap((curve) => curve[i] ?? curve.find((quality) => quality !== null) ?? [])
      return [{ costUsd: share * maxCostUsd, quality: meanOf(qualities) }]
    })
  }

  /** Mean over trials of a fixed choice, its cost scaled like {@link curve}'s; undefined where the row is none. */
  point(key: RowKey): { readonly costUsd: number; readonly quality: number } | undefined {
    const points = this.#of(key).flatMap((row, trial) => {
      if (row?.point === undefined) return []
      return [{ share: row.point.costUsd / this.trials[trial]!.maxCostUsd, quality: row.point.quality }]
    })
    if (points.length === 0) return undefined
    return {
      costUsd: meanOf(points.map((point) => point.share)) * this.meanMaxCostUsd,
      quality: meanOf(points.map((point) => point.quality)),
    }
  }

  get meanMaxCostUsd(): number {
    return meanOf(this.trials.map((trial) => trial.maxCostUsd))
  }

  /** Numbers of clusters whose risk was measured. */
  get riskClusters(): number[] {
    return [...new Set(this.trials.flatMap((trial) => trial.risk.map((risk) => risk.clusters)))].sort((a, b) => a - b)
  }

  risk(clusters: number, term: keyof TrialRisk): Interval {
    return this.#estimate((trial) => {
      return this.trials[trial]!.risk.find((risk) => risk.clusters === clusters)?.[term] ?? Number.NaN
    }).interval
  }

  #of(key: RowKey): readonly (TrialRow | undefined)[] {
    return this.#rows.get(nameOf(key)) ?? []
  }

  #value(key: RowKey, metric: string, trial: number): number {
    return this.#of(key)[trial]?.metrics[metric] ?? Number.NaN
  }

  #estimate(valueIn: (trial: number) => number): LlmEstimate {
    const trials = this.trials.flatMap(({ unseenBases }, trial): LlmTrial[] => {
      const value = valueIn(trial)
      return Number.isFinite(value) ? [{ unseen: unseenBases, value }] : []
    })
    if (trials.length === 0) return { interval: { mean: Number.NaN, low: null, high: null }, p: null }
    return llmJackknife(trials, this.#bases)
  }
}

function nameOf({ policy, setting }: RowKey): string {
  const entries = Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${policy} ${JSON.stringify(entries)}`
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
