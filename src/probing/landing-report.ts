import { costQualityHull } from '../routing/decision/cost-quality-hull.ts'
import type { ProbeOutcome } from '../routing/probe-store.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'
import { expectedQualities } from './expected-qualities.ts'
import type { MeasuredQuality } from './measured-quality.ts'
import { type DecidedRequest, forecastPool, type PoolForecast } from './predicted-choices.ts'
import type { SeenProbe } from './probe-contexts.ts'

/** How well an LLM does one kind of task. */
export interface TaskStrength {
  readonly task: string
  /** Graded ones. */
  readonly probes: number
  readonly quality: number
  /** By the version that now serves, which routes by it; undefined where nothing knows it. */
  readonly predicted: number | undefined
  /** Of further requests of the task, by `predicted` and `quality` together; undefined where `predicted` is. */
  readonly expected: number | undefined
  /** Mean over the other LLMs of the pool on the same probes: measured where they were asked, else predicted; undefined: neither. */
  readonly pool: number | undefined
  readonly poolIs: 'measured' | 'predicted' | undefined
}

export interface FrontPlace {
  readonly llm: LlmId
  /** Predicted, over the requests of the report. */
  readonly quality: number
  readonly costUsd: number
  /** `hull`: some λ wants it even for requests that all look alike. `front`: nobody is better and cheaper. */
  readonly place: 'hull' | 'front' | 'dominated'
}

/** Where an LLM lands in a pool. Plain JSON: what is not known is left out. */
export interface LandingReport {
  readonly llm: LlmId
  readonly tasks: readonly TaskStrength[]
  /** What the figures below are over. */
  readonly requests: { readonly from: 'decisions' | 'probes'; readonly count: number }
  readonly lambda: number
  /** Predicted, of a typical request; undefined where its price is not known. */
  readonly costUsd: number | undefined
  readonly quality: number
  /** By rising cost; without LLMs whose price is not known. */
  readonly front: readonly FrontPlace[]
  /** LLMs that are at least as good and as cheap, and better at one. */
  readonly dominatedBy: readonly LlmId[]
  /** Predicted share of the requests, [0, 1]. */
  readonly trafficShare: number
  /** Of the pool per request, without the LLM and with it; undefined where the LLM is the only one. */
  readonly pool:
    | {
        readonly without: { readonly quality: number; readonly costUsd: number | undefined }
        readonly with: { readonly quality: number; readonly costUsd: number | undefined }
        /** Share of the cost that is saved; below 0: it is spent. */
        readonly savingShare: number | undefined
      }
    | undefined
}

/** What a report is made from. */
export interface LandingParts {
  readonly llm: Llm
  /** That serve, without `llm`. */
  readonly others: readonly Llm[]
  /** That serves with `llm` in the pool. */
  readonly policy: RoutingPolicy
  readonly seen: readonly SeenProbe[]
  readonly own: readonly ProbeOutcome[]
  readonly measured: MeasuredQuality
  readonly requests: LandingReport['requests'] & { readonly list: readonly DecidedRequest[] }
  readonly lambda: number
}

/** Pure; a second or two for 2,000 requests and 50 LLMs. */
export function landingReport(parts: LandingParts): LandingReport {
  const { llm, others, policy, requests, lambda } = parts
  const joined = forecastPool(policy, [...others, llm], requests.list, lambda)
  const own = joined.llms.at(-1)!
  const front = frontOf(joined)
  const without = others.length === 0 ? undefined : forecastPool(policy, others, requests.list, lambda)
  return {
    llm: llm.id,
    tasks: taskStrengths(parts),
    requests: { from: requests.from, count: requests.count },
    lambda,
    costUsd: known(own.costUsd),
    quality: own.quality,
    front,
    dominatedBy: front.filter((other) => dominates(other, own)).map((other) => other.llm),
    trafficShare: own.chosen / requests.count,
    pool: without && {
      without: { quality: without.quality, costUsd: known(without.costUsd) },
      with: { quality: joined.quality, costUsd: known(joined.costUsd) },
      savingShare: without.costUsd > 0 ? known(1 - joined.costUsd / without.costUsd) : undefined,
    },
  }
}

function frontOf({ llms }: PoolForecast): FrontPlace[] {
  const points = llms.filter(({ costUsd }) => !Number.isNaN(costUsd))
  const hull = new Set(costQualityHull(points))
  return points
    .toSorted((a, b) => a.costUsd - b.costUsd)
    .map((point): FrontPlace => {
      const isDominated = points.some((other) => dominates(other, point))
      const place = hull.has(point) ? 'hull' : isDominated ? 'dominated' : 'front'
      return { llm: point.id, quality: point.quality, costUsd: point.costUsd, place }
    })
}

interface Point {
  readonly quality: number
  readonly costUsd: number
}

function dominates(one: Point, other: Point): boolean {
  if (one.quality < other.quality || one.costUsd > other.costUsd) return false
  return one.quality > other.quality || one.costUsd < other.costUsd
}

function taskStrengths({ llm, others, policy, seen, own, measured }: LandingParts): TaskStrength[] {
  const quality = new Map(own.map((outcome) => [outcome.probeId, outcome.quality]))
  const answered = seen.filter(({ id }) => quality.get(id) !== undefined)
  const fitted = policy.fitted?.llms.map(({ id }) => id) ?? []
  const predict = predictor(policy)
  const known = others.filter(({ id }) => fitted.includes(id))
  const tasks = [...new Set(answered.map(({ task }) => task))].sort()
  const probesOf = tasks.map((task) => answered.filter((probe) => probe.task === task))
  const judged = probesOf.map((probes) =>
    probes.map((probe) => ({ quality: quality.get(probe.id)!, predicted: predict(probe, llm.id) })),
  )
  const expected = fitted.includes(llm.id) ? expectedQualities(judged) : undefined
  return tasks.map((task, index): TaskStrength => {
    const probes = probesOf[index]!
    const reached = probes.flatMap(({ id }) => others.map((other) => measured.of(other.id, id)))
    const wasMeasured = reached.some((value) => !Number.isNaN(value))
    const guessed = wasMeasured ? [] : probes.flatMap((probe) => known.map(({ id }) => predict(probe, id)))
    const pool = mean(wasMeasured ? reached : guessed)
    return {
      task,
      probes: probes.length,
      quality: mean(judged[index]!.map((one) => one.quality))!,
      predicted: mean(judged[index]!.map((one) => one.predicted)),
      expected: expected?.[index],
      pool,
      poolIs: pool === undefined ? undefined : wasMeasured ? 'measured' : 'predicted',
    }
  })
}

/** The level reported for fitted LLMs, as q̂ only ranks, NaN for others; each probe predicted once. */
function predictor({ fitted }: RoutingPolicy): (probe: SeenProbe, llm: LlmId) => number {
  const kept = new Map<string, Float64Array>()
  const columns = new Map(fitted?.quality.llms.map((id, column) => [id, column]))
  return ({ id, context }, llm) => {
    let predicted = kept.get(id)
    if (predicted === undefined) {
      predicted = new Float64Array(columns.size)
      fitted?.quality.predict(context, predicted)
      kept.set(id, predicted)
    }
    const column = columns.get(llm)
    return fitted === undefined || column === undefined ? Number.NaN : fitted.reportedQuality(predicted[column]!)
  }
}

/** Of what is known; undefined: nothing. */
function mean(values: readonly number[]): number | undefined {
  const there = values.filter((value) => !Number.isNaN(value))
  return there.length === 0 ? undefined : there.reduce((sum, value) => sum + value, 0) / there.length
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
