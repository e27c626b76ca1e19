import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { selectRows } from '../../../outcomes/outcome-data.ts'
import { describeData, type PreparedData, prepareData, trainTestRows } from '../../evaluation-data.ts'
import { scaleLlms } from '../../metrics/static-metrics.ts'
import type { FinishedUnit, ProtocolOptions, ProtocolResult } from '../../protocol.ts'
import { costFigures, costFindings } from './cost-findings.ts'
import { JoinedRow } from './joined-row.ts'
import { type StaticUnitParameters, staticNeeds } from './run-static-unit.ts'
import type { ShuffledGains } from './shuffled-control.ts'
import { compareRows } from './static-comparisons.ts'
import { staticFigures } from './static-figures.ts'
import { staticFindings } from './static-findings.ts'
import { staticNotes } from './static-notes.ts'
import type { StaticOutput, StaticRowOutput } from './static-output.ts'
import { staticEntrants } from './static-policies.ts'

/** Joins the seeds of each row, compares the rows and draws conclusions. */
export function collectStatic(
  data: OutcomeData,
  finished: readonly FinishedUnit<StaticOutput>[],
  { seeds }: ProtocolOptions,
): ProtocolResult {
  const prepared = prepareData(data, staticNeeds)
  const fitted = finished.filter(({ unit }) => parametersOf(unit).kind === 'policy')
  const references = finished.filter(({ unit }) => parametersOf(unit).kind === 'references')
  const rows = [...joinSeeds(fitted).sort(byTableOrder), ...joinSeeds(references)]
  const comparisons = compareRows(rows)
  const costs = references.flatMap(({ output }) => output.costs ?? [])
  return {
    data: describeData(prepared.data),
    results: rows.map((row) => ({
      policy: row.policy,
      kind: row.kind,
      setting: row.setting,
      metrics: row.metrics(),
      curve: row.curve(),
    })),
    comparisons,
    findings: [
      ...staticFindings({
        rows,
        shuffled: joinControls(finished),
        comparisons,
        bestLlm: bestOnTest(prepared, seeds),
      }),
      ...costFindings(costs),
    ],
    figures: [...staticFigures(rows), ...costFigures(costs)],
    notes: staticNotes({ prepared, rows, fitted, seeds }),
  }
}

function parametersOf(unit: FinishedUnit<StaticOutput>['unit']): StaticUnitParameters {
  return unit.parameters as unknown as StaticUnitParameters
}

function joinSeeds(finished: readonly FinishedUnit<StaticOutput>[]): JoinedRow[] {
  const rows = new Map<string, StaticRowOutput[]>()
  for (const { output } of finished) {
    for (const row of output.rows) {
      const key = JSON.stringify([row.policy, row.setting])
      const known = rows.get(key)
      if (known === undefined) rows.set(key, [row])
      else known.push(row)
    }
  }
  return [...rows.values()].map((seeds) => new JoinedRow(seeds))
}

function joinControls(finished: readonly FinishedUnit<StaticOutput>[]): ShuffledGains[] {
  const controls = finished.flatMap(({ output }) => output.control ?? [])
  const names = [...new Set(controls.map(({ policy }) => policy))]
  return names.map((policy) => {
    const own = controls.filter((control) => control.policy === policy)
    return { policy, blind: own.flatMap(({ blind }) => blind), priced: own.flatMap(({ priced }) => priced) }
  })
}

function byTableOrder(a: JoinedRow, b: JoinedRow): number {
  const place = (row: JoinedRow): number => staticEntrants.findIndex(({ policy }) => policy.name === row.policy)
  return place(a) - place(b)
}

/** The LLM that metrics refer to, where all seeds refer to the same. */
function bestOnTest(prepared: PreparedData, seeds: readonly number[]): string | undefined {
  const found = new Set(
    seeds.map((seed) => {
      const test = selectRows(prepared.data, trainTestRows(prepared, seed).test)
      return test.llms[scaleLlms(test.quality, test.costUsd, test.llms.length).best]!.id
    }),
  )
  return found.size === 1 ? [...found][0] : undefined
}
