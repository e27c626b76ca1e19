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

/**
 * Prompts of which every LLM's outcome and cost are known, shape [prompts]: all policies are scored on these, as one that
 * happens to pick LLMs of unknown outcome would else be spared its hard prompts.
 */
export function whollyKnown({ data }: PreparedData): Uint8Array {
  const width = data.llms.length
  return Uint8Array.from(data.prompts, (_, row) => {
    for (let cell = row * width; cell < (row + 1) * width; cell++) {
      if (Number.isNaN(data.quality[cell]!) || Number.isNaN(data.costUsd[cell]!)) return 0
    }
    return 1
  })
}

/** Joins the runs of all units, on the prompts that are {@link whollyKnown}. */
export function summariseRuns(
  prepared: PreparedData,
  outputs: readonly StreamUnitOutput[],
  seeds: readonly number[],
): StreamSummary {
  const prompts = prepared.data.prompts.length
  const known = whollyKnown(prepared)
  const totals = new Map<string, Totals>()
  for (const { seed, runs } of outputs) {
    for (const run of runs) {
      const key = settingKey(run.policy, run.setting)
      let total = totals.get(key)
      if (total === undefined) {
        total = newTotals(run, prompts, seeds.length)
        totals.set(key, total)
      }
      addRun(total, run, prepared, known, seeds.indexOf(seed))
    }
  }
  const draws = new PromptDraws(prepared)
  const rows = [...totals.values()].map((total) => summarise(total, draws))
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

function addRun(total: Totals, run: StreamRun, { data }: PreparedData, known: Uint8Array, seed: number): void {
  const width = data.llms.length
  const isLate = new Set(run.late)
  run.rows.forEach((row, i) => {
    if (known[row] === 0) return
    const answered = run.answered[i]!
    const inTime = isLate.has(i) ? 0 : 1
    const quality = data.quality[row * width + answered]! * inTime
    const called = run.called?.[i] ?? [answered]
    const costUsd = called.reduce((sum, llm) => sum + data.costUsd[row * width + llm]!, 0)
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

/** Bootstrap weights of the rows that a run has, packed: runs of the same rows share them, and they stay in the cache. */
class PromptDraws {
  readonly #weights: readonly Float64Array[]
  readonly #packed = new Map<string, Uint16Array>()

  constructor({ groups }: PreparedData) {
    this.#weights = Array.from({ length: bootstrapReplicates }, (_, replicate) =>
      bootstrapWeights(groups.groupOf, groups.count, replicate),
    )
  }

  /** Row-major, replicates × rows. */
  of(rows: readonly number[]): Uint16Array {
    const key = rows.join()
    let packed = this.#packed.get(key)
    if (packed === undefined) {
      packed = new Uint16Array(this.#weights.length * rows.length)
      this.#weights.forEach((weights, replicate) => {
        for (let i = 0; i < rows.length; i++) packed![replicate * rows.length + i] = weights[rows[i]!]!
      })
      this.#packed.set(key, packed)
    }
    return packed
  }
}

function summarise(total: Totals, draws: PromptDraws): RunSummary {
  const rows = [...total.count.keys()].filter((row) => total.count[row]! > 0)
  const pick = (sums: Float64Array): Float64Array => Float64Array.from(rows, (row) => sums[row]!)
  const fields = [pick(total.quality), pick(total.costUsd), pick(total.onTime)] as const
  const count = pick(total.count)
  const replicates = resample(fields, count, draws.of(rows))
  const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
  const counted = sumOf(count)
  const measured = (field: 0 | 1 | 2): Measured => ({
    mean: sumOf(fields[field]) / counted,
    replicates: replicates[field],
    bySeed: Float64Array.from(
      { length: total.seeds.length / seedFields },
      (_, seed) => total.seeds[seedFields * seed + field]! / total.seeds[seedFields * seed + 3]!,
    ),
  })
  const { policy, setting } = total.run
  return { policy, setting, quality: measured(0), costUsd: measured(1), onTimeShare: measured(2) }
}

type Triple = readonly [Float64Array, Float64Array, Float64Array]

/** Weighted means of three sums over a count, one per replicate. */
function resample([a, b, c]: Triple, count: Float64Array, weights: Uint16Array): Triple {
  const n = count.length
  const out: Triple = [
    new Float64Array(bootstrapReplicates),
    new Float64Array(bootstrapReplicates),
    new Float64Array(bootstrapReplicates),
  ]
  for (let replicate = 0; replicate < bootstrapReplicates; replicate++) {
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let counted = 0
    for (let i = 0; i < n; i++) {
      const weight = weights[replicate * n + i]!
      sumA += weight * a[i]!
      sumB += weight * b[i]!
      sumC += weight * c[i]!
      counted += weight * count[i]!
    }
    out[0][replicate] = sumA / counted
    out[1][replicate] = sumB / counted
    out[2][replicate] = sumC / counted
  }
  return out
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
