import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { Protocol, ProtocolPolicy } from '../../protocol.ts'
import { collectDrift } from './collect-drift.ts'
import { fitDriftCase } from './drift-case.ts'
import { planDrift } from './drift-plan.ts'
import { type OrderOutput, runOrder } from './run-order.ts'

/** In the order of the tables. */
const replayed: readonly PolicyName[] = [
  'pointsman',
  'stacked',
  'mixllm',
  'uniroute',
  'ridge',
  'knn',
  'metallm',
  'paretobandit',
  'litellm-adaptive',
  'beta-thompson',
  'track-and-stop',
]

const references: readonly PolicyName[] = [
  'random',
  'cheapest',
  'best-single',
  'zero-router',
  'full-information',
  'oracle',
]

/**
 * Policies on a stream with bandit feedback while something changes (mathematics §17): each unit is one order of the
 * streamed prompts, through all settings and policies. Seeds are orders; what is fitted offline is the same for all.
 */
export const driftProtocol: Protocol<OrderOutput> = {
  name: 'drift',
  policies: [...replayed, ...references].map((name): ProtocolPolicy => ({ name, kind: policyKinds[name] })),
  defaultSeeds: 20,
  plan(data, { seeds, policies }) {
    planDrift(data)
    return seeds.map((seed) => ({ key: `order-${seed}`, weight: 1, parameters: { seed, policies } }))
  },
  async run(data, unit, cache, onProgress) {
    const names = chosenNames(unit.parameters.policies as readonly string[])
    const fitted = await cache.get('drift-case', names.join(' '), () => fitDriftCase(planDrift(data), names))
    return runOrder(fitted, unit.parameters.seed as number, names, onProgress)
  },
  collect: (data, finished, { policies }) =>
    collectDrift(
      planDrift(data),
      finished.map(({ unit, output }) => ({ seed: unit.parameters.seed as number, output })),
      chosenNames(policies),
    ),
}

/** What was asked for and every reference, in the order of the tables. */
function chosenNames(policies: readonly string[]): readonly PolicyName[] {
  return [...replayed.filter((name) => policies.includes(name)), ...references]
}
