import { selectRows } from '../../../outcomes/outcome-data.ts'
import { fitPolicy } from '../../../training/fit-policy.ts'
import { fitMixLlm } from '../../mixllm/fit-mixllm.ts'
import type { FittedMixLlm } from '../../mixllm/fitted-mixllm.ts'
import type { OfflineMixLlm } from '../../mixllm/meta-decision-maker.ts'
import { offlineMixLlm } from '../../mixllm/offline-mixllm.ts'
import type { WorkerCache } from '../../protocol.ts'
import { type RememberedFit, rememberFitted } from './served-router-policy.ts'
import { type StreamCase, type StreamData, streamCase, streamParts } from './stream-case.ts'

/**
 * Trees of each of MixLLM's forests. Fewer than the hundred of the other protocols: the stream is fitted several times per
 * seed, and the forests are most of it.
 */
export const mixLlmTrees = 50

/** MixLLM fitted on the offline part. */
export interface MixLlmFit {
  readonly fitted: FittedMixLlm
  readonly offline: OfflineMixLlm
}

/** The case of a seed and a share; units that follow one another share it. */
export function cachedCase(
  base: StreamData,
  offlineShare: number,
  seed: number,
  cache: WorkerCache,
): Promise<StreamCase> {
  const make = (): Promise<StreamCase> => streamCase(base, streamParts(base.prepared, offlineShare, seed), seed)
  return cache.get('stream-case', `${base.data.name} ${offlineShare} ${seed}`, make)
}

export function cachedMixLlm(from: StreamCase, offlineShare: number, cache: WorkerCache): Promise<MixLlmFit> {
  return cache.get('stream-mixllm', `${from.data.name} ${offlineShare} ${from.seed}`, () => mixLlmFit(from, 'domains'))
}

/** @param tags `forced`: the tag-enhanced projection stays even where early stopping would do without it. */
export async function mixLlmFit(from: StreamCase, tags: 'domains' | 'forced' | 'none'): Promise<MixLlmFit> {
  const { offlineRows, offlineTexts: texts, offlineSources: sources, prices, seed } = from
  const fitted = await fitMixLlm(offlineRows, {
    texts,
    sources,
    prices,
    seed,
    tags: tags === 'none' ? 'none' : 'domains',
    keepProjection: tags === 'forced' ? 'last' : 'best',
    trees: mixLlmTrees,
  })
  return { fitted, offline: offlineMixLlm(fitted, offlineRows, offlineRows.llms) }
}

/** Pointsman's own fit on the offline part, with the case's embedder. */
export async function pointsmanFit(from: StreamCase): Promise<RememberedFit> {
  const { seed, embedder } = from
  const { policy } = await fitPolicy(selectRows(from.data, from.parts.offline), { seed, now: 0, embedder })
  return rememberFitted(from, policy)
}
