import type { CostQualityPoint } from '../../../routing/decision/cost-quality-hull.ts'
import { selectMatrixRows } from '../../../routing/numeric/matrix.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import type { SettingValue } from '../../evaluation-result.ts'
import type { PolicyName } from '../../policy-names.ts'
import {
  curveMetrics,
  meanQualityError,
  routeTest,
  sampledCurve,
  type TestPool,
  type TrialMetrics,
} from './score-trial.ts'

export type Setting = Readonly<Record<string, SettingValue>>

/** One policy under one setting in one trial. Plain JSON. */
export interface TrialRow {
  readonly policy: PolicyName
  readonly setting: Setting
  readonly metrics: TrialMetrics
  /** As `sampledCurve` has it; only where the report draws it. */
  readonly curve?: readonly (number | null)[]
  /** Where a policy is one point: mean test cost and quality. */
  readonly point?: CostQualityPoint
}

/** What a policy believes about the test prompts, and what the rule takes calls to cost. */
export interface Estimates {
  readonly predictedQuality: Float64Array
  /** Per LLM or per cell, USD. */
  readonly costUsd: Float64Array
}

/**
 * Main policies, whose predictions are also tried on the wrong prompts (`control: 'shuffled'`): what that gains over mixing
 * LLMs blindly, the measure gives away for nothing.
 */
export const controlledPolicies = [
  'uniroute',
  'learned-cluster-map',
  'cluster',
  'universal',
  'knn',
] as const satisfies readonly PolicyName[]

export interface TrialRowsOptions {
  readonly wanted: readonly string[]
  /** N_val whose curves and controls are kept; curves without any N_val always are. */
  readonly curveProbes: number
  /** Of the order of the controls. */
  readonly seed: number
}

/** Collects the rows of one trial, for the policies asked for. */
export class TrialRows {
  readonly rows: TrialRow[] = []
  readonly #pool: TestPool
  readonly #wanted: ReadonlySet<string>
  readonly #curveProbes: number
  readonly #seed: number

  constructor(pool: TestPool, { wanted, curveProbes, seed }: TrialRowsOptions) {
    this.#pool = pool
    this.#wanted = new Set(wanted)
    this.#curveProbes = curveProbes
    this.#seed = seed
  }

  get pool(): TestPool {
    return this.#pool
  }

  wants(policy: PolicyName): boolean {
    return this.#wanted.has(policy)
  }

  /** Adds a policy that routes by estimates; they are made only if it is wanted. */
  add(policy: PolicyName, setting: Setting, estimate: () => Estimates): void {
    if (!this.wants(policy)) return
    const { predictedQuality, costUsd } = estimate()
    const points = routeTest(this.#pool, predictedQuality, costUsd)
    this.addCurve(policy, setting, points, meanQualityError(this.#pool, predictedQuality))
    const isMain = (controlledPolicies as readonly PolicyName[]).includes(policy)
    if (!isMain || Object.keys(setting).length > 1 || setting.probes !== this.#curveProbes) return
    const { rows } = this.#pool
    const shuffled = shufflePrompts(predictedQuality, rows.llms.length, this.#seed)
    this.addCurve(policy, { ...setting, control: 'shuffled' }, routeTest(this.#pool, shuffled, costUsd))
  }

  addCurve(policy: PolicyName, setting: Setting, points: readonly CostQualityPoint[], qualityError?: number): void {
    if (points.length === 0 || !(this.#pool.maxCostUsd > 0)) return
    const metrics: Record<string, number> = { ...curveMetrics(this.#pool, points) }
    if (qualityError !== undefined) metrics.meanQualityError = qualityError
    const { probes, ...rest } = setting
    const isDrawn = Object.keys(rest).length === 0 && (probes === null || probes === this.#curveProbes)
    this.rows.push({
      policy,
      setting,
      metrics,
      ...(isDrawn ? { curve: sampledCurve(this.#pool, points) } : {}),
    })
  }

  /** One fixed choice: it has a quality and a cost, but no curve to have an area under. */
  addPoint(policy: PolicyName, setting: Setting, point: CostQualityPoint | undefined): void {
    if (point === undefined) return
    this.rows.push({ policy, setting, metrics: { peak: point.quality }, point })
  }
}

/** Rows in a random order: each LLM keeps its level and its spread, no prompt its own prediction. */
export function shufflePrompts(predicted: Float64Array, llmCount: number, seed: number): Float64Array {
  const order = Array.from({ length: predicted.length / llmCount }, (_, row) => row)
  shuffle(order, new SeededRandom(Math.imul(seed, 0xc2b2ae35)))
  return selectMatrixRows(predicted, order, llmCount)
}
