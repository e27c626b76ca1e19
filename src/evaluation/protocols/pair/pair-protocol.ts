import { type OutcomeData, selectRows } from '../../../outcomes/outcome-data.ts'
import { requireTrainingPrompts, trainTestRows } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import { policyKinds } from '../../policy-names.ts'
import type { Protocol, ProtocolOptions, WorkUnit } from '../../protocol.ts'
import { choosePair } from './choose-pair.ts'
import { collectPair } from './collect-pair.ts'
import { pairPolicies } from './pair-policies.ts'
import { type PairOutput, type PairUnitParameters, pairReferences, preparePair, runPairUnit } from './run-pair-unit.ts'

/**
 * The `pair` protocol (mathematics §17; RouteLLM, arXiv:2406.18665): a weak and a strong LLM, and the prompts with the
 * largest predicted gain go to the strong one. Every policy is fitted on the training prompts; on the test prompts all
 * cut-offs count.
 */
export const pairProtocol: Protocol<PairOutput> = {
  name: 'pair',
  policies: [...pairPolicies.flatMap(({ names }) => names), ...pairReferences].map((name) => ({
    name,
    kind: policyKinds[name],
  })),
  defaultSeeds: 3,
  plan,
  run: runPairUnit,
  collect: collectPair,
}

/** Of the first unit of a seed, which divides and embeds for the others. */
const firstWeight = 17

/** One unit per seed and fit, seed by seed, so that neighbours share what a worker keeps. */
function plan(data: OutcomeData, { seeds, policies }: ProtocolOptions): readonly WorkUnit[] {
  const prepared = preparePair(data)
  requireTrainingPrompts(prepared, seeds)
  for (const seed of seeds) choosePair(selectRows(prepared.data, trainTestRows(prepared, seed).train))
  const known = new Set<string>(pairProtocol.policies.map(({ name }) => name))
  const unknown = policies.find((name) => !known.has(name))
  if (unknown !== undefined) throw new EvaluationError('unknown_policy', `pair does not evaluate ${unknown}`)
  return seeds.flatMap((seed) => [
    unitOf({ seed, index: null }, 'references', firstWeight),
    ...pairPolicies.flatMap(({ names, weight }, index) =>
      names.some((name) => policies.includes(name)) ? [unitOf({ seed, index }, names[0]!, weight)] : [],
    ),
  ])
}

function unitOf(parameters: PairUnitParameters, name: string, weight: number): WorkUnit {
  const affinity = `seed-${parameters.seed}`
  return { key: `${affinity}-${name}`, weight, affinity, parameters: { ...parameters } }
}
