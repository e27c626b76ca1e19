import { kMeans } from '../../../routing/numeric/k-means.ts'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import { stackEmbeddings } from '../../../routing/prediction/training-rows.ts'
import type { WorkerCache } from '../../protocol.ts'
import { replayStream } from './replay-stream.ts'
import { maker } from './run-ablation-unit.ts'
import { testRun } from './run-main-unit.ts'
import { type StreamCase, type StreamData, streamCase } from './stream-case.ts'
import { cachedMixLlm, mixLlmFit } from './stream-fits.ts'
import type { StreamRun, StreamUnitOutput } from './stream-output.ts'
import { lambdas } from './stream-setting.ts'

const rotations = 5

/** Fewer that are left, and the drop says nothing of domains. */
const fewestOfflinePrompts = 50

/** Where a set names fewer than two sources, as many clusters of prompts stand in for its domains (the paper has 20). */
const clusters = 20

/**
 * Leave-domains-out (MixLLM, Table 3). One rotation of the domains per seed is kept from the offline part; the left-out domains' test
 * prompts are routed by what was fitted with them, by what was fitted without them, and by the latter after the stream, where
 * they do occur, taught it with refined feedback.
 *
 * The rotation's number of offline prompts is smaller by the domains left out; that is part of the drop.
 */
export async function runLeftOutUnit(
  base: StreamData,
  from: StreamCase,
  offlineShare: number,
  rotation: number,
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<StreamUnitOutput> {
  const { seed, parts } = from
  const domains = domainsOf(from)
  const leftOut = leftOutDomains(from, domains, rotation)
  const isLeftOut = (row: number): boolean => leftOut.has(domains.get(row)!)
  const rows = parts.test.filter(isLeftOut)
  const offline = parts.offline.filter((row) => !isLeftOut(row))
  if (rows.length === 0 || offline.length < fewestOfflinePrompts) {
    return { seed, runs: [], courses: [], notes: [] }
  }
  const whole = await cachedMixLlm(from, offlineShare, cache)
  onProgress(0.4)
  const partial = await streamCase(base, { ...parts, offline }, seed)
  const { offline: blind } = await mixLlmFit(partial, 'domains')
  onProgress(0.8)
  const runs: StreamRun[] = []
  for (const lambda of lambdas) {
    const plain = { lambda, offlineShare, feedback: 'none', timeLimit: null, leftOut: 'seen' } as const
    runs.push(await testRun(from, 'mixllm', plain, maker(from, whole.offline, plain), { rows }))
    const unseen = { ...plain, leftOut: 'unseen' }
    // One scale of cost for all three: that of the case that has all domains.
    const priced = { ...partial, costReferenceUsd: from.costReferenceUsd }
    runs.push(await testRun(priced, 'mixllm', unseen, maker(priced, blind, unseen), { rows }))
    const taught = { ...plain, feedback: 'refined', leftOut: 'unseen' } as const
    const learner = maker(priced, blind, taught)
    await replayStream(priced, parts.online, learner, { load: undefined, feedback: 'refined' })
    runs.push(await testRun(priced, 'mixllm', taught, learner, { rows }))
  }
  const note = `Seed ${seed} left out ${[...leftOut].join(', ')} (${rows.length} test prompts).`
  return { seed, runs, courses: [], notes: [note] }
}

/** The source of every prompt in use; clusters of their embeddings where the set names fewer than two. */
function domainsOf({ data, contexts, parts, seed }: StreamCase): Map<number, string> {
  const used = [...parts.offline, ...parts.online, ...parts.test]
  const sources = new Map(used.map((row) => [row, data.prompts[row]!.source]))
  if (new Set(sources.values()).size >= 2) return sources
  const points = stackEmbeddings(used.map((row) => contexts[row]!))
  const count = Math.min(clusters, used.length)
  const { assignment } = kMeans(points, used.length, points.length / used.length, count, new SeededRandom(seed))
  return new Map(used.map((row, i) => [row, `cluster ${assignment[i]! + 1}`]))
}

/** Domains by falling size are dealt out to the rotations in turn, so that each leaves out about as many prompts. */
function leftOutDomains({ parts }: StreamCase, domains: Map<number, string>, rotation: number): Set<string> {
  const sizes = new Map<string, number>()
  for (const row of [...parts.offline, ...parts.online]) {
    const domain = domains.get(row)!
    sizes.set(domain, (sizes.get(domain) ?? 0) + 1)
  }
  const order = [...sizes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([domain]) => domain)
  const turns = Math.min(rotations, order.length)
  return new Set(order.filter((_, place) => place % turns === rotation % turns))
}
