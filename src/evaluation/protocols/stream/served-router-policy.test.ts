import { beforeAll, expect, test } from 'vitest'
import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import { requestOf, type StreamRequest } from './replay-stream.ts'
import { type RememberedFit, ServedRouterPolicy } from './served-router-policy.ts'
import { type StreamCase, streamCase, streamData, streamParts } from './stream-case.ts'
import { pointsmanFit } from './stream-fits.ts'

let from: StreamCase
let fitted: RememberedFit

beforeAll(async () => {
  const base = streamData(made())
  from = await streamCase(base, streamParts(base.prepared, 0.8, 1), 1)
  fitted = await pointsmanFit(from)
})

test('λ decides between the cheap and the strong LLM', async () => {
  expect(await shareOfStrong(policyAt(0.1))).toBe(0)
  expect(await shareOfStrong(policyAt(100))).toBe(1)
})

test('bad scores drive it away from an LLM; frozen it hears nothing', async () => {
  const taught = policyAt(20)
  const deaf = policyAt(20)
  deaf.freeze()
  expect(await shareOfStrong(deaf)).toBe(1)
  const random = new SeededRandom(2)
  for (let i = 0; i < 150; i++) {
    const request = requestAt(i, 0)
    const llm = await taught.choose(request, random)
    taught.learn(request, { llm, quality: llm === 1 ? 0 : 0.6, satisfied: undefined, costUsd: 0.001 })
  }
  expect(await shareOfStrong(taught)).toBeLessThan(0.5)
  expect(await shareOfStrong(policyAt(20))).toBe(1)
})

test('calls that have not ended make an LLM slow; when they end it comes back', async () => {
  const policy = policyAt(100, 30_000)
  policy.freeze()
  const random = new SeededRandom(3)
  expect(await policy.choose(requestAt(0, 0), random)).toBe(1)
  for (let i = 0; i < 2000; i++) {
    const waitMs = 50 * i
    const served = { waitMs, completionMs: waitMs + 900 + 12_000 }
    policy.called({ llm: 1, served, timeToFirstTokenMs: waitMs + 900, outputTokens: 300, costUsd: 0.01 }, 0)
  }
  expect(await policy.choose(requestAt(1, 100), random)).toBe(0)
  policy.freeze()
  expect(await policy.choose(requestAt(2, 0), random)).toBe(1)
})

test('told of the queues, it avoids the one that is too long, whatever its own calls showed', async () => {
  const policy = policyAt(100, 30_000, true)
  policy.freeze()
  const random = new SeededRandom(3)
  const told = (strongWaitMs: number) => ({ ...requestAt(0, 0), waitMs: Float64Array.of(0, strongWaitMs) })
  expect(await policy.choose(told(0), random)).toBe(1)
  expect(await policy.choose(told(60_000), random)).toBe(0)
  expect(await policy.choose(told(0), random)).toBe(1)
})

test('bills reach it without feedback, but not once it is frozen', async () => {
  const random = new SeededRandom(5)
  const chooseAfterBills = async (quiet: (policy: ServedRouterPolicy) => void) => {
    const policy = policyAt(15)
    quiet(policy)
    for (let i = 0; i < 200; i++) {
      const llm = await policy.choose(requestAt(i, 0), random)
      const call = {
        served: undefined,
        timeToFirstTokenMs: undefined,
        outputTokens: 300,
        costUsd: llm === 1 ? 1 : 0.0001,
      }
      policy.called({ llm, ...call }, 0)
    }
    return shareOfStrong(policy)
  }
  expect(await chooseAfterBills((policy) => policy.hearNothing())).toBeLessThan(0.2)
  expect(await chooseAfterBills((policy) => policy.freeze())).toBe(1)
})

function policyAt(lambda: number, timeLimitMs?: number, seesQueues = false): ServedRouterPolicy {
  return new ServedRouterPolicy(from, fitted, { lambda, timeLimitMs, seesQueues })
}

function requestAt(position: number, nowMs: number): StreamRequest {
  const rows = from.parts.test
  return { ...requestOf(from, rows[position % rows.length]!, [0, 1]), nowMs }
}

async function shareOfStrong(policy: ServedRouterPolicy): Promise<number> {
  policy.freeze()
  const random = new SeededRandom(1)
  let strong = 0
  for (let i = 0; i < 20; i++) strong += await policy.choose(requestAt(i, 0), random)
  return strong / 20
}

/** A cheap LLM that is right three times in five, and a strong one that is right nine times in ten. */
function made(): OutcomeData {
  const words = ['river', 'copper', 'window', 'train', 'signal', 'winter', 'garden', 'letter', 'engine', 'harbour']
  const draws = new SeededRandom(4)
  const count = 160
  const text = (i: number) =>
    `${Array.from({ length: 9 }, () => words[Math.floor(draws.next() * words.length)]).join(' ')} ${i * 7919}`
  const cells = (cheap: () => number, strong: () => number) =>
    Float64Array.from({ length: 2 * count }, (_, cell) => (cell % 2 === 0 ? cheap() : strong()))
  return {
    name: 'made',
    prompts: Array.from({ length: count }, (_, i) => ({ id: `p${i}`, source: '', text: text(i), extra: {} })),
    llms: [price('cheap', 0.2), price('strong', 30)],
    quality: cells(
      () => Number(draws.next() < 0.6),
      () => Number(draws.next() < 0.9),
    ),
    costUsd: cells(
      () => 0.0001,
      () => 0.01,
    ),
    inputTokens: cells(
      () => 100,
      () => 100,
    ),
    outputTokens: cells(
      () => 300,
      () => 300,
    ),
    latencyMs: new Float64Array(2 * count).fill(Number.NaN),
  }
}

function price(id: string, usd: number): OutcomeData['llms'][number] {
  return { id, base: id, price: { inputPerMillionTokensUsd: usd, outputPerMillionTokensUsd: usd }, extra: {} }
}
