import type { LabelledFigure, LiveFigures } from './gateway-metrics.ts'
import type { GatewayParts } from './gateway-parts.ts'

const dayMs = 86_400_000

/** What the metrics read of a gateway's parts when they are scraped. */
export function liveFigures(parts: GatewayParts, inFlight: () => number): LiveFigures {
  const { spend, pacing, alarms, clock } = parts
  return {
    inFlight,
    spentTodayUsd: () => spend.spentTodayUsd,
    budgets: () =>
      spend.budgets().map(({ scope, spentNanoUsd }) => ({ labels: { budget: scope }, value: spentNanoUsd / 1e9 })),
    duals: () => (pacing?.states() ?? []).map(({ scope, dual }) => ({ labels: { budget: scope }, value: dual })),
    trial: () => (parts.rollout?.figures() ?? []).map(([figure, value]) => ({ labels: { figure }, value })),
    recentAlarms() {
      const sinceMs = clock.now() - dayMs
      const counts = new Map<string, LabelledFigure<'llm' | 'kind' | 'direction'>>()
      for (const { llm, kind, direction, atMs } of alarms?.list() ?? []) {
        if (atMs === undefined || atMs < sinceMs) continue
        const key = `${kind} ${direction} ${llm}`
        counts.set(key, { labels: { llm, kind, direction }, value: (counts.get(key)?.value ?? 0) + 1 })
      }
      return [...counts.values()]
    },
  }
}
