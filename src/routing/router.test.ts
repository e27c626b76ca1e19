import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultExploration, noExploration } from './decision/choice.ts'
import { HullGuard } from './decision/hull-guard.ts'
import { defaultPreference } from './decision/routing-preference.ts'
import { SeededRandom } from './numeric/random-source.ts'
import { CompletionTimeModel } from './prediction/completion-time-model.ts'
import type { CostPredictor } from './prediction/cost-predictor.ts'
import { fittedPolicy } from './prediction/fitted-policy.ts'
import { LevelMap } from './prediction/level-map.ts'
import { type Llm, type LlmId, unknownLlmProperties } from './registry/llm.ts'
import { LlmRegistry } from './registry/llm-registry.ts'
import { noNeeds, plainShape, type RoutingRequest } from './request.ts'
import { Router, type RouterOptions, type RouterParts } from './router.ts'
import { RoutingPolicy } from './routing-policy.ts'

function llm(id: LlmId, quality: number, outputPrice: number | undefined, rest: Partial<Llm> = {}): Llm {
  const price =
    outputPrice === undefined ? undefined : { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: outputPrice }
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price, quality, ...rest }
}

const cheap = llm('cheap', 0.5, 1)
const middle = llm('middle', 0.7, 4)
const dear = llm('dear', 0.9, 10)

/** Every answer has 300 tokens. */
const cost: CostPredictor = {
  llms: [],
  predict(_context, _size, llms, out) {
    llms.forEach(({ price }, i) => {
      out.outputTokens[i] = 300
      out.outputTokensP90[i] = 600
      const costUsd = price === undefined ? Number.NaN : (300 * price.outputPerMillionTokensUsd) / 1e6
      out.offlineCostUsd[i] = costUsd
      out.costUsd[i] = costUsd
      out.costUsdP90[i] = 2 * costUsd
    })
  },
  observe() {},
  snapshot: () => null,
}

const embedder = { id: 'test', dimension: 2, embed: () => Float32Array.of(0.6, 0.8) }

function router(llms: readonly Llm[], options: Partial<RouterOptions> = {}, parts: Partial<RouterParts> = {}) {
  let ids = 0
  return new Router(
    {
      pool: new LlmRegistry(llms),
      policy: new RoutingPolicy({ embedder, pool: llms, cost }),
      times: new CompletionTimeModel(),
      random: new SeededRandom(5),
      clock: { now: () => 1_000 },
      newId: () => `d${++ids}`,
      ...parts,
    },
    { exploration: noExploration, explorationWidth: 0, ...options },
  )
}

function request(changes: Partial<RoutingRequest> = {}, preference: Partial<RoutingRequest['preference']> = {}) {
  return {
    userText: 'hello',
    shape: plainShape,
    needs: noNeeds,
    inputTokens: 10,
    maxOutputTokens: undefined,
    choices: 1,
    pinnedLlm: undefined,
    conversationId: undefined,
    ...changes,
    preference: { ...defaultPreference, ...preference },
  }
}

const nobody = { keyId: undefined, budgetUsd: undefined }

describe('Router', () => {
  test('hand-worked: λ = 1 over three LLMs at known quality and price', async () => {
    const decision = await router([cheap, middle, dear]).route(request({}, { lambda: 1 }), nobody)
    // C_ref = dearest list price × 300 tokens; ĉ/C_ref = .1, .4, 1.
    const utilities = decision.candidates.map((candidate) => candidate.utility)
    expect(utilities[0]).toBeCloseTo(0.25 - 0.05, 9)
    expect(utilities[1]).toBeCloseTo(0.35 - 0.2, 9)
    expect(utilities[2]).toBeCloseTo(0.45 - 0.5, 9)
    expect(decision).toMatchObject({ drawn: 'cheap', propensity: 1, cold: true, policyVersion: 'unfitted' })
  })

  test('λ moves the choice from the cheapest to the best', async () => {
    const drawn = async (lambda: number) =>
      (await router([cheap, middle, dear]).route(request({}, { lambda }), nobody)).drawn
    expect(await drawn(0)).toBe('cheap')
    expect(await drawn(2)).toBe('middle')
    expect(await drawn(1000)).toBe('dear')
  })

  test('hand-worked: a budget that runs short makes cost weigh more by ν, and the decision says so', async () => {
    const live = router([cheap, middle, dear])
    const paced = await live.route(request({}, { lambda: 2 }), { ...nobody, dual: 0.5 })
    const utilities = paced.candidates.map((candidate) => candidate.utility)
    // λ/(1+λ) = 2/3; cost weighs 1/3 + 1/2; ĉ/C_ref = .1, .4, 1.
    expect(utilities[0]).toBeCloseTo((2 / 3) * 0.5 - (5 / 6) * 0.1, 9)
    expect(utilities[1]).toBeCloseTo((2 / 3) * 0.7 - (5 / 6) * 0.4, 9)
    expect(utilities[2]).toBeCloseTo((2 / 3) * 0.9 - 5 / 6, 9)
    expect(paced).toMatchObject({ drawn: 'cheap', budgetDual: 0.5 })
    expect(await live.route(request({}, { lambda: 2 }), nobody)).toMatchObject({ drawn: 'middle', budgetDual: 0 })
  })

  test('with room in every budget decisions are those without one, bit for bit; a named LLM is never paced', async () => {
    const decide = (dual?: number) => router([cheap, middle, dear]).route(request(), { ...nobody, dual })
    expect(await decide(0)).toEqual(await decide())
    const named = await router([cheap]).route(request({ pinnedLlm: 'cheap' }), { ...nobody, dual: 3 })
    expect(named.budgetDual).toBe(0)
  })

  describe('where the guard says that estimates do harm', () => {
    const fitted = fittedPolicy({
      formatVersion: 1,
      id: 'v1',
      createdAtMs: 0,
      description: '',
      embedderId: 'test',
      costReferenceUsd: 0.003,
      quality: {
        llms: ['cheap', 'dear'],
        predict: (_, quality) => quality.set([0.9, 0.2]),
        snapshot: () => ({ formatVersion: 1, kind: 'test' }),
      },
      cost,
      noise: Float64Array.of(0.1, 0.1),
      levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
      guard: new HullGuard([
        { upTo: 0.1, gain: -0.1, servesHull: true },
        { upTo: Number.POSITIVE_INFINITY, gain: 0, servesHull: false },
      ]),
      llms: [
        { id: 'cheap', source: 'fitted', priceAtFit: cheap.price, labels: 50, meanQuality: 0.4, meanCostUsd: 0.001 },
        { id: 'dear', source: 'fitted', priceAtFit: dear.price, labels: 50, meanQuality: 0.8, meanCostUsd: 0.003 },
      ],
    })
    const guarded = (pool: readonly Llm[], of: Partial<typeof fitted> = {}, costs = cost) =>
      router(pool, {}, { policy: new RoutingPolicy({ embedder, pool, cost: costs, fitted: { ...fitted, ...of } }) })
    const everywhere = new HullGuard([{ upTo: Number.POSITIVE_INFINITY, gain: -0.1, servesHull: true }])

    test('the means of fitted LLMs are compared', async () => {
      const live = guarded([cheap, dear])
      const atQuality = await live.route(request({}, { lambda: 100 }), nobody)
      expect(atQuality).toMatchObject({ rule: 'hull', drawn: 'dear' })
      expect(atQuality.candidates.map(({ quality }) => quality)).toEqual([0.4, 0.8])
      const atCost = await live.route(request({}, { lambda: 5 }), nobody)
      expect(atCost).toMatchObject({ rule: 'utility', drawn: 'cheap' })
      expect(atCost.candidates.map(({ quality }) => quality)).toEqual([0.9, 0.2])
    })

    test('every request goes to the fixed LLM that the means of quality and cost choose, whatever its bill is expected to be', async () => {
      const random = new SeededRandom(3)
      const noisy: CostPredictor = {
        ...cost,
        predict(context, size, llms, out) {
          cost.predict(context, size, llms, out)
          for (const field of ['costUsd', 'offlineCostUsd'] as const) out[field].fill(0)
          llms.forEach((_, i) => {
            out.costUsd[i] = out.offlineCostUsd[i] = 0.01 * random.next()
          })
        },
      }
      const live = guarded([cheap, dear], { guard: everywhere }, noisy)
      // q̄ + .4 for .002 more: worth it where λ·.4 > .002/.003.
      for (const [lambda, best] of [
        [1, 'cheap'],
        [1.6, 'cheap'],
        [1.7, 'dear'],
        [50, 'dear'],
      ] as const) {
        for (let i = 0; i < 20; i++) {
          const decision = await live.route(request({}, { lambda }), nobody)
          expect(decision.drawn).toBe(best)
          expect(decision.candidates[0]!.costUsd).toBeLessThan(0.01)
        }
      }
    })

    test('prices and bills of since move the mean costs', async () => {
      const atFit = { guard: everywhere }
      const reduced = { ...dear, price: { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 2.5 } }
      expect((await guarded([cheap, reduced], atFit).route(request({}, { lambda: 1 }), nobody)).drawn).toBe('dear')
      const billed: CostPredictor = {
        ...cost,
        predict(context, size, llms, out) {
          cost.predict(context, size, llms, out)
          llms.forEach(({ id }, i) => {
            if (id === 'dear') out.costUsd[i]! *= 0.25
          })
        },
      }
      expect((await guarded([cheap, dear], atFit, billed).route(request({}, { lambda: 1 }), nobody)).drawn).toBe('dear')
      expect((await guarded([cheap, dear], atFit).route(request({}, { lambda: 1 }), nobody)).drawn).toBe('cheap')
    })

    test('floors are on the estimates, means near to each other are compared by quality and cost', async () => {
      const live = guarded([cheap, dear], { guard: everywhere })
      const floored = await live.route(request({}, { lambda: 100, minQuality: 0.5 }), nobody)
      expect(floored).toMatchObject({ rule: 'hull', drawn: 'cheap' })
      expect(floored.excluded).toEqual([{ llm: 'dear', reason: 'under_min_quality' }])
      const near = fitted.llms.map((llm) => ({ ...llm, meanQuality: llm.id === 'dear' ? 0.803 : 0.8 }))
      const close = guarded([cheap, dear], { guard: everywhere, llms: near })
      expect(await close.route(request({}, { lambda: 1e6 }), nobody)).toMatchObject({ rule: 'hull', drawn: 'dear' })
    })

    test('a newcomer is compared without what is hard about the request, and anchored as ever', async () => {
      const pool = [cheap, middle, dear]
      const live = guarded(pool)
      const newcomer = async (lambda: number) => {
        return (await live.route(request({}, { lambda }), nobody)).candidates.find(({ llm }) => llm === 'middle')!
      }
      const [blind, told] = [await newcomer(100), await newcomer(5)]
      // The fitted LLMs are found .05 harder than their means: (.5 − .6)/2.
      expect(told.quality - blind.quality).toBeCloseTo((0.9 + 0.2 - 0.4 - 0.8) / 2, 12)
      expect(blind.offlineQuality).toBe(told.offlineQuality)
    })
  })

  test('labels move the choice', async () => {
    const live = router([cheap, dear])
    const preference = { lambda: 1 }
    const first = await live.route(request({}, preference), nobody)
    expect(first.drawn).toBe('cheap')
    for (let sequence = 1; sequence <= 20; sequence++) {
      const about = sequence % 2 === 0 ? 'cheap' : 'dear'
      const value = about === 'cheap' ? 0 : 1
      const { context } = first
      live.learn({
        sequence,
        decisionId: 'd',
        llm: about,
        offlineQuality: about === 'cheap' ? 0.5 : 0.9,
        context,
        source: 's',
        kind: 'score',
        value,
        weight: 1,
        noise: undefined,
        revises: undefined,
      })
    }
    const after = await live.route(request({}, preference), nobody)
    expect(after.drawn).toBe('dear')
    expect(after.labelSequence).toBe(20)
    expect(after.candidates[0]!.offlineQuality).toBe(0.5)
    expect(after.candidates[0]!.quality).toBeLessThan(0.1)
  })

  test('ceilings and floors take candidates out and say why', async () => {
    const live = router([cheap, middle, dear, llm('unpriced', 0.8, undefined)])
    const decision = await live.route(request({}, { lambda: 1000, maxCostUsd: 0.002, minQuality: 0.6 }), nobody)
    expect(decision.drawn).toBe('middle')
    expect(decision.excluded).toEqual([
      { llm: 'cheap', reason: 'under_min_quality' },
      { llm: 'dear', reason: 'over_max_cost' },
      { llm: 'unpriced', reason: 'over_max_cost' },
    ])
    const slow = llm('slow', 0.5, 1, { timeToFirstTokenMs: 900, tokensPerSecond: 50 })
    const rushed = router([slow, llm('fast', 0.5, 9, { timeToFirstTokenMs: 10, tokensPerSecond: 1000 })])
    expect((await rushed.route(request({}, { maxLatencyMs: 1000 }), nobody)).drawn).toBe('fast')
  })

  test('a ceiling on time excludes nobody whose times were never measured', async () => {
    const decision = await router([cheap]).route(request({}, { maxLatencyMs: 1 }), nobody)
    expect(decision.drawn).toBe('cheap')
    expect(decision.candidates[0]!.latencyPenalty).toBe(0)
  })

  test('what is left of a budget binds like a ceiling', async () => {
    // A dear answer costs .003, nine in ten stay under .006.
    const decision = await router([cheap, dear]).route(request({}, { lambda: 1000 }), { keyId: 'k', budgetUsd: 0.005 })
    expect(decision).toMatchObject({ drawn: 'cheap', keyId: 'k', excluded: [{ llm: 'dear', reason: 'over_budget' }] })
  })

  test('nobody left: an error that names each reason', async () => {
    const refused = router([cheap, dear]).route(request({}, { maxCostUsd: 1e-9 }), nobody)
    await expect(refused).rejects.toMatchObject({ code: 'no_admissible_llm' })
    await expect(refused).rejects.toThrow(/cheap: over max cost; dear: over max cost/)
    await expect(router([]).route(request(), nobody)).rejects.toThrow(/pool has no LLM/)
  })

  test('an unknown price is compared as the dearest', async () => {
    const decision = await router([dear, llm('unpriced', 0.9, undefined)]).route(request({}, { lambda: 1 }), nobody)
    const [known, unknown] = decision.candidates
    expect(unknown!.costUsd).toBeUndefined()
    expect(unknown!.utility).toBe(known!.utility)
    expect(decision.candidates.map((one) => one.costP90Usd)).toEqual([expect.closeTo(0.006, 12), undefined])
  })

  test('… of this request, not of a usual one', async () => {
    const llms = [cheap, dear, llm('unpriced', 0.9, undefined)]
    const long: CostPredictor = {
      ...cost,
      predict(context, size, candidates, out) {
        cost.predict(context, size, candidates, out)
        for (let i = 0; i < candidates.length; i++) out.costUsd[i]! *= 100
      },
    }
    const live = router(llms, {}, { policy: new RoutingPolicy({ embedder, pool: llms, cost: long }) })
    const { candidates } = await live.route(request({}, { lambda: 1 }), nobody)
    expect(candidates[2]!.utility).toBe(candidates[1]!.utility)
  })

  test('an LLM out of health is passed over, unless all are', async () => {
    const sick = new Set(['cheap'])
    const live = router([cheap, dear], {}, { isHealthy: (id) => !sick.has(id) })
    const decision = await live.route(request({}, { lambda: 0 }), nobody)
    expect(decision).toMatchObject({ drawn: 'dear', excluded: [{ llm: 'cheap', reason: 'unhealthy' }] })
    sick.add('dear')
    expect(await live.route(request({}, { lambda: 0 }), nobody)).toMatchObject({ drawn: 'cheap', excluded: [] })
  })

  test('an LLM without room to think is passed over, unless only such are left', async () => {
    const thinker = { ...dear, capabilities: { reasoning: true, reasonsUnasked: true } }
    const short = request({ maxOutputTokens: 100 }, { lambda: 1000 })
    const decision = await router([cheap, thinker]).route(short, nobody)
    expect(decision).toMatchObject({ drawn: 'cheap', excluded: [{ llm: 'dear', reason: 'reasoning_headroom' }] })
    expect(await router([thinker]).route(short, nobody)).toMatchObject({ drawn: 'dear', excluded: [] })
    const named = { ...short, pinnedLlm: 'dear' }
    expect(await router([cheap, thinker]).route(named, nobody)).toMatchObject({ drawn: 'dear', pinned: true })
  })

  test('tells what of a request an LLM cannot take', async () => {
    const support = { api: "Anthropic's API", refused: new Set(['logprobs']), dropped: new Set(''), dropsUnknown: true }
    const picky = { ...dear, parameters: support }
    const arm = { ...cheap, reasoningEffort: 'low' as const }
    const saying = request({ needs: { ...noNeeds, parameters: ['logprobs'], reasoningEffort: 'high' } })
    const live = router([picky, arm])
    const reasons = /dear: unsupported parameter logprobs; cheap: other effort low/
    await expect(live.route(saying, nobody)).rejects.toThrow(reasons)
    await expect(live.route({ ...saying, pinnedLlm: 'dear' }, nobody)).rejects.toMatchObject({
      code: 'no_admissible_llm',
      param: 'logprobs',
      message: "'logprobs' cannot be served by dear, which is reached through Anthropic's API",
    })
    await expect(live.route({ ...saying, pinnedLlm: 'cheap' }, nobody)).rejects.toMatchObject({
      code: 'no_admissible_llm',
      param: 'reasoning_effort',
      message: 'cheap thinks with effort low; the request asks for high. Leave one of them out',
    })
  })

  test('a named LLM serves with certainty; unknown or forbidden ones do not', async () => {
    const live = router([cheap, dear], { exploration: { ...defaultExploration, price: 0.1, floor: 0.8 } })
    const decision = await live.route(request({ pinnedLlm: 'dear' }, { lambda: 0 }), nobody)
    expect(decision).toMatchObject({ drawn: 'dear', propensity: 1, pinned: true, cold: false })
    expect(decision.context.embedding).toHaveLength(0)
    await expect(live.route(request({ pinnedLlm: 'none' }), nobody)).rejects.toMatchObject({ code: 'unknown_llm' })
    const denied = live.route(request({ pinnedLlm: 'dear' }, { deny: ['d*'] }), nobody)
    await expect(denied).rejects.toThrow(/dear: denied/)
    const tooDear = live.route(request({ pinnedLlm: 'dear' }), { keyId: undefined, budgetUsd: 0 })
    await expect(tooDear).rejects.toThrow(/over budget/)
  })

  test('a burst spreads: requests in flight lengthen the completion time at once', async () => {
    const slots = { timeToFirstTokenMs: 2000, tokensPerSecond: 100 }
    const live = router([llm('a', 0.8, 1, slots), llm('b', 0.8, 1.01, slots)], { timeLimitMs: 10_000 })
    const drawn: string[] = []
    for (let i = 0; i < 60; i++) {
      const decision = await live.route(request(), nobody)
      live.callStarted(decision.drawn)
      drawn.push(decision.drawn)
    }
    expect(drawn.filter((id) => id === 'b').length).toBeGreaterThan(15)
  })

  test('a call that outlives its LLM’s place in the pool leaves the queue', () => {
    const live = router([cheap, dear])
    live.callStarted('dear')
    live.pool.remove('dear')
    live.callEnded('dear', undefined)
    live.pool.set(dear)
    expect(live.callStarted('dear')).toBe(0)
  })

  test('an embedder that takes its time does not mix two requests up', async () => {
    const slow = { id: 'slow', dimension: 2, embed: async () => Float32Array.of(1, 0) }
    const llms = [cheap, middle, dear]
    const live = router(llms, {}, { policy: new RoutingPolicy({ embedder: slow, pool: llms, cost }) })
    const lambdas = [0, 1000, 0, 1000]
    const decisions = await Promise.all(lambdas.map((lambda) => live.route(request({}, { lambda }), nobody)))
    expect(decisions.map((decision) => decision.drawn)).toEqual(['cheap', 'dear', 'cheap', 'dear'])
    expect(new Set(decisions.map((decision) => decision.id)).size).toBe(4)
  })

  test('pool and health are those of the moment the embedding is there', async () => {
    const waiting: (() => void)[] = []
    const slow = {
      id: 'slow',
      dimension: 2,
      embed: () => new Promise<Float32Array>((resolve) => waiting.push(() => resolve(Float32Array.of(1, 0)))),
    }
    const llms = [cheap, dear]
    const pool = new LlmRegistry(llms)
    const live = router(llms, {}, { pool, policy: new RoutingPolicy({ embedder: slow, pool: llms, cost }) })
    const pending = live.route(request({}, { lambda: 0 }), nobody)
    pool.remove('cheap')
    waiting[0]!()
    expect((await pending).drawn).toBe('dear')
  })

  test('laws: the drawn LLM is a candidate, its propensity is its probability, probabilities sum to 1', async () => {
    const pools = fc.array(
      fc.record({ quality: fc.double({ min: 0, max: 1, noNaN: true }), price: fc.integer({ min: 0, max: 100 }) }),
      {
        minLength: 1,
        maxLength: 30,
      },
    )
    await fc.assert(
      fc.asyncProperty(pools, fc.double({ min: 0, max: 100, noNaN: true }), async (specs, lambda) => {
        const llms = specs.map(({ quality, price }, i) => llm(`m${i}`, quality, price))
        const live = router(llms, {
          exploration: defaultExploration,
          explorationWidth: 0.1,
        })
        const decision = await live.route(request({}, { lambda }), nobody)
        const total = decision.candidates.reduce((sum, candidate) => sum + candidate.probability, 0)
        expect(total).toBeCloseTo(1, 9)
        const chosen = decision.candidates.find((candidate) => candidate.llm === decision.drawn)
        expect(chosen?.probability).toBe(decision.propensity)
        for (const candidate of decision.candidates) expect(candidate.probability).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  })

  test('the same seed and the same events give the same decisions', async () => {
    const run = async () => {
      const live = router([cheap, middle, dear], { exploration: { ...defaultExploration, price: 0.05, floor: 0.1 } })
      const drawn: string[] = []
      for (let i = 0; i < 50; i++) drawn.push((await live.route(request(), nobody)).drawn)
      return drawn
    }
    expect(await run()).toEqual(await run())
  })

  test('refuses options that cannot be served', () => {
    expect(() => router([cheap], { exploration: { ...noExploration, price: -1 } })).toThrow(/price/)
    expect(() => router([cheap], { explorationWidth: Number.NaN })).toThrow(/explorationWidth/)
    expect(() => router([cheap], { timeLimitMs: Number.NaN })).toThrow(/timeLimitMs/)
  })
})
