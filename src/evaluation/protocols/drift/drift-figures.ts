import type { Figure, FigureSeries, PolicyKind, ResultRow } from '../../evaluation-result.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { DriftPlan } from './drift-plan.ts'
import { type DriftSetting, qualityLoss, settingId, settingTitle } from './drift-setting.ts'
import type { DriftStream } from './drift-stream.ts'
import { type Run, rollingWindow } from './score-run.ts'

/** Steps between two points of a curve. */
const curveStride = 20

/** How far before the change a curve starts, prompts. */
const lead = 200

interface CurveSums {
  readonly from: number
  /** Per step since `from`, summed over orders. */
  readonly utility: Float64Array
  readonly newcomer: Float64Array
  orders: number
}

/** Utility (under a budget quality) and newcomer's share by step around the change, averaged over orders. */
export class RollingCurves {
  readonly #sums = new Map<string, CurveSums>()

  add(setting: DriftSetting, name: PolicyName, stream: DriftStream, run: Run, newcomer: number | undefined): void {
    if (!isDrawn(setting)) return
    const key = `${settingId(setting)}|${name}`
    const from = Math.max(0, stream.changeAt - lead)
    const steps = stream.length - from
    const empty = { from, utility: new Float64Array(steps), newcomer: new Float64Array(steps), orders: 0 }
    const sums: CurveSums = this.#sums.get(key) ?? empty
    this.#sums.set(key, sums)
    for (let step = from; step < stream.length; step++) {
      sums.utility[step - from]! += run.utility[step]!
      if (run.choices[step] === newcomer) sums.newcomer[step - from]!++
    }
    sums.orders++
  }

  /** Means over {@link rollingWindow} prompts, x counted from the change. */
  points(
    setting: DriftSetting,
    name: PolicyName,
    changeAt: number,
    of: 'utility' | 'newcomer',
  ): readonly { readonly x: number; readonly y: number }[] {
    const sums = this.#sums.get(`${settingId(setting)}|${name}`)
    if (sums === undefined) return []
    const values = sums[of]
    const points: { readonly x: number; readonly y: number }[] = []
    for (let end = rollingWindow; end <= values.length; end += curveStride) {
      let sum = 0
      for (let step = end - rollingWindow; step < end; step++) sum += values[step]!
      points.push({ x: sums.from + end - changeAt, y: sum / rollingWindow / sums.orders })
    }
    return points
  }
}

/** Curves are kept where a figure shows them. */
function isDrawn({ change }: DriftSetting): boolean {
  return (
    (change.scenario === 'quality-drop' && change.variant === undefined) ||
    (change.scenario === 'newcomer' && change.variant === 'quarter price')
  )
}

/** The figures of the report, in its order. @param results rows of all settings. */
export function driftFigures(plan: DriftPlan, results: readonly ResultRow[], curves: RollingCurves): Figure[] {
  const names = [...new Set(results.map((row) => row.policy as PolicyName))]
  const streamLength = plan.split.test.length
  const drawn = plan.settings.filter(isDrawn)
  const changeAt = (share: number) => Math.floor(share * streamLength)
  const lines = drawn.map((setting): Figure => {
    const joins = setting.change.scenario === 'newcomer'
    const shown = names.filter((name) => {
      if (joins) return name === 'full-information' || policyKinds[name] !== 'reference'
      return setting.goal.lambda === undefined || !costBlind.has(name)
    })
    return {
      ...(joins ? adoptionWords(setting) : lossWords(setting)),
      kind: 'curves',
      x: { label: 'Requests since the change' },
      series: shown.map((name) => ({
        name,
        role: roleOf(name, policyKinds[name]),
        points: curves.points(setting, name, changeAt(joins ? 1 / 3 : 1 / 2), joins ? 'newcomer' : 'utility'),
      })),
    }
  })
  return [
    bars(
      results,
      'oracleShare',
      'Share of the oracle’s quality while nothing changes',
      'Mean quality over that of the best answer to every prompt, by what may be spent; intervals over prompts. Cost is not in it: under a budget read it with the overshoot, under λ with the regret, as quality that was paid for is no skill.',
    ),
    bars(
      results,
      'budgetOvershoot',
      'Spending against the budget while nothing changes',
      'Mean bill over the budget, less one; 0 is on budget. Policies without a pacer keep to a budget only as well as the past predicts the stream.',
    ),
    ...lines,
  ]
}

type FigureWords = Pick<Figure, 'id' | 'title' | 'caption' | 'y'>

function adoptionWords(setting: DriftSetting): FigureWords {
  return {
    id: `newcomer-share-${settingId(setting)}`,
    title: `How fast the newcomer is taken up (${settingTitle(setting)})`,
    caption: `Share of the last ${rollingWindow} requests that the newcomer answered, mean over orders. The full-information line is what it deserves.`,
    y: { label: 'Newcomer’s share', unit: 'share' },
  }
}

/** Who minds cost may answer a loss by going cheap: his quality then falls, and only utility tells whether he was right. */
function lossWords(setting: DriftSetting): FigureWords {
  const { lambda } = setting.goal
  const isPriced = lambda !== undefined
  const measure = isPriced
    ? `Mean utility of the last ${rollingWindow} requests, λ/(1+λ) of quality less 1/(1+λ) of cost over the reference cost,`
    : `Mean quality of the last ${rollingWindow} requests`
  const reading = isPriced
    ? 'Quality alone would mislead, as who minds cost may rightly answer a loss by going cheap; references that heed no cost are left out.'
    : 'Quality alone is drawn: a line may also be high because that policy spent more, even beyond the budget.'
  return {
    id: `rolling-${isPriced ? 'utility' : 'quality'}-${settingId(setting)}`,
    title: `Before and after a silent loss of quality (${settingTitle(setting)})`,
    caption: `${measure} around the moment at which one LLM loses ${qualityLoss} and nothing says so, mean over orders. The full-information router is told at once: what a line falls behind it after the change, and was not behind before, is what not knowing costs. ${reading}`,
    y: { label: isPriced ? 'Utility' : 'Quality' },
  }
}

function bars(
  results: readonly ResultRow[],
  metric: 'oracleShare' | 'budgetOvershoot',
  title: string,
  caption: string,
): Figure {
  const rows = results.filter(
    ({ setting, metrics }) =>
      setting.scenario === 'stationary' && setting.variant === undefined && metrics[metric] !== undefined,
  )
  const shown = rows.filter(({ policy }) => metric === 'oracleShare' || !unpaced.has(policy))
  const names = [...new Set(shown.map((row) => row.policy as PolicyName))]
  return {
    id: metric === 'oracleShare' ? 'share-of-oracle' : 'overshoot',
    kind: 'bars',
    title,
    caption,
    x: { label: 'Setting' },
    y: { label: metric === 'oracleShare' ? 'Share of oracle' : 'Overshoot', unit: 'share' },
    series: names.map((name) => ({
      name,
      role: roleOf(name, policyKinds[name]),
      points: shown
        .filter(({ policy }) => policy === name)
        .map(({ setting, metrics }) => {
          const { mean, low, high } = metrics[metric]!
          return { x: settingLabel(setting), y: mean, low, high }
        }),
    })),
  }
}

/** They take no notice of a budget, and would dwarf the others. */
const unpaced: ReadonlySet<string> = new Set(['random', 'cheapest', 'best-single', 'oracle'])

/** Their utility says nothing, and would press the others' lines together. */
const costBlind: ReadonlySet<string> = new Set(['random', 'best-single', 'oracle'])

function settingLabel({ budgetUsd, lambda }: ResultRow['setting']): string {
  return budgetUsd === null ? `λ = ${lambda}` : `${budgetUsd} USD`
}

function roleOf(name: PolicyName, kind: PolicyKind): FigureSeries['role'] {
  if (name === 'pointsman') return 'pointsman'
  return name === 'oracle' ? 'oracle' : kind
}
