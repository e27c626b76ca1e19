import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { describeData, type PreparedData, prepareData } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import type { ResultRow } from '../../evaluation-result.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { FinishedUnit, Protocol, ProtocolOptions, ProtocolResult, WorkUnit } from '../../protocol.ts'
import { baseNumbers, referenceProbes, runTrial, type TrialOutput, type TrialPlan } from './run-trial.ts'
import { type RowKey, TrialTable } from './trial-table.ts'
import { unseenComparisons } from './unseen-comparisons.ts'
import { unseenFigures } from './unseen-figures.ts'
import { unseenFindings } from './unseen-findings.ts'
import { unseenNotes } from './unseen-notes.ts'
import { probeCounts } from './unseen-split.ts'

const names = [
  'uniroute',
  'learned-cluster-map',
  'learned-cluster-map-linear',
  'cluster',
  'universal',
  'knn',
  'retrained-mlp',
  'retrained-matrix-factorisation',
  'joint-matrix-factorisation',
  'random',
  'cheapest',
  'best-single',
  'zero-router',
  'task-oracle',
  'oracle',
  'clairvoyant-forest',
  'clairvoyant-mlp',
] as const satisfies readonly PolicyName[]

/** With a third of them unseen, two. */
const fewestBases = 6

/**
 * UniRoute's protocol (arXiv:2502.08773, section 6, and mathematics §17): random divisions of prompts and LLMs, the pool being
 * LLMs that nothing was trained on, described by N_val labelled prompts. A seed is a trial.
 */
export const unseenProtocol: Protocol<TrialOutput> = {
  name: 'unseen',
  policies: names.map((name) => ({ name, kind: policyKinds[name] })),
  defaultSeeds: 100,

  plan(data: OutcomeData, { seeds, policies }: ProtocolOptions): WorkUnit[] {
    const prepared = prepare(data)
    const probes = probeCounts(prepared.data.prompts.length)
    const bases = new Set(baseNumbers(prepared)).size
    if (probes.length === 0) {
      const message = `${data.name}: ${prepared.data.prompts.length} prompts are too few; 50 probes need 334`
      throw new EvaluationError('unfit_data', message)
    }
    if (bases < fewestBases) {
      const message = `${data.name}: ${bases} different LLMs are too few to hide a third of; ${fewestBases} are needed`
      throw new EvaluationError('unfit_data', message)
    }
    return seeds.map((seed) => ({
      key: `trial-${seed}`,
      weight: 1,
      parameters: { seed, probes, policies } satisfies TrialPlan,
    }))
  },

  async run(data, unit, cache, onProgress): Promise<TrialOutput> {
    const prepared = await cache.get('prepared', data.name, () => prepare(data))
    return runTrial(prepared, unit.parameters as unknown as TrialPlan, onProgress)
  },

  collect(data: OutcomeData, finished: readonly FinishedUnit<TrialOutput>[]): ProtocolResult {
    const prepared = prepare(data)
    const bases = new Set(baseNumbers(prepared)).size
    const table = new TrialTable(
      finished.map(({ output }) => output),
      bases,
    )
    const probes = probeCounts(prepared.data.prompts.length)
    const reference = referenceProbes(probes)
    if (table.trials.length === 0) {
      throw new EvaluationError(
        'unfit_data',
        `${data.name}: every LLM that was hidden is free: there is nothing to trade off`,
      )
    }
    return {
      data: describeData(prepared.data),
      results: resultRows(table),
      comparisons: unseenComparisons(table, probes),
      findings: unseenFindings(table, probes, reference),
      figures: unseenFigures(table, probes, reference),
      notes: [...prepared.notes, ...unseenNotes(table, prepared, probes, reference)],
    }
  },
}

function prepare(data: OutcomeData): PreparedData {
  return prepareData(data, { cost: true, complete: true })
}

/** By policy in the order of the tables, then in the order measured. */
function resultRows(table: TrialTable): ResultRow[] {
  const order: readonly PolicyName[] = names
  const place = (key: RowKey): number => order.indexOf(key.policy)
  const keys = [...table.keys].sort((a, b) => place(a) - place(b))
  return keys.map((key) => {
    const point = table.point(key)
    return {
      policy: key.policy,
      kind: policyKinds[key.policy],
      setting: key.setting,
      metrics: Object.fromEntries(table.metricsOf(key).map((metric) => [metric, table.interval(key, metric)])),
      curve: point === undefined ? table.curve(key) : [point],
    }
  })
}
