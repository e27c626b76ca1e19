import { MetaDecisionMaker } from '../../mixllm/meta-decision-maker.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { WorkerCache } from '../../protocol.ts'
import { referenceRuns } from './reference-policies.ts'
import { replayStream, type StreamLoad, type StreamPolicy, type StreamRecord } from './replay-stream.ts'
import { type RememberedFit, ServedRouterPolicy } from './served-router-policy.ts'
import type { StreamCase } from './stream-case.ts'
import { cachedMixLlm, pointsmanFit } from './stream-fits.ts'
import type { StreamCourse, StreamRun, StreamUnitOutput } from './stream-output.ts'
import { lambdas, type RouterSetting, type StreamFeedback, timeLimitsSeconds } from './stream-setting.ts'

/** A policy that streams first and is then tested with learning off. */
export interface FreezablePolicy extends StreamPolicy {
  freeze(): void
  /** Nobody will give feedback, but calls still go on; default: as frozen. */
  hearNothing?(): void
}

/** Which λ the learning curves are drawn at, for the smallest offline share: the paper's, and one where quality counts for more. */
const courseLambdas: readonly number[] = [1.4, 10]

const feedbackKinds: readonly StreamFeedback[] = ['none', 'refined', 'binary']

const windowLength = 100

/**
 * One seed and one offline share: both routers at every λ, with and without the time limit, on every kind of feedback; the
 * stream first, then the test prompts with learning off. The references go with the largest share.
 */
export async function runMainUnit(
  from: StreamCase,
  offlineShare: number,
  withReferences: boolean,
  policies: readonly string[],
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<StreamUnitOutput> {
  const runs: StreamRun[] = []
  const courses: StreamCourse[] = []
  const makers: [PolicyName, (options: RunOptions) => FreezablePolicy][] = []
  if (policies.includes('mixllm')) {
    const { offline } = await cachedMixLlm(from, offlineShare, cache)
    const { costReferenceUsd, seed } = from
    makers.push(['mixllm', (options) => new MetaDecisionMaker(offline, { ...options, costReferenceUsd, seed })])
  }
  onProgress(0.3)
  if (policies.includes('pointsman')) {
    const fitted = await pointsmanFit(from)
    makers.push([
      'pointsman',
      ({ lambda, limited }) => new ServedRouterPolicy(from, fitted, { lambda, timeLimitMs: limited }),
    ])
    if (withReferences) runs.push(...(await queueRuns(from, fitted, offlineShare)))
  }
  onProgress(0.5)
  let done = 0
  for (const [policy, make] of makers) {
    for (const timeLimit of timeLimitsSeconds) {
      for (const feedback of feedbackKinds) {
        for (const lambda of lambdas) {
          const setting = { lambda, offlineShare, feedback, timeLimit }
          const limited = timeLimit === null ? undefined : timeLimit * 1000
          const { run, course } = await streamThenTest(from, policy, setting, make({ lambda, feedback, limited }))
          runs.push(run)
          if (courseLambdas.includes(lambda)) courses.push(course)
        }
        done++
        onProgress(0.5 + (0.5 * done) / (makers.length * timeLimitsSeconds.length * feedbackKinds.length))
      }
    }
  }
  if (withReferences) runs.push(...(await runReferences(from)))
  return { seed: from.seed, runs, courses, notes: withReferences ? [slotNote(from)] : [] }
}

/** c_l as published with the result. */
function slotNote({ seed, data, slots, meanCostUsd, costReferenceUsd }: StreamCase): string {
  const list = data.llms.map((llm, i) => `${llm.id} ${slots[i]}`).join(', ')
  const dearest = data.llms[meanCostUsd.indexOf(costReferenceUsd)]!.id
  return `Seed ${seed}: answers written side by side by each LLM, at which ${dearest} is offered about twice what it can serve when all requests go to it, and an even spread loads the pool to a half: ${list}.`
}

interface RunOptions {
  readonly lambda: number
  readonly feedback: StreamFeedback
  /** τ, ms. */
  readonly limited: number | undefined
}

async function streamThenTest(
  from: StreamCase,
  policy: PolicyName,
  setting: RouterSetting,
  learner: FreezablePolicy,
): Promise<{ readonly run: StreamRun; readonly course: StreamCourse }> {
  const { feedback, lambda, timeLimit } = setting
  if (feedback === 'none') {
    if (learner.hearNothing === undefined) learner.freeze()
    else learner.hearNothing()
  }
  const record = await replayStream(from, from.parts.online, learner, { load: loadOf(timeLimit), feedback })
  const course = { policy, setting, utility: windows(from, record, lambda) }
  return { run: await testRun(from, policy, setting, learner), course }
}

/** Pointsman told of the queues as MixLLM is, under the limit, at the share that the references go with. */
async function queueRuns(from: StreamCase, fitted: RememberedFit, offlineShare: number): Promise<StreamRun[]> {
  const runs: StreamRun[] = []
  for (const timeLimit of timeLimitsSeconds) {
    if (timeLimit === null) continue
    for (const lambda of lambdas) {
      const setting = { lambda, offlineShare, feedback: 'refined', timeLimit, seesQueues: true } as const
      const policy = new ServedRouterPolicy(from, fitted, { lambda, timeLimitMs: timeLimit * 1000, seesQueues: true })
      runs.push((await streamThenTest(from, 'pointsman', setting, policy)).run)
    }
  }
  return runs
}

export interface TestOptions {
  /** Default: all test prompts. */
  readonly rows?: readonly number[]
  /** Default: that of the setting's time limit. */
  readonly load?: StreamLoad | undefined
  /** Default: all LLMs. */
  readonly candidates?: readonly number[]
}

/** The test prompts with learning off, the queues empty at the start. */
export async function testRun(
  from: StreamCase,
  policy: PolicyName,
  setting: RouterSetting,
  learner: FreezablePolicy,
  options: TestOptions = {},
): Promise<StreamRun> {
  learner.freeze()
  const { rows = from.parts.test, load = loadOf(setting.timeLimit), candidates } = options
  const pool = candidates === undefined ? {} : { candidates }
  const record = await replayStream(from, rows, learner, { load, feedback: 'none', ...pool })
  return { policy, setting, ...record }
}

export function loadOf(timeLimit: number | null): StreamLoad | undefined {
  return timeLimit === null ? undefined : { timeLimitMs: timeLimit * 1000 }
}

async function runReferences(from: StreamCase): Promise<StreamRun[]> {
  const runs: StreamRun[] = []
  for (const timeLimit of timeLimitsSeconds) {
    const load = loadOf(timeLimit)
    for (const { name, lambda, policy, refreshMs } of referenceRuns(from, load?.timeLimitMs)) {
      const setting = lambda === undefined ? { timeLimit } : { lambda, timeLimit }
      const seen = load === undefined || refreshMs === undefined ? load : { ...load, refreshMs }
      const record = await replayStream(from, from.parts.test, policy, { load: seen, feedback: 'none' })
      runs.push({ policy: name, setting, ...record })
    }
  }
  return runs
}

/** Mean utility per window; an answer after τ has quality 0. The last window may be shorter. */
function windows(from: StreamCase, { rows, answered, late }: StreamRecord, lambda: number): number[] {
  const { quality, costUsd, llms } = from.data
  const isLate = new Set(late)
  const weight = lambda / (1 + lambda)
  const means: number[] = []
  for (let start = 0; start < rows.length; start += windowLength) {
    const end = Math.min(rows.length, start + windowLength)
    let sum = 0
    let known = 0
    for (let i = start; i < end; i++) {
      const cell = rows[i]! * llms.length + answered[i]!
      if (Number.isNaN(quality[cell]!) || Number.isNaN(costUsd[cell]!)) continue
      const reached = isLate.has(i) ? 0 : quality[cell]!
      sum += weight * reached - ((1 - weight) * costUsd[cell]!) / from.costReferenceUsd
      known++
    }
    means.push(sum / known)
  }
  return means
}
