import path from 'node:path'
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

/** Mean, and the half-width of its 95 % interval over seeds (Student's t, up to 20 seeds). */
export function meanAndInterval(values: readonly number[]): { readonly mean: number; readonly halfWidth: number } {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  if (n < 2) return { mean, halfWidth: Number.NaN }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  return { mean, halfWidth: (student95[n - 2] ?? 1.96) * Math.sqrt(variance / n) }
}

/** 97.5 % quantile of Student's t at 1 … 19 degrees of freedom. */
const student95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093,
]
