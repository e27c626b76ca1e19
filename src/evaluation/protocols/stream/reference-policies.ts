import type { PolicyName } from '../../policy-names.ts'
import type { StreamPolicy, StreamRequest } from './replay-stream.ts'
import type { StreamCase } from './stream-case.ts'
import { lambdas } from './stream-setting.ts'

/** A reference and the λ it is asked at; undefined for those that know none. */
export interface ReferenceRun {
  readonly name: PolicyName
  readonly lambda: number | undefined
  readonly policy: StreamPolicy
  /** How often it is told of the queues; see `StreamLoad`. */
  readonly refreshMs?: number
}

/**
 * What marks the scale. `random`: evenly. `cheapest`, `best-single`: one LLM by its means on the offline part. `zero-router`:
 * at each λ the LLM of the best mean utility there. `task-oracle`: at each λ the LLM of the best mean utility on the test
 * prompts of the same source. `oracle`: knows every outcome and, under a time limit, every queue, and takes the cheapest LLM
 * that reaches the best quality in time.
 */
export function referenceRuns(from: StreamCase, timeLimitMs: number | undefined): ReferenceRun[] {
  const llms = from.data.llms.map((_, llm) => llm)
  const cheapest = from.meanCostUsd.indexOf(Math.min(...from.meanCostUsd))
  const best = from.meanQuality.indexOf(Math.max(...from.meanQuality))
  return [
    { name: 'random', lambda: undefined, policy: choosing((_, random) => Math.floor(random * llms.length)) },
    { name: 'cheapest', lambda: undefined, policy: choosing(() => cheapest) },
    { name: 'best-single', lambda: undefined, policy: choosing(() => best) },
    ...lambdas.map((lambda): ReferenceRun => {
      const fixed = bestLlm(from, from.meanQuality, from.meanCostUsd, lambda)
      return { name: 'zero-router', lambda, policy: choosing(() => fixed) }
    }),
    ...lambdas.map((lambda): ReferenceRun => {
      const bySource = taskChoices(from, lambda)
      return {
        name: 'task-oracle',
        lambda,
        policy: choosing((request) => bySource.get(from.data.prompts[request.prompt]!.source)!),
      }
    }),
    {
      name: 'oracle',
      lambda: undefined,
      policy: choosing((request) => oracleChoice(from, request, timeLimitMs ?? Number.POSITIVE_INFINITY)),
      refreshMs: 0,
    },
  ]
}

function choosing(pick: (request: StreamRequest, random: number) => number): StreamPolicy {
  return { choose: (request, random) => pick(request, random.next()), learn: () => undefined }
}

function bestLlm(from: StreamCase, quality: Float64Array, costUsd: Float64Array, lambda: number): number {
  let best = 0
  let bestUtility = Number.NEGATIVE_INFINITY
  for (let llm = 0; llm < quality.length; llm++) {
    const utility = lambda * quality[llm]! - costUsd[llm]! / from.costReferenceUsd
    if (utility > bestUtility) {
      best = llm
      bestUtility = utility
    }
  }
  return best
}

function taskChoices(from: StreamCase, lambda: number): Map<string, number> {
  const { data, parts } = from
  const width = data.llms.length
  const rowsBySource = new Map<string, number[]>()
  for (const row of parts.test) {
    const { source } = data.prompts[row]!
    const rows = rowsBySource.get(source)
    if (rows === undefined) rowsBySource.set(source, [row])
    else rows.push(row)
  }
  const meansOf = (cells: Float64Array, rows: readonly number[]): Float64Array =>
    Float64Array.from({ length: width }, (_, llm) => {
      const known = rows.map((row) => cells[row * width + llm]!).filter((value) => !Number.isNaN(value))
      return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length
    })
  return new Map(
    [...rowsBySource].map(([source, rows]) => [
      source,
      bestLlm(from, meansOf(data.quality, rows), meansOf(data.costUsd, rows), lambda),
    ]),
  )
}

/** Among those of known outcome in time, the cheapest of the best quality; among all of known outcome where none is in time. */
function oracleChoice(from: StreamCase, { prompt, candidates, waitMs }: StreamRequest, limitMs: number): number {
  const start = prompt * from.data.llms.length
  const { quality, costUsd } = from.data
  const recorded = candidates.filter(
    (llm) => !Number.isNaN(quality[start + llm]!) && !Number.isNaN(costUsd[start + llm]!),
  )
  const known = recorded.length > 0 ? recorded : candidates
  const inTime = known.filter((llm) => (waitMs?.[llm] ?? 0) + from.service.serviceMs[start + llm]! <= limitMs)
  const pool = inTime.length > 0 ? inTime : known
  let best = pool[0]!
  for (const llm of pool) {
    const gain = quality[start + llm]! - quality[start + best]!
    const isCheaper = costUsd[start + llm]! < costUsd[start + best]!
    if (gain > 0 || (gain === 0 && isCheaper)) best = llm
  }
  return best
}
