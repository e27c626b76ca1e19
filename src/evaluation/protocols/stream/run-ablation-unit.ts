import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import type { FittedMixLlm } from '../../mixllm/fitted-mixllm.ts'
import { MetaDecisionMaker, type MetaDecisionOptions, type OfflineMixLlm } from '../../mixllm/meta-decision-maker.ts'
import type { WorkerCache } from '../../protocol.ts'
import { replayStream, requestOf, type StreamLoad } from './replay-stream.ts'
import { loadOf, testRun } from './run-main-unit.ts'
import type { StreamCase } from './stream-case.ts'
import { cachedMixLlm, mixLlmFit } from './stream-fits.ts'
import type { StreamRun, StreamUnitOutput } from './stream-output.ts'
import { curveLambdas, lambdas, type RouterSetting } from './stream-setting.ts'

/** ρ of an even spread is half of it: 1 is the protocol's ten requests a second. */
export const loadFactors = [0.5, 1, 1.5, 2, 3] as const

/** λ at which the load is swept and the limit bites: quality weighs most, and herds the stream onto one LLM. */
export const loadLambda = 10

const limit = 30

/** What MixLLM loses without each of its parts, and the experiments that need no fit of their own; offline share .8. */
export async function runAblationUnit(
  from: StreamCase,
  offlineShare: number,
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<StreamUnitOutput> {
  const { fitted, offline } = await cachedMixLlm(from, offlineShare, cache)
  onProgress(0.3)
  const { offline: forcedTags } = await mixLlmFit(from, 'forced')
  onProgress(0.5)
  // Where early stopping did without the projection, the fit without tags is the same.
  const isPlain = fitted.describe().projectionEpoch === 0
  const { offline: withoutTags } = isPlain ? { offline } : await mixLlmFit(from, 'none')
  onProgress(0.7)
  const at = { from, offlineShare }
  const runs = [
    ...(await tagRuns(at, { stopped: offline, forced: forcedTags, none: withoutTags })),
    ...(await learnedRuns(at, offline)),
    ...(await shuffledRuns(at, offline)),
    ...(await loadRuns(at, offline)),
    ...topRuns(at, offline),
  ]
  return { seed: from.seed, runs, courses: [], notes: [tagNote(from.seed, fitted)] }
}

function tagNote(seed: number, fitted: FittedMixLlm): string {
  const { domains, projectionEpoch } = fitted.describe()
  const outcome =
    projectionEpoch === 0
      ? 'early stopping kept the embedding as it is, so that tags change nothing'
      : `the tag-enhanced projection was stopped after epoch ${projectionEpoch}`
  return `Seed ${seed}, 80:20: ${domains.length} domains of tags; ${outcome}.`
}

/** What a row's setting says of its experiment. */
type Extra = Readonly<Record<string, string | number>>

interface Place {
  readonly from: StreamCase
  readonly offlineShare: number
}

/** e_n with the tag-enhanced part (early-stopped and forced) and without, on a fine curve, as it is after the offline fit. */
async function tagRuns(
  { from, offlineShare }: Place,
  fits: Readonly<Record<'stopped' | 'forced' | 'none', OfflineMixLlm>>,
): Promise<StreamRun[]> {
  const runs: StreamRun[] = []
  for (const [extra, offline] of [
    [{ ablation: null }, fits.stopped],
    [{ ablation: null, projection: 'forced' }, fits.forced],
    [{ ablation: 'tags' }, fits.none],
  ] as const) {
    for (const lambda of curveLambdas) {
      const setting = { lambda, offlineShare, feedback: 'none', timeLimit: null, ...extra } as const
      runs.push(await testRun(from, 'mixllm', setting, maker(from, offline, setting)))
    }
  }
  return runs
}

/** Without s_unc and without s_pen, learned as the full policy is; with a wide s_unc; and f_df by Adam instead of plain descent. */
async function learnedRuns({ from, offlineShare }: Place, offline: OfflineMixLlm): Promise<StreamRun[]> {
  const variants: readonly [Extra, 'refined' | 'binary', number | null, Changes][] = [
    [{ ablation: 'uncertainty' }, 'refined', null, { explorationWeight: 0 }],
    [{ explorationWeight: 0.2 }, 'refined', null, { explorationWeight: 0.2 }],
    [{ ablation: 'penalty' }, 'refined', limit, { penaltyWeight: 0 }],
    [{ optimiser: 'adam' }, 'binary', null, { optimiser: 'adam' }],
  ]
  const runs: StreamRun[] = []
  for (const [extra, feedback, timeLimit, changes] of variants) {
    for (const lambda of lambdas) {
      const setting = { lambda, offlineShare, feedback, timeLimit, ...extra }
      const policy = maker(from, offline, setting, changes)
      await replayStream(from, from.parts.online, policy, { load: loadOf(timeLimit), feedback })
      runs.push(await testRun(from, 'mixllm', setting, policy))
    }
  }
  return runs
}

/** A control: each answer is told the quality that the same LLM had on another prompt of the stream. */
async function shuffledRuns({ from, offlineShare }: Place, offline: OfflineMixLlm): Promise<StreamRun[]> {
  const { online } = from.parts
  const others = [...online]
  shuffle(others, new SeededRandom(from.seed))
  const feedbackFrom = new Map(online.map((row, i) => [row, others[i]!]))
  const runs: StreamRun[] = []
  for (const lambda of lambdas) {
    const setting = {
      lambda,
      offlineShare,
      feedback: 'refined',
      timeLimit: null,
      control: 'shuffled-feedback',
    } as const
    const policy = maker(from, offline, setting)
    await replayStream(from, online, policy, { load: undefined, feedback: 'refined', feedbackFrom })
    runs.push(await testRun(from, 'mixllm', setting, policy))
  }
  return runs
}

/** Rising load, with and without the penalty, and with waiting times that are never stale. */
async function loadRuns({ from, offlineShare }: Place, offline: OfflineMixLlm): Promise<StreamRun[]> {
  const runs: StreamRun[] = []
  for (const load of loadFactors) {
    const variants: readonly [Extra, Changes, Partial<StreamLoad>][] = [
      [{}, {}, {}],
      [{ ablation: 'penalty' }, { penaltyWeight: 0 }, {}],
      [{ refresh: 'each-decision' }, {}, { refreshMs: 0 }],
    ]
    for (const [extra, changes, how] of variants) {
      const setting = { lambda: loadLambda, offlineShare, feedback: 'none', timeLimit: limit, load, ...extra } as const
      const options = { load: { timeLimitMs: limit * 1000, factor: load, ...how } }
      runs.push(await testRun(from, 'mixllm', setting, maker(from, offline, setting, changes), options))
    }
  }
  return runs
}

/** The best k are all asked, and the best answer kept: that takes a judge which never errs, here the recorded quality. */
function topRuns({ from, offlineShare }: Place, offline: OfflineMixLlm): StreamRun[] {
  const runs: StreamRun[] = []
  const candidates = from.data.llms.map((_, llm) => llm)
  for (const topK of [1, 2, 3]) {
    if (topK > candidates.length) continue
    for (const lambda of curveLambdas) {
      const setting = { lambda, offlineShare, feedback: 'none', timeLimit: null, topK } as const
      const policy = maker(from, offline, setting)
      const called = from.parts.test.map((row) => policy.rank(requestOf(from, row, candidates), topK))
      const answered = called.map((llms, i) => bestOf(from, from.parts.test[i]!, llms))
      runs.push({ policy: 'mixllm', setting, rows: from.parts.test, answered, late: [], called })
    }
  }
  return runs
}

function bestOf(from: StreamCase, row: number, llms: readonly number[]): number {
  const quality = (llm: number): number => from.data.quality[row * from.data.llms.length + llm]!
  return llms.reduce((best, llm) => (quality(llm) > quality(best) || Number.isNaN(quality(best)) ? llm : best))
}

type Changes = Partial<Pick<MetaDecisionOptions, 'explorationWeight' | 'penaltyWeight' | 'optimiser'>>

export function maker(
  from: StreamCase,
  offline: OfflineMixLlm,
  { lambda, feedback }: RouterSetting,
  changes: Changes = {},
): MetaDecisionMaker {
  const { costReferenceUsd, seed } = from
  return new MetaDecisionMaker(offline, { lambda, feedback, costReferenceUsd, seed, ...changes })
}
