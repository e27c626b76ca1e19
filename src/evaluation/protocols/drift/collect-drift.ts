import { describeData } from '../../evaluation-data.ts'
import type { Comparison, Interval, ResultRow } from '../../evaluation-result.ts'
import { holm, studentInterval } from '../../metrics/interval.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { ProtocolResult } from '../../protocol.ts'
import { binomialInterval } from './binomial-interval.ts'
import { driftFigures, RollingCurves } from './drift-figures.ts'
import { driftFindings, lateShare, type Reaching, type SettingFacts } from './drift-findings.ts'
import type { DriftPlan } from './drift-plan.ts'
import { type DriftSetting, settingId, settingTitle, settingValues } from './drift-setting.ts'
import { isAffordable } from './informed-choices.ts'
import { medianInterval } from './median-interval.ts'
import {
  bootstrapDifference,
  bootstrapRatio,
  PromptSums,
  type ResampledSums,
  type ResampledTotal,
  resample,
} from './prompt-sums.ts'
import { RegretRiseSums } from './regret-rise.ts'
import { decodeChoices, driftStream, type OrderOutput, unexploring } from './run-order.ts'
import { type Run, type RunScores, realiseRun, scoreRun } from './score-run.ts'

/** One finished order. */
export interface FinishedOrder {
  readonly seed: number
  readonly output: OrderOutput
}

/** All orders of one setting. */
interface Gathered {
  readonly runs: ReadonlyMap<PolicyName | typeof unexploring, PolicyRuns>
  /** The smallest probability pointsman gave any candidate, one per order that says. */
  readonly leastProbabilities: readonly number[]
  /** Share of the requests at which its budget refused some candidate, one per order that says. */
  readonly refusedShares: readonly number[]
  /** ν of the full-information router, one per order. */
  readonly duals: readonly number[]
  /** How much more MixLLM's regret rose than ours. */
  readonly rise: RegretRiseSums
  /** Steps after the change. */
  readonly tail: number
}

/** All orders of one policy in one setting. */
interface PolicyRuns {
  readonly scores: readonly RunScores[]
  readonly sums: ResampledSums
}

const method = [
  'Every order streams the same prompts; seeds decide the order and what a policy draws. Offline fits are the same in all orders.',
  'Intervals of regret, of overshoot and of mean cost are Student’s over orders: they say how much the order matters, for these prompts. Intervals of shares of quality, of quality itself and of the differences to pointsman are bootstrapped over prompts (near-duplicates together), each prompt averaged over the orders: they say what other prompts of the kind would do.',
  'Regret is against the full-information router: the offline stack, told of each change the moment it happens, under a budget with the best ν in hindsight. It is no bound: a policy that learns from the stream may pass it. Under a budget regret is in quality, whatever was spent; priced regret charges what was spent beyond that router at its ν.',
  'Recovery is the first request from which on nine of ten means over 100 prompts, to the end, are within 5 % of the full-information router’s; adoption the same for 80 % of the share that it gives the newcomer. Both are 100 at least, medians over orders with an interval by order statistics; an order in which it never happened is only known to take longer than the rest of the stream (an upper end that is missing says so), and the shares of orders that recovered or adopted (Wilson’s interval) say how many got there. Who gave an LLM that drops under 5 % before has nothing to recover from.',
  'Quality, shares and regret count the prompts after the change (all in stationary streams); cost, overshoot and priced regret the whole stream, on which ν is solved.',
  'The p-value of a comparison is that of the difference over its bootstrap standard error; Holm’s correction is over the policies of one setting and metric, the finding about other learning routers over all its comparisons in all settings.',
  'Feedback comes on every answer, but for the settings that say 20 %: every fifth there.',
  'Under a budget pointsman has the pacer of mathematics §18, which the gateway does not run yet. It is told how many requests the stream has (25 % too many or too few in the settings that say so, with the same budget a request), as a budget’s period is known to who sets it; ParetoBandit’s pacer as published knows no period and is not told.',
]

/** Joins the orders into rows, comparisons, findings and figures. @param names in the order of the tables. */
export function collectDrift(
  plan: DriftPlan,
  orders: readonly FinishedOrder[],
  names: readonly PolicyName[],
): ProtocolResult {
  const { data } = plan.prepared
  const placeOf = new Map(plan.split.test.map((row, place) => [row, place]))
  const weights = promptWeights(plan)
  const results: ResultRow[] = []
  const comparisons: Comparison[] = []
  const curves = new RollingCurves()
  const facts: SettingFacts[] = []
  const notes: string[] = []
  for (const setting of plan.settings) {
    const gathered = gather(plan, setting, orders, names, { placeOf, weights, curves })
    const { runs, duals } = gathered
    for (const name of names) {
      const row = resultRow(name, setting, runs)
      if (row === undefined) continue
      const isOurs = name === 'pointsman'
      results.push(isOurs ? { ...row, metrics: { ...row.metrics, ...explorationMetrics(gathered) } } : row)
      const variant = isOurs ? resultRow(unexploring, setting, runs) : undefined
      if (variant !== undefined) results.push(variant)
    }
    if (!duals.every(isAffordable)) {
      notes.push(
        `${settingTitle(setting)}: not even the cheapest LLM keeps to this budget, so that nothing is compared there.`,
      )
    } else comparisons.push(...compare(setting, runs, names))
    facts.push(settingFacts(setting, gathered, weights))
  }
  return {
    data: describeData(data),
    results,
    comparisons,
    findings: driftFindings({ dataName: data.name, orders: orders.length, settings: facts }, results, comparisons),
    figures: driftFigures(plan, results, curves),
    notes: [...plan.notes, ...notes, ...method],
  }
}

/** Bootstrap weights of the streamed prompts, by place. */
function promptWeights({ prepared, split }: DriftPlan): readonly Float64Array[] {
  const { groupOf, count } = prepared.groups
  const groups = Int32Array.from(split.test, (row) => groupOf[row]!)
  return Array.from({ length: bootstrapReplicates }, (_, replicate) => bootstrapWeights(groups, count, replicate))
}

function gather(
  plan: DriftPlan,
  setting: DriftSetting,
  orders: readonly FinishedOrder[],
  names: readonly PolicyName[],
  into: {
    readonly placeOf: ReadonlyMap<number, number>
    readonly weights: readonly Float64Array[]
    readonly curves: RollingCurves
  },
): Gathered {
  const { goal, change } = setting
  const id = settingId(setting)
  const newcomer = change.scenario === 'newcomer' ? plan.cast.newcomer : undefined
  const dropped = change.scenario === 'quality-drop' ? plan.cast.workhorse : undefined
  const rise = new RegretRiseSums(into.placeOf)
  const duals: number[] = []
  let tail = 0
  const leastProbabilities: number[] = []
  const refusedShares: number[] = []
  const scores = new Map<PolicyName | typeof unexploring, RunScores[]>()
  const sums = new Map<PolicyName | typeof unexploring, PromptSums>()
  for (const { seed, output } of orders) {
    const stream = driftStream(plan, setting, seed)
    const { choices, dual, leastProbability, refusedShare } = output[id]!
    if (leastProbability !== undefined) leastProbabilities.push(leastProbability)
    if (refusedShare !== undefined) refusedShares.push(refusedShare)
    const told = realiseRun(stream, decodeChoices(choices['full-information']!), goal)
    const realised = new Map<string, Run>()
    duals.push(dual)
    tail = stream.length - stream.changeAt
    for (const name of [...names, unexploring] as const) {
      const text = choices[name]
      if (text === undefined) continue
      const run = name === 'full-information' ? told : realiseRun(stream, decodeChoices(text), goal)
      realised.set(name, run)
      const own = sums.get(name) ?? new PromptSums(into.placeOf)
      sums.set(name, own)
      own.add(stream, run, dual / goal.costReferenceUsd)
      const earlier = scores.get(name) ?? []
      scores.set(name, [...earlier, scoreRun(stream, run, told, goal, dual, { newcomer, dropped })])
      if (name !== unexploring) into.curves.add(setting, name, stream, run, newcomer)
    }
    const mixLlm = realised.get('mixllm')
    const ours = realised.get('pointsman')
    if (dropped !== undefined && mixLlm !== undefined && ours !== undefined) rise.add(stream, mixLlm, ours)
  }
  const runs = new Map(
    [...sums].map(([name, own]) => [name, { scores: scores.get(name)!, sums: resample(own, into.weights) }]),
  )
  return { runs, duals, rise, tail, leastProbabilities, refusedShares }
}

/** What exploring cost in the utility that was served, spending counted, and the support it gave; paired by order. */
function explorationMetrics({ runs, leastProbabilities, refusedShares }: Gathered): Record<string, Interval> {
  const ours = runs.get('pointsman')?.scores ?? []
  const without = runs.get(unexploring)?.scores ?? []
  const fair = ({ pricedRegret, regret }: RunScores) => (Number.isFinite(pricedRegret) ? pricedRegret : regret)
  const explorationCost = known(
    without.map((score, order) => fair(ours[order]!) - fair(score)),
    studentInterval,
  )
  const leastSupport = known(leastProbabilities, (values) => ({ mean: Math.min(...values), low: null, high: null }))
  const refusedShare = known(refusedShares, studentInterval)
  return {
    ...(explorationCost === undefined ? {} : { explorationCost }),
    ...(leastSupport === undefined ? {} : { leastSupport }),
    ...(refusedShare === undefined ? {} : { refusedShare }),
  }
}

function settingFacts(
  setting: DriftSetting,
  { runs, duals, rise, tail }: Gathered,
  weights: readonly Float64Array[],
): SettingFacts {
  const ours = runs.get('pointsman')?.scores ?? []
  return {
    setting: settingValues(setting),
    isBinding: duals.every((dual) => dual > 0 && isAffordable(dual)),
    tail,
    reaching: new Map([...runs].map(([name, { scores }]) => [name, reachingOf(scores)])),
    mixLlmRise: rise.rise(weights),
    lateExcess: known(
      ours.map(({ regretEarly, regretLate }) => regretLate - lateShare * regretEarly),
      studentInterval,
    ),
  }
}

/** A setting has either recoveries or adoptions. */
function reachingOf(scores: readonly RunScores[]): Reaching {
  const seen = scores.flatMap(({ recovered, adopted }) => [recovered, adopted].filter(Number.isFinite))
  return { orders: seen.length, never: seen.filter((reached) => reached === 0).length }
}

function resultRow(
  name: PolicyName | typeof unexploring,
  setting: DriftSetting,
  runs: Gathered['runs'],
): ResultRow | undefined {
  const own = runs.get(name)
  const told = runs.get('full-information')
  const oracle = runs.get('oracle')
  if (own === undefined || told === undefined || oracle === undefined) return undefined
  const { scores, sums } = own
  const over = (pick: (score: RunScores) => number) => known(scores.map(pick), studentInterval)
  const share = (pick: (score: RunScores) => number) => known(scores.map(pick), binomialInterval)
  const metrics: Record<string, Interval | undefined> = {
    quality: bootstrapRatio(sums.quality, sums.count),
    costUsd: over((score) => score.costUsd),
    regret: over((score) => score.regret),
    pricedRegret: over((score) => score.pricedRegret),
    regretEarly: over((score) => score.regretEarly),
    regretLate: over((score) => score.regretLate),
    oracleShare: bootstrapRatio(sums.quality, oracle.sums.quality),
    fullInfoShare: bootstrapRatio(sums.quality, told.sums.quality),
    recoverySteps: stepsUntil(scores, 'recoverySteps', 'recovered'),
    recoveredShare: share((score) => score.recovered),
    adoptionSteps: stepsUntil(scores, 'adoptionSteps', 'adopted'),
    adoptedShare: share((score) => score.adopted),
    newcomerShare: over((score) => score.newcomerShare),
    budgetOvershoot: over((score) => score.budgetOvershoot),
    worstOvershoot: known(
      scores.map((score) => score.budgetOvershoot),
      (values) => ({ mean: Math.max(...values), low: null, high: null }),
    ),
  }
  const existing = Object.entries(metrics).flatMap(([metric, value]) => (value === undefined ? [] : [[metric, value]]))
  const policy = name === unexploring ? 'pointsman' : name
  return {
    policy,
    kind: policyKinds[policy],
    setting: { ...settingValues(setting), ...(name === unexploring ? { exploration: false } : {}) },
    metrics: Object.fromEntries(existing) as Record<string, Interval>,
    curve: [],
  }
}

/** Over the orders in which the figure exists; undefined where it does in none. */
function known(values: readonly number[], summarise: (values: readonly number[]) => Interval): Interval | undefined {
  const finite = values.filter(Number.isFinite)
  return finite.length === 0 ? undefined : summarise(finite)
}

/** Median over orders; those in which it never happened are only known to take longer. */
function stepsUntil(
  scores: readonly RunScores[],
  steps: 'recoverySteps' | 'adoptionSteps',
  reached: 'recovered' | 'adopted',
): Interval | undefined {
  const defined = scores.filter((score) => Number.isFinite(score[steps]))
  if (defined.length === 0) return undefined
  const seen = Math.max(...defined.map((score) => score[steps]))
  const values = defined.map((score) => (score[reached] === 1 ? score[steps] : Number.POSITIVE_INFINITY))
  return medianInterval(values, seen)
}

interface ComparedMetric {
  readonly metric: string
  readonly of: (sums: ResampledSums) => ResampledTotal
  /** Prompts counted. */
  readonly per: (sums: ResampledSums) => ResampledTotal
}

const comparedRegret: ComparedMetric = { metric: 'regret', of: ({ utility }) => utility, per: ({ count }) => count }

const comparedPricedRegret: ComparedMetric = {
  metric: 'pricedRegret',
  of: ({ priced }) => priced,
  per: ({ pricedCount }) => pricedCount,
}

/** Of `pointsman` to everyone else, per metric; Holm over the others. */
function compare(setting: DriftSetting, runs: Gathered['runs'], names: readonly PolicyName[]): readonly Comparison[] {
  const own = runs.get('pointsman')
  if (own === undefined) return []
  const metrics: readonly ComparedMetric[] =
    setting.goal.budgetUsd === undefined ? [comparedRegret] : [comparedRegret, comparedPricedRegret]
  return metrics.flatMap(({ metric, of, per }) => {
    const others = names.filter((name) => name !== 'pointsman' && runs.has(name))
    const found = others.map((against) => {
      // Regret is what is missing: the other's utility less ours.
      const { sums } = runs.get(against)!
      return { against, ...bootstrapDifference(of(sums), of(own.sums), per(own.sums)) }
    })
    const corrected = holm(found.map(({ p }) => p))
    return found.map(({ against, difference, p }, index) => ({
      policy: 'pointsman',
      against,
      setting: settingValues(setting),
      metric,
      difference,
      p,
      pHolm: corrected[index]!,
    }))
  })
}
