/**
 * For how long does a change of what serves hold up the thread that answers? One process with a database, a router and the labels of its log; each
 * change is made on its own, several times over, and what is measured is its longest piece of work on the main thread: while it goes on, a loop
 * takes the time between two of its turns, and no request could have been answered in between. What the thread itself waited for a core meanwhile is
 * taken off where the system tells it.
 *
 * Run: npm exec -- node bench/live-changes.ts [--llms 11] [--prompts 3000] [--labels 3000] [--times 7] [--only joins,refit]
 */
import { existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { OutcomeData } from '../src/outcomes/outcome-data.ts'
import { admitLlm } from '../src/probing/admit-llm.ts'
import { MeasuredQuality } from '../src/probing/measured-quality.ts'
import { buildContext } from '../src/routing/embedding/context-builder.ts'
import { SeededRandom } from '../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../src/routing/prediction/completion-time-model.ts'
import { type FittedPolicy, toStoredPolicyVersion } from '../src/routing/prediction/fitted-policy.ts'
import { type Llm, unknownLlmProperties } from '../src/routing/registry/llm.ts'
import { LlmRegistry } from '../src/routing/registry/llm-registry.ts'
import { plainRequest } from '../src/routing/request.ts'
import { Router } from '../src/routing/router.ts'
import { openSqliteStorage } from '../src/storage/sqlite/open-sqlite-storage.ts'
import { fitPolicy } from '../src/training/fit-policy.ts'
import { LivePolicy } from '../src/training/live-policy.ts'
import { loadServingPolicy } from '../src/training/load-policy.ts'
import { refitInWorker } from '../src/training/refit-in-worker.ts'
import { RefitScheduler } from '../src/training/refit-scheduler.ts'
import { discardCandidate, proposeCandidate, releaseVersion, rollbackTo } from '../src/training/rollout.ts'
import { packRows, savedRowsData } from '../src/training/saved-rows.ts'
import { generatedOutcomes } from './generated-outcomes.ts'

const { values: flags } = parseArgs({
  options: {
    llms: { type: 'string' },
    prompts: { type: 'string' },
    labels: { type: 'string' },
    times: { type: 'string' },
    only: { type: 'string' },
  },
})
const [llmCount, promptCount] = [Number(flags.llms ?? 11), Number(flags.prompts ?? 3_000)]
const [labels, times] = [Number(flags.labels ?? 3_000), Number(flags.times ?? 7)]
const probeCount = 200
const scheduleFile = `/proc/self/task/${process.pid}/schedstat`
const schedule = existsSync(scheduleFile) ? openSync(scheduleFile, 'r') : undefined
const scheduleText = Buffer.alloc(64)
const noBudget = { keyId: undefined, budgetUsd: undefined }

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-live-changes-'))
const storage = await openSqliteStorage({ file: path.join(folder, 'pointsman.db') })
const { policies } = storage
try {
  // One more, who joins.
  const data = generatedOutcomes(promptCount, llmCount + 1, 1)
  const known = columns(data, llmCount)
  const first = await fitPolicy(known, { seed: 1, now: 1_000 })
  const second = await fitPolicy(known, { seed: 2, now: 2_000, embedder: first.embedder })
  const third = await fitPolicy(generatedOutcomes(promptCount, llmCount, 2), { seed: 1, now: 3_000 })
  for (const { policy, embedder } of [first, second, third]) {
    await policies.saveEmbedder(embedder.id, embedder.snapshot())
    await policies.saveVersion(toStoredPolicyVersion(policy))
  }
  const rows = savedRowsData(packRows(first.source))
  await policies.saveTrainingRows({ embedderId: first.embedder.id, description: '', data: rows })
  await measureAll(data, first.policy, second.policy, third.policy)
} finally {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
}

async function measureAll(
  data: OutcomeData,
  first: FittedPolicy,
  second: FittedPolicy,
  third: FittedPolicy,
): Promise<void> {
  const pool = data.llms.map(
    ({ id, price }): Llm => ({ ...unknownLlmProperties, id, provider: 'bench', upstreamModel: id, price }),
  )
  const newcomer = pool.pop()!
  await releaseVersion(policies, first.id, step())
  const router = await newRouter(pool)
  await fillLog(router, data)
  const onError = (error: unknown) => console.error(error)
  const live = new LivePolicy(router, storage, { onError })
  await live.start()
  const follow = () => live.follow()
  const turnTo = async (id: string) => {
    await rollbackTo(policies, id, step())
    await follow()
  }
  const refits = new RefitScheduler(
    { router, stores: storage, clock: { now: Date.now }, refit: refitInWorker, changed: follow, onEnd: () => {} },
    { afterLabels: 0, everyHours: 0, promotion: 'proof', keepVersions: 100 },
  )
  const probes = await newcomersProbes(router, data)
  let made = 0
  const changes: Record<string, { readonly before?: () => Promise<unknown>; readonly act: () => Promise<unknown> }> = {
    nothing: { act: () => new Promise((resolve) => setTimeout(resolve, 200)) },
    'rolls back': { act: () => turnTo(router.policy.version === first.id ? second.id : first.id) },
    'rolls back to another embedder': {
      act: () => turnTo(router.policy.version === third.id ? first.id : third.id),
    },
    'releases what has seen no label': {
      before: async () => {
        if (router.policy.version === third.id) await turnTo(first.id)
        await policies.saveVersion(toStoredPolicyVersion({ ...first, id: `new ${++made}`, createdAtMs: 4_000 + made }))
      },
      act: async () => {
        await releaseVersion(policies, `new ${made}`, step())
        await follow()
      },
    },
    'tries a candidate': {
      before: () => discardCandidate(policies, undefined, step()).then(follow, () => undefined),
      act: () =>
        proposeCandidate(policies, router.policy.version === first.id ? second.id : first.id, step()).then(follow),
    },
    promotes: {
      before: async () => {
        const { candidate } = await policies.rollout()
        if (candidate === undefined) {
          await proposeCandidate(policies, router.policy.version === first.id ? second.id : first.id, step())
          await follow()
        }
      },
      act: async () => {
        const { candidate } = await policies.rollout()
        await releaseVersion(policies, candidate!.id, step())
        await follow()
      },
    },
    'admits a newcomer': {
      act: async () => {
        const version = { id: `joined ${++made}`, createdAtMs: 5_000 + made }
        const described = admitLlm(router.policy.fitted!, newcomer, probes, version)
        await policies.saveVersion(toStoredPolicyVersion(described))
        await releaseVersion(policies, described.id, step())
        await follow()
        router.pool.set(newcomer)
      },
    },
    'changes a price': {
      act: async () => {
        const llm = router.pool.list()[made++ % llmCount]!
        router.pool.set({ ...llm, price: { inputPerMillionTokensUsd: 1 + made, outputPerMillionTokensUsd: 4 + made } })
      },
    },
    removes: { before: async () => router.pool.set(newcomer), act: async () => router.pool.remove(newcomer.id) },
    refit: {
      before: async () => {
        if (router.policy.version !== first.id) await turnTo(first.id)
        await discardCandidate(policies, undefined, step()).then(follow, () => undefined)
      },
      act: () => refits.run(),
    },
  }
  const only = flags.only?.split(',')
  console.log(
    `Node ${process.version}; ${llmCount} LLMs, ${promptCount} prompts, ${labels} labels, ${times} times each; a decision takes ${(await decisionMs(router)).toFixed(2)} ms`,
  )
  console.log(`${'longest piece of work'.padEnd(34)} least  median  most, ms      whole, ms`)
  for (const [name, { before, act }] of Object.entries(changes)) {
    if (only !== undefined && !only.includes(name)) continue
    const pieces: { readonly longestMs: number; readonly wholeMs: number }[] = []
    for (let i = 0; i < times; i++) {
      await before?.()
      await new Promise((resolve) => setTimeout(resolve, 50))
      pieces.push(await longestPiece(act))
    }
    const longest = pieces.map(({ longestMs }) => longestMs).sort((a, b) => a - b)
    const whole = pieces.map(({ wholeMs }) => wholeMs).sort((a, b) => a - b)
    const shown = [longest[0]!, longest[times >> 1]!, longest.at(-1)!].map((ms) => ms.toFixed(1).padStart(6))
    console.log(`${name.padEnd(34)} ${shown.join(' ')}   ${whole[times >> 1]!.toFixed(0).padStart(10)}`)
  }
  await refits.close()
  await live.close()
}

/** The longest time in which nothing else got its turn while `act` went on, without what the thread waited for a core. */
async function longestPiece(act: () => Promise<unknown>): Promise<{ longestMs: number; wholeMs: number }> {
  let isOver = false
  let longestMs = 0
  const startMs = performance.now()
  let lastMs = startMs
  let lastWaitMs = waitedMs()
  const watched = new Promise<void>((resolve) => {
    const look = () => {
      const [nowMs, waitMs] = [performance.now(), waitedMs()]
      longestMs = Math.max(longestMs, nowMs - lastMs - (waitMs - lastWaitMs))
      lastMs = nowMs
      lastWaitMs = waitMs
      if (isOver) resolve()
      else setImmediate(look)
    }
    setImmediate(look)
  })
  await act()
  const wholeMs = performance.now() - startMs
  isOver = true
  await watched
  return { longestMs, wholeMs }
}

/** What this thread has waited for a core since it began, ms, by Linux's account of it; 0 elsewhere. */
function waitedMs(): number {
  if (schedule === undefined) return 0
  const length = readSync(schedule, scheduleText, 0, scheduleText.length, 0)
  return Number(scheduleText.toString('latin1', 0, length).split(' ')[1]) / 1e6
}

function step() {
  return { atMs: Date.now(), detail: 'bench' }
}

function columns(data: OutcomeData, count: number): OutcomeData {
  const width = data.llms.length
  const pick = (cells: Float64Array) => cells.filter((_, cell) => cell % width < count)
  const { quality, costUsd, inputTokens, outputTokens, latencyMs } = data
  return {
    ...data,
    llms: data.llms.slice(0, count),
    quality: pick(quality),
    costUsd: pick(costUsd),
    inputTokens: pick(inputTokens),
    outputTokens: pick(outputTokens),
    latencyMs: pick(latencyMs),
  }
}

async function newRouter(pool: readonly Llm[]): Promise<Router> {
  let decisions = 0
  return new Router({
    pool: new LlmRegistry(pool),
    policy: await loadServingPolicy(policies, pool),
    times: new CompletionTimeModel(),
    random: new SeededRandom(1),
    clock: { now: Date.now },
    newId: () => `d${String(++decisions).padStart(8, '0')}`,
  })
}

/** Requests that were decided, answered and judged. */
async function fillLog(router: Router, { prompts, quality, llms }: OutcomeData): Promise<void> {
  const judged = async (i: number): Promise<void> => {
    const row = i % prompts.length
    const decision = await router.route(plainRequest(`${prompts[row]!.text} ${i}`), noBudget)
    const { id, drawn } = decision
    await storage.decisions.append(decision, 0)
    await storage.decisions.settle({
      ...{ decisionId: id, settledAtMs: 0, status: 'completed', answered: drawn, reportedModel: undefined },
      ...{ usage: { inputTokens: 120, outputTokens: 200 }, costNanoUsd: 1_000, billedNanoUsd: 1_000, streamed: false },
      ...{ timeToFirstTokenMs: undefined, completionMs: 5, overheadMs: 0, attempts: [] },
    })
    const value = quality[row * llms.length + llms.findIndex((llm) => llm.id === drawn)]!
    const said = { decisionId: id, source: 'judge', kind: 'score', value, receivedAtMs: 0 } as const
    await storage.feedback.accept({ ...said, keyId: undefined, idempotencyKey: undefined }, undefined)
  }
  for (let i = 0; i < labels; i += 64) {
    await Promise.all(Array.from({ length: Math.min(64, labels - i) }, (_, offset) => judged(i + offset)))
  }
}

async function newcomersProbes(router: Router, { prompts, quality, llms }: OutcomeData) {
  const chosen = prompts.slice(0, probeCount)
  const seen = await Promise.all(
    chosen.map(async ({ id, text }) => {
      const request = plainRequest(text)
      return { id, task: '', request, context: await buildContext(router.policy.embedder, request) }
    }),
  )
  const own = chosen.map(({ id }, row) => ({
    ...{
      llm: llms.at(-1)!.id,
      probeSet: 'bench',
      probeId: id,
      atMs: 0,
      quality: quality[(row + 1) * llms.length - 1]!,
    },
    ...{ costNanoUsd: 1_000, inputTokens: 120, outputTokens: 200, completionMs: 5, error: undefined },
  }))
  return {
    seen,
    own,
    measured: new MeasuredQuality({ probes: [], anchors: { llms: [], quality: new Float64Array() } }, []),
  }
}

async function decisionMs(router: Router): Promise<number> {
  const taken: number[] = []
  for (let i = 0; i < 500; i++) {
    const startMs = performance.now()
    await router.route(plainRequest(`a question ${i} of some words, none of which matters here`), noBudget)
    taken.push(performance.now() - startMs)
  }
  return taken.sort((a, b) => a - b)[250]!
}
