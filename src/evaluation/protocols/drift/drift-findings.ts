import type { Comparison, Finding, Interval, ResultRow, Verdict } from '../../evaluation-result.ts'
import { banditFinding, mixtureFinding } from './bandit-findings.ts'
import { fewestOrders } from './binomial-interval.ts'
import { driftLambdas, isPartlyJudged } from './drift-setting.ts'
import { explorationFindings } from './exploration-findings.ts'
import type { RegretRise } from './regret-rise.ts'

/** Shares of the oracle depend on the data; these are claimed for the set of ParetoBandit's authors. */
const oracleClaims: ReadonlySet<string> = new Set(['paretobandit-oracle-share', 'pointsman-oracle-share'])
const authorsData = 'paretobandit'

/** Of early regret that late regret is claimed to stay under. */
export const lateShare = 0.2

/** Within which ParetoBandit is said to recover, prompts. */
const recoveryLimit = 1200

/** What findings rest on beside the rows; of one setting. */
export interface SettingFacts {
  readonly setting: ResultRow['setting']
  /** Whether full information had to heed the budget in every order, and could keep to it. */
  readonly isBinding: boolean
  /** Requests after the change. */
  readonly tail: number
  /** By policy, the orders in which recovery, or a newcomer's adoption, has a meaning and in how many it was never seen. */
  readonly reaching: ReadonlyMap<string, Reaching>
  /** How much more MixLLM's regret rose than pointsman's; undefined where both or the time for it are not there. */
  readonly mixLlmRise: RegretRise | undefined
  /** pointsman's late regret less {@link lateShare} of its early one, per order. */
  readonly lateExcess: Interval | undefined
}

export interface Reaching {
  readonly orders: number
  readonly never: number
}

export interface DriftFacts {
  /** Of the data set: some claims are about one. */
  readonly dataName: string
  readonly orders: number
  readonly settings: readonly SettingFacts[]
}

/** What the papers and we claim of streams that change, held against the rows. Claims about absent policies are left out. */
export function driftFindings(
  facts: DriftFacts,
  results: readonly ResultRow[],
  comparisons: readonly Comparison[],
): Finding[] {
  const claims: readonly (Finding | undefined)[] = [
    ...paretoBanditClaims(facts, results),
    mixLlmForgetting(facts),
    liteLlmFreezes(results),
    ...pointsmanClaims(facts, results),
    mixtureFinding(facts.orders, comparisons),
    banditFinding(facts.orders, comparisons),
    ...explorationFindings(results),
  ]
  const present = claims.filter((claim) => claim !== undefined)
  return facts.dataName === authorsData ? present : present.filter(({ id }) => !oracleClaims.has(id))
}

function factsOf({ settings }: DriftFacts, { setting }: ResultRow): SettingFacts | undefined {
  const key = JSON.stringify(setting)
  return settings.find((facts) => JSON.stringify(facts.setting) === key)
}

/** A budget that leaves nothing to pace, or that nobody can keep to, says nothing of a pacer; nor do a few orders. */
function silenceOfPacing(facts: DriftFacts): (row: ResultRow) => string | undefined {
  return (row) => {
    if (facts.orders < fewestOrders) return `fewer than ${fewestOrders} orders`
    return factsOf(facts, row)?.isBinding === true ? undefined : 'the budget does not bind, or nobody can keep to it'
  }
}

/** To recover is to stay recovered to the end: a short rest of the stream cannot show it. */
function silenceOfRecovery(facts: DriftFacts): (row: ResultRow) => string | undefined {
  return (row) => {
    const tail = factsOf(facts, row)?.tail ?? 0
    if (tail >= recoveryLimit) return undefined
    return `only ${count(tail)} prompts follow the change, short of ${count(recoveryLimit)}`
  }
}

/** arXiv:2604.00136: 96.4 % of oracle, overshoot within .4 % (4 % under drift), recovery in 600–1,200, adoption in 142. */
function paretoBanditClaims(facts: DriftFacts, results: readonly ResultRow[]): (Finding | undefined)[] {
  const source = 'ParetoBandit'
  const rows = results.filter(({ policy }) => policy === 'paretobandit')
  const unbudgeted = rows.find(({ setting }) => isStationary(setting) && setting.lambda === driftLambdas[1])
  return [
    judged(unbudgeted?.metrics.oracleShare, 0.964, 'at least', {
      id: 'paretobandit-oracle-share',
      source,
      claim: 'Without a budget it keeps 96.4 % of the oracle’s quality.',
      evidence: (value) => `Re-implemented, at λ = ${driftLambdas[1]}: ${percent(value)}.`,
    }),
    judgedAll(budgeted(rows, 'stationary'), 'budgetOvershoot', 0.004, 'at most', {
      id: 'paretobandit-overshoot',
      source,
      claim: 'While nothing changes it overspends a budget by at most .4 %.',
      silence: silenceOfPacing(facts),
    }),
    judgedAll(budgeted(rows, 'price-change'), 'budgetOvershoot', 0.04, 'at most', {
      id: 'paretobandit-overshoot-drift',
      source,
      claim: 'When a price changes it overspends a budget by at most 4 %.',
      silence: silenceOfPacing(facts),
    }),
    judgedAll(rows.filter(inScenario('quality-drop')), 'recoverySteps', recoveryLimit, 'at most', {
      id: 'paretobandit-recovery',
      source,
      claim: 'It recovers from a silent loss of quality within 600 to 1,200 prompts.',
      facts,
      silence: silenceOfRecovery(facts),
    }),
    judgedAll(rows.filter(inVariant('quarter price')), 'adoptionSteps', 142, 'at most', {
      id: 'paretobandit-adoption',
      source,
      claim: 'It adopts a good newcomer after about 142 prompts.',
      facts,
    }),
  ]
}

/** Nothing in MixLLM forgets: what it learned of an LLM that has changed stays. */
function mixLlmForgetting({ settings }: DriftFacts): Finding | undefined {
  const rises = settings.flatMap(({ setting, mixLlmRise: rise }) => (rise === undefined ? [] : [{ setting, rise }]))
  if (rises.length === 0) return undefined
  const verdicts = rises.flatMap(({ rise }) =>
    [rise.byOrder, rise.byPrompt].map((value): Verdict => {
      if (!hasRange(value)) return 'undecided'
      if (value.low > 0) return 'confirmed'
      return value.high < 0 ? 'refuted' : 'undecided'
    }),
  )
  const figures = rises.map(
    ({ setting, rise }) =>
      `${settingWords({ setting })}: by ${plain(rise.byOrder)} over orders, ${plain(rise.byPrompt)} over prompts`,
  )
  return {
    id: 'mixllm-no-forgetting',
    source: 'routing survey',
    claim: 'MixLLM, which forgets nothing, follows a silent loss of quality more slowly than a discounted learner.',
    // One of the two against it is not enough to refute: only both are.
    verdict: agreed(verdicts),
    evidence: `From the 300 prompts before it to prompts 300 to 600 after it, its regret rises more than pointsman’s; ${figures.join('; ')}.`,
  }
}

/** What all say, else undecided. */
function agreed(verdicts: readonly Verdict[]): Verdict {
  const first = verdicts[0]!
  return verdicts.every((verdict) => verdict === first) ? first : 'undecided'
}

function liteLlmFreezes(results: readonly ResultRow[]): Finding | undefined {
  const rows = results.filter(({ policy }) => policy === 'litellm-adaptive').filter(inScenario('quality-drop'))
  return judgedAll(rows, 'recoveredShare', 0.5, 'at most', {
    id: 'litellm-freezes',
    source: 'LiteLLM documentation',
    claim:
      'With cells that freeze at 200 observations it cannot follow a silent loss of quality: it recovers in at most half of the orders.',
  })
}

function pointsmanClaims(facts: DriftFacts, results: readonly ResultRow[]): (Finding | undefined)[] {
  const source = 'pointsman'
  const rows = results.filter(({ policy, setting }) => policy === 'pointsman' && setting.exploration === undefined)
  const steady = budgeted(rows, 'stationary')
  const unbudgeted = rows.find(({ setting }) => isStationary(setting) && setting.lambda === driftLambdas[1])
  return [
    judgedAll(steady, 'fullInfoShare', 0.99, 'at least', {
      id: 'pointsman-full-information',
      source,
      claim: 'Under each budget it keeps 99 % of the full-information router’s quality.',
    }),
    judged(unbudgeted?.metrics.oracleShare, 0.964, 'at least', {
      id: 'pointsman-oracle-share',
      source,
      claim: 'Without a budget it keeps 96.4 % of the oracle’s quality.',
      evidence: (value) => `At λ = ${driftLambdas[1]}: ${percent(value)}.`,
    }),
    judgedAll(steady, 'budgetOvershoot', 0.004, 'at most', {
      id: 'pointsman-overshoot',
      source,
      claim:
        'While nothing changes, and told the number of requests, it overspends a budget by at most .4 % on average.',
      silence: silenceOfPacing(facts),
    }),
    judgedAll(steady, 'worstOvershoot', 0.025, 'at most', {
      id: 'pointsman-worst-overshoot',
      source,
      claim: 'Told the number of requests, it overspends a budget by at most 2.5 % in its worst order.',
      silence: silenceOfPacing(facts),
    }),
    lateRegret(facts, rows.filter(inScenario('quality-drop'))),
    judgedAll(rows.filter(inVariant('quarter price')), 'adoptionSteps', 200, 'at most', {
      id: 'pointsman-adoption',
      source,
      claim: 'It gives a newcomer at a quarter of its price 80 % of its ideal share within 200 prompts.',
      facts,
    }),
    judgedAll(rows.filter(unwelcome), 'newcomerShare', 0.05, 'at most', {
      id: 'pointsman-rejection',
      source,
      claim: 'After 200 prompts a newcomer that is too dear or too poor gets at most 5 %.',
    }),
  ]
}

function lateRegret(facts: DriftFacts, rows: readonly ResultRow[]): Finding | undefined {
  const pairs = rows.flatMap((row) => {
    const { regretEarly, regretLate } = row.metrics
    const excess = factsOf(facts, row)?.lateExcess
    if (regretEarly === undefined || regretLate === undefined || excess === undefined) return []
    return [{ row, regretEarly, regretLate, excess }]
  })
  if (pairs.length === 0) return undefined
  // A fifth of no regret is no limit.
  const verdicts = pairs.map(
    ({ regretEarly, excess }): Verdict =>
      hasRange(regretEarly) && regretEarly.low > 0 ? verdictOf(excess, 0, 'at most') : 'undecided',
  )
  return {
    id: 'pointsman-late-regret',
    source: 'pointsman',
    claim: 'After a silent loss of quality, regret in prompts 300 to 600 is at most a fifth of that in the first 50.',
    verdict: joined(verdicts),
    evidence: `${pairs
      .map(
        ({ row, regretEarly, regretLate, excess }) =>
          `${settingWords(row)}: ${plain(regretLate)} after ${plain(regretEarly)}, ${plain(excess)} beyond a fifth`,
      )
      .join('; ')}.`,
  }
}

interface Claim {
  readonly id: string
  readonly source: string
  readonly claim: string
  /** Why a row cannot decide; undefined where it can, as all do where this is left out. */
  readonly silence?: (row: ResultRow) => string | undefined
  /** For metrics that count prompts: how often what they count up to was never seen. */
  readonly facts?: DriftFacts
}

function judged(
  value: Interval | undefined,
  limit: number,
  side: 'at least' | 'at most',
  claim: Claim & { readonly evidence: (value: Interval) => string },
): Finding | undefined {
  if (value === undefined) return undefined
  const { evidence, ...rest } = claim
  return { ...rest, verdict: verdictOf(value, limit, side), evidence: evidence(value) }
}

/** The same claim in several rows: confirmed when in all, refuted when in one. */
function judgedAll(
  rows: readonly ResultRow[],
  metric: string,
  limit: number,
  side: 'at least' | 'at most',
  claim: Claim,
): Finding | undefined {
  const found = rows.flatMap((row) => {
    const value = row.metrics[metric]
    return value === undefined ? [] : [{ row, value }]
  })
  if (found.length === 0) return undefined
  const { silence, facts, ...rest } = claim
  const print = (row: ResultRow, value: Interval): string =>
    metric.endsWith('Steps') ? stepsUntil(value, facts && factsOf(facts, row), row.policy) : percent(value)
  return {
    ...rest,
    verdict: joined(
      found.map(({ row, value }) => {
        if (silence?.(row) !== undefined) return 'undecided'
        return verdictOf(metric === 'worstOvershoot' ? exactly(value) : value, limit, side)
      }),
    ),
    evidence: `${found
      .map(({ row, value }) => {
        const reason = silence?.(row)
        return `${settingWords(row)}: ${print(row, value)}${reason === undefined ? '' : `, which cannot tell: ${reason}`}`
      })
      .join('; ')}.`,
  }
}

/** A median over orders in words; where most orders never got there it is none, and the end of the stream is not one either. */
function stepsUntil(value: Interval, facts: SettingFacts | undefined, policy: string): string {
  const reaching = facts?.reaching.get(policy)
  const median = `${count(value.mean)} prompts${range(value, count)}`
  if (facts === undefined || reaching === undefined || reaching.never === 0) return median
  const never = `not by the end of the stream (${count(facts.tail)} prompts) in ${reaching.never} of ${reaching.orders} orders`
  return 2 * reaching.never >= reaching.orders ? never : `${median}, ${never}`
}

/** By the interval: wholly on the right side, wholly on the wrong one, or across the limit. */
function verdictOf({ low, high }: Interval, limit: number, side: 'at least' | 'at most'): Verdict {
  // Without an upper end it is known to be large: enough to break a limit, never to keep one.
  if (low !== null && high === null) return side === 'at most' && low > limit ? 'refuted' : 'undecided'
  if (low === null || high === null) return 'undecided'
  const sign = side === 'at least' ? 1 : -1
  const ends = [low, high].map((end) => sign * (end - limit))
  if (Math.min(...ends) >= 0) return 'confirmed'
  return Math.max(...ends) < 0 ? 'refuted' : 'undecided'
}

/** The worst of the orders that were run is a count, not an estimate. */
function exactly({ mean }: Interval): Interval {
  return { mean, low: mean, high: mean }
}

function joined(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('refuted')) return 'refuted'
  return verdicts.includes('undecided') ? 'undecided' : 'confirmed'
}

function hasRange(value: Interval | undefined): value is { mean: number; low: number; high: number } {
  return value !== undefined && value.low !== null && value.high !== null
}

function isStationary({ scenario, variant }: ResultRow['setting']): boolean {
  return scenario === 'stationary' && variant === undefined
}

function inScenario(scenario: string): (row: ResultRow) => boolean {
  // The papers judge every answer, and claims are about what they measured.
  return ({ setting }) => setting.scenario === scenario && !isPartlyJudged(setting.variant)
}

function inVariant(variant: string): (row: ResultRow) => boolean {
  return ({ setting }) => setting.variant === variant
}

function unwelcome({ setting }: ResultRow): boolean {
  return setting.variant === 'four times price' || setting.variant === 'worse by .2'
}

function budgeted(rows: readonly ResultRow[], scenario: string): readonly ResultRow[] {
  return rows.filter(
    ({ setting }) =>
      setting.scenario === scenario &&
      setting.budgetUsd !== null &&
      (scenario !== 'stationary' || setting.variant === undefined),
  )
}

function settingWords({ setting }: Pick<ResultRow, 'setting'>): string {
  const { scenario, variant, budgetUsd, lambda } = setting
  const aim = budgetUsd === null ? `λ = ${lambda}` : `${budgetUsd} USD`
  return [scenario === 'stationary' ? undefined : scenario, variant, aim]
    .filter((word) => word !== undefined)
    .join(', ')
}

function percent(value: Interval): string {
  const print = (share: number) => `${(100 * share).toFixed(2)} %`
  return `${print(value.mean)}${range(value, print)}`
}

function plain(value: Interval | undefined): string {
  if (value === undefined) return 'unknown'
  const print = (number: number) => number.toFixed(4)
  return `${print(value.mean)}${range(value, print)}`
}

/** Of prompts, which medians may halve. */
function count(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 1 })
}

function range({ low, high }: Interval, print: (value: number) => string): string {
  if (low === null) return ''
  return high === null ? ` (${print(low)} or more)` : ` (${print(low)} to ${print(high)})`
}
