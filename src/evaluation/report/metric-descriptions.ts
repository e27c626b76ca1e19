import type { ProtocolName } from '../evaluation-result.ts'

/**
 * How a metric is printed. `quality`: a plain number, for most in [0, 1]; `share`: in per cent; `usd`: dollars;
 * `steps`: a count of requests.
 */
export type MetricUnit = 'quality' | 'share' | 'usd' | 'steps'

export interface MetricDescription {
  readonly label: string
  readonly unit: MetricUnit
  readonly better: 'higher' | 'lower' | 'neither'
  /** A few words that say what it is where it is first named; left out where its name does. */
  readonly gloss?: string
  /** One line, for tables, documentation and the report's reading aid. */
  readonly definition: string
  readonly decimals: number
}

const quality = (
  label: string,
  definition: string,
  better: MetricDescription['better'] = 'higher',
): MetricDescription => ({ label, unit: 'quality', better, definition, decimals: 4 })

const share = (
  label: string,
  better: MetricDescription['better'],
  definition: string,
  decimals = 1,
): MetricDescription => ({ label, unit: 'share', better, definition, decimals })

const steps = (label: string, definition: string): MetricDescription => ({
  label,
  unit: 'steps',
  better: 'lower',
  definition,
  decimals: 0,
})

/** Every metric of `result.json` by its name there. Costs are mean USD per prompt, qualities means in [0, 1]. */
export const metricDescriptions: Readonly<Record<string, MetricDescription>> = {
  aiq: quality(
    'AIQ',
    'Average improvement in quality: area under the non-decreasing hull of (mean cost, mean quality), from cost 0 to that of the dearest LLM, divided by that cost.',
  ),
  aiqToBest: quality(
    'AIQ to best',
    'The same area, only between the costs of the cheapest and of the best single LLM.',
  ),
  aiqRaw: quality(
    'AIQ, no hull',
    'AIQ of the deferral curve as it is: points that lie below the hull count as they are.',
  ),
  peakQuality: quality('Peak quality', 'The highest mean quality anywhere on the curve.'),
  qncOwn: share(
    'QNC',
    'lower',
    'Quality-neutral cost: the least cost at which the curve reaches the quality of the best single LLM, as a share of that LLM’s cost.',
  ),
  qncMax: share('QNC of max', 'lower', 'The same least cost, as a share of the dearest LLM’s cost.'),
  sweepGain: quality(
    'Sweep gain',
    'Area between the sweep as it runs, without hull or running maximum, and mixtures of the LLMs picked on the training prompts, over the costs that the sweep spans, divided by the cost of the dearest LLM. Each sweep spans other costs, so that only the sign can be compared between policies.',
    'neither',
  ),
  qualityAt25: quality('Quality at 25 %', 'Quality for a quarter of the best single LLM’s cost.'),
  costAt95: share(
    'Cost of 95 %',
    'lower',
    'Cost of 95 % of the best single LLM’s quality, as a share of that LLM’s cost.',
  ),
  costAt9725: share(
    'Cost of 97.25 %',
    'lower',
    'Cost of 97.25 % of the best single LLM’s quality, as a share of that LLM’s cost.',
  ),
  areaRaw: {
    ...quality(
      'Area as it runs',
      'Area under the sweep by rising cost, without any maximum, from cost 0 to that of the dearest LLM, divided by that cost. Policies are judged by it.',
    ),
    gloss: 'mean quality over all budgets up to the dearest LLM’s cost, without hindsight',
  },
  area: quality(
    'Area',
    'UniRoute’s: the same with the running maximum of test quality. Chosen in hindsight: many points help even a policy that knows nothing.',
  ),
  area50: quality(
    'Area (50 %)',
    'The part of Area up to half the dearest LLM’s cost, divided by the whole cost: at most .5. In hindsight, as Area.',
  ),
  qnc: share(
    'QNC',
    'lower',
    'Quality-neutral cost: the least cost at which the best single LLM’s quality is reached, as a share of that LLM’s cost; 1 where it is not reached, as one may always call that LLM. In hindsight, as Area.',
  ),
  qncReached: share(
    'QNC reached',
    'higher',
    'Share of trials in which the best single LLM’s quality is reached at all.',
    0,
  ),
  peak: quality('Peak', 'The highest mean quality anywhere on the curve, found in hindsight.'),
  meanQualityError: quality(
    'Mean-quality error',
    'Mean absolute difference between an LLM’s predicted and true mean quality on the test prompts.',
    'lower',
  ),
  quality: quality('Quality', 'Mean quality of the answers; with a time limit, a late answer counts 0.'),
  costUsd: { label: 'Cost', unit: 'usd', better: 'neither', definition: 'Mean cost of a request.', decimals: 3 },
  onTimeShare: share('On time', 'higher', 'Share of requests answered within the time limit.'),
  utility: quality(
    'Utility',
    'λ/(1+λ)·quality − 1/(1+λ)·cost/C_ref, averaged over requests and the λ of the protocol.',
  ),
  regret: quality(
    'Regret',
    'Mean utility below that of the full-information router, per request after the change; under a budget utility is quality. Below 0 is better than it.',
    'lower',
  ),
  pricedRegret: quality(
    'Priced regret',
    'Regret plus what was spent beyond the full-information router, charged at that router’s price of the budget.',
    'lower',
  ),
  regretEarly: quality('Regret at once', 'Regret in the first 50 requests after the change.', 'lower'),
  regretLate: quality('Regret later', 'Regret in requests 300 to 600 after the change.', 'lower'),
  oracleShare: share('Of oracle', 'higher', 'Mean quality as a share of the oracle’s, which knows every outcome.'),
  fullInfoShare: share(
    'Of full information',
    'higher',
    'Mean quality as a share of that of the full-information router, which is told every change.',
  ),
  recoverySteps: steps(
    'Recovery',
    'Requests after the change until the mean utility of 100 requests is within 5 % of the full-information router’s and stays so (in nine of ten windows to the end); median over orders.',
  ),
  recoveredShare: share('Recovered', 'higher', 'Share of orders in which that happened.', 0),
  adoptionSteps: steps(
    'Adoption',
    'Requests after an LLM joined until it answers 80 % of what the full-information router gives it and goes on to (in nine of ten windows to the end); median over orders.',
  ),
  adoptedShare: share('Adopted', 'higher', 'Share of orders in which that happened.', 0),
  newcomerShare: share(
    'To the newcomer',
    'neither',
    'Share of requests that the newcomer answers, from 200 requests after it joined on.',
  ),
  budgetOvershoot: share(
    'Over budget',
    'neither',
    'Mean cost above the budget, as a share of the budget; below 0 is under it.',
    2,
  ),
  worstOvershoot: share('Most over budget', 'neither', 'The largest overshoot of any order.', 2),
  explorationCost: quality(
    'Cost of exploring',
    'Regret, under a budget priced regret, beyond that of the same policy without exploration on the same streams.',
    'lower',
  ),
  leastSupport: share(
    'Least support',
    'neither',
    'The smallest probability that any admissible LLM had at any request; one whose answer the rest of a budget could not bear is not admissible.',
    3,
  ),
  refusedShare: share(
    'Refusing',
    'neither',
    'Share of the requests at which some LLM was refused, as a single answer of it might have cost too much of what was left of the budget.',
  ),
  apgr: quality(
    'APGR',
    'Average performance gap recovered: the share of the quality gap between weak and strong LLM that is recovered, averaged over all shares of calls to the strong one.',
  ),
  cpt50: share('CPT(50)', 'lower', 'Share of calls to the strong LLM that recovers 50 % of the quality gap.'),
  cpt80: share('CPT(80)', 'lower', 'Share of calls to the strong LLM that recovers 80 % of the quality gap.'),
}

/** The metrics of each protocol in the order of its tables; the first one decides who leads. */
export const protocolMetrics: Readonly<Record<ProtocolName, readonly [string, ...string[]]>> = {
  static: [
    'aiq',
    'aiqToBest',
    'aiqRaw',
    'peakQuality',
    'qncOwn',
    'qncMax',
    'qualityAt25',
    'costAt95',
    'costAt9725',
    'sweepGain',
  ],
  unseen: ['areaRaw', 'area', 'area50', 'qnc', 'qncReached', 'qncMax', 'peak', 'meanQualityError'],
  stream: ['quality', 'costUsd', 'onTimeShare'],
  drift: [
    'regret',
    'pricedRegret',
    'oracleShare',
    'fullInfoShare',
    'quality',
    'regretEarly',
    'regretLate',
    'recoverySteps',
    'recoveredShare',
    'adoptionSteps',
    'adoptedShare',
    'newcomerShare',
    'budgetOvershoot',
    'worstOvershoot',
    'explorationCost',
    'leastSupport',
    'refusedShare',
    'costUsd',
  ],
  pair: ['apgr', 'cpt50', 'cpt80'],
  start: ['utility', 'quality', 'costUsd'],
}

/**
 * Protocols in which the main metric alone says who leads: it weighs quality and cost at once. In the others a policy may
 * lead by spending more, so that only paired comparisons rank.
 */
export const rankedProtocols: ReadonlySet<ProtocolName> = new Set(['static', 'unseen', 'pair', 'start'])

/** What policies are compared by, the best first: a setting is judged by the first one that it has. */
export const comparisonMetrics: Readonly<Record<ProtocolName, readonly string[]>> = {
  static: ['aiq'],
  unseen: ['areaRaw'],
  stream: ['utility', 'quality'],
  drift: ['pricedRegret', 'regret'],
  pair: ['apgr'],
  start: ['utility'],
}

/** How to print a metric; one that is not known here is a plain number under its own name. */
export function metricDescription(name: string): MetricDescription {
  if (Object.hasOwn(metricDescriptions, name)) return metricDescriptions[name]!
  return { label: name, unit: 'quality', better: 'neither', definition: '', decimals: 4 }
}

/** Names present in `found`: those of the protocol in its order, then the others by name. */
export function orderMetrics(protocol: ProtocolName, found: Iterable<string>): string[] {
  const names = new Set(found)
  const known = protocolMetrics[protocol].filter((name) => names.delete(name))
  return [...known, ...[...names].sort()]
}
