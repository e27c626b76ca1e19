import { defaultExploration } from '../../../routing/decision/choice.ts'
import type { Finding, Interval, ResultRow, Verdict } from '../../evaluation-result.ts'

/** What exploring cost while nothing changed, and whether it left every LLM support. Of pointsman's own rows. */
export function explorationFindings(results: readonly ResultRow[]): (Finding | undefined)[] {
  const rows = results.filter(({ policy, setting }) => policy === 'pointsman' && setting.exploration === undefined)
  const steady = rows.filter(({ setting }) => setting.scenario === 'stationary')
  return [priceFinding(steady), supportFinding(rows)]
}

function priceFinding(rows: readonly ResultRow[]): Finding | undefined {
  const { price } = defaultExploration
  const found = present(rows, 'explorationCost')
  if (found.length === 0) return undefined
  const verdicts = found.map(({ value: { low, high } }): Verdict => {
    if (low === null || high === null) return 'undecided'
    if (high <= price) return 'confirmed'
    return low > price ? 'refuted' : 'undecided'
  })
  return {
    id: 'pointsman-exploration-price',
    source: 'pointsman',
    claim: `While nothing changes exploring costs at most the declared ${price} of utility a request, spending counted.`,
    verdict: worst(verdicts),
    evidence: `Against the same policy without exploration: ${found
      .map(({ row, value }) => `${aimOf(row)}: ${value.mean.toFixed(4)}${spread(value)}`)
      .join('; ')}.`,
  }
}

function supportFinding(rows: readonly ResultRow[]): Finding | undefined {
  const found = present(rows, 'leastSupport')
  if (found.length === 0) return undefined
  const least = Math.min(...found.map(({ value }) => value.mean))
  return {
    id: 'pointsman-support',
    source: 'pointsman',
    claim: 'Every admissible LLM has a chance to be drawn, at every request.',
    verdict: least > 0 ? 'confirmed' : 'refuted',
    evidence: `The smallest probability of any admissible LLM at any request of any stream was ${least.toPrecision(2)}.${refusals(rows)}`,
  }
}

/** What the claim leaves out. */
function refusals(rows: readonly ResultRow[]): string {
  const shares = present(rows, 'refusedShare').map(({ value }) => value.mean)
  const most = Math.max(0, ...shares)
  if (most === 0) return ''
  return ` Not admissible are LLMs of which a single answer might cost too much of what is left of a budget: some was refused at up to ${(100 * most).toFixed(1)} % of a setting’s requests.`
}

function present(rows: readonly ResultRow[], metric: string) {
  return rows.flatMap((row) => {
    const value = row.metrics[metric]
    return value === undefined ? [] : [{ row, value }]
  })
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('refuted')) return 'refuted'
  return verdicts.includes('undecided') ? 'undecided' : 'confirmed'
}

function aimOf({ setting: { variant, budgetUsd, lambda } }: ResultRow): string {
  const aim = budgetUsd === null ? `λ = ${lambda}` : `${budgetUsd} USD`
  return variant === undefined ? aim : `${variant}, ${aim}`
}

function spread({ low, high }: Interval): string {
  return low === null || high === null ? '' : ` (${low.toFixed(4)} to ${high.toFixed(4)})`
}
