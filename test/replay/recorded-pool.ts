import path from 'node:path'
import { studentInterval } from '../../src/evaluation/metrics/interval.ts'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { defaultPreference } from '../../src/routing/decision/routing-preference.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { plainRequest, type RoutingRequest } from '../../src/routing/request.ts'

/** Where the outcome data lies: POINTSMAN_DATA, else `shared/data` beside the checkout. */
export function dataFolder(name: string): string {
  const root = process.env.POINTSMAN_DATA ?? path.resolve(import.meta.dirname, '../../../shared/data')
  return path.join(root, name)
}

/** The LLMs of a data set as a pool, at their recorded prices. */
export function recordedPool(data: OutcomeData): Llm[] {
  return data.llms.map(({ id, price }) => ({
    ...unknownLlmProperties,
    id,
    provider: 'replay',
    upstreamModel: id,
    price,
  }))
}

/** One recorded prompt as a plain chat request. */
export function recordedRequest(text: string, lambda: number): RoutingRequest {
  return plainRequest(text, { preference: { ...defaultPreference, lambda } })
}

/** What choosing that LLM for that prompt is worth: λ/(1+λ)·q − 1/(1+λ)·c/C_ref, as recorded. */
export function realisedUtility(quality: number, costUsd: number, lambda: number, costReferenceUsd: number): number {
  const weight = lambda / (1 + lambda)
  return weight * quality - (1 - weight) * (costUsd / costReferenceUsd)
}

/** Mean, and the half-width of its 95 % interval over seeds (Student's t). */
export function meanAndInterval(values: readonly number[]): { readonly mean: number; readonly halfWidth: number } {
  const { mean, high } = studentInterval(values)
  return { mean, halfWidth: high === null ? Number.NaN : high - mean }
}
