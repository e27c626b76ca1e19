import { unknownLlmProperties } from '../../../routing/registry/llm.ts'
import type { StarterModel } from '../../../routing/starter/starter-model.ts'
import { starterPolicy } from '../../../routing/starter/starter-policy.ts'
import { describeData } from '../../evaluation-data.ts'
import type { Comparison, ResultRow, SettingValue } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { ProtocolResult } from '../../protocol.ts'
import { differenceOf, type Measured, promptInterval, pValue } from '../stream/measured.ts'
import { type FinishedStart, type StartPolicy, startOrder } from './run-start-order.ts'
import { startFigures } from './start-figures.ts'
import { type StartGain, startFindings } from './start-findings.ts'
import { type StartPlan, startLambdas, startWindows } from './start-plan.ts'
import { promptWeights, StartSums } from './start-sums.ts'

/** In the order of the tables. */
const tablePolicies = [
  'pointsman',
  'cold-start',
  'random',
  'cheapest',
  'best-single',
] as const satisfies readonly PolicyName[]

type TablePolicy = (typeof tablePolicies)[number]

const measures = ['utility', 'quality', 'costUsd'] as const

type Measure = (typeof measures)[number]

const method = [
  'Every order streams up to 500 of the same test prompts through the router as it is served, once with the starter policy (pointsman) and once from list prices alone (cold-start): same order, same draws. Nothing was fitted on the set; the answer’s quality, cost and length come back at once, of the LLM drawn alone.',
  'Utility is λ/(1+λ) of quality less 1/(1+λ) of cost over the reference cost, which is that of both routers: the dearest list price for 500 tokens in and 300 out. Random, cheapest and best-single (by the training prompts) are marks.',
  'Intervals in tables are bootstrapped over prompts (near-duplicates together), each averaged over the orders. Findings take Student’s interval over orders too, and p after Holm: over the three λ for the first 100 prompts, over all windows and λ for whether it is worse anywhere.',
]

/** Joins the orders into rows, comparisons, findings and figures. */
export function collectStart(plan: StartPlan, starter: StarterModel, orders: readonly FinishedStart[]): ProtocolResult {
  const { data } = plan.prepared
  const weights = promptWeights(plan)
  const results: ResultRow[] = []
  const comparisons: Comparison[] = []
  const gains: StartGain[] = []
  for (const [index, lambda] of startLambdas.entries()) {
    for (const window of startWindows) {
      const steps = Math.min(...orders.map(({ seed }) => startOrder(plan.split.test, seed).length))
      if (steps < window.to) continue
      const setting = { lambda, window: window.name }
      const measured = measureWindow(plan, orders, index, window, weights)
      for (const policy of tablePolicies) results.push(rowOf(policy, setting, measured.get(policy)!))
      gains.push({ lambda, window: window.name, figure: gainOf(measured, 'cold-start') })
      comparisons.push(...compare(setting, measured))
    }
  }
  return {
    data: describeData(data),
    results,
    comparisons,
    findings: startFindings(gains),
    figures: startFigures(plan, orders),
    notes: [...plan.prepared.notes, ...starterNotes(plan, starter), ...method],
  }
}

type WindowFigures = ReadonlyMap<TablePolicy, Readonly<Record<Measure, Measured>>>

function measureWindow(
  plan: StartPlan,
  orders: readonly FinishedStart[],
  lambdaIndex: number,
  { from, to }: { readonly from: number; readonly to: number },
  weights: readonly Float64Array[],
): WindowFigures {
  const { prepared, split, costReferenceUsd } = plan
  const { quality, costUsd, llms, prompts } = prepared.data
  const lambda = startLambdas[lambdaIndex]!
  const everyone = llms.map((_, llm) => llm)
  const figures = tablePolicies.map((policy) => {
    const sums = {
      utility: new StartSums(prompts.length),
      quality: new StartSums(prompts.length),
      costUsd: new StartSums(prompts.length),
    }
    for (const { seed, output } of orders) {
      const rows = startOrder(split.test, seed).subarray(from, to)
      const chosen = (step: number): readonly number[] => {
        if (policy === 'random') return everyone
        if (policy === 'cheapest') return [plan.cheapest]
        if (policy === 'best-single') return [plan.bestSingle]
        return [output[lambdaIndex]![policy satisfies StartPolicy][from + step]!]
      }
      const meanOf = (cells: Float64Array, step: number, row: number): number => {
        const picks = chosen(step)
        return picks.reduce((sum, llm) => sum + cells[row * llms.length + llm]!, 0) / picks.length
      }
      const ofQuality = (step: number, row: number) => meanOf(quality, step, row)
      const ofCost = (step: number, row: number) => meanOf(costUsd, step, row)
      sums.quality.addOrder(rows, ofQuality)
      sums.costUsd.addOrder(rows, ofCost)
      sums.utility.addOrder(
        rows,
        (step, row) => (lambda * ofQuality(step, row) - ofCost(step, row) / costReferenceUsd) / (1 + lambda),
      )
    }
    const measured = {
      utility: sums.utility.measure(weights),
      quality: sums.quality.measure(weights),
      costUsd: sums.costUsd.measure(weights),
    }
    return [policy, measured] as const
  })
  return new Map(figures)
}

function rowOf(
  policy: TablePolicy,
  setting: Readonly<Record<string, SettingValue>>,
  figures: Readonly<Record<Measure, Measured>>,
): ResultRow {
  const metrics = Object.fromEntries(measures.map((measure) => [measure, promptInterval(figures[measure])]))
  return { policy, kind: policyKinds[policy], setting, metrics, curve: [] }
}

function gainOf(measured: WindowFigures, against: TablePolicy): Measured {
  return differenceOf(measured.get('pointsman')!.utility, measured.get(against)!.utility)
}

function compare(setting: Readonly<Record<string, SettingValue>>, measured: WindowFigures): Comparison[] {
  const others = tablePolicies.filter((policy) => policy !== 'pointsman')
  const found = others.map((against) => gainOf(measured, against))
  const corrected = holm(found.map(pValue))
  return found.map((figure, i) => ({
    policy: 'pointsman',
    against: others[i]!,
    setting,
    metric: 'utility',
    difference: promptInterval(figure),
    p: pValue(figure),
    pHolm: corrected[i]!,
  }))
}

function starterNotes({ prepared }: StartPlan, starter: StarterModel): string[] {
  const { data } = prepared
  const pool = data.llms.map(({ id, price }) => ({
    ...unknownLlmProperties,
    id,
    provider: '',
    upstreamModel: id,
    price,
  }))
  const start = starterPolicy(starter, pool)
  const sets = starter.sets.map(({ name, prompts }) => `${name} (${prompts} prompts)`).join(', ')
  const held = starter.withheld?.name === data.name
  const near = held
    ? 'Prompts of theirs that are near one of this set were left out.'
    : 'It was not built with --without for this set: prompts of theirs may be near its own.'
  const known = (start?.policy.llms ?? []).flatMap(({ id, source }) =>
    source === 'prior' ? [] : [`${id} (${source})`],
  )
  const whom =
    known.length === 0
      ? 'It knows fewer than half of the LLMs here, so that it is not used.'
      : `It knows ${known.join(', ')}.`
  return [`The starter ${starter.id} was built from ${sets}. ${near} ${whom}`]
}
