import { describe, expect, test } from 'vitest'
import { noExploration } from '../../routing/decision/choice.ts'
import { defaultPreference } from '../../routing/decision/routing-preference.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { LoggedDecision, LoggedLabel } from '../../routing/decision-store.ts'
import { HashedNgramEmbedder } from '../../routing/embedding/hashed-ngram-embedder.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { Settlement } from '../../routing/outcome.ts'
import { CompletionTimeModel } from '../../routing/prediction/completion-time-model.ts'
import { fittedPolicy } from '../../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../../routing/prediction/level-map.ts'
import { TokenCostPredictor } from '../../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { plainRequest } from '../../routing/request.ts'
import { defaultRouterOptions, Router, type RouterOptions } from '../../routing/router.ts'
import { RoutingPolicy } from '../../routing/routing-policy.ts'
import { decideAgain } from './decide-again.ts'
import { loggedChoice, loggingProbabilities } from './logged-choice.ts'
import { fixedTarget, lambdaTarget, priceTarget, withoutTarget } from './target-policy.ts'
import { versionTarget } from './version-target.ts'

const price = (input: number, output: number) => ({
  inputPerMillionTokensUsd: input,
  outputPerMillionTokensUsd: output,
})

function llm(id: string, quality: number, perMillion: number, changes: Partial<Llm> = {}): Llm {
  const base = { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, quality }
  return { ...base, price: price(perMillion, 4 * perMillion), ...changes }
}

const pool = [
  llm('small', 0.6, 0.1),
  llm('middle', 0.7, 1),
  llm('large', 0.85, 10),
  llm('blind', 0.5, 1, { capabilities: { vision: false } }),
]
const policy = new RoutingPolicy({ embedder: new HashedNgramEmbedder(), pool })
const nobody = { keyId: undefined, budgetUsd: undefined }

/** `middle` is known by its probes alone. */
const onboarded = new RoutingPolicy({
  embedder: policy.embedder,
  fitted: fittedPolicy({
    formatVersion: 1,
    id: 'v1',
    createdAtMs: 0,
    description: '',
    embedderId: policy.embedder.id,
    costReferenceUsd: policy.costReferenceUsd,
    quality: {
      llms: ['small', 'middle', 'large'],
      predict: (_, quality) => quality.set([0.75, 0.74, 0.3]),
      snapshot: () => ({ formatVersion: 1, kind: 'test' }),
    },
    cost: TokenCostPredictor.unfitted(),
    noise: new Float64Array(3).fill(0.1),
    levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
    llms: pool.slice(0, 3).map(({ id }) => ({
      ...{ id, source: id === 'middle' ? 'described' : 'fitted', labels: 100 },
      ...{ priceAtFit: undefined, meanQuality: 0.7, meanCostUsd: 0.001, levelError: 0.05 },
    })),
  }),
  pool,
})

async function decide(
  options: Partial<RouterOptions> = {},
  lambda = 5,
  text = 'Prove that √2 is irrational.',
  serving = policy,
) {
  let ids = 0
  const router = new Router(
    {
      pool: new LlmRegistry(pool),
      policy: serving,
      times: new CompletionTimeModel(),
      random: new SeededRandom(3),
      clock: { now: () => 1_000 },
      newId: () => `d${ids++}`,
    },
    options,
  )
  const needs = { tools: false, vision: true, audio: false, files: false, jsonSchema: false }
  return router.route(plainRequest(text, { preference: { ...defaultPreference, lambda }, needs }), {
    ...nobody,
    dual: 0.3,
  })
}

const rules = { ...defaultRouterOptions, costReferenceUsd: policy.costReferenceUsd }
const probabilitiesOf = ({ candidates }: RoutingDecision) => candidates.map(({ probability }) => probability)

describe('deciding again from what was logged', () => {
  test('by the same rules gives the router’s own probabilities, bit for bit, a budget’s dual in them', async () => {
    for (const lambda of [0, 0.3, 5, 100]) {
      const decision = await decide({}, lambda)
      expect([...decideAgain(decision, rules)!]).toEqual(probabilitiesOf(decision))
    }
  })

  test('at another λ, or without exploration, gives what the router does then', async () => {
    const logged = await decide()
    const greedy = { ...rules, exploration: noExploration }
    const wanted = await decide({}, 60)
    expect([...lambdaTarget(60, rules).targetProbabilities(logged).probability]).toEqual(probabilitiesOf(wanted))
    const unexplored = await decide({ exploration: noExploration })
    expect([...decideAgain(logged, greedy)!]).toEqual(probabilitiesOf(unexplored))
  })

  test('by a version on the logged context gives what a router with it does', async () => {
    const target = versionTarget(policy, { rules, pool })
    const decision = await decide()
    expect(target.judgedBy?.(decision)).toBe(true)
    expect([...target.targetProbabilities(decision).probability]).toEqual(probabilitiesOf(decision))
  })

  test('an LLM known by its probes is chosen with the hope that it is served with', async () => {
    const decision = await decide({}, 60, undefined, onboarded)
    expect([...decideAgain(decision, rules)!]).toEqual(probabilitiesOf(decision))
    const { probability } = versionTarget(onboarded, { rules, pool }).targetProbabilities(decision)
    expect([...probability]).toEqual(probabilitiesOf(decision))
    // By its mean alone it would not be the best.
    const hopeless = decideAgain(decision, { ...rules, newcomerWidth: rules.explorationWidth })!
    expect(probabilitiesOf(decision)[1]).toBeGreaterThan(0.5)
    expect(hopeless[1]).toBeLessThan(0.5)
  })

  test('a version judges neither other embeddings nor what it was fitted on', async () => {
    const decision = await decide()
    const strange = { ...decision, context: { ...decision.context, embedderId: 'another' } }
    expect(versionTarget(policy, { rules, pool }).judgedBy?.(strange)).toBe(false)
    expect(versionTarget(policy, { rules, pool, judgedSinceMs: 2_000 }).judgedBy?.(decision)).toBe(false)
  })
})

describe('targets', () => {
  test('always one LLM: all of it there; as served where it was excluded; unsupported where it was not in the pool', async () => {
    const decision = await decide()
    expect(fixedTarget('large').targetProbabilities(decision)).toEqual({
      probability: Float64Array.of(0, 0, 1),
      unsupported: 0,
    })
    const blind = fixedTarget('blind').targetProbabilities(decision)
    expect([...blind.probability]).toEqual(probabilitiesOf(decision))
    expect(fixedTarget('unheard-of').targetProbabilities(decision)).toMatchObject({ unsupported: 1 })
  })

  test('without an LLM the others are chosen among; without the last one nothing is left', async () => {
    const decision = await decide()
    const { probability } = withoutTarget('large', rules).targetProbabilities(decision)
    expect(probability[2]).toBe(0)
    expect(probability[0]! + probability[1]!).toBeCloseTo(1, 12)
    const alone = { ...decision, candidates: decision.candidates.slice(2) }
    expect(withoutTarget('large', rules).targetProbabilities(alone).unsupported).toBe(1)
  })

  test('an LLM at half its price costs half, and is chosen more', async () => {
    const decision = await decide({ exploration: noExploration }, 1)
    const cheap = priceTarget('large', price(10, 40), price(0, 0), { ...rules, exploration: noExploration })
    const free = cheap.targetProbabilities(decision)
    expect([...free.probability]).toEqual([0, 0, 1])
    expect([...free.costFactor!]).toEqual([1, 1, 0])
    const half = priceTarget('large', price(10, 40), price(5, 20), rules).targetProbabilities(decision)
    expect(half.costFactor![2]).toBeCloseTo(0.5, 12)
  })
})

describe('loggedChoice', () => {
  const settlement: Settlement = {
    decisionId: 'd0',
    settledAtMs: 0,
    status: 'completed',
    answered: 'middle',
    reportedModel: undefined,
    usage: undefined,
    costNanoUsd: 2_000_000,
    billedNanoUsd: undefined,
    streamed: false,
    timeToFirstTokenMs: undefined,
    completionMs: 1,
    overheadMs: 0,
    attempts: [],
  }
  const label = (changes: Partial<LoggedLabel>): LoggedLabel => ({
    sequence: 1,
    llm: 'middle',
    source: 'user',
    kind: 'score',
    value: 1,
    weight: 1,
    ...changes,
  })
  const row = (decision: RoutingDecision, changes: Partial<LoggedDecision> = {}) =>
    loggedChoice({ decision, settlement, labels: [], ...changes })

  test('the outcome is that of the LLM drawn, whoever answered: all that was spent, and what was said of the answer', async () => {
    const decision = { ...(await decide()), drawn: 'large', propensity: 0.25 }
    const labels = [
      label({ value: 0.4, weight: 3 }),
      label({ source: 'judge', value: 0.8 }),
      // Of the LLM drawn, which never answered: a word on what would have been.
      label({ source: 'demo', llm: 'large', value: 1 }),
    ]
    expect(row(decision, { labels })).toMatchObject({ drawn: 2, propensity: 0.25, costUsd: 0.002, quality: 0.5 })
  })

  test('no answer is quality 0; nobody’s word, or one of no weight, is unknown; an unknown bill is unknown', async () => {
    const decision = await decide()
    const failed = { ...settlement, status: 'failed', answered: undefined, costNanoUsd: undefined } as const
    expect(row(decision, { settlement: failed })).toMatchObject({ quality: 0, costUsd: Number.NaN })
    expect(row(decision)?.quality).toBeNaN()
    expect(row(decision, { labels: [label({ weight: 0 })] })?.quality).toBeNaN()
  })

  test('named LLMs and decisions without an end are no rows', async () => {
    const decision = await decide()
    expect(row({ ...decision, pinned: true })).toBeUndefined()
    expect(row(decision, { settlement: undefined })).toBeUndefined()
  })

  test('a canary’s probabilities are those of both arms together', async () => {
    const decision = await decide()
    const [a, b, c] = probabilitiesOf(decision)
    const other = Float64Array.of(0.1, 0.2, 0.7)
    const experiment = { candidateVersion: 'v2', phase: 'canary', share: 0.1, otherProbabilities: other } as const
    const serving = loggingProbabilities({ ...decision, experiment: { ...experiment, arm: 'serving' } })
    expect(serving[0]).toBeCloseTo(0.9 * a! + 0.1 * 0.1, 12)
    const candidate = loggingProbabilities({ ...decision, experiment: { ...experiment, arm: 'candidate' } })
    expect([...candidate]).toEqual(
      [0.1 * a! + 0.9 * 0.1, 0.1 * b! + 0.9 * 0.2, 0.1 * c! + 0.9 * 0.7].map((value) => expect.closeTo(value, 12)),
    )
    const shadow = { ...experiment, phase: 'shadow', arm: 'serving', share: 0 } as const
    expect([...loggingProbabilities({ ...decision, experiment: shadow })]).toEqual(probabilitiesOf(decision))
  })
})
