import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { describeData } from '../../evaluation-data.ts'
import { policyKinds } from '../../policy-names.ts'
import type { FinishedUnit, ProtocolOptions, ProtocolResult } from '../../protocol.ts'
import { intervalsOf, joinSlices } from './joined-slice.ts'
import { pairComparisons } from './pair-comparisons.ts'
import { pairFigures } from './pair-figures.ts'
import { pairFindings } from './pair-findings.ts'
import { pairPolicies } from './pair-policies.ts'
import { type PairOutput, pairReferences, preparePair } from './run-pair-unit.ts'
import { shuffledFinding } from './shuffled-control.ts'

/** Joins the seeds of each policy, compares policies on the same draws and says what it means. */
export function collectPair(
  data: OutcomeData,
  finished: readonly FinishedUnit<PairOutput>[],
  { seeds, policies }: ProtocolOptions,
): ProtocolResult {
  const prepared = preparePair(data)
  const outputs = finished.map(({ output }) => output)
  const joined = joinSlices(outputs, seeds.length)
  const order: string[] = [...pairPolicies.flatMap(({ names }) => names), ...pairReferences]
  const slices = joined.slices
    .filter(({ policy }) => policyKinds[policy] === 'reference' || policies.includes(policy))
    .toSorted((a, b) => order.indexOf(a.policy) - order.indexOf(b.policy))
  const comparisons = pairComparisons(slices)
  return {
    data: describeData(prepared.data),
    results: slices.map((slice) => ({
      policy: slice.policy,
      kind: policyKinds[slice.policy],
      setting: { source: slice.source },
      metrics: intervalsOf(slice),
      curve: [],
    })),
    comparisons,
    findings: [
      ...pairFindings(slices, comparisons),
      ...shuffledFinding(outputs.flatMap(({ shuffled }) => shuffled.map((apgr) => apgr ?? Number.NaN))),
    ],
    figures: pairFigures(slices),
    notes: [...prepared.notes, ...notesOf(finished, joined.leftOut, prepared.ownSplit !== undefined)],
  }
}

function notesOf(
  finished: readonly FinishedUnit<PairOutput>[],
  leftOut: readonly string[],
  ownSplit: boolean,
): string[] {
  const pairs = [...new Set(finished.map(({ output }) => `${output.strong} (strong) and ${output.weak} (weak)`))]
  const { trainPrompts, testPrompts } = finished[0]!.output
  const split = ownSplit ? "the set's own split; seeds vary the algorithms" : 'another split by each seed'
  return [
    `Routed between ${pairs.join('; or, by another seed, ')}, chosen on the training prompts.`,
    `${trainPrompts} prompts to fit on and ${testPrompts} to test, ${split}.`,
    'Policies are fitted on the measured quality of both LLMs, not on human preferences as in RouteLLM, and asked for the predicted gain of the strong one; every cut-off counts.',
    'Intervals: 95 %, bootstrap over groups of nearly equal prompts, each replicate averaged over seeds drawn with replacement, so that they hold the spread between fits too.',
    ...(leftOut.length > 0
      ? [`No figures for ${leftOut.join(', ')}: too few test prompts, or the strong LLM is no better there.`]
      : []),
    `Seconds to fit and predict, mean over seeds: ${secondsOf(finished)}.`,
  ]
}

function secondsOf(finished: readonly FinishedUnit<PairOutput>[]): string {
  const byFit = new Map<string, number[]>()
  for (const { output } of finished) {
    const name = output.policies.map(({ policy }) => policy).join(' and ')
    byFit.set(name, [...(byFit.get(name) ?? []), output.seconds])
  }
  return [...byFit]
    .filter(([name]) => !name.startsWith('random'))
    .map(([name, all]) => `${name} ${(all.reduce((sum, value) => sum + value, 0) / all.length).toFixed(1)}`)
    .join(', ')
}
