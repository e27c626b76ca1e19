/**
 * What one routing decision costs: with and without the embedding, for pools of 12, 100 and 1,000 LLMs, and one online
 * update; with and without another version on trial. Distinct 1,000-character prompts. Run: npm exec -- node bench/decision.ts
 */

import { HashedNgramEmbedder } from '../src/routing/embedding/hashed-ngram-embedder.ts'
import { SeededRandom } from '../src/routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../src/routing/prediction/completion-time-model.ts'
import { type Llm, unknownLlmProperties } from '../src/routing/registry/llm.ts'
import { LlmRegistry } from '../src/routing/registry/llm-registry.ts'
import { plainRequest } from '../src/routing/request.ts'
import { Router } from '../src/routing/router.ts'
import { RoutingPolicy } from '../src/routing/routing-policy.ts'

const nobody = { keyId: undefined, budgetUsd: undefined }
const requests = 4000
const labelsPerLlm = 20

const random = new SeededRandom(1)
const words = Array.from({ length: 3000 }, () =>
  Array.from({ length: 3 + Math.floor(random.next() * 7) }, () => String.fromCharCode(97 + random.next() * 26)).join(
    '',
  ),
)
const prompts = Array.from({ length: requests }, () => {
  let text = ''
  while (text.length < 1000) text += `${words[Math.floor(random.next() * words.length)]!} `
  return text.slice(0, 1000)
})

console.log(
  `Node ${process.version}; ${requests} distinct prompts of 1,000 characters; every LLM has ${labelsPerLlm} labels`,
)
console.log(
  ['LLMs', 'embedding', 'trial', 'p50 µs', 'p99 µs', 'mean µs', 'CPU µs'].map((cell) => cell.padStart(10)).join(''),
)
for (const count of [12, 100, 1000]) {
  for (const embedded of [true, false]) {
    for (const onTrial of [false, true]) await measureDecisions(count, embedded, onTrial)
  }
}
measureUpdates()

async function measureDecisions(count: number, embedded: boolean, onTrial: boolean): Promise<void> {
  const fixed = new HashedNgramEmbedder()
  const vector = fixed.embed(prompts[0]!)
  const embedder = embedded ? fixed : { id: fixed.id, dimension: fixed.dimension, embed: () => vector }
  const pool = llms(count)
  const policy = new RoutingPolicy({ embedder, pool })
  const router = newRouter(pool, policy)
  await teach(router, pool)
  if (onTrial) router.tryOut({ policy: new RoutingPolicy({ embedder, pool }), phase: 'canary', share: 0.1, salt: 's' })
  for (let i = 0; i < 500; i++) await router.route(plainRequest(prompts[i]!), nobody)
  const times = new Float64Array(requests)
  const cpu = process.cpuUsage()
  const begun = performance.now()
  for (let i = 0; i < requests; i++) {
    const start = performance.now()
    await router.route(plainRequest(prompts[i]!), nobody)
    times[i] = 1000 * (performance.now() - start)
  }
  const meanUs = (1000 * (performance.now() - begun)) / requests
  const { user, system } = process.cpuUsage(cpu)
  times.sort()
  const cells = [
    count,
    embedded ? 'yes' : 'no',
    onTrial ? 'canary' : 'none',
    times[requests / 2]!,
    times[Math.floor(requests * 0.99)]!,
    meanUs,
    (user + system) / requests,
  ]
  console.log(
    cells
      .map((cell) => (typeof cell === 'number' && cell % 1 !== 0 ? cell.toFixed(1) : String(cell)).padStart(10))
      .join(''),
  )
}

function measureUpdates(): void {
  const pool = llms(12)
  const policy = new RoutingPolicy({ embedder: new HashedNgramEmbedder(), pool })
  const contexts = prompts.map((text) => ({
    embedderId: policy.embedder.id,
    embedding: policy.embedder.embed(text) as Float32Array,
    explicit: new Float32Array(0),
  }))
  const times = contexts.map((context, i) => {
    const start = performance.now()
    policy.learn({
      sequence: i + 1,
      decisionId: '',
      llm: pool[i % 12]!.id,
      context,
      source: '',
      kind: 'score',
      offlineQuality: 0.5,
      value: 0.5,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
    return 1000 * (performance.now() - start)
  })
  const sorted = Float64Array.from(times.slice(500)).sort()
  console.log(
    `one online update: p50 ${sorted[sorted.length >> 1]!.toFixed(1)} µs, p99 ${sorted[Math.floor(sorted.length * 0.99)]!.toFixed(1)} µs`,
  )
}

async function teach(router: Router, pool: readonly Llm[]): Promise<void> {
  let sequence = 0
  const { context } = await router.route(plainRequest(prompts[0]!), nobody)
  for (const llm of pool) {
    for (let i = 0; i < labelsPerLlm; i++) {
      router.learn({
        sequence: ++sequence,
        decisionId: '',
        llm: llm.id,
        context,
        source: '',
        kind: 'score',
        offlineQuality: 0.5,
        value: random.next(),
        weight: 1,
        noise: undefined,
        revises: undefined,
      })
    }
  }
}

function newRouter(pool: readonly Llm[], policy: RoutingPolicy): Router {
  let ids = 0
  return new Router({
    pool: new LlmRegistry(pool),
    policy,
    times: new CompletionTimeModel(),
    random: new SeededRandom(2),
    clock: { now: () => 0 },
    newId: () => `d${ids++}`,
  })
}

function llms(count: number): Llm[] {
  return Array.from({ length: count }, (_, i) => ({
    ...unknownLlmProperties,
    id: `llm-${i}`,
    provider: 'bench',
    upstreamModel: `llm-${i}`,
    price: { inputPerMillionTokensUsd: 0.1 * (1 + i), outputPerMillionTokensUsd: 0.4 * (1 + i) },
  }))
}
