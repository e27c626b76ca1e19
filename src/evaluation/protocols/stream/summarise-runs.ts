import type { PreparedData } from '../../evaluation-data.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import type { PolicyName } from '../../policy-names.ts'
import { combine, type Measured } from './measured.ts'
import type { StreamRun, StreamUnitOutput } from './stream-output.ts'
import { type StreamSetting, settingKey } from './stream-setting.ts'

/** One policy under one setting, over all seeds. */
export interface RunSummary {
  readonly policy: PolicyName
  readonly setting: StreamSetting
  readonly quality: Measured
  readonly costUsd: Measured
  readonly onTimeShare: Measured
}

/** All rows of a result, to be looked up by policy and setting. */
export class StreamSummary {
  readonly rows: readonly RunSummary[]
  /** C_ref of the utilities that are reported: mean cost of the dearest LLM over all prompts, USD. */
  readonly costReferenceUsd: number
  readonly #byKey: ReadonlyMap<string, RunSummary>

  constructor(rows: readonly RunSummary[], costReferenceUsd: number) {
    this.rows = rows
    this.costReferenceUsd = costReferenceUsd
    this.#byKey = new Map(rows.map((row) => [settingKey(row.policy, row.setting), row]))
  }

  find(policy: PolicyName, setting: StreamSetting): RunSummary | undefined {
    return this.#byKey.get(settingKey(policy, setting))
  }

  /** The rows at each of these λ; empty unless all are there. */
  sweep(policy: PolicyName, setting: StreamSetting, lambdas: readonly number[]): RunSummary[] {
    const rows = lambdas.map((lambda) => this.find(policy, { ...setting, lambda }))
    return rows.every((row) => row !== undefined) ? (rows as RunSummary[]) : []
  }

  /** λ/(1+λ)·q − 1/(1+λ)·c/C_ref. */
  utility({ quality, costUsd }: RunSummary, lambda: number): Measured {
    const weight = lambda / (1 + lambda)
    return combine([quality, costUsd], ([q, c]) => weight * q! - ((1 - weight) * c!) / this.costReferenceUsd)
  }
}

/** Sums of one policy and setting: by prompt over the seeds, and by seed over the prompts. */
interface Totals {
  readonly run: StreamRun
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  readonly onTime: Float64Array
  readonly count: Float64Array
  readonly seeds: Float64Array
}

/** Per seed in {@link Totals.seeds}: quality, cost, in time, count. */
const seedFields = 4

/** Joins the runs of all units. A prompt whose chosen outcome is unknown is left out of that run's means. */
export function summariseRuns(
  prepared: PreparedData,
  outputs: readonly StreamUnitOutput[],
  seeds: readonly number[],
): StreamSummary {
  const prompts = prepared.data.prompts.length
  const totals = new Map<string, Totals>()
  for (const { seed, runs } of outputs) {
    for (const run of runs) {
      const key = settingKey(run.policy, run.setting)
      let total = totals.get(key)
      if (total === undefined) {
        total = newTotals(run, prompts, seeds.length)
        totals.set(key, total)
      }
      addRun(total, run, prepared, seeds.indexOf(seed))
    }
  }
  const weights = Array.from({ length: bootstrapReplicates }, (_, replicate) =>
    bootstrapWeights(prepared.groups.groupOf, prepared.groups.count, replicate),
  )
  const rows = [...totals.values()].map((total) => summarise(total, weights))
  return new StreamSummary(rows, dearestMeanCost(prepared))
}

function newTotals(run: StreamRun, prompts: number, seeds: number): Totals {
  return {
    run,
    quality: new Float64Array(prompts),
    costUsd: new Float64Array(prompts),
    onTime: new Float64Array(prompts),
    count: new Float64Array(prompts),
    seeds: new Float64Array(seedFields * seeds),
  }
}

function addRun(total: Totals, run: StreamRun, { data }: PreparedData, seed: number): void {
  const width = data.llms.length
  const isLate = new Set(run.late)
  run.rows.forEach((row, i) => {
    const answered = run.answered[i]!
    const inTime = isLate.has(i) ? 0 : 1
    const quality = data.quality[row * width + answered]! * inTime
    const called = run.called?.[i] ?? [answered]
    const costUsd = called.reduce((sum, llm) => sum + data.costUsd[row * width + llm]!, 0)
    if (Number.isNaN(quality) || Number.isNaN(costUsd)) return
    const values = [quality, costUsd, inTime, 1]
    total.quality[row]! += quality
    total.costUsd[row]! += costUsd
    total.onTime[row]! += inTime
    total.count[row]! += 1
    values.forEach((value, field) => {
      total.seeds[seedFields * seed + field]! += value
    })
  })
}

function summarise(total: Totals, weights: readonly Float64Array[]): RunSummary {
  const used = Int32Array.from([...total.count.keys()].filter((row) => total.count[row]! > 0))
  const fields = [total.quality, total.costUsd, total.onTime] as const
  const sums = [0, 0, 0, 0]
  for (const row of used) {
    fields.forEach((field, j) => {
      sums[j]! += field[row]!
    })
    sums[3]! += total.count[row]!
  }
  const replicates = fields.map(() => new Float64Array(weights.length))
  weights.forEach((weight, replicate) => {
    let quality = 0
    let costUsd = 0
    let onTime = 0
    let count = 0
    for (let i = 0; i < used.length; i++) {
      const row = used[i]!
      const w = weight[row]!
      if (w === 0) continue
      quality += w * total.quality[row]!
      costUsd += w * total.costUsd[row]!
      onTime += w * total.onTime[row]!
      count += w * total.count[row]!
    }
    replicates[0]![replicate] = quality / count
    replicates[1]![replicate] = costUsd / count
    replicates[2]![replicate] = onTime / count
  })
  const measured = (field: number): Measured => ({
    mean: sums[field]! / sums[3]!,
    replicates: replicates[field]!,
    bySeed: Float64Array.from(
      { length: total.seeds.length / seedFields },
      (_, seed) => total.seeds[seedFields * seed + field]! / total.seeds[seedFields * seed + 3]!,
    ),
  })
  const { policy, setting } = total.run
  return { policy, setting, quality: measured(0), costUsd: measured(1), onTimeShare: measured(2) }
}

function dearestMeanCost({ data }: PreparedData): number {
  const width = data.llms.length
  let dearest = 0
  for (let llm = 0; llm < width; llm++) {
    let sum = 0
    let known = 0
    for (let cell = llm; cell < data.costUsd.length; cell += width) {
      if (Number.isNaN(data.costUsd[cell]!)) continue
      sum += data.costUsd[cell]!
      known++
    }
    if (known > 0) dearest = Math.max(dearest, sum / known)
  }
  return dearest
}
