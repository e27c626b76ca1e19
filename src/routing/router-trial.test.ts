import { describe, expect, test } from 'vitest'
import { defaultExploration } from './decision/choice.ts'
import { placeOf } from './decision/place-of.ts'
import { defaultPreference } from './decision/routing-preference.ts'
import type { TrialTerms } from './decision/version-trial.ts'
import type { Embedder } from './embedding/embedder.ts'
import { SeededRandom } from './numeric/random-source.ts'
import { CompletionTimeModel } from './prediction/completion-time-model.ts'
import type { CostPredictor } from './prediction/cost-predictor.ts'
import { type FittedPolicyParts, fittedPolicy } from './prediction/fitted-policy.ts'
import { LevelMap } from './prediction/level-map.ts'
import { type Llm, unknownLlmProperties } from './registry/llm.ts'
import { LlmRegistry } from './registry/llm-registry.ts'
import { plainRequest } from './request.ts'
import { Router } from './router.ts'
import { RoutingPolicy } from './routing-policy.ts'

const ids = ['a', 'b', 'c']
const pool: readonly Llm[] = ids.map((id, i) => ({
  ...unknownLlmProperties,
  id,
  provider: 'p',
  upstreamModel: id,
  price: { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 1 + i },
}))
const embedder: Embedder = { id: 'test', dimension: 2, embed: () => Float32Array.of(0.6, 0.8) }
const nobody = { keyId: undefined, budgetUsd: undefined }
const request = (conversationId?: string) =>
  plainRequest('hello', { conversationId, preference: { ...defaultPreference, lambda: 20 } })

function policy(id: string, quality: readonly number[], of: Embedder = embedder, cost = bills()): RoutingPolicy {
  const parts: FittedPolicyParts = {
    formatVersion: 1,
    id,
    createdAtMs: 0,
    description: '',
    embedderId: of.id,
    costReferenceUsd: 0.003,
    quality: { llms: ids, predict: (_, out) => out.set(quality), snapshot: () => ({ formatVersion: 1, kind: 'test' }) },
    cost,
    noise: new Float64Array(3).fill(0.1),
    levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
    llms: ids.map((llm, i) => ({
      id: llm,
      source: 'fitted',
      priceAtFit: undefined,
      labels: 50,
      meanQuality: quality[i]!,
      meanCostUsd: 0.001,
    })),
  }
  return new RoutingPolicy({ embedder: of, fitted: fittedPolicy(parts), pool })
}

function bills(observe: CostPredictor['observe'] = () => undefined, unitUsd = 0.001): CostPredictor {
  return {
    llms: ids,
    predict(_context, _size, llms, out) {
      llms.forEach(({ id }, i) => {
        out.outputTokens[i] = out.outputTokensP90[i] = 100
        out.offlineCostUsd[i] = out.costUsd[i] = out.costUsdP90[i] = unitUsd * (1 + ids.indexOf(id))
      })
    },
    observe,
    snapshot: () => null,
  }
}

function newRouter(served = policy('v1', [0.7, 0.72, 0.5])) {
  let count = 0
  const router = new Router(
    {
      pool: new LlmRegistry(pool),
      policy: served,
      times: new CompletionTimeModel(),
      random: new SeededRandom(5),
      clock: { now: () => 1_000 },
      newId: () => `d${++count}`,
    },
    { exploration: { ...defaultExploration, price: 0.01 } },
  )
  return router
}

const terms = (changes: Partial<TrialTerms> = {}): TrialTerms => ({
  policy: policy('v2', [0.5, 0.7, 0.75]),
  phase: 'canary',
  share: 0.3,
  salt: 's',
  ...changes,
})

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)

describe('a version on trial', () => {
  test('no trial, an ended one and a shadow leave decisions as they were, bit for bit', async () => {
    const [plain, ended, shadowed] = [newRouter(), newRouter(), newRouter()]
    ended.tryOut(terms())
    ended.tryOut(undefined)
    shadowed.tryOut(terms({ phase: 'shadow' }))
    for (let i = 0; i < 50; i++) {
      const expected = await plain.route(request(), nobody)
      expect(await ended.route(request(), nobody)).toEqual(expected)
      const { experiment, ...rest } = await shadowed.route(request(), nobody)
      expect({ ...rest, experiment: undefined }).toEqual(expected)
      expect(experiment).toMatchObject({ candidateVersion: 'v2', phase: 'shadow', arm: 'serving', share: 0 })
      expect(sum(experiment!.otherProbabilities)).toBeCloseTo(1, 12)
    }
    expect(shadowed.trial?.tally).toMatchObject({ asked: 50, failed: 0 })
  })

  test('a canary: a conversation keeps its arm; propensities are the mixture’s and sum to 1 over LLMs', async () => {
    const router = newRouter()
    router.tryOut(terms())
    let byCandidate = 0
    for (let i = 0; i < 400; i++) {
      const first = await router.route(request(`c${i}`), nobody)
      const second = await router.route(request(`c${i}`), nobody)
      const { arm, otherProbabilities, share } = first.experiment!
      expect(second.experiment!.arm).toBe(arm)
      expect(first.policyVersion).toBe(arm === 'candidate' ? 'v2' : 'v1')
      const own = first.candidates.map(({ probability }) => probability)
      const [serving, candidate] = arm === 'candidate' ? [otherProbabilities, own] : [own, otherProbabilities]
      const mixture = ids.map((_, llm) => (1 - share) * serving[llm]! + share * candidate[llm]!)
      expect(sum(mixture)).toBeCloseTo(1, 12)
      expect(first.propensity).toBeCloseTo(mixture[ids.indexOf(first.drawn)]!, 12)
      if (arm === 'candidate') byCandidate++
    }
    // 400 draws at .3: 120 ± 9.2; the hash is fixed.
    expect(Math.abs(byCandidate - 120)).toBeLessThan(28)
  })

  test('both arms record the same two distributions, each as its own', async () => {
    const router = newRouter()
    router.tryOut(terms({ share: 0.5 }))
    const seen = new Map<string, readonly [own: number[], other: number[]]>()
    for (let i = 0; i < 20; i++) {
      const { experiment, candidates } = await router.route(request(), nobody)
      const own = candidates.map(({ probability }) => probability)
      seen.set(experiment!.arm, [own, [...experiment!.otherProbabilities]])
    }
    expect(seen.get('candidate')![0]).toEqual(seen.get('serving')![1])
    expect(seen.get('candidate')![1]).toEqual(seen.get('serving')![0])
  })

  test('named LLMs are not tried with; another version that serves ends the trial', async () => {
    const router = newRouter()
    router.tryOut(terms())
    const named = await router.route({ ...request(), pinnedLlm: 'a' }, nobody)
    expect(named).toMatchObject({ propensity: 1, experiment: undefined })
    router.load(policy('v3', [0.5, 0.5, 0.5]))
    expect(router.trial).toBeUndefined()
  })

  test('a version that throws, or whose embedder fails, never fails a request, and is counted', async () => {
    const fault = new Error('broken')
    const thrower = (): never => {
      throw fault
    }
    const broken = newRouter()
    broken.tryOut(terms({ policy: policy('v2', [], embedder, { ...bills(), predict: thrower }) }))
    expect(await broken.route(request(), nobody)).toMatchObject({ policyVersion: 'v1', experiment: undefined })
    expect(broken.trial!.tally).toMatchObject({ asked: 1, failed: 1, lastFault: fault })
    const deaf = newRouter()
    const other: Embedder = { id: 'other', dimension: 2, embed: () => Promise.reject(fault) }
    deaf.tryOut(terms({ policy: policy('v2', [0.5, 0.7, 0.75], other) }))
    expect(await deaf.route(request(), nobody)).toMatchObject({ policyVersion: 'v1', experiment: undefined })
    expect(deaf.trial!.tally).toMatchObject({ asked: 1, failed: 1, lastFault: fault })
  })

  test('with another embedder each arm decides, and logs, by its own context', async () => {
    const router = newRouter()
    const other: Embedder = { id: 'other', dimension: 2, embed: () => Float32Array.of(1, 0) }
    router.tryOut(terms({ policy: policy('v2', [0.5, 0.7, 0.75], other), share: 0.5 }))
    for (let i = 0; i < 20; i++) {
      const { experiment, context } = await router.route(request(), nobody)
      expect(context.embedderId).toBe(experiment!.arm === 'candidate' ? 'other' : 'test')
    }
  })

  test('a bill teaches both versions, each by its own prediction, and a changed price moves both', async () => {
    const seen: (readonly [version: string, offline: number])[] = []
    const observer = (version: string, unitUsd: number) =>
      bills((_llm, offline) => seen.push([version, offline]), unitUsd)
    const router = newRouter(policy('v1', [0.7, 0.72, 0.5], embedder, observer('v1', 0.001)))
    router.tryOut(terms({ policy: policy('v2', [0.5, 0.7, 0.75], embedder, observer('v2', 0.003)), share: 0.5 }))
    const decision = await router.route(request(), nobody)
    router.learnCost(decision, decision.drawn, 0.002, 100)
    const place = 1 + ids.indexOf(decision.drawn)
    expect(seen).toEqual([
      ['v1', 0.001 * place],
      ['v2', 0.003 * place],
    ])
    // Of a version that is not there any more nobody can tell at which price it predicted.
    router.learnCost({ ...decision, policyVersion: 'v0' }, decision.drawn, 0.002, 100)
    expect(seen.slice(2)).toEqual([
      ['v1', Number.NaN],
      ['v2', Number.NaN],
    ])
  })

  test('a price that was seen to change counts for both versions', () => {
    const rescaled: unknown[] = []
    const scaled = (version: string): CostPredictor => ({
      ...bills(),
      rescale: (llm, factor) => void rescaled.push([version, llm, factor]),
    })
    const router = newRouter(policy('v1', [0.7, 0.72, 0.5], embedder, scaled('v1')))
    router.tryOut(terms({ policy: policy('v2', [0.5, 0.7, 0.75], embedder, scaled('v2')) }))
    router.rescaleCost('b', 2)
    expect(rescaled).toEqual([
      ['v1', 'b', 2],
      ['v2', 'b', 2],
    ])
  })

  test('a share of nothing or everything is refused', () => {
    for (const share of [0, 1, Number.NaN]) {
      expect(() => newRouter().tryOut(terms({ share }))).toThrow(/share must be in \(0, 1\)/)
    }
  })
})

describe('placeOf', () => {
  test('is uniform, also under salts that differ by one character, and independent between them', () => {
    const n = 20_000
    const counts = new Int32Array(16)
    for (let i = 0; i < n; i++) {
      const [one, two] = [placeOf('salt-1', `conversation-${i}`), placeOf('salt-2', `conversation-${i}`)]
      counts[4 * Math.floor(4 * one) + Math.floor(4 * two)]!++
    }
    // χ² of 15 degrees of freedom: 37.7 is passed once in a thousand.
    const expected = n / 16
    expect(sum([...counts].map((count) => (count - expected) ** 2 / expected))).toBeLessThan(37.7)
  })
})
