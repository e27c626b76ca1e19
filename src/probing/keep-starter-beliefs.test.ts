import { describe, expect, it } from 'vitest'
import { buildContext } from '../routing/embedding/context-builder.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { type FittedLlm, fittedPolicy, restorePolicy, snapshotPolicy } from '../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../routing/prediction/level-map.ts'
import { TokenCostPredictor } from '../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { plainRequest } from '../routing/request.ts'
import { fitOnProbes, probeOutcomeData } from './fit-on-probes.ts'
import { keepStarterBeliefs } from './keep-starter-beliefs.ts'

const embedder = new HashedNgramEmbedder()
const seen = Array.from({ length: 80 }, (_, i) => {
  const request = plainRequest(`what is ${i} plus ${i * 7}`)
  return { id: `p${i}`, task: 'sums', request, context: buildContext(embedder, request) as RoutingContext }
})

function llm(id: string): Llm {
  const price = { inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 1 }
  return { ...unknownLlmProperties, id, provider: 'p', upstreamModel: id, price }
}

/** Right on this many of four probes. */
const answers = (id: string, ofFour: number) =>
  seen.map(({ id: probeId }, i) => ({
    ...{ llm: id, probeSet: 's', probeId, atMs: 0, quality: (i * 3) % 4 < ofFour ? 1 : 0, costNanoUsd: 1000 },
    ...{ inputTokens: 10, outputTokens: 10, completionMs: 1, error: undefined },
  }))

async function fitted() {
  const outcomes = [...answers('a', 2), ...answers('b', 3)]
  return (await fitOnProbes(probeOutcomeData({ name: 's' }, seen, [llm('a'), llm('b')], outcomes), embedder, 1)).policy
}

/** Expects the same of an LLM everywhere. */
function starterOf(known: Record<string, readonly [FittedLlm['source'], number]>) {
  const ids = Object.keys(known)
  return fittedPolicy({
    formatVersion: 1,
    id: 'starter',
    createdAtMs: 0,
    description: 'starter',
    embedderId: embedder.id,
    costReferenceUsd: 1,
    quality: {
      llms: ids,
      predict: (_, quality) => quality.set(ids.map((id) => known[id]![1])),
      snapshot: () => ({ formatVersion: 1, kind: 'none' }),
    },
    cost: TokenCostPredictor.unfitted([]),
    noise: new Float64Array(ids.length).fill(0.4),
    levels: LevelMap.identity(),
    llms: ids.map((id) => {
      const [source, meanQuality] = known[id]!
      return { id, source, priceAtFit: undefined, labels: 7, meanQuality, meanCostUsd: undefined }
    }),
  })
}

describe('keepStarterBeliefs', () => {
  it('keeps whom the starter knows, moved as the probes were harder than it thought', async () => {
    const policy = await fitted()
    const starter = starterOf({
      a: ['starter', 0.7],
      b: ['sibling', 0.9],
      strong: ['starter', 0.9],
      weak: ['sibling', 0.5],
      stranger: ['prior', 0.6],
    })
    const kept = keepStarterBeliefs(policy, starter, seen)
    expect(kept.llms).toMatchObject([
      { id: 'a', source: 'fitted' },
      { id: 'b', source: 'fitted' },
      { id: 'strong', source: 'starter', labels: 7 },
      { id: 'weak', source: 'sibling', labels: 7 },
    ])
    expect([...kept.noise.subarray(2)]).toEqual([0.4, 0.4])
    expect(kept.isStarter).toBe(false)
    const one = new Float64Array(4)
    // Means .5 and .75 where .7 and .9 were expected: logits lower by .847 and 1.099, .973 on average: .9 becomes .773, .5 .274.
    const means = [0, 0]
    for (const { context } of seen) {
      kept.quality.predict(context, one)
      means.forEach((_, i) => {
        means[i]! += one[2 + i]! / seen.length
      })
    }
    expect(Math.abs(means[0]! - 0.773)).toBeLessThan(0.01)
    expect(Math.abs(means[1]! - 0.274)).toBeLessThan(0.01)
    kept.quality.predict(seen[5]!.context, one)
    const before = new Float64Array(2)
    policy.quality.predict(seen[5]!.context, before)
    expect(one.subarray(0, 2)).toEqual(before)
    const restored = restorePolicy(snapshotPolicy(kept))
    const again = new Float64Array(4)
    restored.quality.predict(seen[5]!.context, again)
    expect(again).toEqual(one)
  })

  it('changes nothing where the starter knows nobody else', async () => {
    const policy = await fitted()
    expect(keepStarterBeliefs(policy, starterOf({ a: ['starter', 0.7], c: ['prior', 0.6] }), seen)).toBe(policy)
  })
})
