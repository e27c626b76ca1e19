import { parseBudgetScope } from '../budgets/budget-scope.ts'
import { adminRoute } from './admin-route.ts'

/** `GET /admin/budgets`: every capped budget of today, what is spent of it and at what pace the rest is to last. */
export const adminBudgetsRoute = adminRoute('admin_budgets', 'GET', ({ parts }, { exchange }) => {
  const { spend, pacing } = parts
  const states = new Map(pacing?.states().map((state) => [state.scope, state]))
  const data = spend.budgets().map(({ scope, capNanoUsd, spentNanoUsd }) => {
    const state = states.get(scope)
    const requests = state?.expectedRequestsLeft
    return {
      object: 'budget',
      ...parseBudgetScope(scope),
      daily_cap_usd: capNanoUsd / 1e9,
      spent_usd: spentNanoUsd / 1e9,
      left_usd: Math.max(0, capNanoUsd - spentNanoUsd) / 1e9,
      expected_requests_left: requests === undefined ? null : Math.round(requests),
      pace_usd: state?.paceUsd ?? null,
      dual: state?.dual ?? 0,
    }
  })
  exchange.sendJson(200, {
    object: 'list',
    data,
    paced: pacing !== undefined,
    resets_in_ms: Math.ceil(spend.resetsInMs),
  })
})
