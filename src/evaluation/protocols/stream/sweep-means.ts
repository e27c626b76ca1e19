import { averageOf, type Measured } from './measured.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import type { Band } from './sweep-quality.ts'

/** Low-cost band: up to this share of the dearest LLM's cost; the rest is the high-cost band. */
export const bandBorder = 0.25

/** Mean over λ of the quality at each. */
export function meanQuality(rows: readonly RunSummary[]): Measured {
  return averageOf(rows.map((row) => row.quality))
}

/** Mean over λ of the utility at each. */
export function meanUtility(summary: StreamSummary, rows: readonly RunSummary[]): Measured {
  return averageOf(rows.map((row) => summary.utility(row, row.setting.lambda as number)))
}

/** Costs between which tags, additions and top-k are compared, USD. */
export function costBands(summary: StreamSummary): { readonly low: Band; readonly high: Band } | undefined {
  const cheapest = summary.find('cheapest', { timeLimit: null })
  if (cheapest === undefined) return undefined
  const dearestUsd = summary.costReferenceUsd
  const border = bandBorder * dearestUsd
  const from = Math.min(cheapest.costUsd.mean, border / 2)
  return { low: { fromUsd: from, toUsd: border }, high: { fromUsd: border, toUsd: dearestUsd } }
}
