/**
 * What a cap on each key's influence costs where nobody lies, on paretobandit: one to four honest keys thumb answers to test prompts (any LLM, each as often), all in
 * one day. The router knows nothing but prices (`cold`), or was fitted on `val` before the LLM that it serves most became worse (`worse`: its quality times .7). What the greedy
 * choice is truly worth at λ = 20 after so many labels, and how many of them were heard.
 * Run: npm exec -- node test/replay/honest-keys.ts [seeds]
 */
import { Kysely } from 'kysely'
import { defaultFeedbackOptions } from '../../src/gateway/feedback/feedback-options.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import type { InfluenceCap } from '../../src/routing/feedback-store.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { newQualityEstimates, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { LabelInfluence } from '../../src/storage/sqlite/label-influence.ts'
import { nodeSqliteDialect } from '../../src/storage/sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../../src/storage/sqlite/open-database.ts'
import type { Schema } from '../../src/storage/sqlite/schema.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { dataFolder, meanAndInterval, realisedUtility, recordedPool, recordedRequest } from './recorded-pool.ts'

const seeds = Number(process.argv[2] ?? 3)
const lambda = 20
const looks = [100, 300, 1_000, 2_000]
const dayMs = 86_400_000
/** Every so many prompts are looked at. */
const stride = 4

const source = await readOutcomeData(dataFolder('paretobandit'))
const { policy: fitted, embedder } = await fitPolicy(source, { seed: 1, now: 0, split: 'val' })
const data = selectSplit(source, 'test')
const pool = recordedPool(data)
const width = data.llms.length
const estimates = newQualityEstimates(width)
const contexts: RoutingContext[] = []
for (const { text } of data.prompts) contexts.push(await buildContext(embedder, recordedRequest(text, 1)))
const served = mostServed()

/** As served. */
const { influence: servedCap } = defaultFeedbackOptions

const caps: readonly (readonly [string, InfluenceCap | undefined])[] = [
  ['none', undefined],
  ['50 free, .25', { window: 150, free: 50, share: 0.25 }],
  ['20 free, .25', { window: 150, free: 20, share: 0.25 }],
  ['50 free, .1', { window: 150, free: 50, share: 0.1 }],
  ['20 free, .1', { window: 150, free: 20, share: 0.1 }],
  ['50 free, 20 at once, .1 (served)', servedCap],
]

console.log(
  `paretobandit, ${contexts.length} test prompts, ${seeds} orders, λ = ${lambda}; most served: ${data.llms[served]!.id}`,
)
console.log(
  ['world', 'keys', 'cap', 'heard of 2,000', 'utility before', ...looks.map((n) => `utility after ${n}`)].join(' | '),
)
for (const world of ['cold', 'worse'] as const) {
  for (const keys of [1, 2, 4]) {
    for (const [name, cap] of caps) {
      const rows = Array.from({ length: seeds }, (_, seed) => teach(world, keys, cap, seed + 1))
      const cells = rows[0]!.map((_, i) => {
        const { mean, halfWidth } = meanAndInterval(rows.map((row) => row[i]!))
        return `${mean.toFixed(i === 0 ? 0 : 4)}${seeds > 1 ? ` ±${halfWidth.toFixed(i === 0 ? 0 : 4)}` : ''}`
      })
      console.log([world, keys, name, ...cells].join(' | '))
    }
  }
}

function qualityIn(world: 'cold' | 'worse', prompt: number, llm: number): number {
  const recorded = data.quality[prompt * width + llm]!
  return world === 'worse' && llm === served ? 0.7 * recorded : recorded
}

/** @returns labels heard, and the utility at each look. */
function teach(world: 'cold' | 'worse', keys: number, cap: InfluenceCap | undefined, seed: number): number[] {
  const random = new SeededRandom(seed)
  const policy = new RoutingPolicy({ embedder, pool, ...(world === 'worse' ? { fitted } : {}) })
  const connection = openDatabase({ file: ':memory:', busyTimeoutMs: 0, maxFileBytes: undefined })
  const influence = new LabelInfluence(new Kysely<Schema>({ dialect: nodeSqliteDialect(connection) }), connection)
  const utilities = [utilityOf(policy, world)]
  let heard = 0
  for (let i = 1; i <= looks.at(-1)!; i++) {
    const prompt = Math.floor(random.next() * contexts.length)
    const llm = Math.floor(random.next() * width)
    const value = Number(random.next() < qualityIn(world, prompt, llm))
    const { id } = data.llms[llm]!
    const keyId = `key-${i % keys}`
    const said = { decisionId: `d${i}`, source: 'user', kind: 'thumbs', value, keyId } as const
    const receivedAtMs = Math.round((i / looks.at(-1)!) * dayMs)
    const weight = influence.allowedWeight({ ...said, receivedAtMs, idempotencyKey: undefined }, id, undefined, cap)
    heard += weight
    const context = contexts[prompt]!
    const more = { offlineQuality: undefined, noise: undefined, revises: undefined }
    policy.learn({ sequence: i, llm: id, context, weight, ...said, ...more })
    if (looks.includes(i)) utilities.push(utilityOf(policy, world))
  }
  connection.close()
  return [heard, ...utilities]
}

function utilityOf(policy: RoutingPolicy, world: 'cold' | 'worse'): number {
  let sum = 0
  let count = 0
  for (let prompt = 0; prompt < contexts.length; prompt += stride) {
    const chosen = greedy(policy, prompt)
    sum += worth(qualityIn(world, prompt, chosen), prompt, chosen)
    count++
  }
  return sum / count
}

function worth(quality: number, prompt: number, llm: number): number {
  return realisedUtility(quality, data.costUsd[prompt * width + llm]!, lambda, fitted.costReferenceUsd)
}

function greedy(policy: RoutingPolicy, prompt: number): number {
  const { mean } = estimates
  policy.estimateQuality(contexts[prompt]!, pool, estimates)
  let chosen = 0
  for (let llm = 1; llm < width; llm++) {
    if (worth(mean[llm]!, prompt, llm) > worth(mean[chosen]!, prompt, chosen)) chosen = llm
  }
  return chosen
}

function mostServed(): number {
  const policy = new RoutingPolicy({ embedder, pool, fitted })
  const times = new Float64Array(width)
  for (let prompt = 0; prompt < contexts.length; prompt += stride) times[greedy(policy, prompt)]! += 1
  return times.indexOf(Math.max(...times))
}
