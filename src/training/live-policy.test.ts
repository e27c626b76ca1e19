import { describe, expect, test } from 'vitest'
import type { OutcomeData } from '../outcomes/outcome-data.ts'
import { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { Label } from '../routing/outcome.ts'
import { CompletionTimeModel } from '../routing/prediction/completion-time-model.ts'
import { toStoredPolicyVersion } from '../routing/prediction/fitted-policy.ts'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import { plainRequest } from '../routing/request.ts'
import { Router } from '../routing/router.ts'
import { RoutingPolicy } from '../routing/routing-policy.ts'
import { MemoryPolicyStore } from './__fixtures__/memory-policy-store.ts'
import { fitPolicy } from './fit-policy.ts'
import { LivePolicy } from './live-policy.ts'
import { keepEmbedder, loadPolicyVersion, loadServingPolicy } from './load-policy.ts'
import { proposeCandidate, releaseVersion, rollbackTo, unfittedVersion } from './rollout.ts'
import { fitStarter } from './starter/fit-starter.ts'
import { Trainer } from './trainer.ts'

const ids = ['a', 'b']
const pool: Llm[] = ids.map((id) => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id }))
const words = ['alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma']

/** Eighty prompts; `a` answers the even ones, `b` the odd ones. */
function outcomes(): OutcomeData {
  const texts = Array.from({ length: 80 }, (_, i) => `${words[i % 6]} ${i % 2 === 0 ? 'even' : 'odd'} question ${i}`)
  const cells = (value: (row: number, column: number) => number) =>
    Float64Array.from({ length: 160 }, (_, cell) => value(cell >> 1, cell & 1))
  const unknown = cells(() => Number.NaN)
  return {
    name: 'made-up',
    prompts: texts.map((text, i) => ({ id: `p${i}`, source: '', text, extra: {} })),
    llms: ids.map((id) => ({ id, price: undefined, base: id, extra: {} })),
    quality: cells((row, column) => Number(row % 2 === column)),
    costUsd: cells((_, column) => 0.001 * (1 + column)),
    inputTokens: unknown,
    outputTokens: unknown,
    latencyMs: unknown,
  }
}

function measuredLlms(): OutcomeData['llms'] {
  return ['gpt-4o-2024-08-06', 'gemini-1.5-pro'].map((id) => ({ id, price: undefined, base: id, extra: {} }))
}

function memoryStores(labels: Label[]) {
  const policies = new MemoryPolicyStore()
  const feedback: FeedbackStore = {
    accept: () => Promise.reject(new Error('not used here')),
    label: () => Promise.reject(new Error('not used here')),
    latestSequence: async () => labels.length,
    labelsAfter: async (sequence, limit) => labels.filter((label) => label.sequence > sequence).slice(0, limit),
  }
  return { policies, feedback, states: policies.states }
}

const step = { atMs: 0, detail: '' }

/** Two versions on one embedder: the second with the labels of the LLMs exchanged. */
async function saveTwoVersions(stores: ReturnType<typeof memoryStores>) {
  const data = outcomes()
  const { policy, embedder } = await fitPolicy(data, { seed: 1, now: 1000 })
  const exchanged = { ...data, quality: data.quality.map((value) => 1 - value) }
  const other = await fitPolicy(exchanged, { seed: 1, now: 2000, embedder })
  await stores.policies.saveEmbedder(embedder.id, embedder.snapshot())
  const versions = [toStoredPolicyVersion(policy), toStoredPolicyVersion(other.policy)] as const
  for (const version of versions) await stores.policies.saveVersion(version)
  return versions
}

/** A version on an embedder of its own. */
async function fitElsewhere(stores: ReturnType<typeof memoryStores>) {
  const data = outcomes()
  const prompts = data.prompts.map((prompt) => ({ ...prompt, text: `${prompt.text} elsewhere ${prompt.id}` }))
  const { policy, embedder } = await fitPolicy({ ...data, prompts }, { seed: 1, now: 3000 })
  await stores.policies.saveEmbedder(embedder.id, embedder.snapshot())
  const version = toStoredPolicyVersion(policy)
  await stores.policies.saveVersion(version)
  return version
}

function labelOf(sequence: number, embedderId: string): Label {
  const embedding = new Float32Array(64)
  embedding[sequence % 64] = 1
  return {
    sequence,
    decisionId: `d${sequence}`,
    llm: ids[sequence % 2]!,
    context: { embedderId, embedding, explicit: new Float32Array(21) },
    source: 'user',
    kind: sequence % 3 === 0 ? 'thumbs' : 'score',
    value: sequence % 3 === 0 ? 1 : 0.3,
    offlineQuality: undefined,
    weight: 1,
    noise: undefined,
    revises: undefined,
  }
}

async function liveRouter(
  stores: ReturnType<typeof memoryStores>,
  onError: (error: unknown) => void = (error) => {
    throw error
  },
) {
  let decisions = 0
  const router = new Router({
    pool: new LlmRegistry(pool),
    policy: await loadServingPolicy(stores.policies, pool),
    times: new CompletionTimeModel(),
    random: new SeededRandom(1),
    clock: { now: () => 0 },
    newId: () => `d${++decisions}`,
  })
  const live = new LivePolicy(router, stores, { onError })
  await live.start()
  return { router, live }
}

describe('LivePolicy', () => {
  test('takes up a version that another process fitted, with the whole label log behind it', async () => {
    const labels: Label[] = []
    const stores = memoryStores(labels)
    const { router, live } = await liveRouter(stores)
    expect(router.policy.version).toBe('unfitted')
    expect(await live.refresh()).toBeUndefined()

    const { policy, embedder } = await fitPolicy(outcomes(), { seed: 1, now: 1000 })
    await stores.policies.saveEmbedder(embedder.id, embedder.snapshot())
    await stores.policies.saveVersion(toStoredPolicyVersion(policy))
    const context = { embedderId: embedder.id, embedding: embedder.embed('alpha even'), explicit: new Float32Array(21) }
    const label = (sequence: number): Label => ({
      sequence,
      decisionId: `d${sequence}`,
      llm: 'a',
      context,
      source: 'user',
      kind: 'score',
      value: 0,
      offlineQuality: undefined,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
    labels.push(label(1), label(2))
    live.accept(labels[0]!)
    live.accept(labels[1]!)

    const [first, second] = await Promise.all([live.refresh(), live.refresh()])
    expect([first, second]).toEqual([policy.id, policy.id])
    expect(router.policy.version).toBe(policy.id)
    expect(router.policy.labelSequence).toBe(2)
    expect(live.labelSequence).toBe(2)
    labels.push(label(3))
    live.accept(labels[2]!)
    await live.close()
    expect(router.policy.labelSequence).toBe(3)
    expect(stores.states.get(policy.id)?.sequence).toBe(3)

    const restarted = await liveRouter(stores)
    expect(restarted.router.policy.learnedState()).toStrictEqual(router.policy.learnedState())
    expect(await restarted.live.refresh()).toBeUndefined()
  })

  test('goes back and on while labels stream in, and is then as if it had never moved', async () => {
    const labels: Label[] = []
    const stores = memoryStores(labels)
    const [first, second] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const { router, live } = await liveRouter(stores)
    const undisturbed = await loadPolicyVersion(stores.policies, second.id, pool)
    const say = (count: number) => {
      for (let i = 0; i < count; i++) {
        const label = labelOf(labels.length + 1, first.embedderId)
        labels.push(label)
        live.accept(label)
        undisturbed.learn(label)
      }
    }
    say(20)
    await releaseVersion(stores.policies, second.id, step)
    const moving = live.refresh()
    say(20)
    expect(await moving).toBe(second.id)
    say(5)
    await rollbackTo(stores.policies, undefined, step)
    const back = live.follow()
    say(7)
    expect(await back).toBe(first.id)
    expect(router.policy.version).toBe(first.id)
    say(9)
    await rollbackTo(stores.policies, second.id, step)
    expect(await live.follow()).toBe(second.id)
    say(3)
    await live.close()
    expect(router.policy.learnedState()).toStrictEqual(undisturbed.learnedState())
    expect(router.policy.labelSequence).toBe(labels.length)
  })

  test('a candidate learns beside the serving version, and takes over without folding anew', async () => {
    const labels: Label[] = []
    const stores = memoryStores(labels)
    const [first, second] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const { router, live } = await liveRouter(stores)
    labels.push(labelOf(1, first.embedderId))
    live.accept(labels[0]!)
    expect(live.candidatePolicy()).toBeUndefined()
    await proposeCandidate(stores.policies, second.id, step)
    expect(await live.refresh()).toBeUndefined()
    const candidate = live.candidatePolicy()!
    expect(candidate.policy).toMatchObject({ version: second.id, labelSequence: 1 })
    expect(router.policy.version).toBe(first.id)
    labels.push(labelOf(2, first.embedderId))
    live.accept(labels[1]!)
    await releaseVersion(stores.policies, second.id, step)
    expect(await live.refresh()).toBe(second.id)
    expect(router.policy).toBe(candidate.policy)
    expect(live.candidatePolicy()).toBeUndefined()
    await live.close()
    expect(router.policy.labelSequence).toBe(2)
  })

  test('a candidate that cannot be read is told of once, and serving goes on', async () => {
    const stores = memoryStores([])
    const [first, second] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const broken = { ...second, id: 'broken', snapshot: { formatVersion: 99 } }
    await stores.policies.saveVersion(broken)
    const errors: unknown[] = []
    const { router, live } = await liveRouter(stores, (error) => errors.push(error))
    await proposeCandidate(stores.policies, 'broken', step)
    await live.refresh()
    await live.refresh()
    expect(errors).toHaveLength(1)
    expect(live.candidatePolicy()).toMatchObject({ id: 'broken', policy: undefined })
    expect(router.policy.version).toBe(first.id)
  })

  test('versions of one embedder share it, and it is read and built once', async () => {
    const stores = memoryStores([])
    const [first, second] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const { router, live } = await liveRouter(stores)
    const { embedder } = router.policy
    const { id } = await fitElsewhere(stores)
    for (const next of [second.id, id, first.id]) {
      await rollbackTo(stores.policies, next, step)
      expect(await live.refresh()).toBe(next)
    }
    expect(router.policy.embedder).toBe(embedder)
  })

  test("what bills have taught of an LLM goes on with the version that comes, by that version's own predictions", async () => {
    const stores = memoryStores([])
    const [first, second] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const { router, live } = await liveRouter(stores)
    const decide = () => router.route(plainRequest('alpha even question'), { keyId: undefined, budgetUsd: undefined })
    const termsOf = async (id: string) => (await decide()).candidates.find(({ llm }) => llm === id)!
    for (let i = 0; i < 100; i++) {
      const decision = await decide()
      const { offlineCostUsd } = decision.candidates.find(({ llm }) => llm === 'a')!
      router.learnCost(decision, 'a', 3 * offlineCostUsd!, undefined)
    }
    await rollbackTo(stores.policies, second.id, step)
    expect(await live.refresh()).toBe(second.id)
    const { costUsd, offlineCostUsd } = await termsOf('a')
    expect(costUsd! / offlineCostUsd!).toBeCloseTo(3 - 2 * 0.98 ** 100, 9)
    const other = await termsOf('b')
    expect(other.costUsd).toBe(other.offlineCostUsd)
  })

  test('back to before anything was fitted', async () => {
    const stores = memoryStores([])
    const [first] = await saveTwoVersions(stores)
    await releaseVersion(stores.policies, first.id, step)
    const { router, live } = await liveRouter(stores)
    await rollbackTo(stores.policies, unfittedVersion, step)
    expect(await live.refresh()).toBe(unfittedVersion)
    expect(router.policy.version).toBe('unfitted')
    expect(await live.refresh()).toBeUndefined()
    expect((await liveRouter(stores)).router.policy.version).toBe('unfitted')
  })

  test('the starter serves where nothing is fitted and it knows an LLM, and gives way to the first fit', async () => {
    const stores = memoryStores([])
    const known = [{ ...pool[0]!, upstreamModel: 'gpt-4o' }, pool[1]!]
    const starter = await fitStarter([{ data: { ...outcomes(), llms: measuredLlms() }, sha256: 'x' }], { seed: 1 })
    const first = await loadServingPolicy(stores.policies, known, {}, { starter })
    expect(first.version).toMatch(/^starter-[0-9a-f]{8}-[0-9a-f]{8}$/)
    expect(first.isCold(known)).toBe(true)
    expect(first.fitted?.llms.map(({ source }) => source)).toEqual(['starter', 'prior'])
    expect((await loadServingPolicy(stores.policies, pool, {}, { starter })).version).toBe('unfitted')
    const named = await loadServingPolicy(
      stores.policies,
      pool,
      {},
      { starter, namesOf: ({ id }) => [`${id}-gemini-pro`] },
    )
    expect(named.version).toBe('unfitted')
    const { policy, embedder } = await fitPolicy(outcomes(), { seed: 1, now: 1000 })
    await stores.policies.saveEmbedder(embedder.id, embedder.snapshot())
    await stores.policies.saveVersion(toStoredPolicyVersion(policy))
    expect((await loadServingPolicy(stores.policies, known, {}, { starter })).version).toBe(policy.id)
  })

  test('labels go on teaching when LLMs leave the pool, a starter comes, or it is switched off', async () => {
    const starter = await fitStarter([{ data: { ...outcomes(), llms: measuredLlms() }, sha256: 'x' }], { seed: 1 })
    const other = await fitStarter([{ data: { ...outcomes(), llms: measuredLlms() }, sha256: 'y' }], { seed: 2 })
    const known = [{ ...pool[0]!, upstreamModel: 'gpt-4o' }, pool[1]!]
    const labelsUnder = (policy: RoutingPolicy): Label[] =>
      [1, 2, 3].map((sequence) => {
        const embedding = policy.embedder.embed('alpha') as Float32Array
        const context = { embedderId: policy.embedder.id, embedding, explicit: new Float32Array(21) }
        const rest = {
          source: 'user',
          kind: 'score',
          value: 0,
          offlineQuality: undefined,
          weight: 1,
          noise: undefined,
          revises: undefined,
        } as const
        return { sequence, decisionId: `d${sequence}`, llm: 'a', context, ...rest }
      })
    const taught = (policy: RoutingPolicy, labels: readonly Label[]) =>
      labels.filter((label) => policy.learn(label)).length
    const labels: Label[] = []
    const stores = memoryStores(labels)
    const { feedback } = stores
    const first = await loadServingPolicy(stores.policies, known, {}, { starter, feedback })
    await keepEmbedder(first, stores.policies)
    labels.push(...labelsUnder(first))
    // Its known LLM leaves; a new release brings another starter; the starter is switched off.
    for (const next of [starter, other, undefined]) {
      const policy = await loadServingPolicy(stores.policies, pool, {}, { starter: next, feedback })
      expect(policy.version).toBe('unfitted')
      expect(taught(policy, labels)).toBe(3)
    }
    // From before there were starters.
    labels.splice(0, 3, ...labelsUnder(await loadServingPolicy(stores.policies, known)))
    const upgraded = await loadServingPolicy(stores.policies, known, {}, { starter, feedback })
    expect(upgraded.version).toBe('unfitted')
    expect(taught(upgraded, labels)).toBe(3)
  })

  test('what was learned unfitted is kept by embedder', async () => {
    const starter = await fitStarter([{ data: { ...outcomes(), llms: measuredLlms() }, sha256: 'x' }], { seed: 1 })
    const stores = memoryStores([])
    const embedder = HashedNgramEmbedder.restore(starter.embedder)
    const policy = new RoutingPolicy({ embedder, pool })
    const embedding = policy.embedder.embed('alpha') as Float32Array
    const context = { embedderId: policy.embedder.id, embedding, explicit: new Float32Array(21) }
    const rest = {
      source: 'user',
      kind: 'score',
      value: 0,
      offlineQuality: undefined,
      weight: 1,
      noise: undefined,
      revises: undefined,
    } as const
    const trainer = new Trainer({ policy, learn: (label) => policy.learn(label) }, stores, { onError: () => {} })
    await trainer.start()
    trainer.accept({ sequence: 1, decisionId: 'd1', llm: 'a', context, ...rest })
    await trainer.close()
    expect([...stores.states.keys()]).toEqual([`unfitted-${policy.embedder.id}`])
  })

  test('a version whose embedder is missing is named, not served', async () => {
    const stores = memoryStores([])
    const { policy } = await fitPolicy(outcomes(), { seed: 1, now: 1000 })
    await stores.policies.saveVersion(toStoredPolicyVersion(policy))
    await expect(loadServingPolicy(stores.policies, pool)).rejects.toMatchObject({ code: 'embedder_mismatch' })
  })
})
