import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../numeric/random-source.ts'
import type { SnapshotData } from '../../policy-store.ts'
import { unknownLlmProperties } from '../../registry/llm.ts'
import { ClusterMap } from '../cluster-map.ts'
import { type FittedPolicy, fittedPolicy, restorePolicy, snapshotPolicy } from '../fitted-policy.ts'
import { LevelMap } from '../level-map.ts'
import { topicContext, twoTopicRows } from '../quality-predictor.contract.ts'
import { RidgeQualityPredictor } from '../ridge-quality-predictor.ts'
import { TokenCostPredictor } from '../token-cost-predictor.ts'
import { summariseColumns } from '../training-rows.ts'
import { withDescribedLlm } from './described-policy.ts'
import { UniversalModel } from './universal-model.ts'

/** Fitted on three LLMs of two topics; `universal` by hand. */
function makePolicy(withUniversal = true) {
  const rows = twoTopicRows(300, 1)
  const quality = RidgeQualityPredictor.fit(rows, { penalty: 10 })
  const { means } = summariseColumns(rows.quality, 3)
  const universal = new UniversalModel({
    llms: rows.llms,
    basis: {
      scales: [2],
      clusterShares: Float64Array.of(0.5, 0.5),
      baseMeans: means,
      noiseVariance: 0.01,
      level: { mean: 0.47, variance: 0.04, slope: 0, logCost: 0 },
    },
    clusters: ClusterMap.fit(rows.contexts, new Float64Array(300), 1, { seed: 1, scales: [2] }),
    episodes: [],
    levelDeviation: 0.1,
    ownLabels: 500,
  })
  const policy = fittedPolicy({
    formatVersion: 1,
    id: 'one',
    createdAtMs: 1,
    description: 'two topics',
    embedderId: 'test',
    costReferenceUsd: 0.01,
    quality,
    cost: TokenCostPredictor.unfitted(),
    noise: Float64Array.of(0.1, 0.1, 0.1),
    levels: LevelMap.fit(rows.quality, rows.quality),
    universal: withUniversal ? universal : undefined,
    llms: rows.llms.map((id, llm) => ({
      id,
      source: 'fitted',
      priceAtFit: undefined,
      labels: 300,
      meanQuality: means[llm]!,
      meanCostUsd: undefined,
    })),
  })
  return { policy, rows }
}

/** The newcomer is what `a` is, seen on 40 prompts. */
function probes() {
  const rows = twoTopicRows(40, 2)
  return {
    contexts: rows.contexts,
    quality: Float64Array.from({ length: 40 }, (_, row) => rows.quality[row * 3]!),
    costUsd: new Float64Array(40).fill(1 / 512),
    anchors: rows.quality,
  }
}

const newcomer = { id: 'd', price: undefined }
const version = { id: 'two', createdAtMs: 2 }

describe('withDescribedLlm', () => {
  it('gives a version that knows the newcomer and all others as before', () => {
    const { policy } = makePolicy()
    const described = withDescribedLlm(policy, newcomer, probes(), version)
    expect(described).toMatchObject({ id: 'two', createdAtMs: 2, isStarter: false })
    expect(described.quality.llms).toEqual(['a', 'b', 'c', 'd'])
    expect(described.llms[3]).toMatchObject({ id: 'd', source: 'described', labels: 40, meanCostUsd: 1 / 512 })
    expect(described.noise.length).toBe(4)
    expect(described.noise[3]).toBeLessThan(0.2)
    const random = new SeededRandom(3)
    for (const [topic, truth] of [0.9, 0.3].entries()) {
      const context = topicContext(topic, random)
      const [before, after] = [new Float64Array(3), new Float64Array(4)]
      policy.quality.predict(context, before)
      described.quality.predict(context, after)
      expect(after.subarray(0, 3)).toEqual(before)
      expect(Math.abs(after[3]! - truth)).toBeLessThan(0.12)
    }
  })

  it('expects of the newcomer the bills of its probes, and of all others what it did', () => {
    const { policy } = makePolicy()
    const price = { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 2 }
    const described = withDescribedLlm(policy, { ...newcomer, price }, probes(), version)
    const llms = ['d', 'a'].map((id) => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price }))
    const outputTokensOf = ({ cost }: FittedPolicy) => {
      const out = () => new Float64Array(2)
      const outputTokens = out()
      const estimates = {
        costUsd: out(),
        offlineCostUsd: out(),
        costUsdP90: out(),
        outputTokensP90: out(),
        outputTokens,
      }
      cost.predict(
        topicContext(0, new SeededRandom(1)),
        { inputTokens: 0, maxOutputTokens: undefined, choices: 1 },
        llms,
        estimates,
      )
      return [...outputTokens]
    }
    // 40 answers of 1/512 USD each at 2 USD per million; the prior's 300 count for four.
    const [length, other] = outputTokensOf(described)
    expect(Math.abs(length! / ((40 * (1e6 / 512 / 2) + 4 * 300) / 44) - 1)).toBeLessThan(0.05)
    expect([outputTokensOf(policy)[0], other]).toEqual([300, 300])
    expect(outputTokensOf(restorePolicy(snapshotPolicy(described)))).toEqual([length, other])
  })

  it('restores from its snapshot, bit for bit, and can describe another', () => {
    const { policy } = makePolicy()
    const described = withDescribedLlm(policy, newcomer, probes(), version)
    const restored = restorePolicy(structuredClone(snapshotPolicy(described)))
    const another = withDescribedLlm(restored, { ...newcomer, id: 'e' }, probes(), { id: 'three', createdAtMs: 3 })
    const direct = withDescribedLlm(described, { ...newcomer, id: 'e' }, probes(), { id: 'three', createdAtMs: 3 })
    expect(snapshotPolicy(another)).toEqual(snapshotPolicy(direct))
    expect(another.quality.llms).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('refuses probes without a label, and values that cannot be', () => {
    const { policy } = makePolicy()
    const refused = (changed: Partial<ReturnType<typeof probes>>) =>
      expect(() => withDescribedLlm(policy, newcomer, { ...probes(), ...changed }, version)).toThrowError(
        expect.objectContaining({ code: 'invalid_option' }),
      )
    refused({ quality: new Float64Array(40).fill(Number.NaN) })
    refused({ quality: new Float64Array(40).fill(1.5) })
    refused({ quality: new Float64Array(40).fill(Number.POSITIVE_INFINITY) })
    refused({ anchors: new Float64Array(120).fill(-1) })
    refused({ costUsd: new Float64Array(40).fill(-1) })
    refused({ costUsd: new Float64Array(40).fill(Number.POSITIVE_INFINITY) })
    expect(() =>
      withDescribedLlm(policy, newcomer, { ...probes(), costUsd: new Float64Array(3) }, version),
    ).toThrowError(expect.objectContaining({ code: 'dimension_mismatch' }))
  })

  it('refuses a κ outside [0, 1], as an older snapshot may have it', () => {
    const { policy } = makePolicy()
    const snapshot = policy.universal!.snapshot() as { [field: string]: SnapshotData }
    const episodes = [{ labels: 25, weights: [1, 0, 0], trust: 2 }]
    expect(() => UniversalModel.restore({ ...snapshot, episodes })).toThrowError(
      expect.objectContaining({ code: 'invalid_option' }),
    )
  })

  it('describes an LLM anew by its new probes alone', () => {
    const { policy } = makePolicy()
    const twice = withDescribedLlm(withDescribedLlm(policy, newcomer, probes(), version), newcomer, probes(), {
      id: 'three',
      createdAtMs: 3,
    })
    const once = withDescribedLlm(policy, newcomer, probes(), { id: 'three', createdAtMs: 3 })
    expect(twice.llms).toEqual(once.llms)
    expect(twice.quality.snapshot()).toEqual(once.quality.snapshot())
  })

  it('refuses an LLM that is fitted, a version that cannot describe, and probes of another size', () => {
    const { policy } = makePolicy()
    const invalid = expect.objectContaining({ code: 'invalid_option' })
    expect(() => withDescribedLlm(policy, { ...newcomer, id: 'a' }, probes(), version)).toThrowError(invalid)
    expect(() => withDescribedLlm(makePolicy(false).policy, newcomer, probes(), version)).toThrowError(invalid)
    expect(() =>
      withDescribedLlm(policy, newcomer, { ...probes(), quality: new Float64Array(3) }, version),
    ).toThrowError(expect.objectContaining({ code: 'dimension_mismatch' }))
  })
})
