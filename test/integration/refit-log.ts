import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { unknownCells } from '../../src/outcomes/outcome-data.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../src/routing/prediction/completion-time-model.ts'
import { toStoredPolicyVersion } from '../../src/routing/prediction/fitted-policy.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { LlmRegistry } from '../../src/routing/registry/llm-registry.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { Router } from '../../src/routing/router.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { loadServingPolicy } from '../../src/training/load-policy.ts'
import { releaseVersion } from '../../src/training/rollout.ts'
import { packRows, savedRowsData } from '../../src/training/saved-rows.ts'

const topics = [
  ['sum', 'integer', 'equation', 'prime', 'digit', 'square', 'fraction', 'modulo'],
  ['poem', 'river', 'autumn', 'lantern', 'sailor', 'meadow', 'whisper', 'harbour'],
] as const

export const refitPool: readonly Llm[] = ['cheap', 'dear'].map((id, index) => ({
  ...unknownLlmProperties,
  id,
  provider: 'scripted',
  upstreamModel: id,
  price: { inputPerMillionTokensUsd: [1, 20][index]!, outputPerMillionTokensUsd: [1, 20][index]! },
}))

/** A question of one of two topics. */
export function question(random: SeededRandom): { readonly text: string; readonly topic: number } {
  const topic = Math.floor(random.next() * 2)
  return { text: Array.from({ length: 12 }, () => topics[topic]![Math.floor(random.next() * 8)]!).join(' '), topic }
}

/** `cheap` writes well and cannot count; `dear` can do both. */
function qualityOf(topic: number, llm: number, random: SeededRandom): number {
  return llm === 0 && topic === 0 ? 0.2 + 0.1 * random.next() : 0.85 + 0.1 * random.next()
}

function outcomes(count: number): OutcomeData {
  const random = new SeededRandom(5)
  const asked = Array.from({ length: count }, () => question(random))
  const cells = 2 * count
  return {
    name: 'two topics',
    prompts: asked.map(({ text, topic }, row) => ({
      id: `p${row}`,
      source: String(topic),
      text: `${text} ${row}`,
      extra: {},
    })),
    llms: refitPool.map(({ id, price }) => ({ id, price, base: id, extra: {} })),
    quality: Float64Array.from({ length: cells }, (_, cell) => qualityOf(asked[cell >> 1]!.topic, cell & 1, random)),
    costUsd: unknownCells(cells),
    inputTokens: unknownCells(cells).fill(20),
    outputTokens: Float64Array.from({ length: cells }, () => Math.round(80 + 40 * random.next())),
    latencyMs: unknownCells(cells),
  }
}

export async function openRefitStorage(file: string): Promise<Storage> {
  return openSqliteStorage({ file })
}

/** A database with a version fitted by hand that serves. */
export async function fitByHand(storage: Storage): Promise<string> {
  const { policy, embedder, source } = await fitPolicy(outcomes(150), { seed: 1, now: 1_000 })
  const { policies } = storage
  await policies.saveEmbedder(embedder.id, embedder.snapshot())
  await policies.saveVersion(toStoredPolicyVersion(policy))
  const data = savedRowsData(packRows(source))
  await policies.saveTrainingRows({ embedderId: embedder.id, description: policy.description, data })
  await releaseVersion(policies, policy.id, { atMs: 1_000, detail: 'fitted' })
  return policy.id
}

/** A saved version fitted on outcomes with the LLMs exchanged: it sends sums to the one that cannot count. */
export async function fitConfused({ policies }: Storage): Promise<string> {
  const random = new SeededRandom(9)
  const asked = Array.from({ length: 150 }, () => question(random))
  const cells = (value: (row: number, llm: number) => number) =>
    Float64Array.from({ length: 300 }, (_, cell) => value(cell >> 1, cell & 1))
  const { policy, embedder } = await fitPolicy(
    {
      name: 'confused',
      prompts: asked.map(({ text }, row) => ({ id: `p${row}`, source: '', text: `${text} ${row}`, extra: {} })),
      llms: refitPool.map(({ id, price }) => ({ id, price, base: id, extra: {} })),
      quality: cells((row, llm) => (llm === asked[row]!.topic ? 0.9 : 0.2)),
      costUsd: unknownCells(300),
      inputTokens: cells(() => 20),
      outputTokens: cells(() => 100),
      latencyMs: unknownCells(300),
    },
    { seed: 2, now: 2_000 },
  )
  await policies.saveEmbedder(embedder.id, embedder.snapshot())
  await policies.saveVersion(toStoredPolicyVersion(policy))
  return policy.id
}

export async function refitRouter(storage: Storage, seed = 3): Promise<Router> {
  let decisions = 0
  return new Router({
    pool: new LlmRegistry(refitPool),
    policy: await loadServingPolicy(storage.policies, refitPool),
    times: new CompletionTimeModel(),
    random: new SeededRandom(seed),
    clock: { now: () => 10_000 + decisions },
    newId: () => `d${seed}-${String(++decisions).padStart(6, '0')}`,
  })
}

/** Requests that are decided, answered and judged, committed one after the other. */
export async function fillLog(storage: Storage, router: Router, count: number, seed = 11): Promise<void> {
  const random = new SeededRandom(seed)
  for (let i = 0; i < count; i++) {
    const { text, topic } = question(random)
    const decision = await router.route(plainRequest(`${text} again ${i}`), { keyId: undefined, budgetUsd: undefined })
    const llm = refitPool.findIndex(({ id }) => id === decision.drawn)
    const outputTokens = Math.round(80 + 40 * random.next())
    await storage.decisions.append(decision, 0)
    await storage.decisions.settle({
      decisionId: decision.id,
      settledAtMs: 20_000,
      status: 'completed',
      answered: decision.drawn,
      reportedModel: undefined,
      usage: { inputTokens: 20, outputTokens },
      costNanoUsd: 1_000 * (20 + outputTokens) * [1, 20][llm]!,
      billedNanoUsd: 1_000 * (20 + outputTokens) * [1, 20][llm]!,
      streamed: false,
      timeToFirstTokenMs: undefined,
      completionMs: 5,
      overheadMs: 0,
      attempts: [],
    })
    await storage.feedback.accept(
      {
        decisionId: decision.id,
        source: 'judge',
        kind: 'score',
        value: qualityOf(topic, llm, random),
        receivedAtMs: 30_000,
        keyId: undefined,
        idempotencyKey: undefined,
      },
      undefined,
    )
  }
}
