import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { prepareData, requireTrainingPrompts } from '../../evaluation-data.ts'
import { policyKinds } from '../../policy-names.ts'
import type { Protocol, ProtocolOptions, ProtocolPolicy, WorkUnit } from '../../protocol.ts'
import { collectStatic } from './collect-static.ts'
import { referencePolicies } from './reference-sweeps.ts'
import { runStaticUnit, type StaticUnitParameters, staticNeeds } from './run-static-unit.ts'
import type { StaticEntrant } from './static-entrant.ts'
import type { StaticOutput } from './static-output.ts'
import { shuffledEntrants, staticEntrants } from './static-policies.ts'

/**
 * The `static` protocol (mathematics §17): every policy is fitted on the training prompts and swept over its knob on the test
 * prompts; all are read on the same scale, with paired intervals.
 */
export const staticProtocol: Protocol<StaticOutput> = {
  name: 'static',
  policies: listPolicies(),
  defaultSeeds: 3,
  plan,
  run: runStaticUnit,
  collect: collectStatic,
}

function listPolicies(): ProtocolPolicy[] {
  const names = new Set([...staticEntrants.map(({ policy }) => policy.name), ...referencePolicies])
  return [...names].map((name) => ({ name, kind: policyKinds[name] }))
}

/** One unit per seed and policy, seed by seed, so that neighbours share what a worker keeps. */
function plan(data: OutcomeData, { seeds, policies }: ProtocolOptions): readonly WorkUnit[] {
  requireTrainingPrompts(prepareData(data, staticNeeds), seeds)
  return seeds.flatMap((seed) => [
    unitOf({ seed, kind: 'references', index: 0 }, 'references', 1),
    ...staticEntrants.flatMap((entrant, index) =>
      policies.includes(entrant.policy.name)
        ? [unitOf({ seed, kind: 'policy', index }, entrantKey(entrant), entrant.weight)]
        : [],
    ),
    ...shuffledEntrants.map(({ entrant, shuffles }, index) =>
      unitOf({ seed, kind: 'shuffled', index }, `${entrantKey(entrant)}-shuffled`, shuffles * entrant.weight),
    ),
  ])
}

function unitOf(parameters: StaticUnitParameters, name: string, weight: number): WorkUnit {
  const key = `seed-${parameters.seed}-${name}`
  return { key, weight, affinity: `seed-${parameters.seed}`, parameters: { ...parameters } }
}

function entrantKey({ policy, setting }: StaticEntrant): string {
  return [policy.name, ...Object.entries(setting).map(([key, value]) => `${key}-${value}`)].join('-')
}
