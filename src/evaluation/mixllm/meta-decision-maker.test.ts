import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { OnlineRequest } from '../online/online-policy.ts'
import { MetaDecisionMaker, type MetaDecisionOptions } from './meta-decision-maker.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'
import { offlineMixLlm } from './offline-mixllm.ts'

const quality = [0.5, 0.8, 0.7]
const costUsd = [0.001, 0.01, 0.004]

/** Estimates that are the same for every prompt; the embedding is the context's own. */
const constant: MixLlmEstimates = {
  llms: ['a', 'b', 'c'],
  dimension: 4,
  embed: (context, out) => out.set(context.embedding),
  predictQuality: (_, out) => out.set(quality),
  predictOutputTokens: (_, out) => out.fill(100),
  predictCostUsd: (_, __, out) => out.set(costUsd),
}

const base: MetaDecisionOptions = { lambda: 1.4, costReferenceUsd: 0.01, feedback: 'refined', seed: 1 }
const random = () => new SeededRandom(1)

test('a great λ takes the best p̂, a small one the cheapest', () => {
  expect(maker({ lambda: 1e6 }).choose(request([1, 0, 0, 0]), random())).toBe(1)
  expect(maker({ lambda: 1e-6 }).choose(request([1, 0, 0, 0]), random())).toBe(0)
})

test('Eq. 8 by hand: at λ = 1 the scores are .2, −.1 and .15, at λ = 4 they are .38, .44 and .48', () => {
  // c/C_ref = .1, 1, .4; ½·q − ½·c and .8·q − .2·c.
  expect(maker({ lambda: 1 }).choose(request([1, 0, 0, 0]), random())).toBe(0)
  expect(maker({ lambda: 4 }).choose(request([1, 0, 0, 0]), random())).toBe(2)
  expect(maker({ lambda: 4 }).rank(request([1, 0, 0, 0]), 3)).toEqual([2, 1, 0])
})

test('more waiting never raises an LLM’s share', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 2 }), (share, llm) => {
      const waitMs = new Float64Array(3)
      const before = maker().choose({ ...request([0, 1, 0, 0]), waitMs: waitMs.slice() }, random())
      waitMs[llm] = share * 60_000
      const after = maker().choose({ ...request([0, 1, 0, 0]), waitMs }, random())
      expect(after === llm && before !== llm).toBe(false)
      // At τ the penalty of 10·β outweighs any difference in quality and cost.
      if (share >= 0.5) expect(after).not.toBe(llm)
    }),
  )
})

test('while all A_l are equal, exploration changes no choice', () => {
  const contexts = randomRequests(200)
  const cautious = maker({ explorationWeight: 0 })
  const curious = maker({ explorationWeight: 100 })
  for (const each of contexts) expect(curious.choose(each, random())).toBe(cautious.choose(each, random()))
})

test('an LLM that was asked in a direction is explored less there, and the others no less', () => {
  const policy = maker({ explorationWeight: 1, lambda: 1e6 }, noRows)
  const once = request([1, 0, 0, 0])
  expect(policy.choose(once, random())).toBe(1)
  // Ten answers just as predicted: the quality does not move, the uncertainty does.
  for (let i = 0; i < 10; i++) policy.learn(once, { llm: 1, quality: 0.8, satisfied: undefined, costUsd: 0.01 })
  expect(policy.choose(once, random())).not.toBe(1)
  expect(policy.choose(request([0, 0, 0, 1]), random())).toBe(1)
})

test('choosing is the argmax of all scores, though it works out few of them exactly', () => {
  const policy = maker({ explorationWeight: 0.5, lambda: 2 }, noRows)
  const draws = new SeededRandom(3)
  const taken = new Set<number>()
  for (const each of randomRequests(300)) {
    const llm = policy.choose(each, draws)
    expect(llm).toBe(policy.rank(each, 1)[0])
    taken.add(llm)
    const answer = Math.floor(3 * draws.next())
    policy.learn(each, { llm: answer, quality: draws.next(), satisfied: undefined, costUsd: 0.002 })
  }
  expect(taken.size).toBeGreaterThan(1)
})

test('taking an LLM that was not chosen out of the pool changes nothing', () => {
  const policy = maker()
  for (const each of randomRequests(100)) {
    const chosen = policy.choose(each, random())
    const other = (chosen + 1) % 3
    const without = { ...each, candidates: each.candidates.filter((llm) => llm !== other) }
    expect(policy.choose(without, random())).toBe(chosen)
  }
})

test('refined feedback: residuals follow ridge regression on [e, 1] in closed form', () => {
  const policy = maker({ lambda: 1e6, explorationWeight: 0, residualRidge: 1 })
  // z = [e, 1], residual −.6 twice: −.6·2·2/(1 + 2·2) = −.48, so that b falls to .32 and a and c lead.
  const twice = request([1, 0, 0, 0])
  for (let i = 0; i < 2; i++) policy.learn(twice, { llm: 1, quality: 0.2, satisfied: undefined, costUsd: 0.01 })
  expect(policy.choose(twice, random())).toBe(2)
  expect(policy.rank(twice, 3)).toEqual([2, 0, 1])
  // At right angles the constant alone is shared: −.6·2/(1 + 4) = −.24 takes b to .56, under c's .7.
  expect(policy.rank(request([0, 1, 0, 0]), 3)).toEqual([2, 1, 0])
})

test('how much was known offline does not slow the residual down, but k does', () => {
  const once = request([1, 0, 0, 0])
  const after = (options: Partial<MetaDecisionOptions>, rows: TrainingRows): number => {
    const policy = maker({ lambda: 1e6, explorationWeight: 0, ...options }, rows)
    policy.learn(once, { llm: 1, quality: 0, satisfied: undefined, costUsd: 0.01 })
    return policy.choose(once, random())
  }
  for (const rows of [noRows, manyRows]) {
    // −.8·2/(k + 2): −.53 at k = 1, −.073 at k = 20.
    expect(after({ residualRidge: 1 }, rows)).toBe(2)
    expect(after({ residualRidge: 20 }, rows)).toBe(1)
  }
})

test('the cost of an LLM is learned too, and follows a change of its price', () => {
  const policy = maker({ lambda: 4, explorationWeight: 0, residualRidge: 1 }, noRows)
  const dear = request([1, 0, 0, 0])
  for (let i = 0; i < 3; i++) policy.learn(dear, { llm: 2, quality: 0.7, satisfied: undefined, costUsd: 0.02 })
  // c/C_ref of c rises from .4 by 6/7·1.6 to 1.77: .8·.7 − .2·1.77 = .206, under b's .44.
  expect(policy.choose(dear, random())).toBe(1)
  policy.priceChanged(2, 0.1)
  // A tenth of 1.77 is .177: .525 leads.
  expect(policy.choose(dear, random())).toBe(2)
})

test('once frozen it learns nothing', () => {
  const policy = maker({ lambda: 1e6 }, noRows)
  policy.freeze()
  const same = request([1, 0, 0, 0])
  for (let i = 0; i < 20; i++) policy.learn(same, { llm: 1, quality: 0, satisfied: undefined, costUsd: 0.01 })
  expect(policy.choose(same, random())).toBe(1)
})

test('without feedback a stream changes nothing', () => {
  const policy = maker({ lambda: 1e6, feedback: 'none' }, noRows)
  const same = request([1, 0, 0, 0])
  policy.learn(same, { llm: 1, quality: 0, satisfied: false, costUsd: 0.01 })
  expect(policy.choose(same, random())).toBe(1)
})

test('a newcomer starts from the others’ mean at its own price, and its uncertainty is that of A = I', () => {
  const offline = offlineMixLlm(constant, manyRows, ['a', 'b', 'c', 'new'])
  const options = { ...base, lambda: 1, explorationWeight: 0 }
  const policy = new MetaDecisionMaker(offline, options)
  const cheap = { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 0.001 }
  const four = { ...request([1, 0, 0, 0]), candidates: [0, 1, 2, 3] }
  policy.llmAdded(3, cheap)
  // p̂ = 2/3, almost free: ½·.667 beats a's .2.
  expect(policy.choose(four, random())).toBe(3)
  const dear = new MetaDecisionMaker(offline, options)
  dear.llmAdded(3, { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 200 })
  expect(dear.choose(four, random())).toBe(0)
  const curious = new MetaDecisionMaker(offline, { ...options, explorationWeight: 1 })
  curious.llmAdded(3, { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 200 })
  expect(curious.choose(four, random())).toBe(3)
})

test('binary feedback moves the draws towards the LLM that satisfies, from the offline router’s choice', () => {
  const policy = maker({ feedback: 'binary', optimiser: 'adam', lambda: 20 })
  const untaught = maker({ feedback: 'binary', lambda: 20 })
  untaught.freeze()
  for (const each of randomRequests(20)) expect(untaught.choose(each, random())).toBe(1)
  const before = shareDrawn(policy, 0)
  const draws = new SeededRandom(7)
  for (const each of randomRequests(600)) {
    const llm = policy.choose(each, draws)
    policy.learn(each, { llm, quality: undefined, satisfied: llm === 0, costUsd: 0.001 })
  }
  expect(shareDrawn(policy, 0)).toBeGreaterThan(before + 0.05)
})

test('Table 1 of the paper: its lifts are relative', () => {
  const rows = [
    [75.54, 76.45, 1.21, 75.93, 0.52],
    [71.98, 72.99, 1.4, 72.37, 0.54],
    [69.74, 71.29, 2.22, 70.65, 1.31],
  ] as const
  for (const [none, refined, refinedLift, binary, binaryLift] of rows) {
    expect(100 * (refined / none - 1)).toBeCloseTo(refinedLift, 1)
    expect(100 * (binary / none - 1)).toBeCloseTo(binaryLift, 1)
  }
})

const noRows = trainingRows(0)
const manyRows = trainingRows(400)

function maker(options: Partial<MetaDecisionOptions> = {}, rows: TrainingRows = manyRows): MetaDecisionMaker {
  return new MetaDecisionMaker(offlineMixLlm(constant, rows, ['a', 'b', 'c']), { ...base, ...options })
}

function shareDrawn(policy: MetaDecisionMaker, llm: number): number {
  const seeded = new SeededRandom(11)
  const probes = randomRequests(2000)
  return probes.filter((each) => policy.choose(each, seeded) === llm).length / probes.length
}

function request(embedding: readonly number[]): OnlineRequest {
  return { prompt: 0, context: context(embedding), inputTokens: 100, candidates: [0, 1, 2] }
}

function context(embedding: readonly number[]): OnlineRequest['context'] {
  return { embedderId: 'test', embedding: Float32Array.from(embedding), explicit: new Float32Array(0) }
}

function randomRequests(count: number): OnlineRequest[] {
  const draws = new SeededRandom(5)
  return Array.from({ length: count }, () => request(Array.from({ length: 4 }, () => draws.next() - 0.5)))
}

function trainingRows(count: number): TrainingRows {
  const draws = new SeededRandom(9)
  const cells = Float64Array.from({ length: 3 * count }, () => 0.5)
  return {
    llms: ['a', 'b', 'c'],
    contexts: Array.from({ length: count }, () => context(Array.from({ length: 4 }, () => 2 * draws.next() - 1))),
    quality: cells,
    costUsd: cells,
    inputTokens: cells,
    outputTokens: cells,
  }
}
