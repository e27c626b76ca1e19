import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStorage } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { defaultFeedbackOptions } from '../../src/gateway/feedback/feedback-options.ts'
import { buildContext } from '../../src/routing/embedding/context-builder.ts'
import { HashedNgramEmbedder } from '../../src/routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { Label } from '../../src/routing/outcome.ts'
import { plainRequest } from '../../src/routing/request.ts'
import { defaultLearning, newQualityEstimates, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { sampleDecision, sampleSettlement } from '../../src/storage/__fixtures__/sample-records.ts'
import type { Storage } from '../../src/storage/storage.ts'

const best = 'provider/llm-number-1'
const honestLabels = 1_000
const liesPerHonest = 10
const cap = defaultFeedbackOptions.influence
const perLabel = cap.share / (1 - cap.share)
const pool = [{ id: best }]
const embedder = new HashedNgramEmbedder()

let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-poisoning-'))
  storage = await openStorage(loadConfig({ environment: {}, flags: {}, folder }))
})

afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true, force: true })
})

/** A request of that key, answered by the best LLM, and a thumb on it. */
async function judge(id: string, keyId: string, value: number, context: RoutingContext): Promise<Label> {
  await storage.decisions.append(sampleDecision(id, { keyId, context, pool: 2 }), 0)
  await storage.decisions.settle(sampleSettlement(id))
  const said = { decisionId: id, source: 'user', kind: 'thumbs', value, keyId, idempotencyKey: undefined } as const
  const receipt = await storage.feedback.accept({ ...said, receivedAtMs: 0 }, keyId, cap)
  if (receipt.status !== 'accepted') throw new Error(receipt.status)
  return receipt.label
}

test('10,000 false thumbs of one key, in the store, move what is believed by no more than the cap allows', async () => {
  const texts = ['What is 17 times 23?', 'Translate to French: good morning', 'Write a sorting function in Python']
  const contexts = await Promise.all(texts.map(async (text) => buildContext(embedder, plainRequest(text))))
  const random = new SeededRandom(11)
  for (let i = 0; i < honestLabels; i++) {
    const round: Promise<Label>[] = []
    for (let j = 0; j < liesPerHonest; j++)
      round.push(judge(`l${i}-${j}`, 'liar', 0, contexts[(i + j) % contexts.length]!))
    const value = Number(random.next() < 0.8)
    round.push(judge(`h${i}`, i % 2 === 0 ? 'alice' : 'bob', value, contexts[i % contexts.length]!))
    await Promise.all(round)
  }
  const labels: Label[] = []
  for (let after = 0; ; after = labels.at(-1)!.sequence) {
    const page = await storage.feedback.labelsAfter(after, 5_000)
    labels.push(...page)
    if (page.length < 5_000) break
  }
  const lies = labels.filter(({ keyId }) => keyId === 'liar')
  expect([labels.length, lies.length]).toEqual([honestLabels * (1 + liesPerHonest), honestLabels * liesPerHonest])
  const heard = lies.reduce((sum, { weight }) => sum + weight, 0)
  expect(heard).toBeGreaterThan(honestLabels * perLabel * 0.99)
  expect(heard).toBeLessThanOrEqual(cap.free + honestLabels * perLabel + 1e-9)
  expect(labels.filter(({ keyId, weight }) => keyId !== 'liar' && weight !== 1)).toEqual([])

  const told = teach(labels)
  const truth = teach(labels.filter(({ keyId }) => keyId !== 'liar'))
  const uncapped = teach(labels.map((label) => ({ ...label, weight: 1 })))
  expect(told.policy.alarms).toEqual([])
  for (const context of contexts) {
    const [now, before, free] = [told, truth, uncapped].map(({ policy }) => estimate(policy, context))
    const shift = Math.abs(now!.mean - before!.mean)
    // The bound of mathematics §27, with the least variance that a thumb can come to.
    expect(shift).toBeLessThanOrEqual((now!.uncertainty * Math.sqrt(told.lieWeight)) / Math.sqrt(0.05 * 0.5))
    expect(before!.mean).toBeGreaterThan(0.7)
    // By a key that spoke first: it must not make those the noisy ones that contradict it. Theirs may count half at most, so that its tenth becomes two of eleven.
    expect(shift).toBeLessThan(((2 * cap.share) / (1 + cap.share)) * before!.mean)
    expect(Math.abs(free!.mean - before!.mean)).toBeGreaterThan(2 * shift)
  }
}, 180_000)

function teach(labels: readonly Label[]) {
  const policy = new RoutingPolicy({ embedder, pool: pool as never })
  let lieWeight = 0
  for (const label of labels) {
    policy.learn(label)
    lieWeight = lieWeight * defaultLearning.discount ** label.weight + (label.keyId === 'liar' ? label.weight : 0)
  }
  return { policy, lieWeight }
}

function estimate(policy: RoutingPolicy, context: RoutingContext) {
  const out = newQualityEstimates(1)
  policy.estimateQuality(context, pool as never, out)
  return { mean: out.mean[0]!, uncertainty: out.uncertainty[0]! }
}
