import { describe, expect, it } from 'vitest'
import { createRouter } from '../create-router.ts'
import { HashedNgramEmbedder } from '../embedding/hashed-ngram-embedder.ts'
import { ClusterMap } from '../prediction/cluster-map.ts'
import { restorePolicy, snapshotPolicy } from '../prediction/fitted-policy.ts'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { plainRequest } from '../request.ts'
import { parseModelName } from './model-name.ts'
import { abilityBySize } from './size-line.ts'
import { restoreStarter, type StarterModel, snapshotStarter } from './starter-model.ts'
import { starterPolicy } from './starter-policy.ts'

const dimension = 8

/** One cluster at one scale: every request is as easy as another. */
function constantMap(ease: number): ClusterMap {
  return ClusterMap.restore({
    formatVersion: 1,
    kind: 'cluster-map',
    dimension,
    shrinkage: 10,
    deviations: new Float64Array(1),
    scales: [{ centroids: new Float32Array(dimension), means: Float64Array.of(ease), counts: Float64Array.of(1) }],
  })
}

const measured = { verbosity: 0, labels: 100, meanQuality: 0.8 }

const model: StarterModel = {
  id: 'starter-test',
  sets: [{ name: 'one', sha256: 'aa', prompts: 100, llms: 3 }],
  withheld: null,
  embedder: new HashedNgramEmbedder({ dimension }).snapshot(),
  llms: [
    { name: 'gpt-4o-2024-08-06', ability: 2, outputPrice: 10, ...measured, verbosity: Math.log(2) },
    { name: 'Meta-Llama-3.1-8B-Instruct', ability: -1, outputPrice: 0.1, ...measured },
    { name: 'gemini-1.5-flash', ability: 1.5, outputPrice: 1, ...measured },
  ],
  priceLine: { intercept: 0.5, slope: 0.5, deviation: 0.6, centre: 0 },
  siblingShare: 0.4,
  transferDeviation: 0.3,
  noise: 0.35,
  meanEase: 0.2,
  map: constantMap(0.2),
}

const llm = (id: string, output: number | undefined, changes: Partial<Llm> = {}): Llm => ({
  ...unknownLlmProperties,
  id,
  provider: '',
  upstreamModel: id,
  price: output === undefined ? undefined : { inputPerMillionTokensUsd: output / 4, outputPerMillionTokensUsd: output },
  ...changes,
})

const logit = (q: number) => Math.log(q / (1 - q))

function qualities(pool: readonly Llm[]): { readonly q: Float64Array; readonly sources: readonly string[] } {
  const { policy, embedder } = starterPolicy(model, pool)!
  const q = new Float64Array(pool.length)
  const embedding = embedder.embed('What is 17 * 23?') as Float32Array
  policy.quality.predict({ embedderId: embedder.id, embedding, explicit: new Float32Array(21) }, q)
  return { q, sources: policy.llms.map(({ source }) => source) }
}

describe('the starter policy', () => {
  // The level: an LLM at one USD is .7, so that all abilities get logit(.7) − .5 − .2, and the request's ease is .2.
  const level = logit(0.7) - 0.5

  it('says by hand what it believes of known LLMs, siblings, strangers and the owner’s own', () => {
    const { q, sources } = qualities([
      llm('openai/gpt-4o', 10),
      llm('gemini-2.5-flash', 2.5),
      llm('grok-4', 10),
      llm('house', undefined),
      llm('mine', 1, { quality: 0.9 }),
    ])
    expect(sources).toEqual(['starter', 'sibling', 'prior', 'prior', 'prior'])
    expect(logit(q[0]!)).toBeCloseTo(level + 2, 9)
    expect(logit(q[1]!)).toBeCloseTo(level + 0.5 + 0.5 * 0.4 + 0.4 * 1, 9)
    expect(logit(q[2]!)).toBeCloseTo(level + 1, 9)
    expect(logit(q[3]!)).toBeCloseTo(level + 0.5, 9)
    expect(q[4]).toBeCloseTo(0.9, 9)
  })

  it('takes a generation before those measured for weaker than one after, by what generations have gained elsewhere', () => {
    const sized = (name: string, ability: number) => ({ name, ability, outputPrice: 1, ...measured })
    const llms = [sized('qwen2-10b', 0), sized('qwen2.5-10b', 1), sized('yi-1.5-1b', -1), sized('yi-1.5-100b', 3)]
    const names = llms.map(({ name }) => parseModelName(name))
    const of = (name: string) => abilityBySize(parseModelName(name), names, llms)!
    // Two logits a decade by Yi; half a logit a generation by Qwen, whose one step counts no more than the guess of none.
    expect(of('qwen3-10b')).toBeCloseTo(0.5 + 0.5 * 1.5, 9)
    expect(of('qwen1-10b')).toBeCloseTo(0.5 - 0.5 * 1.5, 9)
    expect(of('yi-34b')).toBeCloseTo(1 + 2 * (Math.log10(34) - 1), 9)
    expect(of('yi-2-34b') - of('yi-1-34b')).toBeCloseTo(2 * 0.5, 9)
    expect(abilityBySize(parseModelName('qwen3'), names, llms)).toBeUndefined()
    expect(abilityBySize(parseModelName('llama-3-8b'), names, llms)).toBeUndefined()
  })

  it('is not used among more strangers than known LLMs; the owner’s own figures count on neither side', () => {
    const [known, stranger] = [llm('gpt-4o', 10), llm('grok-4', 10)]
    const own = llm('mine', 1, { quality: 0.9 })
    expect(starterPolicy(model, [known, stranger, own, { ...own, id: 'mine-2' }])).toBeDefined()
    expect(starterPolicy(model, [known, stranger, { ...stranger, id: 'grok-3' }])).toBeUndefined()
    expect(starterPolicy(model, [own])).toBeUndefined()
  })

  it('knows nobody: there is no policy, and the router starts from prices', async () => {
    expect(starterPolicy(model, [llm('grok-4', 10), llm('house', 1)])).toBeUndefined()
    const router = createRouter({ llms: [{ id: 'grok-4' }], seed: 1, starter: model })
    expect((await router.route('Hello')).policyVersion).toBe('unfitted')
  })

  it('asks for further names only where the LLM’s own says nothing', () => {
    const pool = [llm('deployment-7', 10), llm('gpt-4o-mini', 0.6)]
    const { policy } = starterPolicy(model, pool, () => ['gpt-4o-2024-08-06'])!
    // The second is clearly no GPT-4o, and no known one either.
    expect(policy.llms.map(({ source }) => source)).toEqual(['starter', 'prior'])
    const own = starterPolicy(model, [llm('gpt-4o-2024-11-20', 10)], () => ['gpt-4o'])!
    expect(own.policy.llms[0]!.source).toBe('sibling')
    const task = starterPolicy(model, [llm('gpt-4o-mini-search-preview', 10), llm('gpt-4o', 10)], () => ['gpt-4o'])!
    expect(task.policy.llms.map(({ source }) => source)).toEqual(['prior', 'starter'])
  })

  it('puts siblings of known size on the line of sizes, whatever they cost', () => {
    const more: StarterModel = {
      ...model,
      llms: [...model.llms, { name: 'Meta-Llama-3.1-80B-Instruct', ability: 1, outputPrice: 1, ...measured }],
    }
    const pool = [llm('llama3.2:0.8b', undefined), llm('llama3.3:80b', 20), llm('llama-latest', 1)]
    const { policy, embedder } = starterPolicy(more, pool)!
    const q = new Float64Array(3)
    const embedding = embedder.embed('What?') as Float32Array
    policy.quality.predict({ embedderId: embedder.id, embedding, explicit: new Float32Array(21) }, q)
    // From −1 at 8b to 1 at 80b: two logits a decade.
    expect(logit(q[0]!)).toBeCloseTo(level - 3, 9)
    expect(logit(q[1]!)).toBeCloseTo(level + 1, 9)
    // Without a size: by price, with .4 of the mean lead of −1 + .5·1 − .5 and 1 − .5.
    expect(logit(q[2]!)).toBeCloseTo(level + 0.5 + 0.4 * 0.5 * (-1 - 0.5 + 0.5 + 1 - 0.5), 9)
  })

  it('expects lengths by verbosity', () => {
    const pool = [llm('gpt-4o', 10), llm('grok-4', 10)]
    const { policy } = starterPolicy(model, pool)!
    const size = pool.length
    const [costUsd, offlineCostUsd, costUsdP90, outputTokens, outputTokensP90] = Array.from({ length: 5 }, () => {
      return new Float64Array(size)
    }) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
    const context = { embedderId: policy.embedderId, embedding: new Float32Array(0), explicit: new Float32Array(0) }
    const out = { costUsd, offlineCostUsd, costUsdP90, outputTokens, outputTokensP90 }
    policy.cost.predict(context, plainRequest('Hello'), pool, out)
    expect([...outputTokens]).toEqual([expect.closeTo(600, 9), 300])
  })

  it('comes back from snapshots bit for bit', () => {
    const again = restoreStarter(snapshotStarter(model))
    expect(snapshotStarter(again)).toEqual(snapshotStarter(model))
    const { policy } = starterPolicy(model, [llm('gpt-4o', 10), llm('grok-4', 10)])!
    expect(snapshotPolicy(restorePolicy(snapshotPolicy(policy)))).toEqual(snapshotPolicy(policy))
    expect(restorePolicy(snapshotPolicy(policy)).isStarter).toBe(true)
    expect(() => restoreStarter({ ...(snapshotStarter(model) as object), formatVersion: 2 })).toThrowError(/format/)
  })

  it('is a version of its own when what it believes changes', () => {
    const idOf = (price: number) => starterPolicy(model, [llm('gpt-4o', 10), llm('grok-4', price)])!.policy.id
    expect(idOf(10)).toBe(idOf(10))
    expect(idOf(5)).not.toBe(idOf(10))
    // The dearest price is C_ref's too; below it a small change is none.
    expect(idOf(9.8)).toBe(idOf(9.9))
    expect(idOf(12)).not.toBe(idOf(11))
    const [known, stranger] = [llm('gpt-4o', 10), llm('grok-4', 5)]
    const ordered = [
      [known, stranger],
      [stranger, known],
    ].map((pool) => starterPolicy(model, pool)!.policy.id)
    expect(ordered[0]).toBe(ordered[1])
  })

  it('serves cold, says where estimates come from, and yields to labels', async () => {
    const llms = [llm('gpt-4o', 10), llm('gemini-2.5-flash', 2.5), llm('grok-4', 10)]
    const router = createRouter({ llms, seed: 1, starter: model })
    const first = await router.route({ userText: 'Hello', preference: { lambda: 100 } })
    expect(first.cold).toBe(true)
    expect(first.rule).toBe('utility')
    expect(first.policyVersion).toMatch(/^starter-test-/)
    expect(first.candidates.map(({ qualitySource }) => qualitySource)).toEqual(['starter', 'sibling', 'prior'])
    for (let i = 0; i < 120; i++) {
      const decision = await router.route({ userText: `Hello ${i}`, preference: { lambda: 100 } })
      router.recordFeedback(decision, { score: decision.drawn === 'gpt-4o' ? 0.1 : 0.9 })
    }
    const last = await router.route({ userText: 'Hello', preference: { lambda: 100 } })
    expect(last.cold).toBe(false)
    // Believed the best at first; the others' labels then show them to be better.
    const [known, sibling] = last.candidates
    expect(known!.quality).toBeLessThan(first.candidates[0]!.quality - 0.05)
    expect(sibling!.quality).toBeGreaterThan(known!.quality)
  })
})
