import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newCandidateBuffers } from './decision/candidate-buffers.ts'
import type { ExplorationOptions } from './decision/choice.ts'
import { defaultExploration } from './decision/choice.ts'
import { NewcomerTrials } from './decision/newcomer-trials.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import { nextNormal, SeededRandom } from './numeric/random-source.ts'
import type { Label } from './outcome.ts'
import { fittedPolicy } from './prediction/fitted-policy.ts'
import { LevelMap } from './prediction/level-map.ts'
import { TokenCostPredictor } from './prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from './registry/llm.ts'
import { newQualityEstimates, RoutingPolicy } from './routing-policy.ts'

const embedder = { id: 'test', dimension: 2, embed: () => Float32Array.of(0.6, 0.8) }

function llm(id: string, outputPrice: number): Llm {
  const price = { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: outputPrice }
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price }
}

const known = [llm('a', 1), llm('b', 10)]
const newcomer = llm('new', 3)

/** Its first direction is how hard a request is: q̂ is the mean plus that, for both. */
const fitted = fittedPolicy({
  formatVersion: 1,
  id: 'v1',
  createdAtMs: 0,
  description: '',
  embedderId: 'test',
  costReferenceUsd: 0.003,
  quality: {
    llms: ['a', 'b'],
    predict: ({ embedding }, quality) => quality.set([0.6 + embedding[0]!, 0.7 + embedding[0]!]),
    snapshot: () => ({ formatVersion: 1, kind: 'test' }),
  },
  cost: TokenCostPredictor.unfitted(),
  noise: Float64Array.of(0.1, 0.1),
  levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
  llms: [
    { id: 'a', source: 'fitted', priceAtFit: undefined, labels: 400, meanQuality: 0.6, meanCostUsd: 0.001 },
    { id: 'b', source: 'fitted', priceAtFit: undefined, labels: 4, meanQuality: 0.7, meanCostUsd: 0.003 },
  ],
})

const policy = () => new RoutingPolicy({ embedder, fitted, pool: known })

function contextOf(ease: number): RoutingContext {
  return { embedderId: 'test', embedding: Float32Array.of(ease, 0), explicit: new Float32Array(0) }
}

function label(sequence: number, about: string, value: number, rest: Partial<Label> = {}): Label {
  return {
    sequence,
    decisionId: `d${sequence}`,
    llm: about,
    context: contextOf(0),
    offlineQuality: undefined,
    source: 'judge',
    kind: 'score',
    value,
    weight: 1,
    noise: undefined,
    revises: undefined,
    ...rest,
  }
}

describe('RoutingPolicy', () => {
  test('a newcomer finds hard what the fitted LLMs find hard', () => {
    const live = policy()
    const out = newQualityEstimates(1)
    const offlineAt = (ease: number) => {
      live.estimateQuality(contextOf(ease), [newcomer], out)
      return out.offline[0]!
    }
    const level = offlineAt(0)
    expect(offlineAt(-0.2)).toBeCloseTo(level - 0.2, 6)
    // Labelled where all was .2 harder: its anchor is what it would be elsewhere.
    live.learn(label(1, 'new', 0.3, { context: contextOf(-0.2), offlineQuality: 0.5 }))
    expect(offlineAt(0)).toBeCloseTo(0.7, 6)
    expect(offlineAt(-0.2)).toBeCloseTo(0.5, 6)
  })

  test('a mean of few labels is believed less', () => {
    const out = newQualityEstimates(2)
    policy().estimateQuality(contextOf(0), known, out)
    // √(.01² + .1²/400) and √(.01² + .1²/4); the embedding is 0 beyond the level.
    expect(out.uncertainty[0]!).toBeCloseTo(Math.hypot(0.01, 0.005), 9)
    expect(out.uncertainty[1]!).toBeCloseTo(Math.hypot(0.01, 0.05), 9)
  })

  test('an LLM that its probes describe is believed as far as they tell its level', () => {
    const described = (levelError: number | undefined) => {
      const llms = fitted.llms.map((entry) => ({ ...entry, source: 'described' as const, levelError }))
      const out = newQualityEstimates(2)
      new RoutingPolicy({ embedder, fitted: { ...fitted, llms }, pool: known }).estimateQuality(
        contextOf(0),
        known,
        out,
      )
      return out.uncertainty[0]!
    }
    expect(described(undefined)).toBeCloseTo(0.02, 9)
    expect(described(0.12)).toBeCloseTo(Math.hypot(0.12, 0.02), 9)
  })

  test('an LLM that its probes describe is judged with hope, and needs no trials', () => {
    const [first, second] = fitted.llms
    const llms = [first!, { ...second!, source: 'described' as const }]
    const live = new RoutingPolicy({ embedder, fitted: fittedPolicy({ ...fitted, llms }), pool: known })
    const buffers = newCandidateBuffers(2)
    const options = { exploration: defaultExploration, explorationWidth: 0.1, newcomerWidth: 1 }
    new NewcomerTrials().mark(known, live, options, buffers)
    expect([...buffers.optimism.subarray(0, 2)]).toEqual([0.1, 1])
    expect([...buffers.isTried.subarray(0, 2)]).toEqual([0, 0])
  })

  test('a silent loss raises one alarm about that LLM alone, and is believed from then on', () => {
    const random = new SeededRandom(7)
    const live = policy()
    for (let i = 1; i <= 400; i++) {
      live.learn(label(2 * i - 1, 'a', 0.6 + 0.1 * nextNormal(random)))
      live.learn(label(2 * i, 'b', (i <= 200 ? 0.7 : 0.5) + 0.1 * nextNormal(random)))
    }
    expect(live.alarms.map(({ llm: about, direction }) => [about, direction])).toEqual([['b', 'down']])
    expect(live.alarms[0]!.sequence).toBeLessThan(2 * 240)
    const out = newQualityEstimates(2)
    live.estimateQuality(contextOf(0), known, out)
    expect(out.mean[0]!).toBeCloseTo(0.6, 1.5)
    expect(out.mean[1]!).toBeCloseTo(0.5, 1.5)
    expect([live.isUnproven('a'), live.isUnproven('b')]).toEqual([false, true])
  })

  test('a source that takes its words back for worse is as noisy as one that said so at once', () => {
    const live = policy()
    for (let i = 1; i <= 40; i++) live.learn(label(i, 'a', 0.6))
    for (let i = 1; i <= 8; i++) {
      const revises = { sequence: i, kind: 'score', value: 0.6 } as const
      live.learn(label(40 + i, 'a', 0, { decisionId: `d${i}`, revises }))
    }
    const { noise } = live.learnedState() as unknown as { noise: { sources: readonly { ratios: number }[] } }
    expect(noise.sources[0]!.ratios).toBeGreaterThan(40)
  })

  test('the level that labels of a newcomer refer to stays within [0, 1]', () => {
    const live = policy()
    live.learn(label(1, 'new', 1, { context: contextOf(-0.5), offlineQuality: 0.9 }))
    live.learn(label(2, 'new', 1, { context: contextOf(-0.5), offlineQuality: 0.9 }))
    const { residual } = live.learnedState() as unknown as { residual: { llms: readonly { anchor: number }[] } }
    expect(residual.llms[0]!.anchor).toBe(1)
  })

  test('who contradicts everybody moves estimates less', () => {
    const random = new SeededRandom(3)
    const taught = (source: string) => {
      const live = policy()
      // A good judge, and one that throws dice.
      for (let i = 1; i <= 300; i++) {
        live.learn(label(2 * i - 1, 'a', 0.6 + 0.1 * nextNormal(random)))
        live.learn(label(2 * i, 'a', random.next() < 0.5 ? 0.1 : 1, { source: 'dice' }))
      }
      const out = newQualityEstimates(1)
      const at = () => {
        live.estimateQuality(contextOf(0), [known[0]!], out)
        return out.mean[0]!
      }
      const before = at()
      live.learn(label(601, 'a', 1, { source }))
      return at() - before
    }
    expect(taught('dice')).toBeLessThan(0.3 * taught('judge'))
  })

  test('a weight w is a noise of variance over w', () => {
    const said = fc.record({
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
      ease: fc.double({ min: -0.4, max: 0.3, noNaN: true }),
      about: fc.constantFrom('a', 'b', 'new'),
    })
    fc.assert(
      fc.property(fc.array(said, { maxLength: 12 }), (words) => {
        // Nothing fades, and no source is heard: those go by how much is said, not by how well.
        const options = { discount: 1, sourceNoise: undefined, changes: undefined }
        const byWeight = new RoutingPolicy({ embedder, fitted, pool: known, options })
        const byNoise = new RoutingPolicy({ embedder, fitted, pool: known, options })
        for (const [i, { value, weight, ease, about }] of words.entries()) {
          const rest = { context: contextOf(ease), noise: 0.2 }
          byWeight.learn(label(i + 1, about, value, { ...rest, weight }))
          byNoise.learn(label(i + 1, about, value, { ...rest, noise: 0.2 / Math.sqrt(weight) }))
        }
        const estimates = [byWeight, byNoise].map((live) => {
          const out = newQualityEstimates(3)
          live.estimateQuality(contextOf(0.1), [...known, newcomer], out)
          return [...out.mean, ...out.uncertainty]
        })
        for (const [i, estimate] of estimates[0]!.entries()) expect(estimate).toBeCloseTo(estimates[1]![i]!, 9)
      }),
      { numRuns: 50 },
    )
  })

  test('a key that lies under everybody’s name comes to count for less, and the others for no less', () => {
    const random = new SeededRandom(5)
    const live = policy()
    for (let i = 0; i < 200; i++) {
      live.learn(label(2 * i + 1, 'a', 0.6 + 0.1 * nextNormal(random), { source: 'user', keyId: 'honest' }))
      live.learn(label(2 * i + 2, 'a', 0, { source: 'user', keyId: 'liar' }))
    }
    const { noise } = live.learnedState() as unknown as {
      noise: { sources: readonly { source: string; weight: number; ratios: number }[] }
    }
    const ratio = (source: string) => {
      const { weight, ratios } = noise.sources.find((one) => one.source === source)!
      return ratios / weight
    }
    expect(ratio('score user liar')).toBeGreaterThan(5 * ratio('score user honest'))
  })

  test('of weight 0 a label teaches nothing, but takes back what its source said before', () => {
    const live = policy()
    const silent = policy()
    for (const one of [live, silent]) one.learn(label(1, 'a', 0.9))
    const state = silent.learnedState() as unknown as { noise: unknown; residual: { llms: unknown } }
    expect(live.learn(label(2, 'a', 0, { weight: 0 }))).toBe(false)
    expect(live.labelSequence).toBe(2)
    const after = live.learnedState() as unknown as typeof state
    expect([after.noise, after.residual.llms]).toEqual([state.noise, state.residual.llms])
    expect(live.learn(label(3, 'new', 0, { weight: 0 }))).toBe(false)
    // 1 was revised by 4, of weight 0; 4 is revised in its turn, which is as if 1 had been.
    live.learn(label(4, 'a', 0, { weight: 0, revises: { sequence: 1, kind: 'score', value: 0.9 } }))
    const out = newQualityEstimates(1)
    const meanOf = (one: RoutingPolicy) => {
      one.estimateQuality(contextOf(0), [known[0]!], out)
      return out.mean[0]!
    }
    expect(meanOf(live)).toBeCloseTo(0.6, 9)
    live.learn(label(5, 'a', 0.2, { revises: { sequence: 4, kind: 'score', value: 0, weight: 0 } }))
    silent.learn(label(2, 'a', 0.2, { revises: { sequence: 1, kind: 'score', value: 0.9 } }))
    expect(meanOf(live)).toBeCloseTo(meanOf(silent), 9)
  })

  test('a state from before labels had weights goes on as it would have', () => {
    const live = policy()
    for (let i = 1; i <= 30; i++) live.learn(label(i, 'a', 0.8))
    const state = live.learnedState() as { residual: { llms: readonly object[] } }
    const llms = state.residual.llms.map((one) => ({ ...one, heard: undefined, heardAt: undefined }))
    const restored = policy()
    restored.restoreLearnedState({ ...state, residual: { ...state.residual, llms } } as never)
    const revises = { sequence: 12, kind: 'score', value: 0.8 } as const
    for (const one of [live, restored]) one.learn(label(31, 'a', 0.1, { revises }))
    expect(restored.learnedState()).toStrictEqual(live.learnedState())
  })

  test('learned state restores bit for bit, sources and alarms with it; another format is refused', () => {
    const random = new SeededRandom(9)
    const live = policy()
    const teach = (to: RoutingPolicy, from: number, until: number, seeded: SeededRandom) => {
      for (let i = from; i <= until; i++) {
        const value = (i < 60 ? 0.7 : 0.4) + 0.05 * nextNormal(seeded)
        to.learn(label(i, i % 3 === 0 ? 'new' : 'b', value, { source: i % 2 === 0 ? 'judge' : 'user' }))
      }
    }
    teach(live, 1, 120, random)
    const restored = policy()
    restored.restoreLearnedState(live.learnedState())
    expect(restored.learnedState()).toStrictEqual(live.learnedState())
    expect(restored.alarms).toEqual(live.alarms)
    teach(live, 121, 160, new SeededRandom(1))
    teach(restored, 121, 160, new SeededRandom(1))
    expect(restored.learnedState()).toStrictEqual(live.learnedState())
    expect(() => policy().restoreLearnedState({ formatVersion: 3, kind: 'residual' })).toThrow(/another version/)
  })
})

describe('NewcomerTrials', () => {
  const options = { exploration: defaultExploration, explorationWidth: 0.1, newcomerWidth: 1 }

  function marked(
    live: RoutingPolicy,
    trials = new NewcomerTrials(),
    exploration: ExplorationOptions = defaultExploration,
  ) {
    const buffers = newCandidateBuffers(2)
    trials.mark([known[0]!, newcomer], live, { ...options, exploration }, buffers)
    return { tried: [...buffers.isTried], optimism: [...buffers.optimism] }
  }

  test('a newcomer is on trial until it has its labels, then hoped for', () => {
    const live = policy()
    for (let i = 1; i < 20; i++) live.learn(label(i, 'new', 0.7))
    expect(marked(live)).toEqual({ tried: [0, 1], optimism: [0.1, 0.1] })
    live.learn(label(20, 'new', 0.7))
    expect(marked(live)).toEqual({ tried: [0, 0], optimism: [0.1, 1] })
  })

  test('labels that never come end the trial; rare ones only make it longer, and hope is in proportion to them', () => {
    const trials = new NewcomerTrials()
    const live = policy()
    const draw = (times: number) => {
      for (let i = 0; i < times; i++) trials.drawn('new')
    }
    expect(marked(live, trials).tried).toEqual([0, 1])
    draw(79)
    expect(marked(live, trials).tried).toEqual([0, 1])
    draw(1)
    expect(marked(live, trials)).toEqual({ tried: [0, 0], optimism: [0.1, 0.1] })
    for (let i = 1; i <= 10; i++) live.learn(label(i, 'new', 0.7))
    expect(marked(live, trials).tried).toEqual([0, 1])
    draw(80)
    const { tried, optimism } = marked(live, trials)
    expect(tried).toEqual([0, 0])
    expect(optimism[1]).toBeCloseTo(0.55, 12)
  })

  test('nobody is on trial with exploring off, nor where nobody is known', () => {
    expect(marked(policy(), undefined, { ...defaultExploration, trialShare: 0 }).tried).toEqual([0, 0])
    expect(marked(new RoutingPolicy({ embedder, pool: known })).tried).toEqual([0, 0])
  })
})
