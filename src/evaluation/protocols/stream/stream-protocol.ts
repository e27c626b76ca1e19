import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { prepareData } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import type { Protocol, ProtocolOptions, WorkerCache, WorkUnit } from '../../protocol.ts'
import { collectStream } from './collect-stream.ts'
import { runAblationUnit } from './run-ablation-unit.ts'
import { runLeftOutUnit } from './run-left-out-unit.ts'
import { runMainUnit } from './run-main-unit.ts'
import { runPoolUnit } from './run-pool-unit.ts'
import { type StreamData, streamData, streamNeeds, streamParts } from './stream-case.ts'
import { cachedCase } from './stream-fits.ts'
import type { StreamUnitOutput } from './stream-output.ts'
import { offlineShares } from './stream-setting.ts'

const routers: readonly PolicyName[] = ['pointsman', 'mixllm']
const references: readonly PolicyName[] = ['random', 'cheapest', 'best-single', 'zero-router', 'task-oracle', 'oracle']

type UnitKind = 'main' | 'ablations' | 'pool' | 'left-out'

interface UnitParameters {
  readonly kind: UnitKind
  readonly seed: number
  readonly offlineShare: number
  /** Of the seed among the seeds. */
  readonly place: number
  readonly policies: readonly string[]
}

/** Fewer, and the routers' own folds have too little to choose by. */
const fewestOfflinePrompts = 50

/** The share that MixLLM's own experiments are run at. */
const experimentShare = offlineShares[0]

/**
 * The `stream` protocol (mathematics §17): MixLLM's continual training under load (arXiv:2502.18482, section 4), with Pointsman
 * beside it. Each seed divides the training prompts into an offline part and a stream, and orders stream and test.
 */
export const streamProtocol: Protocol<StreamUnitOutput> = {
  name: 'stream',
  policies: [...routers, ...references].map((name) => ({ name, kind: policyKinds[name] })),
  defaultSeeds: 5,
  plan,
  run,
  collect: collectStream,
}

/** Seed by seed, and share by share within it, so that neighbours share what was fitted. */
function plan(data: OutcomeData, { seeds, policies }: ProtocolOptions): readonly WorkUnit[] {
  requireOfflinePrompts(data, seeds)
  const asked = routers.filter((name) => policies.includes(name))
  return seeds.flatMap((seed, place) => {
    const unit = (kind: UnitKind, offlineShare: number, weight: number): WorkUnit => {
      const share = `seed-${seed}-offline-${Math.round(100 * offlineShare)}`
      const parameters: UnitParameters = { kind, seed, offlineShare, place, policies: asked }
      return { key: `${share}-${kind}`, weight, affinity: share, parameters: { ...parameters } }
    }
    const experiments = asked.includes('mixllm')
      ? [unit('ablations', experimentShare, 3), unit('left-out', experimentShare, 2), unit('pool', experimentShare, 2)]
      : []
    const [first, ...others] = offlineShares.map((share) => unit('main', share, 4))
    return [first!, ...experiments, ...others]
  })
}

function requireOfflinePrompts(data: OutcomeData, seeds: readonly number[]): void {
  const prepared = prepareData(data, streamNeeds)
  const least = Math.min(...offlineShares)
  for (const seed of seeds) {
    const { offline } = streamParts(prepared, least, seed)
    if (offline.length >= fewestOfflinePrompts) continue
    const message = `${data.name}: ${100 * least} % of the training prompts are ${offline.length}; the offline part needs ${fewestOfflinePrompts}`
    throw new EvaluationError('unfit_data', message)
  }
}

async function run(
  source: OutcomeData,
  unit: WorkUnit,
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<StreamUnitOutput> {
  const { kind, seed, offlineShare, place, policies } = unit.parameters as unknown as UnitParameters
  const base = await cache.get<StreamData>('stream-data', source.name, () => streamData(source))
  const from = await cachedCase(base, offlineShare, seed, cache)
  switch (kind) {
    case 'main':
      return runMainUnit(from, offlineShare, offlineShare === experimentShare, policies, cache, onProgress)
    case 'ablations':
      return runAblationUnit(from, offlineShare, cache, onProgress)
    case 'left-out':
      return runLeftOutUnit(base, from, offlineShare, place, cache, onProgress)
    case 'pool':
      return runPoolUnit(from, offlineShare)
    default:
      throw new EvaluationError('invalid_option', `There is no unit of kind ${String(kind)}`)
  }
}
