import { describe, expect, it } from 'vitest'
import { HullGuard } from '../../routing/decision/hull-guard.ts'
import { tradeOff } from '../../routing/decision/utility.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../routing/prediction/completion-time-model.ts'
import { TokenCostPredictor } from '../../routing/prediction/token-cost-predictor.ts'
import { unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { plainRequest } from '../../routing/request.ts'
import { Router } from '../../routing/router.ts'
import { RoutingPolicy } from '../../routing/routing-policy.ts'
import { sampleKnowledge } from './__fixtures__/sample-knowledge.ts'
import { OfflineFits } from './offline-fit.ts'
import type { OnlineRequest } from './online-policy.ts'
import { pointsmanOnline, scaledPrice } from './pointsman-online.ts'
import { stackedPredictions, staticOnline } from './static-online.ts'

const rows = 80
const draws = new SeededRandom(21)
const unit = () => {
  const entries = Array.from({ length: 4 }, () => nextNormal(draws))
  const norm = Math.hypot(...entries)
  return entries.map((entry) => entry / norm)
}
const embeddings = Array.from({ length: rows }, unit)

/** The dear LLM is better by .3 ± .3 along the first direction of the embedding; LLM 2 joins later. */
const knowledge = sampleKnowledge({
  embeddings,
  quality: embeddings.flatMap(([x]) => [0.5, 0.8 + 0.2 * x!, Number.NaN]),
  costUsd: embeddings.flatMap(() => [0.0001, 0.004, Number.NaN]),
  prices: [0.1, 5, 1],
  newcomers: [2],
})
const costReferenceUsd = 0.004
const fits = new OfflineFits()

function request(step: number, candidates: readonly number[]): OnlineRequest {
  const context = knowledge.rows.contexts[step % rows]!
  return { prompt: step, context, inputTokens: 25, candidates }
}

/** The guard acts at every trade-off. */
class GuardedFits extends OfflineFits {
  override async of(of: typeof knowledge) {
    const fit = await super.of(of)
    const guard = new HullGuard([{ upTo: Number.POSITIVE_INFINITY, gain: -1, servesHull: true }])
    return { ...fit, policy: { ...fit.policy, guard } }
  }
}

describe('pointsmanOnline', () => {
  it.each([
    ['the estimates', fits],
    ['the hull', new GuardedFits()],
  ])('decides and learns as the router that is served, by %s', async (_, fits) => {
    const fitted = await pointsmanOnline(fits).fit(knowledge)
    const online = fitted.start({ lambda: 1.4, budgetUsd: undefined, costReferenceUsd })
    const { policy: version, stack } = await fits.of(knowledge)
    const pool = knowledge.rows.llms.map((id, llm) => ({
      ...unknownLlmProperties,
      id,
      provider: 'test',
      upstreamModel: id,
      price: knowledge.prices[llm],
    }))
    let step = 0
    const embedder = {
      id: 'sample',
      dimension: 4,
      embed: () => knowledge.rows.contexts[step % rows]!.embedding,
    }
    const policy = new RoutingPolicy({
      embedder,
      fitted: version,
      pool: pool.slice(0, 2),
      cost: TokenCostPredictor.restore(stack.cost.snapshot()),
    })
    const registry = new LlmRegistry(pool.slice(0, 2))
    const router = new Router({
      pool: registry,
      policy,
      times: new CompletionTimeModel(),
      random: new SeededRandom(5),
      clock: { now: () => 0 },
      newId: () => `d${step}`,
    })
    const random = new SeededRandom(5)
    for (; step < 120; step++) {
      const asked = request(step, [0, 1])
      const chosen = online.choose(asked, random)
      const decision = await router.route(
        plainRequest('', { preference: { ...plainRequest('').preference, lambda: 1.4 }, inputTokens: 25 }),
        { keyId: undefined, budgetUsd: undefined },
      )
      expect(pool[chosen]!.id).toBe(decision.drawn)
      expect(decision.rule).toBe(version.guard?.servesHull(tradeOff(1.4)) === true ? 'hull' : 'utility')
      const terms = decision.candidates.find(({ llm }) => llm === decision.drawn)!
      const quality = step % 3 === 0 ? 0.2 : 0.7
      const costUsd = 0.0002 * (1 + (step % 4))
      online.learn(asked, { llm: chosen, quality, satisfied: undefined, costUsd, outputTokens: 40 })
      router.learnCost(decision, decision.drawn, costUsd, 40)
      router.learn({
        sequence: step + 1,
        decisionId: decision.id,
        llm: decision.drawn,
        context: decision.context,
        offlineQuality: terms.offlineQuality,
        source: 'test',
        kind: 'score',
        value: quality,
        weight: 1,
        noise: undefined,
        revises: undefined,
      })
    }
  })

  it.each([
    ['the estimates', fits],
    ['the hull', new GuardedFits()],
  ])('spends a budget by its pacer, whatever λ would, by %s', async (_, fits) => {
    const fitted = await pointsmanOnline(fits).fit(knowledge)
    const requests = 1500
    for (const budgetUsd of [0.0008, 0.002]) {
      const goal = { lambda: undefined, budgetUsd, costReferenceUsd, expectedRequests: requests }
      const policy = fitted.start(goal)
      const random = new SeededRandom(8)
      let spent = 0
      for (let step = 0; step < requests; step++) {
        const asked = request(step, [0, 1])
        const llm = policy.choose(asked, random)
        const cell = (step % rows) * 3 + llm
        const costUsd = knowledge.rows.costUsd[cell]!
        const quality = knowledge.rows.quality[cell]!
        spent += costUsd
        policy.billed!(asked, { llm, costUsd })
        policy.learn(asked, { llm, quality, satisfied: undefined, costUsd })
      }
      expect(spent / requests / budgetUsd).toBeGreaterThan(0.97)
      expect(spent / requests / budgetUsd).toBeLessThan(1.03)
    }
  })

  it('books a bill once, however often it is brought', async () => {
    const fitted = await pointsmanOnline(fits).fit(knowledge)
    const goal = { lambda: undefined, budgetUsd: 0.0005, costReferenceUsd, expectedRequests: 50 }
    const [once, twice] = [fitted.start(goal), fitted.start(goal)]
    const randoms = [new SeededRandom(4), new SeededRandom(4)]
    for (let step = 0; step < 50; step++) {
      const asked = [request(step, [0, 1]), request(step, [0, 1])]
      const llm = once.choose(asked[0]!, randoms[0]!)
      expect(twice.choose(asked[1]!, randoms[1]!)).toBe(llm)
      const feedback = { llm, quality: 0.5, satisfied: undefined, costUsd: llm === 1 ? 0.004 : 0.0001 }
      once.learn(asked[0]!, feedback)
      twice.billed!(asked[1]!, feedback)
      twice.billed!(asked[1]!, feedback)
      twice.learn(asked[1]!, feedback)
    }
  })

  it('acts on a changed price at once, and tries a newcomer', async () => {
    const fitted = await pointsmanOnline(fits).fit(knowledge)
    const policy = fitted.start({ lambda: 1.4, budgetUsd: undefined, costReferenceUsd })
    const share = (llm: number, candidates: readonly number[]) => {
      const random = new SeededRandom(6)
      let count = 0
      for (let step = 0; step < 80; step++) count += Number(policy.choose(request(step, candidates), random) === llm)
      return count / 80
    }
    const before = share(1, [0, 1])
    policy.priceChanged(1, 0.02)
    expect(share(1, [0, 1])).toBeGreaterThan(before + 0.3)
    policy.priceChanged(1, 50)
    policy.llmAdded(2, { inputPerMillionTokensUsd: 0.1, outputPerMillionTokensUsd: 0.1 })
    expect(share(2, [0, 1, 2])).toBeGreaterThan(0.1)
  })
})

describe('pointsmanOnline without listed prices', () => {
  it('acts on an announced change of price all the same', async () => {
    const unlisted = { ...knowledge, prices: knowledge.prices.map(() => undefined) }
    const policy = (await pointsmanOnline(fits).fit(unlisted)).start({
      lambda: 1.4,
      budgetUsd: undefined,
      costReferenceUsd,
    })
    const share = () => {
      const random = new SeededRandom(6)
      let count = 0
      for (let step = 0; step < 80; step++) count += policy.choose(request(step, [0, 1]), random)
      return count / 80
    }
    const before = share()
    policy.priceChanged(1, 0.02)
    expect(share()).toBeGreaterThan(before + 0.3)
    policy.priceChanged(1, 50)
    expect(share()).toBe(before)
  })
})

describe('staticOnline', () => {
  it('learns nothing, follows prices, and never takes a newcomer', async () => {
    const fitted = await staticOnline('stacked', fits, stackedPredictions).fit(knowledge)
    const policy = fitted.start({ lambda: 50, budgetUsd: undefined, costReferenceUsd })
    const random = new SeededRandom(1)
    const chosen = () => Array.from({ length: rows }, (_, step) => policy.choose(request(step, [0, 1, 2]), random))
    const before = chosen()
    expect(new Set(before)).toEqual(new Set([1]))
    for (let step = 0; step < 50; step++) {
      policy.learn(request(step, [0, 1, 2]), { llm: 1, quality: 0, satisfied: undefined, costUsd: 1 })
    }
    expect(chosen()).toEqual(before)
    policy.priceChanged(1, 1000)
    expect(new Set(chosen())).toEqual(new Set([0]))
  })

  it('spends a budget on the rows it was fitted on', async () => {
    const fitted = await staticOnline('stacked', fits, stackedPredictions).fit(knowledge)
    const policy = fitted.start({ lambda: undefined, budgetUsd: 0.002, costReferenceUsd })
    const random = new SeededRandom(1)
    let spent = 0
    for (let step = 0; step < rows; step++) {
      spent += knowledge.rows.costUsd[step * 3 + policy.choose(request(step, [0, 1]), random)]!
    }
    expect(spent / rows).toBeLessThan(0.0024)
    expect(spent / rows).toBeGreaterThan(0.0014)
  })
})

describe('scaledPrice', () => {
  it('scales every part that is there', () => {
    expect(scaledPrice({ inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 }, 3)).toEqual({
      inputPerMillionTokensUsd: 3,
      outputPerMillionTokensUsd: 6,
    })
    const full = {
      inputPerMillionTokensUsd: 1,
      outputPerMillionTokensUsd: 2,
      cachedInputPerMillionTokensUsd: 3,
      cacheWritePerMillionTokensUsd: 4,
      reasoningPerMillionTokensUsd: 5,
    }
    expect(Object.values(scaledPrice(full, 2))).toEqual([2, 4, 6, 8, 10])
  })
})
