import { describe, expect, it } from 'vitest'
import { CandidateAppraiser } from '../routing/decision/candidate-appraiser.ts'
import { bestCandidate } from '../routing/decision/choice.ts'
import { tradeOff } from '../routing/decision/utility.ts'
import { buildContext } from '../routing/embedding/context-builder.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../routing/prediction/completion-time-model.ts'
import type { ProbeOutcome } from '../routing/probe-store.ts'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { plainRequest } from '../routing/request.ts'
import { defaultRouterOptions, type RouterOptions } from '../routing/router.ts'
import { RoutingPolicy } from '../routing/routing-policy.ts'
import { admissionWay, admitLlm } from './admit-llm.ts'
import { fitOnProbes, llmsToFit, probeOutcomeData } from './fit-on-probes.ts'
import { landingReport } from './landing-report.ts'
import { MeasuredQuality } from './measured-quality.ts'
import { forecastPool } from './predicted-choices.ts'
import type { SeenProbe } from './probe-contexts.ts'

const embedder = new HashedNgramEmbedder()
const tasks = ['sums', 'poems'] as const
const seen: readonly SeenProbe[] = Array.from({ length: 120 }, (_, i) => {
  const task = tasks[i % 2]!
  const request = plainRequest(task === 'sums' ? `what is ${i} plus ${i * 7}` : `a poem of the sea, verse ${i}`)
  return { id: `p${i}`, task, request, context: buildContext(embedder, request) as RoutingContext }
})
const noAnchors = { llms: [], quality: new Float64Array() }
const set = { name: 'set', probes: [], anchors: noAnchors }

function llm(id: string, usdPerMillion: number): Llm {
  const price = { inputPerMillionTokensUsd: usdPerMillion, outputPerMillionTokensUsd: usdPerMillion }
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price }
}

/** Answers of 100 tokens; right with these probabilities on sums and poems. */
function answers({ id, price }: Llm, sums: number, poems: number, seed: number): ProbeOutcome[] {
  const random = new SeededRandom(seed)
  return seen.map(({ id: probeId, task }) => ({
    llm: id,
    probeSet: 's',
    probeId,
    atMs: 0,
    quality: random.next() < (task === 'sums' ? sums : poems) ? 1 : 0,
    costNanoUsd: Math.round(100 * price!.outputPerMillionTokensUsd * 1e3),
    inputTokens: 0,
    outputTokens: 100,
    completionMs: 1,
    error: undefined,
  }))
}

const strong = llm('strong', 10)
const cheap = llm('cheap', 1)
const newcomer = llm('newcomer', 1)
const known = [...answers(strong, 0.95, 0.9, 1), ...answers(cheap, 0.5, 0.4, 2)]
const own = answers(newcomer, 0.95, 0.05, 3)

async function fitted() {
  return (await fitOnProbes(probeOutcomeData(set, seen, [strong, cheap], known), embedder, 1)).policy
}

describe('fitOnProbes', () => {
  it('fits a first version on outcomes of probes, of LLMs with enough of them', async () => {
    expect(llmsToFit([strong, cheap], [...known.slice(0, 120), ...known.slice(120, 169)])).toEqual([strong])
    const policy = await fitted()
    expect(policy.embedderId).toBe(embedder.id)
    expect(policy.llms).toMatchObject([
      { id: 'strong', labels: 120, meanCostUsd: expect.closeTo(1e-3, 12) },
      { id: 'cheap', labels: 120, meanCostUsd: expect.closeTo(1e-4, 12) },
    ])
  })
})

describe('admitLlm', () => {
  it('makes a version that knows the newcomer where it is strong, and all others as before', async () => {
    const policy = await fitted()
    const measured = new MeasuredQuality(set, [...known, ...own])
    const version = { id: 'v', createdAtMs: 2 }
    const made = admitLlm(policy, newcomer, { seen, own, measured }, version)
    expect(made).toMatchObject({ id: 'v', origin: 'onboarding', parentId: policy.id })
    const [before, after] = [new Float64Array(2), new Float64Array(3)]
    const predicted = { sums: 0, poems: 0 }
    for (const { task, context } of seen) {
      policy.quality.predict(context, before)
      made.quality.predict(context, after)
      expect(after.subarray(0, 2)).toEqual(before)
      predicted[task as 'sums' | 'poems'] += after[2]! / 60
    }
    // Two training LLMs that are alike leave little to tell tasks apart by; the order is right all the same.
    expect(predicted.sums).toBeGreaterThan(predicted.poems + 0.2)
    expect([admissionWay(undefined, newcomer), admissionWay(policy, newcomer), admissionWay(policy, strong)]).toEqual([
      'unfitted',
      'described',
      'fitted',
    ])
    expect(admissionWay({ ...policy, universal: undefined }, newcomer)).toBe('not-describable')
  })
})

describe('landingReport', () => {
  it('tells strengths, the front, traffic and saving', async () => {
    const own = answers(newcomer, 0.95, 0.9, 3)
    const measured = new MeasuredQuality(set, [...known, ...own])
    const made = admitLlm(await fitted(), newcomer, { seen, own, measured }, { id: 'v', createdAtMs: 2 })
    const pool = [strong, cheap, newcomer]
    const policy = new RoutingPolicy({ embedder, fitted: made, pool })
    const list = seen.map(({ context, request }) => ({ context, size: request }))
    const requests = { from: 'probes' as const, count: list.length, list }
    const parts = { llm: newcomer, others: [strong, cheap], policy, seen, own, measured, requests, lambda: 20 }
    const report = landingReport(parts)
    expect(report.tasks.map(({ task, probes, poolIs }) => [task, probes, poolIs])).toEqual([
      ['poems', 60, 'measured'],
      ['sums', 60, 'measured'],
    ])
    expect(report.tasks[1]!.quality).toBeGreaterThan(report.tasks[1]!.pool!)
    for (const { quality, predicted, expected } of report.tasks) {
      expect(Math.abs(expected! - quality)).toBeLessThan(Math.abs(predicted! - quality))
    }
    expect(report.front.map((place) => place.llm)).toContain('newcomer')
    expect(report.front.find((place) => place.llm === 'newcomer')!.place).not.toBe('dominated')
    expect(report.trafficShare).toBeGreaterThan(0.5)
    expect(report.pool!.savingShare).toBeGreaterThan(0.1)
    expect(report.pool!.with.costUsd).toBeLessThan(report.pool!.without.costUsd!)
    expect(JSON.parse(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify(landingReport(parts))))
    const forecast = forecastPool(policy, pool, list, 20)
    expect(forecast.llms.reduce((sum, { chosen }) => sum + chosen, 0)).toBe(list.length)
    expect(forecast.llms[2]!.chosen / list.length).toBe(report.trafficShare)
  })

  it('tells the traffic that a newcomer gets by what is hoped of it, as it is served', async () => {
    // Dearer and hardly better: by its mean alone it would get next to nothing.
    const rival = llm('rival', 12)
    const own = answers(rival, 0.9, 0.9, 5)
    const measured = new MeasuredQuality(set, [...known, ...own])
    const made = admitLlm(await fitted(), rival, { seen, own, measured }, { id: 'v', createdAtMs: 2 })
    const pool = [strong, cheap, rival]
    const policy = new RoutingPolicy({ embedder, fitted: made, pool })
    const list = seen.map(({ context, request }) => ({ context, size: request }))
    const served = (options: RouterOptions) => {
      const appraiser = new CandidateAppraiser(new CompletionTimeModel(), options)
      const chosen = [0, 0, 0]
      for (const { context, request } of seen) {
        appraiser.estimate(request, policy, context, pool, tradeOff(100))
        appraiser.choose(request, policy, pool, tradeOff(100))
        chosen[bestCandidate(appraiser.buffers.utility, appraiser.buffers.comparableCostUsd, 3)]!++
      }
      return chosen
    }
    const withHope = served(defaultRouterOptions)
    const { explorationWidth } = defaultRouterOptions
    expect(withHope[2]).toBeGreaterThan(served({ ...defaultRouterOptions, newcomerWidth: explorationWidth })[2]! + 20)
    expect(forecastPool(policy, pool, list, 100).llms.map(({ chosen }) => chosen)).toEqual(withHope)
  })

  it('says of an LLM that is alone, or without a price, what can be said', async () => {
    const policy = new RoutingPolicy({ embedder, pool: [newcomer] })
    const list = seen.map(({ context, request }) => ({ context, size: request }))
    const requests = { from: 'probes' as const, count: list.length, list }
    const free = { ...newcomer, price: undefined }
    const measured = new MeasuredQuality(set, own)
    const report = landingReport({ llm: free, others: [], policy, seen, own, measured, requests, lambda: 1.4 })
    expect(report).toMatchObject({ trafficShare: 1, pool: undefined, costUsd: undefined, front: [], dominatedBy: [] })
    expect(report.tasks[0]).toMatchObject({
      pool: undefined,
      poolIs: undefined,
      predicted: undefined,
      expected: undefined,
    })
  })
})

describe('MeasuredQuality', () => {
  it('prefers what was asked to what was recorded', () => {
    const probes = [{ id: 'p0' }, { id: 'p1' }] as never
    const anchors = { llms: ['a'], quality: Float64Array.of(0.25, Number.NaN) }
    const measured = new MeasuredQuality({ probes, anchors }, [{ ...own[0]!, llm: 'b', quality: 1 }])
    expect([measured.of('a', 'p0'), measured.of('a', 'p1'), measured.of('b', 'p0'), measured.count('b')]).toEqual([
      0.25,
      Number.NaN,
      1,
      1,
    ])
  })
})
