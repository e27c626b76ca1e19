/**
 * A key that lies, on paretobandit: fitted on `val`; two honest keys thumb what they were answered (test prompts), 2,000 labels, and from half-way
 * on a third key posts 10,000 thumbs down on the best LLM, ten before each honest label, all `test` prompts being its own requests, and where it is told to
 * as many up on the next best. What moves: the best LLM's q̂, its share of the traffic and what the traffic is worth, with no cap on a key's influence and
 * with caps, beside what mathematics §27 bounds it by.
 * Run: npm exec -- node test/replay/poisoning.ts [seeds] [prior level] [down|both]
 */
import { Kysely } from 'kysely'
import { defaultFeedbackOptions } from '../../src/gateway/feedback/feedback-options.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit } from '../../src/outcomes/split.ts'
import { type ChoiceInputs, choiceProbabilities, defaultExploration } from '../../src/routing/decision/choice.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import type { InfluenceCap } from '../../src/routing/feedback-store.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { Label } from '../../src/routing/outcome.ts'
import { defaultLearning, newQualityEstimates, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { LabelInfluence } from '../../src/storage/sqlite/label-influence.ts'
import { nodeSqliteDialect } from '../../src/storage/sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../../src/storage/sqlite/open-database.ts'
import type { Schema } from '../../src/storage/sqlite/schema.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { dataFolder, meanAndInterval, recordedPool, recordedRequest } from './recorded-pool.ts'

const seeds = Number(process.argv[2] ?? 3)
/** How wrong the fit may be of a level: as served .01 beside the error of its mean, of the shipped starter policy .1. */
const priorLevel = Number(process.argv[3] ?? defaultLearning.priors.fitted.level)
const isBoth = process.argv[4] === 'both'
const lambdas = [1, 20, 200]
const honestLabels = 2_000
const falsePerHonest = 10
/** The lies go on for the second of two days. */
const spanMs = 2 * 86_400_000
/** Of a thumb, of a source that agrees best. */
const smallestVariance = 0.05 * 0.5
/** After so many honest labels since the lies began. */
const looks = new Set([2, 5, 10, 20, 50, 100, 200, 400, 700, 999])

const source = await readOutcomeData(dataFolder('paretobandit'))
const { policy: fitted, embedder } = await fitPolicy(source, { seed: 1, now: 0, split: 'val' })
const data = selectSplit(source, 'test')
const pool = recordedPool(data)
const width = data.llms.length
const [best, nextBest] = bestLlms()
const contexts: RoutingContext[] = []
for (const { text } of data.prompts) contexts.push(await buildContext(embedder, recordedRequest(text, 1)))

const inputs: ChoiceInputs = {
  utility: new Float64Array(width),
  comparableCostUsd: new Float64Array(width),
  deviation: new Float64Array(width),
  reach: new Float64Array(width),
  isTried: new Uint8Array(width),
}

const priors = { ...defaultLearning.priors, fitted: { level: priorLevel, slope: priorLevel / 10 } }

interface Variant {
  readonly name: string
  readonly lies: boolean
  readonly cap?: InfluenceCap
}

const variants: readonly Variant[] = [
  { name: 'nobody lies', lies: false },
  { name: 'no cap', lies: true },
  { name: '20 free, .1', lies: true, cap: { window: 150, free: 20, share: 0.1 } },
  { name: '50 free, .1', lies: true, cap: { window: 150, free: 50, share: 0.1 } },
  { name: '50 free, 20 at once, .1 (served)', lies: true, cap: defaultFeedbackOptions.influence },
  { name: '50 free, .25', lies: true, cap: { window: 150, free: 50, share: 0.25 } },
]

console.log(
  `paretobandit, fit on val, ${data.prompts.length} test prompts, ${seeds} orders; 10,000 thumbs down on ${data.llms[best]!.id}${isBoth ? `, and up on ${data.llms[nextBest]!.id}` : ''}`,
)
console.log(
  'at the worst of ten looks after the lies began, of each figure apart; traffic as served: share of the best LLM before and after, requests that go elsewhere, the widest lead that was lost by the estimates without lies, true utility lost a request',
)
console.log(
  [
    'variant',
    'weight of lies',
    'alarms',
    'mean shift',
    'largest',
    'mean bound',
    'bound held',
    ...lambdas.flatMap((l) => [`λ=${l}: share before`, 'after', 'moved', 'widest lead', 'lost']),
  ].join(' | '),
)
const table = new Map<string, number[][]>()
for (let seed = 1; seed <= seeds; seed++) {
  let truth: readonly Checkpoint[] | undefined
  for (const variant of variants) {
    const { checkpoints, given } = teach(variant, seed)
    truth ??= checkpoints
    const seen = checkpoints.map((at, i) => compare(at, truth![i]!))
    const worst = seen.reduce((most, next) => (next.meanShift > most.meanShift ? next : most))
    const isHeld = seen.every(({ breaches }) => breaches === 0)
    const figures = lambdas.flatMap((_, i) => {
      const { share, shareBefore, moved, widestLead, lost } = seen
        .map(({ traffic }) => traffic[i]!)
        .reduce((most, next) => (next.moved > most.moved ? next : most))
      return [shareBefore, share, moved, widestLead, lost]
    })
    const row = [
      given,
      checkpoints.at(-1)!.alarms,
      worst.meanShift,
      worst.largestShift,
      worst.bound,
      Number(isHeld),
      ...figures,
    ]
    table.set(variant.name, [...(table.get(variant.name) ?? []), row])
  }
}
for (const [name, rows] of table) {
  const cells = rows[0]!.map((_, i) => {
    const { mean, halfWidth } = meanAndInterval(rows.map((row) => row[i]!))
    return `${mean.toFixed(3)}${seeds > 1 ? ` ±${halfWidth.toFixed(3)}` : ''}`
  })
  console.log([name, ...cells].join(' | '))
}

/** What is believed of every prompt after so many honest labels. */
interface Checkpoint {
  /** q̂, shape [prompts][LLMs]. */
  readonly mean: readonly Float64Array[]
  /** u, shape [prompts][LLMs]. */
  readonly uncertainty: readonly Float64Array[]
  /** Σ γ^age·w of the lies. */
  readonly lieWeight: number
  readonly alarms: number
}

/** Folds the honest labels, and the lies from half-way on, each with the weight that the cap leaves it, as the store gives it. */
function teach({ lies, cap }: Variant, seed: number): { readonly checkpoints: Checkpoint[]; readonly given: number } {
  const random = new SeededRandom(seed)
  const liar = new SeededRandom(seed ^ 0x51ed270b)
  const policy = new RoutingPolicy({ embedder, fitted, pool, options: { priors } })
  const { influence, close } = openInfluence()
  const checkpoints: Checkpoint[] = []
  let sequence = 0
  let given = 0
  let lieWeight = 0
  let receivedAtMs = 0
  const give = (prompt: number, llm: number, value: number, keyId: string) => {
    sequence++
    const isLie = keyId === 'liar'
    // By the store's own rule.
    const said = { decisionId: '', source: 'user', kind: 'thumbs', value, keyId, receivedAtMs } as const
    const { id } = data.llms[llm]!
    const weight = influence.allowedWeight(
      { ...said, idempotencyKey: undefined },
      id,
      undefined,
      isLie ? cap : undefined,
    )
    if (llm === best && weight > 0) {
      lieWeight = lieWeight * defaultLearning.discount ** weight + (isLie ? weight : 0)
      given += isLie ? weight : 0
    }
    policy.learn(labelOf(sequence, prompt, llm, value, keyId, weight))
  }
  for (let i = 0; i < honestLabels; i++) {
    receivedAtMs = Math.round((i / honestLabels) * spanMs)
    for (let j = 0; lies && i >= honestLabels / 2 && j < falsePerHonest; j++) {
      give(Math.floor(liar.next() * contexts.length), best, 0, 'liar')
      if (isBoth) give(Math.floor(liar.next() * contexts.length), nextBest, 1, 'liar')
    }
    // Half of the honest traffic is on the best LLM, the rest anywhere.
    const prompt = Math.floor(random.next() * contexts.length)
    const llm = random.next() < 0.5 ? best : Math.floor(random.next() * width)
    const quality = data.quality[prompt * width + llm]!
    give(prompt, llm, Number(random.next() < quality), i % 2 === 0 ? 'a' : 'b')
    if (looks.has(i - honestLabels / 2)) checkpoints.push({ ...look(policy), lieWeight, alarms: policy.alarms.length })
  }
  close()
  return { checkpoints, given }
}

function openInfluence() {
  const connection = openDatabase({ file: ':memory:', busyTimeoutMs: 0, maxFileBytes: undefined })
  const database = new Kysely<Schema>({ dialect: nodeSqliteDialect(connection) })
  return { influence: new LabelInfluence(database, connection), close: () => connection.close() }
}

function look(policy: RoutingPolicy): Pick<Checkpoint, 'mean' | 'uncertainty'> {
  const all = contexts.map((context) => {
    const out = newQualityEstimates(width)
    policy.estimateQuality(context, pool, out)
    return [out.mean.slice(), out.uncertainty.slice()] as const
  })
  return { mean: all.map(([mean]) => mean), uncertainty: all.map(([, uncertainty]) => uncertainty) }
}

function compare(checkpoint: Checkpoint, truth: Checkpoint) {
  const { mean, lieWeight } = checkpoint
  const uncertainty = checkpoint.uncertainty.map((all) => all[best]!)
  const shifts = mean.map((now, i) => Math.abs(now[best]! - truth.mean[i]![best]!))
  const widest = Math.max(...uncertainty)
  const bounds = uncertainty.map((u) =>
    Math.min((u * Math.sqrt(lieWeight)) / Math.sqrt(smallestVariance), (u * widest * lieWeight) / smallestVariance),
  )
  return {
    meanShift: average(shifts),
    largestShift: Math.max(...shifts),
    bound: average(bounds),
    breaches: shifts.filter((shift, i) => shift > bounds[i]! + 1e-9).length,
    traffic: lambdas.map((lambda) => compareTraffic(checkpoint, truth, lambda)),
  }
}

function labelOf(sequence: number, prompt: number, llm: number, value: number, keyId: string, weight: number): Label {
  return {
    sequence,
    decisionId: `d${sequence}`,
    llm: data.llms[llm]!.id,
    context: contexts[prompt]!,
    offlineQuality: undefined,
    source: 'user',
    keyId,
    kind: 'thumbs',
    value,
    weight,
    noise: undefined,
    revises: undefined,
  }
}

/**
 * The traffic as it would be served, by the probabilities of mathematics §5: half the sum of what they differ by is the share of requests that go
 * elsewhere. `widestLead`: by the estimates without lies, of the greatest utility over the greatest with them. `lost`: of true utility.
 */
function compareTraffic(now: Checkpoint, truth: Checkpoint, lambda: number) {
  const weight = lambda / (1 + lambda)
  const worth = (quality: number, prompt: number, llm: number) =>
    weight * quality - (1 - weight) * (data.costUsd[prompt * width + llm]! / fitted.costReferenceUsd)
  const rows = now.mean.map((_, prompt) => {
    const [before, after] = [served(truth, prompt, weight), served(now, prompt, weight)]
    const believed = truth.mean[prompt]!
    const [first, then] = [before, after].map((probabilities) => probabilities.indexOf(Math.max(...probabilities)))
    let moved = 0
    let lost = 0
    for (let llm = 0; llm < width; llm++) {
      const less = before[llm]! - after[llm]!
      moved += Math.abs(less) / 2
      lost += less * worth(data.quality[prompt * width + llm]!, prompt, llm)
    }
    const lead = worth(believed[first!]!, prompt, first!) - worth(believed[then!]!, prompt, then!)
    return { shareBefore: before[best]!, share: after[best]!, moved, lead, lost }
  })
  return {
    share: average(rows.map(({ share }) => share)),
    shareBefore: average(rows.map(({ shareBefore }) => shareBefore)),
    moved: average(rows.map(({ moved }) => moved)),
    widestLead: Math.max(...rows.map(({ lead }) => lead)),
    lost: average(rows.map(({ lost }) => lost)),
  }
}

/** Choice probabilities over the LLMs. @param weight λ/(1+λ) */
function served({ mean, uncertainty }: Checkpoint, prompt: number, weight: number): Float64Array {
  const explorationWidth = 0.1
  for (let llm = 0; llm < width; llm++) {
    const [quality, deviation] = [mean[prompt]![llm]!, uncertainty[prompt]![llm]!]
    const costUsd = data.costUsd[prompt * width + llm]!
    const utility =
      weight * Math.min(1, quality + explorationWidth * deviation) - (1 - weight) * (costUsd / fitted.costReferenceUsd)
    inputs.utility[llm] = utility
    inputs.comparableCostUsd[llm] = costUsd
    inputs.deviation[llm] = weight * deviation
    inputs.reach[llm] = weight * (1 - quality)
  }
  const probabilities = new Float64Array(width)
  choiceProbabilities(inputs, width, defaultExploration, probabilities)
  return probabilities
}

/** The two of the highest mean quality. */
function bestLlms(): readonly [number, number] {
  const sums = new Float64Array(width)
  for (let i = 0; i < data.quality.length; i++) sums[i % width]! += data.quality[i]!
  const order = [...sums.keys()].sort((a, b) => sums[b]! - sums[a]!)
  return [order[0]!, order[1]!]
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
