import type { Figure, FigureSeries, PolicyKind, ResultRow } from '../../evaluation-result.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { DriftPlan } from './drift-plan.ts'
import { type DriftSetting, settingId, settingTitle } from './drift-setting.ts'
import type { DriftStream } from './drift-stream.ts'
import { type Run, rollingWindow } from './score-run.ts'

/** Steps between two points of a curve. */
const curveStride = 20

/** How far before the change a curve starts, prompts. */
const lead = 200

interface CurveSums {
  readonly from: number
  /** Per step since `from`, summed over orders. */
  readonly quality: Float64Array
  readonly newcomer: Float64Array
  orders: number
}

/** Quality and newcomer's share by step around the change, averaged over orders. */
export class RollingCurves {
  readonly #sums = new Map<string, CurveSums>()

  add(setting: DriftSetting, name: PolicyName, stream: DriftStream, run: Run, newcomer: number | undefined): void {
    if (!isDrawn(setting)) return
    const key = `${settingId(setting)}|${name}`
    const from = Math.max(0, stream.changeAt - lead)
    const steps = stream.length - from
    const empty = { from, quality: new Float64Array(steps), newcomer: new Float64Array(steps), orders: 0 }
    const sums: CurveSums = this.#sums.get(key) ?? empty
    this.#sums.set(key, sums)
    for (let step = from; step < stream.length; step++) {
      sums.quality[step - from]! += run.quality[step]!
      if (run.choices[step] === newcomer) sums.newcomer[step - from]!++
    }
    sums.orders++
  }

  /** Means over {@link rollingWindow} prompts, x counted from the change. */
  points(
    setting: DriftSetting,
    name: PolicyName,
    changeAt: number,
    of: 'quality' | 'newcomer',
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
  return change.scenario === 'quality-drop' || (change.scenario === 'newcomer' && change.variant === 'quarter price')
}

/** The figures of the report, in its order. @param results rows of all settings. */
export function driftFigures(plan: DriftPlan, results: readonly ResultRow[], curves: RollingCurves): Figure[] {
  const names = [...new Set(results.map((row) => row.policy as PolicyName))]
  const streamLength = plan.split.test.length
  const drawn = plan.settings.filter(isDrawn)
  const changeAt = (share: number) => Math.floor(share * streamLength)
  const lines = drawn.map((setting): Figure => {
    const joins = setting.change.scenario === 'newcomer'
    const shown = names.filter((name) => !joins || name === 'full-information' || policyKinds[name] !== 'reference')
    return {
      id: `${joins ? 'newcomer-share' : 'rolling-quality'}-${settingId(setting)}`,
      kind: 'curves',
      title: `${joins ? 'How fast the newcomer is taken up' : 'Before and after a silent loss of quality'} (${settingTitle(setting)})`,
      caption: joins
        ? `Share of the last ${rollingWindow} requests that the newcomer answered, mean over orders. The full-information line is what it deserves.`
        : `Mean quality of the last ${rollingWindow} requests around the moment at which one LLM loses .2 and nothing says so, mean over orders. Lines that stay down have not noticed; under a budget, compare what they spent too.`,
      x: { label: 'Requests since the change' },
      y: joins ? { label: 'Newcomer’s share', unit: 'share' } : { label: 'Quality' },
      series: shown.map((name) => ({
        name,
        role: roleOf(name, policyKinds[name]),
        points: curves.points(setting, name, changeAt(joins ? 1 / 3 : 1 / 2), joins ? 'newcomer' : 'quality'),
      })),
    }
  })
  return [
    bars(
      results,
      'oracleShare',
      'Share of the oracle’s quality while nothing changes',
      'Mean quality over that of the best answer to every prompt, by what may be spent; intervals over prompts. Read with the overshoot: quality that was paid for with somebody else’s budget is no skill.',
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

function settingLabel({ budgetUsd, lambda }: ResultRow['setting']): string {
  return budgetUsd === null ? `λ = ${lambda}` : `${budgetUsd} USD`
}

function roleOf(name: PolicyName, kind: PolicyKind): FigureSeries['role'] {
  if (name === 'pointsman') return 'pointsman'
  return name === 'oracle' ? 'oracle' : kind
}
