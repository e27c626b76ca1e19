import { readFileSync } from 'node:fs'
import { restoreStarter, type StarterModel } from '../../../routing/starter/starter-model.ts'
import { unpackSnapshot } from '../../../training/starter/packed-snapshot.ts'
import { shippedStarterFile } from '../../../training/starter/starter-file.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { Protocol, ProtocolPolicy } from '../../protocol.ts'
import { collectStart } from './collect-start.ts'
import { runStartOrder, type StartOrderOutput } from './run-start-order.ts'
import { planStart, requireForeignStarter } from './start-plan.ts'

const names: readonly PolicyName[] = ['pointsman', 'cold-start', 'random', 'cheapest', 'best-single']

/**
 * The first requests of a pool of which nothing was fitted: with a starter policy built without the set, and without one
 * (mathematics §22). Seeds are orders of the test prompts.
 */
export const startProtocol: Protocol<StartOrderOutput> = {
  name: 'start',
  policies: names.map((name): ProtocolPolicy => ({ name, kind: policyKinds[name] })),
  // Cheap, and without an offline fit the first draws decide much: fewer orders leave their noise in.
  defaultSeeds: 100,
  plan(data, { seeds, starterFile, dataSha256 }) {
    const starter = readStarter(starterFile)
    requireForeignStarter(starter, dataSha256 ?? '', data.name)
    planStart(data)
    return seeds.map((seed) => ({
      key: `order-${seed}`,
      weight: 1,
      parameters: { seed, starterFile, starter: starter.id },
    }))
  },
  async run(data, unit, cache, onProgress) {
    const plan = await cache.get('start-plan', '', () => planStart(data))
    const file = unit.parameters.starterFile as string | undefined
    const starter = await cache.get('starter', file ?? '', () => readStarter(file))
    return runStartOrder(plan, starter, unit.parameters.seed as number, onProgress)
  },
  collect: (data, finished, { starterFile }) =>
    collectStart(
      planStart(data),
      readStarter(starterFile),
      finished.map(({ unit, output }) => ({ seed: unit.parameters.seed as number, output })),
    ),
}

function readStarter(file: string = shippedStarterFile): StarterModel {
  try {
    return restoreStarter(unpackSnapshot(readFileSync(file)))
  } catch (cause) {
    throw new EvaluationError('invalid_option', `There is no starter policy that can be read at ${file}`, { cause })
  }
}
